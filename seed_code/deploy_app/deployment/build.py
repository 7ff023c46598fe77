"""The build, from settings to templates: what `app.py` does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from deployment import release, settings
from deployment.accounts import read_accounts
from deployment.model_registry import Registry
from deployment.names import Names
from deployment.problems import Problems
from deployment.project import from_environment
from deployment.target import Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from deployment.project import Project


class Session(Protocol):
    """What makes clients: a `boto3.Session`."""

    def client(self, service: str, /) -> Any:  # noqa: ANN401
        """Return the client of an AWS service."""


def build(*, folder: Path, variables: Mapping[str, str], session: Session) -> str:
    """Write the release of the application in `folder`, and return in a sentence what was decided."""
    output = release.output_folder(variables)
    release.clear(output)
    wanted = settings.load(folder / "config")
    project = from_environment(variables)
    model = _registry(project, session).model_to_deploy()
    if model is None:
        release.write(output, project=project, model=None, targets=())
        return f"No model of {project.model_package_group} was ever approved: nothing to deploy, the pipeline skips."
    accounts = read_accounts(ssm=session.client("ssm"), settings=wanted, region=project.region)
    definition = _inference_definition(project, wanted, session)
    targets = [
        Target(
            environment=environment,
            names=Names(project_id=project.id, environment=environment),
            project=project,
            settings=wanted[environment],
            account=account,
            model=model,
            inference_definition=definition,
        )
        for environment, account in accounts.items()
    ]
    _check_images(targets)
    from deployment.synthesis import write_templates  # noqa: PLC0415 - takes seconds

    write_templates(targets, output)
    release.write(output, project=project, model=model, targets=targets)
    return f"Version {model.version} of {project.model_package_group} goes to {', '.join(accounts)}: {model.arn}"


def _registry(project: Project, session: Session) -> Registry:
    return Registry(
        project=project,
        stack_in_dev=Names(project_id=project.id, environment="dev").stack,
        sagemaker=session.client("sagemaker"),
        cloudformation=session.client("cloudformation"),
    )


def _check_images(targets: Sequence[Target]) -> None:
    """A serverless endpoint takes images of its own account or of AWS (serverless-endpoints-prerequisites)."""
    problems = [
        f"config/{target.environment}.toml: [endpoint.serverless]: the model's image {image} is in DEV's account, and "
        f"a serverless endpoint in account {target.account.account_id} takes images of that account or of AWS only; "
        "use [endpoint.instance]"
        for target in targets
        if target.settings.endpoint is not None and target.settings.endpoint.serverless is not None
        for image in target.model.images
        if image.startswith(f"{target.project.dev_account_id}.dkr.ecr.")
        and target.account.account_id != target.project.dev_account_id
    ]
    if problems:
        raise Problems(problems)


def _inference_definition(
    project: Project, wanted: Mapping[str, settings.Settings], session: Session
) -> dict[str, Any] | None:
    """Return the definition of the build repository's inference pipeline, when a file has [batch]."""
    if all(one.batch is None for one in wanted.values()):
        return None
    name = Names(project_id=project.id, environment="dev").build_inference_pipeline
    try:
        answer = session.client("sagemaker").describe_pipeline(PipelineName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFound":
            raise
        raise Problems(
            [f"config: there is [batch], and DEV has no pipeline {name}: the build repository makes it, see its README"]
        ) from None
    definition: dict[str, Any] = json.loads(answer["PipelineDefinition"])
    return definition
