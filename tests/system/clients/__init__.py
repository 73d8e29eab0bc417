"""Databricks' own clients, unmodified, each in a process with an environment apart."""
