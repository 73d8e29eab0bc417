"""The gate: MLflow's own registry API, with our permissions and policies in it."""
