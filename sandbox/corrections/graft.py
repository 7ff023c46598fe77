"""How a correction replaces a part of moto."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.core.base_backend import BaseBackend


def graft(owner: Any, name: str, replacement: Any) -> None:  # noqa: ANN401  (classes and modules, functions and properties)
    """Put `replacement` where `owner` has `name`. Raises `LookupError` when moto has no such part any more."""
    if not hasattr(owner, name):
        raise LookupError(f"moto has no {owner.__name__}.{name} any more; the correction must be looked at again")
    setattr(owner, name, replacement)


def keep(backend: type[BaseBackend], name: str, make: Callable[[], object]) -> None:
    """Let moto's backends of a service keep something more, made anew whenever moto makes or resets a backend."""
    initialise = backend.__init__

    def __init__(self: BaseBackend, *arguments: Any, **named: Any) -> None:  # noqa: ANN401, N807  (moto's)
        initialise(self, *arguments, **named)
        setattr(self, name, make())

    graft(backend, "__init__", __init__)


def kept(backend: BaseBackend, name: str) -> Any:  # noqa: ANN401  (what `keep` made)
    """Return what a backend keeps beside moto's own."""
    return vars(backend)[name]
