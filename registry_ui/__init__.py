"""The registry: mirror of MLflow, comparison, transition requests, audit trail."""
