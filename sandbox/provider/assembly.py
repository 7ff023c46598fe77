"""The provider put together from its schemas and handlers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider import catalogue
from sandbox.provider.data import DATA_SOURCES
from sandbox.provider.resources import HANDLERS
from sandbox.provider.service import Service

if TYPE_CHECKING:
    from pathlib import Path

IMITATED = frozenset(HANDLERS) | {f"data.{name}" for name in DATA_SOURCES}


def assemble(*, folder: Path | None = None, cache: Path | None = None) -> Service:
    """Return the provider for the root module in `folder`, which decides only what else is refused by name."""
    named = catalogue.named_in_configuration(folder) if folder else frozenset()
    return Service(schemas=catalogue.load(IMITATED | named, cache=cache), handlers=HANDLERS, data_sources=DATA_SOURCES)
