"""What this installation can and cannot prevent: a matrix, its page, its document."""
