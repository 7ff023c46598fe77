"""The workflows that users copy: who may write, what is pinned, whose code runs with which rights."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

GITHUB = Path(__file__).resolve().parents[2] / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FILES = [*WORKFLOWS, *sorted((GITHUB / "actions").rglob("action.yml"))]


def workflow(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((GITHUB / "workflows" / f"{name}.yml").read_text())
    return content


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name + "/" + file.stem)
def test_actions_are_pinned_or_say_why_not(file: Path) -> None:
    lines = file.read_text().splitlines()
    used = [(number, line) for number, line in enumerate(lines) if re.search(r"\buses: (?!\./)", line)]
    loose = [number for number, line in used if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)]
    assert [lines[number] for number in loose if "# By tag:" not in lines[number - 1]] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_workflow_has_no_rights_but_those_its_jobs_ask_for(file: Path) -> None:
    assert workflow(file.stem)["permissions"] == {}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_no_workflow_runs_the_code_of_a_fork_with_rights(file: Path) -> None:
    assert "pull_request_target" not in file.read_text()


def test_one_job_writes_the_comment_and_it_runs_the_code_of_the_base_branch() -> None:
    jobs = workflow("terraform-review")["jobs"]
    writing = [name for name, job in jobs.items() if "write" in str({**job["permissions"], "id-token": ""})]
    assert writing == ["comment"]
    assert jobs["comment"]["steps"][0]["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"


def test_the_job_that_writes_the_comment_has_no_credentials_of_an_account() -> None:
    assert "id-token" not in workflow("terraform-review")["jobs"]["comment"]["permissions"]


def test_a_plan_is_never_uploaded() -> None:
    steps = [step for job in workflow("terraform-review")["jobs"].values() for step in job["steps"]]
    uploaded = [step["with"]["path"] for step in steps if "upload-artifact" in step.get("uses", "")]
    assert uploaded == ["${{ steps.plan.outputs.review }}", "product.json", "report"]


def test_accounts_are_applied_in_order() -> None:
    jobs = workflow("terraform-apply")["jobs"]
    assert {name: job.get("needs") for name, job in jobs.items()} == {"dev": None, "preprod": "dev", "prod": "preprod"}


def test_an_apply_is_never_stopped_half_way() -> None:
    assert workflow("terraform-apply")["concurrency"]["cancel-in-progress"] is False


@pytest.mark.parametrize("name", ["review", "apply"])
def test_the_buildspecs_are_yaml_with_the_phases_of_codebuild(root: Path, name: str) -> None:
    content = yaml.safe_load((root / "docs" / "codepipeline" / f"{name}.buildspec.yml").read_text())
    assert set(content["phases"]) == {"install", "build"}
    assert all(isinstance(command, str) for phase in content["phases"].values() for command in phase["commands"])
