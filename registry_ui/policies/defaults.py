"""The policies that hold where none of one's own matches."""

from functools import lru_cache

from registry_ui.policies.definition import Policy, PolicyDefinition
from registry_ui.policies.governing import governing

FOUR_EYES = PolicyDefinition(
    name="four-eyes",
    description="Production and every alias need one approval by somebody else.",
    targets=("stage:Production", "alias:*"),
)
FREE = PolicyDefinition(
    name="four-eyes",
    description="Who holds the level moves versions, or approves what others ask for.",
    targets=("stage:*",),
    excluded=(),
    direct=True,
)
OPEN = PolicyDefinition(
    name="open",
    description="As Databricks: who holds the level moves versions directly and may"
    " approve what they asked for.",
    targets=("stage:*", "alias:*"),
    excluded=(),
    direct=True,
)
CHOICES = {"four-eyes": (FOUR_EYES, FREE), "open": (OPEN,)}
"""By what `SIGNOFF_DEFAULT_POLICY` may say."""


@lru_cache(maxsize=1024)
def default_policy(choice: str, target: str) -> Policy:
    """Return what holds where no policy of one's own matches.

    Args:
        choice: `SIGNOFF_DEFAULT_POLICY`.
        target: `stage:Production` or `alias:champion`.
    """
    policies = [Policy(one, 1, is_default=True) for one in CHOICES[choice]]
    found = governing(policies, "", target)
    if found is None:
        raise ValueError(f"no default policy for {target!r}")
    return found
