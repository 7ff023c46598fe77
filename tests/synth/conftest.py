"""One synth of the shipped accounts file, by the real `python main.py`, shared by all tests of what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Synth:
    """What a synth left: its folder, and each stack's configuration by the stack's name."""

    folder: Path
    stacks: dict[str, dict[str, Any]]


def read_stacks(folder: Path) -> dict[str, dict[str, Any]]:
    return {
        stack.name: json.loads((stack / "cdk.tf.json").read_text()) for stack in sorted((folder / "stacks").iterdir())
    }


@pytest.fixture(scope="session")
def synthesise(root: Path) -> Callable[..., Synth]:
    """Run `python main.py` over an accounts file into a folder."""

    def run(*, folder: Path, accounts_file: Path | None = None, **environment: str) -> Synth:
        chosen = {"MLOPS_ACCOUNTS": str(accounts_file)} if accounts_file else {}
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MLOPS_", "TF_"))}
        subprocess.run(
            [sys.executable, "main.py"],
            cwd=root,
            env={**inherited, "CDKTF_OUTDIR": str(folder), **chosen, **environment},
            check=True,
        )
        return Synth(folder=folder, stacks=read_stacks(folder))

    return run


@pytest.fixture(scope="session")
def synth(synthesise: Callable[..., Synth], tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """The shipped accounts file, synthesised."""
    return synthesise(folder=tmp_path_factory.mktemp("synth"))
