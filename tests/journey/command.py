"""The command of a platform engineer who looks after projects, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from sandbox import ROOT

if TYPE_CHECKING:
    from tests.sandbox.deploy.land import Land


def projects(land: Land, *arguments: str) -> str:
    """Run ``projects`` with credentials of all three accounts, and return what it printed. It has to succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "projects", *arguments],
        cwd=ROOT,
        env={**land.project.variables, "COLUMNS": "250"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
