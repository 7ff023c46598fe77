"""Tests. `pytest -m "not slow"` is what every build runs."""
