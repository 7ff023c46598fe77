"""What must exist in an account before Terraform can run: the home of its state."""

from __future__ import annotations

from pathlib import Path

STATE_TEMPLATE = Path(__file__).resolve().parent / "state.yaml"
STATE_STACK_NAME = "mlops-state"
