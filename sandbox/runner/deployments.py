"""The CloudFormation action in mode CREATE_UPDATE: it reads the artifact and changes the stack with its own role."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sandbox.runner import artifacts
from sandbox.runner.artifacts import ArtifactError

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Mapping

    import boto3

    from sandbox.runner.bench import Bench, Item

MOST_BYTES = 1024 * 1024  # of a template that CloudFormation reads from S3
NOTHING_TO_DO = "No updates are to be performed."
SETTINGS = {"Parameters", "Tags"}  # of a template configuration; StackPolicy is not imitated


def deploy(bench: Bench, item: Item, session: boto3.Session) -> dict[str, Any]:
    """Create or update a stack. It fails with the stack's first reason when the stack does not end complete."""
    configuration = item["configuration"]
    s3 = bench.client(session, "s3")
    fetched = {artifact["name"]: artifacts.fetch(s3, artifact) for artifact in item["inputs"]}
    arguments = _arguments(configuration, fetched)
    cloudformation = bench.client(session, "cloudformation")
    name, before = configuration["StackName"], _status(cloudformation, configuration["StackName"])
    seen = {item["EventId"] for item in _events(cloudformation, name)} if before else set()
    try:
        change = cloudformation.update_stack if before else cloudformation.create_stack
        stack_id = change(StackName=name, RoleARN=configuration["RoleArn"], **arguments)["StackId"]
    except ClientError as error:
        if NOTHING_TO_DO not in str(error):
            raise
        return {"status": "Succeeded", "summary": f"Stack {name}: {NOTHING_TO_DO}"}
    status = _status(cloudformation, name)
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        failures = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
            for event in reversed(_events(cloudformation, name))
            if event["EventId"] not in seen and event["ResourceStatus"].endswith("_FAILED")
        ]
        reason = failures[0] if failures else "no reason was given"
        return {"status": "Failed", "summary": f"Stack {name} is {status}. {reason}", "external_id": stack_id}
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", [])
    variables = {output["OutputKey"]: output["OutputValue"] for output in outputs}
    told = {"status": "Succeeded", "summary": f"Stack {name} is {status}", "external_id": stack_id}
    if item["outputs"]:
        raise ArtifactError("The sandbox does not imitate output artifacts of CloudFormation actions")
    return {**told, "variables": variables}


def _arguments(configuration: Mapping[str, str], fetched: Mapping[str, zipfile.ZipFile]) -> dict[str, Any]:
    template = _read(configuration["TemplatePath"], fetched)
    if len(template) > MOST_BYTES:
        raise ArtifactError(f"{configuration['TemplatePath']} has {len(template)} bytes, of {MOST_BYTES} at most")
    settings = {}
    if "TemplateConfiguration" in configuration:
        settings = _json(configuration["TemplateConfiguration"], _read(configuration["TemplateConfiguration"], fetched))
    if settings.keys() - SETTINGS:
        raise ArtifactError(f"{', '.join(sorted(settings.keys() - SETTINGS))} of a template configuration")
    overrides = _json("ParameterOverrides", configuration.get("ParameterOverrides", "{}"))
    parameters = {**settings.get("Parameters", {}), **overrides}
    functions = [name for name, value in parameters.items() if not isinstance(value, str)]
    if functions:
        raise ArtifactError(f"The sandbox does not imitate functions in ParameterOverrides: {', '.join(functions)}")
    return {
        "TemplateBody": template,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Tags": [{"Key": key, "Value": value} for key, value in settings.get("Tags", {}).items()],
        "Capabilities": [item for item in configuration.get("Capabilities", "").split(",") if item],
    }


def _read(place: str, fetched: Mapping[str, zipfile.ZipFile]) -> str:
    """Return a file ``<artifact>::<path>``."""
    artifact, _, path = place.partition("::")
    try:
        return fetched[artifact].read(path).decode()
    except KeyError as error:
        raise ArtifactError(f"File {path} does not exist in artifact {artifact}") from error


def _json(place: str, text: str) -> dict[str, Any]:
    try:
        parsed: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise ArtifactError(f"{place} is not JSON: {error}") from error
    return parsed


def _status(cloudformation: Any, name: str) -> str | None:  # noqa: ANN401  (boto3)
    try:
        return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        return None


def _events(cloudformation: Any, name: str) -> list[dict[str, Any]]:  # noqa: ANN401  (boto3)
    events: list[dict[str, Any]] = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return events
