"""The kinds of work, and who does them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.runner import actions, sagemaker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.runner.bench import Bench, Item

Handler = "Callable[[Bench, Item], dict[str, Any]]"

HANDLERS: Mapping[str, Callable[[Bench, Item], dict[str, Any]]] = {
    "action": actions.run,
    "sagemaker-execution": sagemaker.run,
}
"""By kind: what does the work and returns what to tell of it, with ``status`` and ``summary``."""
