"""The build application's ``local_run``: the one implementation of what SageMaker does with definitions and models."""

from __future__ import annotations

import importlib
import sys
from functools import lru_cache
from typing import Any

from sandbox import ROOT

BUILD_APP = ROOT / "seed_code" / "build_app"


@lru_cache
def local_run(name: str = "") -> Any:  # noqa: ANN401  (a module of the seed, which no type checker here has read)
    """Return the package, or a module of it."""
    sys.path.append(str(BUILD_APP))
    try:
        return importlib.import_module(f"local_run.{name}" if name else "local_run")
    finally:
        sys.path.remove(str(BUILD_APP))
