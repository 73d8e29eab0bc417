"""What the demo's registry holds: models, versions, and where each version stands.

Only statements, read by `registry.py`. A version's stage and aliases are set when it is
registered, so an older holder is archived by its successor as in real life.
"""

from __future__ import annotations

from config.demo import model_cards
from config.demo.plans import ModelPlan, VersionPlan

SGD, MLP, FOREST, BOOSTING = (
    "SGDClassifier",
    "MLPClassifier",
    "RandomForestClassifier",
    "GradientBoostingClassifier",
)
CHAMPION, CHALLENGER = ("champion",), ("challenger",)
CHECKED = {"validation": "passed", "bias_audit": "passed"}


def _linear(alpha: float) -> dict[str, object]:
    return {
        "loss": "log_loss",
        "alpha": alpha,
        "eta0": 0.01,
        "learning_rate": "adaptive",
    }


def _boosting(trees: int, depth: int, rate: float) -> dict[str, object]:
    return {"n_estimators": trees, "max_depth": depth, "learning_rate": rate}


def _forest(trees: int, depth: int | None, leaf: int = 1) -> dict[str, object]:
    return {"n_estimators": trees, "max_depth": depth, "min_samples_leaf": leaf}


def _network(width: int, rate: float, alpha: float = 0.0001) -> dict[str, object]:
    return {
        "hidden_layer_sizes": [width],
        "learning_rate_init": rate,
        "alpha": alpha,
    }


CHURN = ModelPlan(
    name="churn-classifier",
    card=model_cards.CHURN,
    data="churn",
    owner="growth-analytics",
    task="binary classification",
    tier="1",
    segment="contract",
    versions=(
        VersionPlan(
            SGD,
            _linear(0.01),
            "Baseline: logistic regression on the first 150 customers.",
            without=("support_calls_90d", "late_payments"),
            pinned=False,
            rows=150,
            stage="Production",
        ),
        VersionPlan(
            SGD,
            _linear(0.001),
            "Same model, ten times the customers, less regularisation.",
            without=("support_calls_90d", "late_payments"),
            pinned=False,
            rows=1500,
            stage="Production",
        ),
        VersionPlan(
            FOREST,
            _forest(120, None),
            "Random forest. Memorises the training set; kept for the record.",
            user="rui",
            without=("support_calls_90d",),
            pinned=False,
            rows=1500,
        ),
        VersionPlan(
            FOREST,
            _forest(150, 8, 5),
            "Shallower forest with larger leaves against overfitting of v3.",
            without=("support_calls_90d",),
            pinned=False,
            rows=2000,
            stage="Staging",
        ),
        VersionPlan(
            BOOSTING,
            _boosting(80, 3, 0.1),
            "Gradient boosting, trained on all customers of the third quarter.",
            without=("support_calls_90d",),
            pinned=False,
            stage="Production",
            aliases=CHAMPION,
            tags=CHECKED,
        ),
        VersionPlan(
            BOOSTING,
            _boosting(240, 6, 0.2),
            "Deeper trees. Validation loss rises from the first steps on: too deep.",
            user="maya",
            without=("support_calls_90d",),
            stage="Staging",
            tags={"validation": "failed"},
        ),
        VersionPlan(
            BOOSTING,
            _boosting(120, 3, 0.08),
            "Adds **support_calls_90d**, the strongest new signal since launch, and "
            "reads tenure_months as a double. Callers must send the new column.",
            casts={"tenure_months": "float64"},
            aliases=CHALLENGER,
            tags=CHECKED,
        ),
    ),
)

FRAUD = ModelPlan(
    name="fraud-scoring",
    card=model_cards.FRAUD,
    data="fraud",
    owner="payments-risk",
    task="binary classification",
    tier="1",
    segment="card_present",
    versions=(
        VersionPlan(
            SGD,
            _linear(0.001),
            "Linear baseline that replaces the rule engine.",
            user="maya",
            without=("device_age_days",),
            rows=2500,
            stage="Production",
        ),
        VersionPlan(
            FOREST,
            _forest(80, 10, 3) | {"class_weight": "balanced"},
            "Balanced class weights: recall up, precision down.",
            user="maya",
            without=("device_age_days",),
        ),
        VersionPlan(
            BOOSTING,
            _boosting(100, 3, 0.1),
            "Boosting on the full quarter.",
            user="maya",
            without=("device_age_days",),
            stage="Production",
        ),
        VersionPlan(
            BOOSTING,
            _boosting(140, 3, 0.08),
            "Knows the age of the device.",
            user="maya",
            stage="Production",
            aliases=CHAMPION,
            tags=CHECKED,
        ),
        VersionPlan(
            MLP,
            _network(32, 0.003),
            "A small network, to see whether interactions pay off.",
            stage="Staging",
            aliases=CHALLENGER,
            tags={"validation": "passed"},
        ),
    ),
)

DEMAND = ModelPlan(
    name="demand-forecast",
    card=model_cards.DEMAND,
    data="demand",
    owner="supply-chain",
    task="regression",
    tier="2",
    versions=(
        VersionPlan(
            "SGDRegressor",
            {"alpha": 0.01, "eta0": 0.001},
            "Linear trend and weather, first two years.",
            without=("sold_last_week",),
            rows=730,
            stage="Production",
        ),
        VersionPlan(
            "RandomForestRegressor",
            _forest(100, 12, 2),
            "Forest on four years of sales.",
            user="rui",
            without=("sold_last_week",),
            stage="Production",
        ),
        VersionPlan(
            "GradientBoostingRegressor",
            _boosting(60, 3, 0.06),
            "Adds last week's sales; the first one that notices when trade is slow.",
            stage="Production",
            tags=CHECKED,
        ),
        VersionPlan(
            "GradientBoostingRegressor",
            _boosting(300, 3, 0.05) | {"subsample": 0.5},
            "Five times the trees, each on half of the days: less error, but slow.",
            aliases=CHALLENGER,
        ),
    ),
)

HOUSES = ModelPlan(
    name="house-price",
    card=model_cards.HOUSES,
    data="houses",
    owner="mortgage-lending",
    task="regression",
    tier="2",
    versions=(
        VersionPlan(
            "SGDRegressor",
            {"alpha": 0.0001, "eta0": 0.005},
            "Hedonic baseline.",
            user="rui",
            without=("energy_class",),
            rows=800,
        ),
        VersionPlan(
            "GradientBoostingRegressor",
            _boosting(120, 3, 0.1),
            "Learns the energy class.",
            user="rui",
            stage="Production",
            aliases=CHAMPION,
        ),
        VersionPlan(
            "RandomForestRegressor",
            _forest(120, 14, 2),
            "Forest, for its intervals.",
            user="rui",
            stage="Staging",
        ),
    ),
)

DIGITS = ModelPlan(
    name="digit-reader",
    card=model_cards.DIGITS,
    data="digits",
    owner="document-intake",
    task="multiclass classification",
    tier="3",
    versions=(
        VersionPlan(
            SGD, _linear(0.001), "Linear reader of 8x8 scans.", user="maya", rows=900
        ),
        VersionPlan(
            MLP,
            _network(24, 0.002),
            "One hidden layer of 24; takes one array.",
            as_tensor=True,
            stage="Production",
        ),
        VersionPlan(
            MLP,
            _network(64, 0.002),
            "One hidden layer of 64; reads sevens with a bar.",
            steps=30,
            as_tensor=True,
            stage="Production",
            aliases=CHAMPION,
        ),
        VersionPlan(
            MLP,
            _network(64, 0.05),
            "Learning rate of 0.05: the loss is restless. Do not promote.",
            user="maya",
            steps=30,
            as_tensor=True,
            tags={"validation": "failed"},
        ),
    ),
)

WINE = ModelPlan(
    name="wine-cultivar",
    card=model_cards.WINE,
    data="wine",
    owner="quality-lab",
    task="multiclass classification",
    tier="3",
    versions=(
        VersionPlan(SGD, _linear(0.01), "Linear separation of three cultivars."),
        VersionPlan(
            FOREST, _forest(60, 4), "Small forest; the lab can read its trees."
        ),
        VersionPlan(
            FOREST,
            _forest(200, 6),
            "Larger forest, waiting for the lab's own test bottles.",
            stage="Staging",
        ),
    ),
)

TUMOURS = ModelPlan(
    name="tumour-screening",
    card=model_cards.TUMOURS,
    data="tumours",
    owner="clinical-decision-support",
    task="binary classification",
    tier="1",
    versions=(
        VersionPlan(
            SGD,
            _linear(0.01),
            "Logistic regression, reviewed by the clinical board.",
            user="maya",
            stage="Production",
            aliases=CHAMPION,
            tags=CHECKED | {"clinical_board": "approved"},
        ),
        VersionPlan(
            BOOSTING,
            _boosting(100, 2, 0.1),
            "Boosted stumps. Better on paper, less readable.",
            user="maya",
            stage="Staging",
        ),
        VersionPlan(
            SGD,
            _linear(0.0005),
            "Less regularisation than v1; waits for the clinical board.",
            user="maya",
            tags={"clinical_board": "pending"},
        ),
    ),
)

DIABETES = ModelPlan(
    name="diabetes-progression",
    card=model_cards.DIABETES,
    data="diabetes",
    owner="clinical-decision-support",
    task="regression",
    tier="2",
    versions=(
        VersionPlan("SGDRegressor", {"alpha": 0.01, "eta0": 0.01}, "Linear baseline."),
        VersionPlan(
            "GradientBoostingRegressor",
            _boosting(60, 2, 0.08),
            "Stumps of depth two.",
            stage="Staging",
        ),
    ),
)

TICKETS = ModelPlan(
    name="ticket-router",
    card=model_cards.TICKETS,
    data="tickets",
    owner="customer-care",
    task="text classification",
    tier="2",
    versions=(
        VersionPlan(
            "", {"alpha": 1.0}, "Naive Bayes on raw words.", user="rui", rows=200
        ),
        VersionPlan(
            "",
            {"alpha": 0.5},
            "Spells out abbreviations before it reads (artifact abbreviations.json).",
            user="rui",
            stage="Production",
            aliases=CHAMPION,
        ),
        VersionPlan(
            "",
            {"alpha": 0.1, "threshold": 0.55},
            "Says *unsure* below a confidence of 0.55, so that a person reads it.",
            aliases=CHALLENGER,
        ),
    ),
)

MODELS = (CHURN, FRAUD, DEMAND, HOUSES, DIGITS, WINE, TUMOURS, DIABETES, TICKETS)
