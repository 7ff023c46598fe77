"""Your problem in one place: columns, hyperparameters, and where SageMaker puts files. Every script reads it."""

from __future__ import annotations

import os
from pathlib import Path

# --- the data ---------------------------------------------------------------------------------------------------------

TARGET = "left"  # 1 or 0
NUMBERS = ("age", "tenure_months", "monthly_charge", "monthly_usage", "support_calls")
CATEGORIES = {
    "contract": ("monthly", "yearly", "two_years"),
    "channel": ("web", "shop", "phone"),
}
FEATURES = (*NUMBERS, *CATEGORIES)  # the order of the columns in a request to the model

TRAINING_SHARE = 0.70
VALIDATION_SHARE = 0.15  # the rest is held out for the evaluation

# --- the model --------------------------------------------------------------------------------------------------------

HYPERPARAMETERS: dict[str, str | int | float] = {
    "objective": "binary:logistic",
    "eval_metric": "auc",
    "num_boost_round": 400,
    "early_stopping_rounds": 20,
    "eta": 0.1,
    "max_depth": 4,
    "min_child_weight": 4,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "seed": 7,
}
DECISION_THRESHOLD = 0.5  # a customer with at least this score is said to leave

# --- where SageMaker puts files ---------------------------------------------------------------------------------------

BASE = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
PROCESSING_INPUT = BASE / "processing" / "input"
PROCESSING_OUTPUT = BASE / "processing" / "output"
PROCESSING_INSTANCES = BASE / "config" / "resourceconfig.json"
CHANNELS = BASE / "input" / "data"
TRAINING_HYPERPARAMETERS = BASE / "input" / "config" / "hyperparameters.json"
TRAINING_INSTANCES = BASE / "input" / "config" / "resourceconfig.json"
MODEL = BASE / "model"

MODEL_FILE = "model.json"  # in the model's archive
EVALUATION_FILE = "evaluation.json"
REPORT_FILE = "report.html"
PAYLOAD_FILE = "payload.tar.gz"
