"""A laptop-sized AWS: one moto server on loopback that holds every account of the accounts file."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IDENTITY_PATH = "/sandbox/identity"  # answers with the server's process id
WORK_PATH = "/sandbox/work"  # where the runner asks for work and tells what came of it
REPOSITORIES_VARIABLE = "SANDBOX_REPOSITORIES"  # tells the server where CodeCommit's repositories lie
