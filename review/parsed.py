"""What JSON, TOML or YAML holds, before anybody has looked at it."""

from __future__ import annotations

from typing import Any, TypeAlias

Parsed: TypeAlias = Any
"""Any value that a parser may give: to be asked for its type before it is used."""
