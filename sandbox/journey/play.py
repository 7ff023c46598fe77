"""The way of a model from a new project to answers in every account: people act, and what waits is run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from baseline.naming import ENVIRONMENTS, Environment
from sandbox.clients import session_of
from sandbox.journey.evaluated import evaluated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.journey.evaluated import Evaluated
    from sandbox.journey.team import Approval, Project, Team

REASON = "The figures are good enough."


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person decides: about a model in the registry, or, with an approval, about its next deployment."""

    project: Project
    model: Evaluated
    approval: Approval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A journey at its end: the project, its model if there is one, and what each endpoint scored the sample payload.

    `stopped` says where to look when it ended before PROD; it is empty when it did not.
    """

    project: Project
    model: Evaluated | None = None
    answers: Mapping[Environment, tuple[float, ...]] = field(default_factory=dict)
    stopped: str = ""


def play(*, team: Team, project: Project, run: Callable[[], object], decide: Callable[[Question], bool]) -> Played:
    """Go on with a new project's first model until it answers in PROD, or does not get on.

    `run` runs all that waits; it is called first, and after each act.
    """
    run()
    registered = team.registered(project, status="PendingManualApproval")
    if not registered:
        return Played(project=project, stopped=f"No model was registered: see the pipeline {project.build_pipeline}.")
    model = evaluated(team.scientist, registered[0])
    if not decide(Question(project=project, model=model)):
        return Played(project=project, model=model, stopped="The model was not approved.")
    team.judge(model.model_package_arn, status="Approved", why=REASON)
    run()
    _approve_stages(team, project, model, run=run, decide=decide)
    serving = [environment for environment in ENVIRONMENTS if _serves(team, project, environment)]
    answers = {environment: answer(team, project, environment, model.payload) for environment in serving}
    short = f"PROD was not reached: see the pipeline {project.deploy_pipeline}."
    return Played(project=project, model=model, answers=answers, stopped="" if Environment.PROD in answers else short)


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


def _serves(team: Team, project: Project, environment: Environment) -> bool:
    sagemaker = session_of(team.account_of(environment)).client("sagemaker", endpoint_url=team.sandbox.endpoint)
    found = sagemaker.list_endpoints(NameContains=endpoint(project, environment))["Endpoints"]
    return any(item["EndpointStatus"] == "InService" for item in found)


def answer(team: Team, project: Project, environment: Environment, rows: str) -> tuple[float, ...]:
    """Ask the endpoint of an environment for the scores of rows, with the credentials of the account."""
    runtime = session_of(team.account_of(environment)).client("sagemaker-runtime", endpoint_url=team.sandbox.endpoint)
    answered = runtime.invoke_endpoint(
        EndpointName=endpoint(project, environment), Body=rows.encode(), ContentType="text/csv", Accept="text/csv"
    )
    return tuple(float(line) for line in answered["Body"].read().decode().splitlines())
