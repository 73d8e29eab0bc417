"""Webhooks: who is told what, how it is delivered, and what came back."""
