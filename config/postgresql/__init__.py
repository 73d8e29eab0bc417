"""Django's database backend for PostgreSQL, with statements that the server keeps."""
