"""Readers of the template's pipelines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.template.product_template import Template

PIPELINES = ("BuildPipeline", "DeployPipeline")
SKIPPED_WITHOUT_A_MODEL = ("SecurityEvaluation", "Dev", "PreProd", "Prod")


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action, with the stage that it stands in. `body` is its declaration, whatever its condition."""

    pipeline: str
    stage: str
    body: dict[str, Any]

    @property
    def provider(self) -> str:
        return str(self.body["ActionTypeId"]["Provider"])

    @property
    def configuration(self) -> dict[str, Any]:
        return dict(self.body["Configuration"])

    @property
    def order(self) -> int:
        return int(self.body.get("RunOrder", 1))

    @property
    def where(self) -> str:
        return f"{self.pipeline} {self.stage} {self.body['Name']}"


def stages(template: Template, pipeline: str) -> dict[str, dict[str, Any]]:
    """Stage name -> its declaration, in their order."""
    declared = template["Resources"][pipeline]["Properties"]["Stages"]
    return {stage["Name"]: stage for stage in declared}


def actions(template: Template, *pipelines: str) -> Iterator[Action]:
    for pipeline in pipelines or PIPELINES:
        for name, stage in stages(template, pipeline).items():
            for item in stage["Actions"]:
                body = item["Fn::If"][1] if "Fn::If" in item else item
                yield Action(pipeline=pipeline, stage=name, body=body)


def of_provider(template: Template, provider: str) -> list[Action]:
    return [action for action in actions(template) if action.provider == provider]
