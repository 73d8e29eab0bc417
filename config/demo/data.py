"""The data sets that the demo's models learn from: bundled ones and synthetic ones.

Every set is a pandas frame with named columns and one target, made from a fixed seed:
two machines that seed the demo see the same numbers and the same digests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from sklearn import datasets

if TYPE_CHECKING:
    from collections.abc import Callable

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class DataSet:
    """A table to learn from.

    Attributes:
        features: one column a feature, without the target.
        target: one value a row of `features`, in the same order.
    """

    name: str
    task: Task
    features: pd.DataFrame
    target: pd.Series


def _odds(score: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw 0 or 1 for each score, 1 with the logistic probability of the score."""
    return np.asarray(rng.random(len(score)) < 1 / (1 + np.exp(-score)), dtype="int64")


def _coin(chance: float, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Draw true or false for each row."""
    return np.asarray(rng.binomial(1, chance, rows), dtype=bool)


def _churn() -> DataSet:
    rng = np.random.default_rng(7)
    rows = 2400
    frame = pd.DataFrame(
        {
            "tenure_months": rng.integers(0, 72, rows),
            "monthly_charges": rng.normal(62, 24, rows).clip(12, 140).round(2),
            "support_calls_90d": rng.poisson(1.1, rows),
            "late_payments": rng.poisson(0.5, rows),
            "contract": rng.choice(
                ["month-to-month", "one-year", "two-year"], rows, p=[0.56, 0.25, 0.19]
            ),
            "internet": rng.choice(["fibre", "dsl", "none"], rows, p=[0.45, 0.35, 0.2]),
            "paperless": _coin(0.6, rows, rng),
        }
    )
    bound = frame["contract"].map(
        {"month-to-month": 0.9, "one-year": -0.7, "two-year": -2.2}
    )
    score = 1.7 * (
        -0.9
        + bound
        - 0.03 * frame["tenure_months"]
        + 0.015 * (frame["monthly_charges"] - 62)
        + 0.7 * frame["support_calls_90d"]
        + 0.9 * frame["late_payments"]
        # Fibre customers who call often are the ones that competitors court.
        + 1.2 * ((frame["internet"] == "fibre") & frame["late_payments"].gt(0))
    )
    churned = _odds(score.to_numpy(), rng)
    return DataSet(
        "telecom-customers", "classification", frame, pd.Series(churned, name="churned")
    )


def _fraud() -> DataSet:
    rng = np.random.default_rng(11)
    rows = 5000
    frame = pd.DataFrame(
        {
            "amount_eur": rng.lognormal(3.4, 1.1, rows).round(2),
            "hour_of_day": rng.integers(0, 24, rows),
            "minutes_since_last": rng.exponential(600, rows).round(1),
            "km_from_home": rng.exponential(25, rows).round(1),
            "merchant_risk": rng.beta(2, 8, rows).round(4),
            "card_present": _coin(0.7, rows, rng),
            "device_age_days": rng.integers(0, 1200, rows),
        }
    )
    is_abroad_online = ~frame["card_present"] & frame["km_from_home"].gt(20)
    is_rushed = frame["minutes_since_last"].lt(60)
    score = 1.5 * (
        -5.2
        + 0.5 * np.log1p(frame["amount_eur"])
        + 5.0 * frame["merchant_risk"]
        + 2.2 * is_abroad_online
        + 2.4 * (is_rushed & frame["device_age_days"].lt(200))
        + 0.9 * frame["hour_of_day"].isin(range(5))
    )
    fraud = _odds(score.to_numpy(), rng)
    return DataSet(
        "card-payments", "classification", frame, pd.Series(fraud, name="is_fraud")
    )


def _demand() -> DataSet:
    rng = np.random.default_rng(13)
    days = np.arange(1460)
    weekday, week = days % 7, days // 7 % 52
    frame = pd.DataFrame(
        {
            "weekday": weekday,
            "week_of_year": week + 1,
            "price_eur": (4.5 + 0.6 * rng.standard_normal(len(days))).round(2),
            "on_promotion": _coin(0.15, len(days), rng),
            "temperature_c": (
                11 - 9 * np.cos(2 * np.pi * week / 52) + rng.normal(0, 3, len(days))
            ).round(1),
            "is_holiday": _coin(0.03, len(days), rng),
            "sold_last_week": np.zeros(len(days)),
        }
    )
    # What no column tells (a competitor's prices, roadworks) lasts for some weeks.
    unseen = rng.normal(0, 16, len(days) // 28 + 1)[days // 28]
    level = (
        120
        + unseen
        + 22 * np.isin(weekday, (4, 5))
        + 1.6 * frame["temperature_c"]
        - 14 * (frame["price_eur"] - 4.5)
        + 45 * frame["on_promotion"]
        - 60 * frame["is_holiday"]
        + 0.02 * days
    )
    sold = pd.Series(
        (level + rng.normal(0, 7, len(days))).clip(0).round(), name="units_sold"
    )
    frame["sold_last_week"] = sold.shift(7).bfill()
    return DataSet("store-sales", "regression", frame, sold)


def _houses() -> DataSet:
    rng = np.random.default_rng(17)
    rows = 1600
    frame = pd.DataFrame(
        {
            "living_area_m2": rng.normal(118, 38, rows).clip(28, 320).round(1),
            "rooms": rng.integers(1, 9, rows),
            "built": rng.integers(1890, 2026, rows),
            "energy_class": rng.choice(list("ABCDEFG"), rows),
            "distance_to_centre_km": rng.exponential(7, rows).round(2),
            "garden": _coin(0.4, rows, rng),
        }
    )
    thrift = frame["energy_class"].map({c: i for i, c in enumerate("GFEDCBA")})
    per_m2 = (
        2_100
        + 190 * thrift
        + 5 * (frame["built"] - 1890)
        + 2_600 * np.exp(-frame["distance_to_centre_km"] / 4)
    )
    price = (
        15_000
        + per_m2 * frame["living_area_m2"] ** 0.95
        + 6_000 * frame["rooms"]
        + 28_000 * frame["garden"]
        + rng.normal(0, 14_000, rows)
    )
    return DataSet(
        "house-sales",
        "regression",
        frame,
        pd.Series(price.clip(40_000).round(-2), name="price_eur"),
    )


def _bundled(name: str, loader: Callable[..., object], task: Task) -> DataSet:
    """Read one of scikit-learn's own data sets; columns become snake_case."""
    bunch = loader(as_frame=True)
    features: pd.DataFrame = bunch.data.rename(  # type: ignore[attr-defined]
        columns=lambda column: (
            str(column).replace(" (cm)", "_cm").replace("/", "_per_").replace(" ", "_")
        )
    )
    target: pd.Series = bunch.target  # type: ignore[attr-defined]
    return DataSet(name, task, features, target)


_LOADERS: dict[str, Callable[[], DataSet]] = {
    "churn": _churn,
    "fraud": _fraud,
    "demand": _demand,
    "houses": _houses,
    "digits": lambda: _bundled("digits-8x8", datasets.load_digits, "classification"),
    "wine": lambda: _bundled("wine-cultivars", datasets.load_wine, "classification"),
    "tumours": lambda: _bundled(
        "breast-cancer-wisconsin", datasets.load_breast_cancer, "classification"
    ),
    "diabetes": lambda: _bundled(
        "diabetes-progression", datasets.load_diabetes, "regression"
    ),
    "iris": lambda: _bundled("iris", datasets.load_iris, "classification"),
}


@cache
def load(name: str) -> DataSet:
    """Make the data set of that short name, once a process.

    Raises:
        KeyError: there is none of that name.
    """
    return _LOADERS[name]()
