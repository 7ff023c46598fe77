"""Synthesise the same sources with cdktn, the living fork of cdktf, and show what comes out otherwise: versions only.

The fork goes into an environment of its own, .tools/cdktn, from toolchain/cdktn-requirements.txt (560 MB, with hashes).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from toolchain.report import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = Path(".tools/cdktn")
REQUIREMENTS = Path("toolchain/cdktn-requirements.txt")
ALIAS = Path("toolchain/cdktn_alias.py")

# Where the two name themselves and the provider: the fork pins a newer one, and writes its source out.
VERSIONS = {
    ("//", "metadata", "version"),
    ("terraform", "required_providers", "aws", "source"),
    ("terraform", "required_providers", "aws", "version"),
}
ABSENT = "-"


class CdktnError(Exception):
    """The fork could not be installed, or did not synthesise: what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place of a stack's configuration where the two differ; values as JSON, `-` for what is not there."""

    stack: str
    path: tuple[str, ...]
    before: str
    after: str

    @property
    def is_version(self) -> bool:
        """Whether it is one of the places where the two have to differ."""
        return self.path in VERSIONS

    def __str__(self) -> str:
        return f"{self.stack}: {'.'.join(self.path)}: {self.before} became {self.after}"


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Every difference between two syntheses, given as stack -> configuration."""
    return [
        Difference(stack=stack, path=path, before=one, after=other)
        for stack in sorted({*before, *after})
        for path, one, other in _differences(before.get(stack, {}), after.get(stack, {}), ())
    ]


def _differences(before: object, after: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if isinstance(before, list) and isinstance(after, list):
        before, after = (({str(index): item for index, item in enumerate(items)}) for items in (before, after))
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            if key not in before or key not in after:
                one, other = (json.dumps(side[key]) if key in side else ABSENT for side in (before, after))
                yield (*path, key), one, other
            else:
                yield from _differences(before[key], after[key], (*path, key))
    elif before != after:
        yield path, json.dumps(before), json.dumps(after)


def table(found: list[Difference]) -> Table:
    """The differences, one line for each place and pair of values, with the stacks that have it."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for difference in found:
        places.setdefault((".".join(difference.path), difference.before, difference.after), []).append(difference.stack)
    return Table(
        name="cdktn",
        title="What cdktn writes otherwise",
        header=("place", "cdktf", "cdktn", "stacks"),
        numeric=False,
        rows=tuple((*place, ", ".join(stacks)) for place, stacks in places.items()),
    )


def install(root: Path) -> None:
    """Put the fork into its environment. Costs a second when it is there."""
    python = root / ENVIRONMENT / "bin" / "python"
    if not python.is_file():
        print(f"Installing cdktn into {ENVIRONMENT} (560 MB)", flush=True)
        venv.create(root / ENVIRONMENT, with_pip=True, clear=True)
    options = ["--quiet", "--require-hashes", "--only-binary", ":all:", "--requirement", str(REQUIREMENTS)]
    _run([str(python), "-m", "pip", "install", *options], root=root)


def synthesise(command: list[str], *, root: Path, folder: Path) -> dict[str, Any]:
    """Run the app with a command. Returns each stack's configuration by the stack's name."""
    # The fast import knows the archived packages from the inside; the fork imports lazily by itself.
    _run(command, root=root, CDKTF_OUTDIR=str(folder), MLOPS_STOCK_PROVIDER="1")
    return {path.parent.name: json.loads(path.read_text()) for path in sorted(folder.glob("stacks/*/cdk.tf.json"))}


def _run(command: list[str], *, root: Path, **environment: str) -> None:
    answer = subprocess.run(
        command, cwd=root, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise CdktnError(f"{' '.join(command)}\n{answer.stderr.strip()[-2000:]}")


def main() -> int:
    console = Console()
    try:
        install(ROOT)
        with tempfile.TemporaryDirectory() as folder:
            before, after = Path(folder, "cdktf"), Path(folder, "cdktn")
            ours = synthesise([sys.executable, "main.py"], root=ROOT, folder=before)
            started = time.perf_counter()
            fork = str(ENVIRONMENT / "bin" / "python")
            theirs = synthesise([fork, str(ALIAS), "main.py"], root=ROOT, folder=after)
            seconds = time.perf_counter() - started
    except CdktnError as error:
        print(error, file=sys.stderr)
        return 1
    found = differences(ours, theirs)
    console.print(table(found).terminal())
    others = [difference for difference in found if not difference.is_version]
    if others or not ours:
        print("\n".join(map(str, others)) or "No stack was synthesised.", file=sys.stderr)
        return 1
    print(f"{len(theirs)} stacks are the same but for versions; cdktn took {seconds:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
