"""Every write: one function a verb; authorise, check, change, record."""
