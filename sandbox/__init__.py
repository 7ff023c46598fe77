"""A laptop-sized AWS: one moto server on loopback that holds every account of the accounts file."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IDENTITY_PATH = "/sandbox/identity"  # answers with the server's process id
WORK_PATH = "/sandbox/work"  # where the runner asks for work and tells what came of it
CALLS_PATH = "/sandbox/calls"  # where the recorded calls are read, and calls told that no operation of the API makes
FORWARDED = "forwarded-"  # begins the sessions of services that call on with the permissions of who called them
REPOSITORIES_VARIABLE = "SANDBOX_REPOSITORIES"  # tells the server where CodeCommit's repositories lie
