"""The budgets, measured side by side with MLflow's own API: `make bench`."""
