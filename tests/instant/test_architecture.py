"""The diagrams of the architecture: that the page shows what is deployed, and what each drawing tells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from toolchain import architecture
from toolchain.report import filled

if TYPE_CHECKING:
    from toolchain.architecture import Diagram

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "architecture.md"


@pytest.fixture(scope="module")
def drawn() -> dict[str, Diagram]:
    return {diagram.name: diagram for diagram in architecture.diagrams()}


def test_the_page_shows_the_diagrams_as_they_are() -> None:
    page = PAGE.read_text()
    assert filled(page, architecture.diagrams()) == page, "run `make docs`"


def test_every_module_stands_in_an_account(drawn: dict[str, Diagram]) -> None:
    text = drawn["accounts"].markdown()
    optional = {"project_templates"}
    modules = {folder.name for folder in (ROOT / "modules").iterdir() if folder.is_dir()} - optional
    assert [module for module in sorted(modules) if f"<b>{module}</b>" not in text] == []


def test_a_rule_leads_to_the_pipeline_that_it_starts(drawn: dict[str, Diagram]) -> None:
    assert "    ModelStateRule --> DeployPipeline" in drawn["project"].lines


def test_the_deployment_names_the_account_that_it_reaches(drawn: dict[str, Diagram]) -> None:
    text = drawn["deploy pipeline"].markdown()
    assert [name for name in ("DEV", "PREPROD", "PROD") if f"CloudFormation in {name}<" not in text] == []


def test_the_approval_comes_before_the_deployment(drawn: dict[str, Diagram]) -> None:
    assert "        Prod_Approve --> Prod_Deploy" in drawn["deploy pipeline"].lines


def test_the_door_of_a_skipped_stage_says_when_it_is_skipped(drawn: dict[str, Diagram]) -> None:
    door = '    Build_Synth -- "DEPLOY EQ true, else skip" --> SecurityEvaluation_CfnNag'
    assert door in drawn["deploy pipeline"].lines
