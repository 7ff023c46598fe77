"""Reviews of three plans of 1,000 and of 10,000 changes, beside what `terraform show` takes for a plan of that size."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measure import BenchError, Row, Table, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (1_000, 10_000)
ACCOUNTS = ("dev", "preprod", "prod")
_POLICY = '{"Statement":[{"Sid":"Reads","Effect":"Allow","Action":%s,"Resource":"arn:aws:s3:::b-%d/*"}]}'
_RESOURCES = """
resource "terraform_data" "this" {
  count = %d
  input = { name = "mlops-${count.index}", days = 30 }
}
"""


def review() -> Table:
    """Measure model and render in fresh processes, and Terraform's own rendering of one plan of 1,000 changes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        rows = [row for size in SIZES for row in _rows(folder, size)]
        sizes = {size: (folder / f"{size}.md").stat().st_size for size in SIZES}
        return Table(
            title="Review of three plans, by changes in each",
            note="; ".join(f"comment of {size:,} changes: {length / 1000:.0f} kB" for size, length in sizes.items()),
            rows=tuple(rows),
        )


def main() -> None:
    """Print the measurements alone: `python -m bench.review`."""
    table = review()
    print(table.title, f"({table.note})")
    for row in table.rows:
        memory = "-" if row.peak_megabytes is None else f"{row.peak_megabytes:.0f} MB"
        print(f"  {row.name:<48} {row.seconds:8.2f} s  {memory:>8}  x{table.ratio(row):.1f}")


def _rows(folder: Path, size: int) -> Iterator[Row]:
    yield _terraform_show(folder, size)
    for account in ACCOUNTS:
        (folder / f"{account}.json").write_text(json.dumps(_plan(account, size)))
    output = str(folder / "review-{}.json")
    for account in ACCOUNTS[1:]:
        _model(folder, account, output)
    megabytes = (folder / "dev.json").stat().st_size / 1e6
    yield measure(
        f"review model, 1 of {size:,} changes ({megabytes:.1f} MB)",
        arguments=["-m", "review", *_model_arguments(folder, "dev", output)],
        runs=2,
    )
    files = [output.format(account) for account in ACCOUNTS]
    yield measure(
        f"review render, 3 of {size:,} changes",
        arguments=["-m", "review", "render", *files, "-o", str(folder / f"{size}.md")],
        runs=2,
    )


def _model_arguments(folder: Path, account: str, output: str) -> list[str]:
    return ["model", str(folder / f"{account}.json"), "--account", account, "-o", output.format(account)]


def _model(folder: Path, account: str, output: str) -> None:
    measure("", arguments=["-m", "review", *_model_arguments(folder, account, output)], runs=1, cold=True)


def _plan(account: str, size: int) -> dict[str, Any]:
    """A plan like a large baseline's: mostly values and tags, every fifth a policy, every twentieth marked."""
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": [_change(account, number) for number in range(size)],
    }


def _change(account: str, number: int) -> dict[str, Any]:
    policy, marked = number % 5 == 0, number % 20 == 1
    before = {"name": f"mlops-{account}-{number}", "description": "x" * 60, "tags": {"owner": "platform"}, "days": 90}
    after = before | {"days": 30, "tags": {"owner": "platform", "cost": str(number)}}
    if policy:
        before |= {"policy": _POLICY % ('"s3:GetObject"', number)}
        after |= {"policy": _POLICY % ('["s3:GetObject","s3:PutObject"]', number)}
    if marked:
        before, after = before | {"token": f"token-{number}-old"}, after | {"token": f"token-{number}-new"}
    marks = {"token": True} if marked else {}
    kind = "aws_iam_policy" if policy else "aws_ssm_parameter"
    return {
        "address": f'module.m{number % 40}.{kind}.this["{number}"]',
        "type": kind,
        "change": {
            "actions": ["update"],
            "before": before,
            "after": after,
            "before_sensitive": marks,
            "after_sensitive": marks,
        },
    }


def _terraform_show(folder: Path, size: int) -> Row:
    """`terraform show` of a plan of this many resources that need no provider."""
    root = folder / f"terraform-{size}"
    root.mkdir()
    (root / "main.tf").write_text(_RESOURCES % size)
    for command in (["init", "-input=false"], ["plan", "-input=false", "-out=plan.bin"]):
        _terraform(root, *command)
    show = (
        "import os, subprocess, sys;"
        "sys.exit(subprocess.run(['terraform', 'show', '-no-color', 'plan.bin'], cwd=sys.argv[1],"
        " stdout=subprocess.DEVNULL).returncode)"
    )
    return measure(f"terraform show, 1 of {size:,} changes", arguments=["-c", show, str(root)], runs=2)


def _terraform(root: Path, *command: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run(
        ["terraform", *command],
        cwd=root,
        env=environment | {"CHECKPOINT_DISABLE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BenchError(f"terraform {' '.join(command)} failed:\n{done.stdout}")


if __name__ == "__main__":
    main()
