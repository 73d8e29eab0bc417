"""The matrix of what can be prevented, tried cell by cell."""
