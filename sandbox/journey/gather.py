"""Reads what is there at the end of a journey, account by account, into the record that its page shows."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from baseline.naming import ENVIRONMENTS
from sandbox.clients import session_of
from sandbox.environment import PROVIDER_VARIABLE
from sandbox.journey.record import Account, Deployed, Journey, Model, Served
from sandbox.runner.runtimes import STAND_INS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from baseline.naming import Environment
    from sandbox.journey.evaluated import Evaluated
    from sandbox.journey.record import Machine, Moment, Proof
    from sandbox.journey.team import Project, Team
    from sandbox.server import SandboxAccount

TERRAFORM = "Terraform"


def gather(  # noqa: PLR0913  (a journey has as many parts)
    team: Team,
    *,
    project: Project,
    model: Evaluated | None,
    answers: Mapping[Environment, tuple[float, ...]],
    moments: Iterable[Moment],
    proof: Proof | None,
    machine: Machine,
    baseline: Iterable[Deployed] = (),
) -> Journey:
    """Return the record of a journey, also of one that stopped: what it did not reach is not in it.

    `baseline` is what was there before the project (`of_terraform`), `answers` what the endpoints said to the sample
    payload. What stood in for real tools is found out here.
    """
    accounts = {environment: team.account_of(environment) for environment in ENVIRONMENTS}
    _, of_project = _stack(team, team.account, project.stack)
    names = {environment: f"{project.prefix}-{environment}" for environment in accounts}
    stacks = {environment: _stack(team, accounts[environment], name) for environment, name in names.items()}
    return Journey(
        project_name=project.name,
        project_id=project.id,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        accounts=tuple(_account(account) for account in accounts.values()),
        moments=tuple(moments),
        model=_model(team, model) if model else None,
        served=tuple(
            _served(accounts[one], stack=names[one], outputs=stacks[one][0], answer=answer, model=model)
            for one, answer in answers.items()
            if model
        ),
        deployed=(*baseline, *of_project, *(resource for _, made in stacks.values() for resource in made)),
        proof=proof,
        machine=machine,
        provider=_provider(),
        stand_ins=tuple(f"{name} of the builds, by a stand-in" for name in STAND_INS if shutil.which(name) is None),
    )


def before_project(
    accounts: Iterable[SandboxAccount], *, project_name: str, moments: Iterable[Moment], machine: Machine
) -> Journey:
    """Return the record of a journey that stopped before its project was there: nothing but what happened."""
    return Journey(
        project_name=project_name,
        project_id="",
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        accounts=tuple(_account(account) for account in accounts),
        moments=tuple(moments),
        machine=machine,
        provider=_provider(),
    )


def of_terraform(account: SandboxAccount, state: Mapping[str, Any]) -> list[Deployed]:
    """Return what Terraform made in an account, out of `terraform show -json`."""
    modules = state["values"]["root_module"].get("child_modules", [])
    return [
        Deployed(
            account=account.name,
            account_id=account.account_id,
            stack=TERRAFORM,
            logical_id=resource["address"],
            type=resource["type"],
            name=str(resource["values"].get("name") or resource["values"].get("key") or resource["values"]["id"]),
        )
        for module in modules
        for resource in module["resources"]
        if resource["mode"] == "managed"
    ]


def _provider() -> Literal["stand-in", "registry"]:
    return "registry" if os.environ.get(PROVIDER_VARIABLE) == "registry" else "stand-in"


def _account(account: SandboxAccount) -> Account:
    return Account(
        name=account.name, environment=account.environment, account_id=account.account_id, region=account.region
    )


def _model(team: Team, model: Evaluated) -> Model:
    sagemaker = team.scientist.client("sagemaker")
    package = sagemaker.describe_model_package(ModelPackageName=model.model_package_arn)
    approved = package["ModelApprovalStatus"] == "Approved"
    return Model(
        package_arn=model.model_package_arn,
        version=package["ModelPackageVersion"],
        status=package["ModelApprovalStatus"],
        metrics=dict(model.metrics),
        report=model.report,
        # The journey's only judge of models; the sandbox keeps no LastModifiedBy.
        approved_by=team.scientist.client("sts").get_caller_identity()["Arn"] if approved else None,
    )


Outputs = dict[str, str]


def _stack(team: Team, account: SandboxAccount, name: str) -> tuple[Outputs, list[Deployed]]:
    """Return the outputs and the resources of a stack: neither, of one that is not there."""
    cloudformation = session_of(account).client("cloudformation", endpoint_url=team.sandbox.endpoint)
    try:
        [described] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        return {}, []
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    return outputs, [
        Deployed(
            account=account.name,
            account_id=account.account_id,
            stack=name,
            logical_id=resource["LogicalResourceId"],
            type=resource["ResourceType"],
            name=_name(resource, outputs),
        )
        for resource in resources
        if not resource["ResourceStatus"].startswith("DELETE")
    ]


def _name(resource: Mapping[str, str], outputs: Outputs) -> str:
    """Return the name by which people know a resource. A repository's physical id is a number; its address is told."""
    address = outputs.get(f"{resource['LogicalResourceId']}Url") or resource.get("PhysicalResourceId", "")
    if resource["ResourceType"] == "AWS::CodeCommit::Repository":
        return address.rpartition("/")[2]
    return address


def _served(
    account: SandboxAccount, *, stack: str, outputs: Outputs, answer: tuple[float, ...], model: Evaluated
) -> Served:
    return Served(
        environment=account.environment,
        account=account.name,
        account_id=account.account_id,
        endpoint=outputs["EndpointName"],
        stack=stack,
        model_package_arn=outputs["ModelPackageArn"],
        answer=answer,
        evaluated=model.scores,
    )
