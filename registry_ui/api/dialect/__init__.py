"""Databricks' REST dialect of the registry, below `/api/2.0/`: what all calls share."""
