"""How a correction replaces a part of moto."""

from __future__ import annotations

from typing import Any


def graft(owner: Any, name: str, replacement: Any) -> None:  # noqa: ANN401  (classes and modules, functions and properties)
    """Put `replacement` where `owner` has `name`. Raises `LookupError` when moto has no such part any more."""
    if not hasattr(owner, name):
        raise LookupError(f"moto has no {owner.__name__}.{name} any more; the correction must be looked at again")
    setattr(owner, name, replacement)
