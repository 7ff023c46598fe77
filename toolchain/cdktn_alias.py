"""Lets the sources, which import cdktf, run with its living fork cdktn. It needs nothing but Python.

`python toolchain/cdktn_alias.py main.py` runs a program so.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

NAMES = {"cdktf": "cdktn", "cdktf_cdktf_provider_aws": "cdktn_provider_aws"}


class Alias(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers an import of the archived packages, or of a module in them, with the fork's."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  (importlib's)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in NAMES:
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        package, dot, rest = spec.name.partition(".")
        return importlib.import_module(f"{NAMES[package]}{dot}{rest}")

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the fork's own import has run it."""


def install() -> None:
    """Put the alias in force, before the first import of cdktf."""
    sys.meta_path.insert(0, Alias())


if __name__ == "__main__":
    install()
    program = Path(sys.argv[1]).resolve()
    sys.path[0] = str(program.parent)  # it was the folder of this file, whose modules the program must not find
    runpy.run_path(str(program), run_name="__main__")
