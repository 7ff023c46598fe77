"""`python -m local_run DEFINITION.json --workdir FOLDER`: runs a pipeline definition on this machine.

In the folder, `s3/` stands for S3, `registry/` for the model registry, and `jobs/` holds every job's files and log.
Exit status: 0 if it succeeded, 2 if a Fail step of the pipeline ended it, 1 for anything else.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local_run.definition import Definition, DefinitionError
from local_run.execution import Execution, Outcome, StepRecord
from local_run.jobs import Jobs, clear
from local_run.registry import FolderRegistry
from local_run.store import FolderStore

STATUS_FAILED, STATUS_SAID_SO, STATUS_INTERRUPTED = 1, 2, 130


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m local_run", description=__doc__)
    parser.add_argument("definition", type=Path)
    parser.add_argument("--workdir", type=Path, required=True)
    parser.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--python", default=sys.executable, help="with which the jobs' programs are run")
    arguments = parser.parse_args(argv)
    parameters = dict(each.partition("=")[::2] for each in arguments.parameter)
    try:
        definition = Definition.parse(arguments.definition.read_text())
        return report(run(definition, arguments.workdir, parameters=parameters, python=arguments.python))
    except (DefinitionError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return STATUS_FAILED
    except KeyboardInterrupt:
        return STATUS_INTERRUPTED


def run(definition: Definition, folder: Path, *, parameters: dict[str, str], python: str = sys.executable) -> Outcome:
    """Run a definition in a folder, and print a line for every step."""
    folder = folder.resolve()
    clear(folder)
    store, registry = FolderStore(folder / "s3"), FolderRegistry(folder / "registry")
    jobs = Jobs(folder=folder, store=store, registry=registry, python=python)
    return Execution(definition, jobs, parameters=parameters, on_step=_print).run()


def report(outcome: Outcome) -> int:
    """Say how a run ended and return the exit status."""
    if outcome.status == "Succeeded":
        return 0
    print(f"\n{outcome.reason}", file=sys.stderr)
    return STATUS_SAID_SO if outcome.said_so else STATUS_FAILED


def _print(record: StepRecord) -> None:
    print(f"{record.name:<16} {record.status:<10} {record.seconds:5.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
