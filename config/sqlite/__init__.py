"""Django's database backend for SQLite, with less work for each query."""
