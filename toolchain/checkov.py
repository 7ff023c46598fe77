"""Scan the template and the policies with checkov, in an environment of its own: `python -m toolchain.checkov`.

checkov needs a hundred packages, so it is no part of `make check`: it is installed into .tools when this is run, and
what it found is kept in checkov_run.json with the digest of what was scanned. Of anything that has changed since, the
documentation says "not run". Every finding needs its reason in checkov.toml.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import subprocess
import sys
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolchain.report import Table

ROOT = Path(__file__).resolve().parents[1]
RUN = Path("toolchain/checkov_run.json")
REASONS = Path("toolchain/checkov.toml")
ENVIRONMENT = Path(".tools/checkov")
VERSION = "3.3.30"

# What is scanned -> as what.
SCANNED = {
    "cfn_product/template.yaml": "cloudformation",
    "modules/deployment_roles": "terraform",
    "modules/project_policies": "terraform",
    "modules/project_portfolio": "terraform",
    "modules/project_templates": "terraform",
}


class CheckovError(Exception):
    """checkov could not be installed or run: what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One failed check. `resource` is "AWS::S3::Bucket.ArtifactBucket" or "aws_iam_policy_document.launch"."""

    check: str
    path: str
    resource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the last run found. `current` are the paths that have not changed since."""

    version: str
    day: str
    current: frozenset[str]
    findings: tuple[Finding, ...]
    reasons_by_check: dict[tuple[str, str], str]  # (check, resource) -> why it stays

    @classmethod
    def load(cls, *, root: Path = ROOT) -> Findings:
        run = json.loads((root / RUN).read_text())
        return cls(
            version=run["version"],
            day=run["day"],
            current=frozenset(path for path, found in run["digests"].items() if found == digest(root / path)),
            findings=tuple(Finding(**finding) for finding in run["findings"]),
            reasons_by_check={
                (entry["check"], resource): entry["reason"]
                for entry in tomllib.loads((root / REASONS).read_text())["accepted"]
                for resource in entry["resources"]
            },
        )

    def of(self, path: str) -> int | None:
        """How many checks failed; None when nobody knows."""
        return sum(finding.path == path for finding in self.findings) if path in self.current else None

    def problems(self) -> list[str]:
        """Findings without a reason, and reasons without a finding."""
        found = {(finding.check, f"{finding.path} {finding.resource}") for finding in self.findings}
        return [
            *(
                f"{place}: {check} fails: mend it, or give its reason in {REASONS}"
                for check, place in sorted(found - set(self.reasons_by_check))
            ),
            *(
                f"{REASONS}: {check} no longer fails for {place}: remove it"
                for check, place in sorted(set(self.reasons_by_check) - found)
            ),
        ]

    def reasons(self) -> Table:
        """Each finding with its reason, those with the same one together."""
        places: dict[tuple[str, str], list[str]] = {}
        for (check, resource), reason in self.reasons_by_check.items():
            places.setdefault((check, reason), []).append(f"`{resource.rpartition('/')[2]}`")
        return Table(
            name="checkov",
            title=f"What checkov {self.version} found on {self.day}",
            header=("check", "where", "why it stays"),
            numeric=False,
            rows=tuple((check, ", ".join(where), reason) for (check, reason), where in places.items()),
        )


def digest(path: Path) -> str:
    """Of a file, or of a module's Terraform files in their order."""
    files = [path] if path.is_file() else sorted(path.glob("*.tf"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def scan(*, root: Path) -> dict[str, Any]:
    """Run checkov over everything and say what it found, as checkov_run.json has it."""
    found = [
        finding for path, framework in SCANNED.items() for finding in _scan(root=root, path=path, framework=framework)
    ]
    return {
        "version": VERSION,
        "day": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "digests": {path: digest(root / path) for path in SCANNED},
        "findings": found,
    }


def _scan(*, root: Path, path: str, framework: str) -> list[dict[str, str]]:
    source = "--file" if (root / path).is_file() else "--directory"
    # Without --skip-download it asks its maker for more; --soft-fail: findings are no failure of the run.
    options = ["--skip-download", "--soft-fail", "--compact", "--quiet", "--output", "json"]
    answer = _run([str(root / ENVIRONMENT / "bin" / "checkov"), source, path, "--framework", framework, *options], root)
    failed = json.loads(answer)["results"]["failed_checks"]
    return sorted(
        ({"check": item["check_id"], "path": path, "resource": item["resource"]} for item in failed),
        key=lambda finding: (finding["check"], finding["resource"]),
    )


def _install(root: Path) -> None:
    if not (root / ENVIRONMENT / "bin" / "checkov").is_file():
        print(f"Installing checkov {VERSION} into {ENVIRONMENT} (300 MB)")
        venv.create(root / ENVIRONMENT, with_pip=True, clear=True)
    _run([str(root / ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", f"checkov=={VERSION}"], root)


def _run(command: list[str], root: Path) -> str:
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise CheckovError(f"{' '.join(command)}\n{answer.stderr.strip()[-2000:]}")
    return answer.stdout


def main() -> int:
    try:
        _install(ROOT)
        run = scan(root=ROOT)
    except CheckovError as error:
        print(error, file=sys.stderr)
        return 1
    (ROOT / RUN).write_text(json.dumps(run, indent=2) + "\n")
    findings = Findings.load()
    for path in SCANNED:
        print(f"{path}: {findings.of(path)} failed")
    problems = findings.problems()
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    print("The documentation shows it after: python -m toolchain.comparison --write")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
