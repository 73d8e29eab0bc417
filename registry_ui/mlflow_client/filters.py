"""Filters in MLflow's grammar, which has no escape."""

PROMPTS = "tags.`mlflow.prompt.is_prompt` = 'true'"
"""Finds prompts alone, which MLflow leaves out else."""


def name_filter(name: str) -> str:
    """Return a filter that finds at least the model of this name.

    MLflow's grammar has no escape: a name with both kinds of quote is found by a
    pattern, which may find others beside it.
    """
    if "'" not in name:
        return f"name = '{name}'"
    if '"' not in name:
        return f'name = "{name}"'
    pattern = name.replace("'", "_").replace("\\", "_")
    return f"name LIKE '{pattern}'"
