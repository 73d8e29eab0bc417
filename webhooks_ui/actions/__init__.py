"""Every write of the webhooks: one function a verb."""
