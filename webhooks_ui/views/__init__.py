"""Requests turned into pages."""
