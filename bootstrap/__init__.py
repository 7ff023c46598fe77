"""What must exist in an account before Terraform can run: the home of its state, and the roles that run it."""

from __future__ import annotations

from pathlib import Path

CI_TEMPLATE = Path(__file__).resolve().parent / "ci_roles.yaml"
STATE_TEMPLATE = Path(__file__).resolve().parent / "state.yaml"
STATE_STACK_NAME = "mlops-state"
