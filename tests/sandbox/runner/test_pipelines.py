"""How pipelines run: what starts them, their order, variables and conditions, and what a failure leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sandbox.runner.team import BUILDSPEC, approval, build, entered_when, stage

if TYPE_CHECKING:
    from tests.sandbox.runner.team import Team


def test_a_pipeline_runs_when_it_is_made(team: Team) -> None:
    team.push({"buildspec.yml": BUILDSPEC})
    team.make_pipeline(stage("Build", build(team.project())))
    team.drain()
    assert team.stages == {"Source": "Succeeded", "Build": "Succeeded"}
    assert team.executions == ["Succeeded"]
