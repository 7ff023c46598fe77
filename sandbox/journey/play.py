"""The way of a model from a new project to answers in every account: people act, and what waits is run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from baseline.naming import Environment
from sandbox.clients import session_of
from sandbox.journey.evaluated import evaluated

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.journey.evaluated import Evaluated
    from sandbox.journey.team import Approval, Project, Team

REASON = "The figures are good enough."


class StuckError(Exception):
    """A journey that did not get on; the text says where, and where to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person decides: about a model in the registry, or, with an approval, about its next deployment."""

    project: Project
    model: Evaluated
    approval: Approval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A journey that came to its end: the project, its model, and each endpoint's scores for the sample payload."""

    project: Project
    model: Evaluated
    answers: dict[Environment, tuple[float, ...]]


def play(*, team: Team, name: str, run: Callable[[], object], decide: Callable[[Question], bool]) -> Played:
    """Create a project, and go on with its first model until it answers in PROD or somebody decides against it.

    `run` runs all that waits; it is called after each act. Raises `ProjectFailedError`, and `StuckError` when nobody
    is asked although the model is not in PROD.
    """
    project = team.create_project(name)
    run()
    registered = team.registered(project, status="PendingManualApproval")
    if not registered:
        raise StuckError(f"No model was registered: see the pipeline {project.build_pipeline}.")
    model = evaluated(team.scientist, registered[0])
    reached: dict[Environment, tuple[float, ...]] = {}
    if decide(Question(project=project, model=model)):
        team.judge(model.model_package_arn, status="Approved", why=REASON)
        run()
        _approve_stages(team, project, model, run=run, decide=decide)
        reached = {environment: answer(team, project, environment, model.payload) for environment in Environment}
    return Played(project=project, model=model, answers=reached)


def _approve_stages(
    team: Team, project: Project, model: Evaluated, *, run: Callable[[], object], decide: Callable[[Question], bool]
) -> None:
    while approvals := team.waiting(project):
        for approval in approvals:
            approved = decide(Question(project=project, model=model, approval=approval))
            team.answer(approval, approved=approved, why=REASON if approved else "Not now.")
        run()


def endpoint(project: Project, environment: Environment) -> str:
    """Name of a project's endpoint in an environment."""
    return f"{project.prefix}-{environment}"


def answer(team: Team, project: Project, environment: Environment, rows: str) -> tuple[float, ...]:
    """Ask the endpoint of an environment for the scores of rows, with the credentials of the account."""
    runtime = session_of(team.account_of(environment)).client("sagemaker-runtime", endpoint_url=team.sandbox.endpoint)
    answered = runtime.invoke_endpoint(
        EndpointName=endpoint(project, environment), Body=rows.encode(), ContentType="text/csv", Accept="text/csv"
    )
    return tuple(float(line) for line in answered["Body"].read().decode().splitlines())
