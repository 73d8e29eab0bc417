"""Which way a metric is better, and which metric speaks for a version.

People choose both for a model where they want (`MetricChoices`). What nobody chose is
inferred from the name alone, by this rule:

1. The name is cut into lower-case words at punctuation, at `camelCase` joints and after
   digits: `val/rocAUC` is val, roc, auc; `p95_latency_ms` is p95, latency, ms.
2. The last word that clearly means a loss or a quality decides: `accuracy_gap` is
   lower, `error_score` is lower, `throughput_mb` is higher. Numbers at a word's end do
   not count (`ndcg10`), and endings do (`logloss`, `prauc`).
3. Without one, the last vague word decides: units of time and size mean lower, `score`
   and `reward` mean higher.
4. Else it is unknown, and so is every verdict on that metric.

A word `neg` in front turns lower into higher: scikit-learn's `neg_log_loss`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import zip_longest
from types import MappingProxyType

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


class Direction(StrEnum):
    """Which way a metric gets better."""

    HIGHER = "higher"
    LOWER = "lower"
    UNKNOWN = "unknown"


_LOWER = _words(
    "loss losses error errors err mse rmse msle rmsle nrmse mae medae mape smape wape"
    " mase nll perplexity brier ece mce cer wer eer fpr fnr fdr false misses hamming"
    " crossentropy deviance regret aic bic divergence kl psi drift distance inertia"
    " latency duration time cost bias gap disparity toxicity violations crps pinball"
    " mismatch"
)
_HIGHER = _words(
    "acc accuracy auc auroc auprc aucpr roc f1 f2 fbeta fmeasure precision recall"
    " sensitivity specificity tpr tnr ppv npv true r2 ndcg map mrr hit hits gini mcc"
    " kappa iou dice jaccard bleu rouge meteor correctness relevance faithfulness"
    " groundedness silhouette throughput likelihood explained match lift ks spearman"
    " pearson correlation concordance cindex coverage purity homogeneity completeness"
    " psnr ssim profit revenue uplift"
)
_VAGUE_LOWER = _words(
    "ms seconds secs sec second minutes bytes kb mb gb kib mib gib size memory"
)
_VAGUE_HIGHER = _words("score scores reward quality")
_TRUTHS = frozenset({"true", "false"})
_OF_TRUTHS = (
    *("positive", "negative", "discovery", "omission", "alarm", "match"),
    *("accept", "reject"),
)
_LOWER_ENDINGS = ("loss", "error", "latency", "entropy")
_HIGHER_ENDINGS = ("auc", "accuracy", "recall", "precision")

# In order of preference: what people usually choose a classifier by, then a ranker, a
# regressor, and what is left.
_HEADLINES = (
    *("auc", "auroc", "roc", "f1", "accuracy", "acc", "auprc", "prauc", "mcc", "kappa"),
    *("ndcg", "map", "mrr", "iou", "dice", "r2", "precision", "recall", "score"),
    *("rmse", "mae", "mape", "smape", "mse", "logloss", "loss", "error"),
)
_TEST_WORDS = frozenset({"test", "holdout", "oot", "heldout"})
_VALIDATION_WORDS = frozenset({"val", "valid", "validation", "eval", "dev", "cv"})
_TRAINING_WORDS = frozenset({"train", "training"})


def words_of(name: str) -> tuple[str, ...]:
    """Cut a metric's name into lower-case words (rule 1)."""
    return tuple(word.lower() for word in _WORD.findall(name[:1000]))


@lru_cache(maxsize=4096)
def direction_of(name: str) -> Direction:
    """Infer which way a metric is better; the rule is this module's docstring."""
    words = words_of(name)
    clear = [
        word
        for word, after in zip_longest(words, words[1:], fillvalue="")
        if word not in _TRUTHS or after.startswith(_OF_TRUTHS)
    ]
    found = _last(clear, _clear_direction) or _last(words, _vague_direction)
    if found is Direction.LOWER and "neg" in words:
        return Direction.HIGHER
    return found or Direction.UNKNOWN


def headline_metric(names: Iterable[str]) -> str | None:
    """Choose the metric that speaks for a version; None where no name is known.

    The first that applies, in this order: not measured on training data; the kind that
    people choose by (AUC, F1, accuracy, …, RMSE, MAE, …, loss); measured on test data,
    then on validation data, then unmarked; the shortest name; the alphabet.
    """
    ranked = [(rank, name) for name in set(names) if (rank := _headline_rank(name))]
    return min(ranked)[1] if ranked else None


@dataclass(frozen=True, slots=True)
class MetricChoices:
    """What people chose for the metrics of one model.

    Attributes:
        headline: the metric that speaks for a version; empty to have it inferred.
        directions: which way some metrics are better.
    """

    headline: str = ""
    directions: Mapping[str, Direction] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def direction_of(self, name: str) -> Direction:
        """Return the direction that was chosen, else the inferred one."""
        return self.directions.get(name) or direction_of(name)

    def headline_of(self, names: Iterable[str]) -> str | None:
        """Return the metric that was chosen if it is there, else the inferred one."""
        names = set(names)
        return self.headline if self.headline in names else headline_metric(names)


NOTHING_CHOSEN = MetricChoices()


def _last(
    words: Sequence[str], judge: Callable[[str], Direction | None]
) -> Direction | None:
    """Return what the last word says that says anything."""
    return next((found for word in reversed(words) if (found := judge(word))), None)


def _clear_direction(word: str) -> Direction | None:
    bare = word.rstrip("0123456789")
    if word in _LOWER or bare in _LOWER or bare.endswith(_LOWER_ENDINGS):
        return Direction.LOWER
    if word in _HIGHER or bare in _HIGHER or bare.endswith(_HIGHER_ENDINGS):
        return Direction.HIGHER
    return None


def _vague_direction(word: str) -> Direction | None:
    if word in _VAGUE_LOWER:
        return Direction.LOWER
    return Direction.HIGHER if word in _VAGUE_HIGHER else None


@lru_cache(maxsize=4096)
def _headline_rank(name: str) -> tuple[bool, int, int, int] | None:
    words = words_of(name)
    kinds = [_HEADLINES.index(word) for word in words if word in _HEADLINES]
    if not kinds or direction_of(name) is Direction.UNKNOWN:
        return None
    return (
        any(word in _TRAINING_WORDS for word in words),
        min(kinds),
        _split_rank(words),
        len(name),
    )


def _split_rank(words: tuple[str, ...]) -> int:
    if any(word in _TEST_WORDS for word in words):
        return 0
    return 1 if any(word in _VALIDATION_WORDS for word in words) else 2
