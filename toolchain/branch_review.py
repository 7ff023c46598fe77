"""`make review`: the comment that a pull request of the working tree would get, made on this machine.

Deploys the base branch to a sandbox, plans the working tree against what that left behind, and reviews the three real
plans together with the product template.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from baseline.accounts import AccountsError
from review.__main__ import main as review
from sandbox import server
from sandbox.demo import CDKTF, Stage, Step, StepError
from sandbox.environment import environment, make_private
from sandbox.journey.telling import Telling

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / ".sandbox" / "review"
TEMPLATE = Path("cfn_product", "template.yaml")


class BranchReviewError(Exception):
    """Why there is nothing to review, and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the review; returns the exit status."""
    parser = argparse.ArgumentParser(prog="branch_review", description=__doc__)
    parser.add_argument("--base", default="main", help="the branch or commit to compare with (%(default)s)")
    base: str = parser.parse_args(arguments).base
    console = Console(stderr=True)
    make_private(OUTPUT.parent)
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    try:
        with tempfile.TemporaryDirectory(prefix="review-") as temporary:
            return _review(Path(temporary), base=base, console=console)
    except (AccountsError, BranchReviewError, server.SandboxError, StepError) as error:
        console.print(str(error), markup=False, highlight=False)
        return 1


def _review(folder: Path, *, base: str, console: Console) -> int:
    before, after = folder / "base", folder / "change"
    _extract(_git("archive", "--format=tar", base), before)
    _copy_working_tree(after)
    with server.start(log=OUTPUT / "server.log") as process:
        variables = environment(process.sandbox, folder=folder / "sandbox")
        accounts = process.sandbox.accounts
        telling = Telling(
            console, accounts=accounts.values(), started=time.monotonic(), interactive=False, folder=OUTPUT
        )
        stage = Stage(console=console, telling=telling, log=OUTPUT / "review.log", variables=variables)
        stage.run(
            Step(title="Create the state buckets", command=_python("-m", "bootstrap", *accounts, "--yes"), folder=after)
        )
        stage.run(Step(title=f"Synthesise {base}", command=[str(CDKTF), "synth"], folder=before))
        present = _stacks(before)
        deploy = [str(CDKTF), "deploy", *present, "--auto-approve"]
        stage.run(Step(title=f"Deploy {base}: {', '.join(present)}", command=deploy, folder=before))
        stage.run(Step(title="Synthesise the working tree", command=[str(CDKTF), "synth"], folder=after))
        reviews = [_plan(stage, after, stack=stack) for stack in _stacks(after)]
    files = [str(file) for file in reviews] + _product(before, after)
    page, comment = OUTPUT / "review.html", OUTPUT / "review.md"
    status = review(["render", *files, "--format", "html", "-o", str(page)])
    status = status or review(["render", *files, "--format", "md", "-o", str(comment)])
    if status == 0:
        print(comment.read_text(encoding="utf-8"))
        console.print(f"The comment: {comment.relative_to(ROOT)}. The full report: {page.relative_to(ROOT)}.")
    return status


def _plan(stage: Stage, project: Path, *, stack: str) -> Path:
    """Plan a stack and review the plan, which never leaves the temporary folder: it may hold secrets."""
    folder = project / "cdktf.out" / "stacks" / stack
    terraform = ["terraform"]
    stage.run(Step(title=f"Prepare {stack}", command=[*terraform, "init", "-input=false", "-no-color"], folder=folder))
    planned = [*terraform, "plan", "-input=false", "-no-color", "-lock=false", "-out=plan.bin"]
    stage.run(Step(title=f"Plan {stack}", command=planned, folder=folder))
    shown = subprocess.run(
        [*terraform, "show", "-json", "plan.bin"], cwd=folder, env=stage.variables, capture_output=True, check=False
    )
    if shown.returncode != 0:
        raise BranchReviewError(f"{stack}: the plan cannot be shown:\n{shown.stderr.decode(errors='replace')}")
    (folder / "plan.json").write_bytes(shown.stdout)
    made = OUTPUT / f"{stack}.json"
    if review(["model", str(folder / "plan.json"), "--account", stack, "-o", str(made)]) != 0:
        raise BranchReviewError(f"{stack}: the plan cannot be reviewed.")
    return made


def _product(before: Path, after: Path) -> list[str]:
    """What the change of the template does, as arguments of `review render`; none when it does not change."""
    old, new = before / TEMPLATE, after / TEMPLATE
    if not old.is_file() or not new.is_file() or old.read_bytes() == new.read_bytes():
        return []
    made = OUTPUT / "product.json"
    named = [shutil.copy(file, before.parent / name) for file, name in ((old, "base.yaml"), (new, "change.yaml"))]
    if review(["product", *map(str, named), "-o", str(made)]) != 0:
        raise BranchReviewError("The product templates cannot be compared.")
    return ["--product", str(made)]


def _stacks(project: Path) -> list[str]:
    return sorted(folder.name for folder in (project / "cdktf.out" / "stacks").iterdir())


def _python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def _git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)
    if done.returncode != 0:
        reason = done.stderr.decode(errors="replace").strip()
        raise BranchReviewError(f"git {' '.join(arguments)}: {reason}. Name what to compare with: --base COMMIT.")
    return done.stdout


def _extract(archive: bytes, folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        opened.extraction_filter = getattr(tarfile, "data_filter", None)  # Python before 3.11.4 has none
        opened.extractall(folder)  # noqa: S202  (git archive made it)


def _copy_working_tree(folder: Path) -> None:
    """Copy what git knows or would add, as it stands in the working tree."""
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard").decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


if __name__ == "__main__":
    sys.exit(main())
