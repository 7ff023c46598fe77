"""Runs the real `python main.py` and reads what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Synth:
    """What a synth left: its folder, and each stack's configuration by the stack's name."""

    folder: Path
    stacks: dict[str, dict[str, Any]]


def synthesise(*, folder: Path, **environment: str) -> Synth:
    """Synthesise the shipped accounts file into a folder."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MLOPS_", "TF_"))}
    subprocess.run(
        [sys.executable, "main.py"],
        cwd=ROOT,
        env={**inherited, "CDKTF_OUTDIR": str(folder), **environment},
        check=True,
    )
    stacks = {path.parent.name: json.loads(path.read_text()) for path in sorted(folder.glob("stacks/*/cdk.tf.json"))}
    return Synth(folder=folder, stacks=stacks)
