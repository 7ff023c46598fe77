"""Moves the definition of a SageMaker pipeline from DEV to another account.

The same steps, scripts and images, with the account's own role, key, network, names, input and output. What cannot be
moved is a problem, told by its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployment.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deployment.project import Project

# What SageMaker names after a prefix of ours; a step of another type has no name that a policy could be narrowed to.
_NAME_KEYS = {"Processing": "ProcessingJobName", "Transform": "TransformJobName", "Model": "ModelName"}
_TYPES_WITHOUT_NAME = ("Fail",)
_ROLE_KEYS = ("RoleArn", "ExecutionRoleArn")
_OUTPUT_KEYS = ("S3OutputPath", "S3Output")
_LONGEST_PREFIX = 40  # SageMaker adds the execution's id; 63 in all


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """What an account puts in the place of DEV's. `parameters` are the new defaults of the pipeline's parameters."""

    name_prefix: str
    role_arn: str
    key_arn: str
    output_uri: str
    parameters: Mapping[str, str]
    vpc: Mapping[str, list[str]] | None = None


def promoted(definition: Mapping[str, Any], *, project: Project, destination: Destination) -> dict[str, Any]:
    """Return the definition for the account. Raises `Problems` with everything that cannot be promoted."""
    problems = [*_missing_parameters(definition, destination), *_steps_of_other_types(definition)]
    if destination.vpc is None:
        problems.extend(_networks_of_dev(definition["Steps"], "Steps"))
    if problems:
        raise Problems(f"the inference pipeline of DEV: {problem}" for problem in problems)
    return {
        **definition,
        "Parameters": [
            parameter | {"DefaultValue": destination.parameters[parameter["Name"]]}
            if parameter["Name"] in destination.parameters
            else parameter
            for parameter in definition["Parameters"]
        ],
        "Steps": [_step(step, project, destination) for step in definition["Steps"]],
    }


def _missing_parameters(definition: Mapping[str, Any], destination: Destination) -> Iterator[str]:
    known = [parameter["Name"] for parameter in definition.get("Parameters", [])]
    for name in destination.parameters:
        if name not in known:
            yield f"has no parameter {name}, so it could not be told; add it in the build repository"


def _steps_of_other_types(definition: Mapping[str, Any]) -> Iterator[str]:
    for step in definition["Steps"]:
        if step["Type"] not in (*_NAME_KEYS, *_TYPES_WITHOUT_NAME):
            yield f"step {step['Name']} is of type {step['Type']}, and only {', '.join(_NAME_KEYS)} are promoted"


def _networks_of_dev(value: Any, place: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    for key, inner in _items(value):
        if key == "VpcConfig":
            yield (
                f"{place}.VpcConfig is DEV's network; let [endpoint.network] vpc be true, which names the account's "
                "own, or take it away in the build repository"
            )
        yield from _networks_of_dev(inner, f"{place}.{key}")


def _items(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((str(number), inner) for number, inner in enumerate(value))


def _step(step: Mapping[str, Any], project: Project, destination: Destination) -> dict[str, Any]:
    arguments = _replaced(step.get("Arguments", {}), project, destination)
    if step["Type"] in _NAME_KEYS:
        word = re.sub(r"[^a-zA-Z0-9]+", "-", step["Name"]).strip("-")
        arguments[_NAME_KEYS[step["Type"]]] = f"{destination.name_prefix}-{word}"[:_LONGEST_PREFIX].rstrip("-")
    return {**step, "Arguments": arguments}


def _replaced(value: Any, project: Project, destination: Destination, *, output: bool = False) -> Any:  # noqa: ANN401
    if isinstance(value, list):
        return [_replaced(inner, project, destination, output=output) for inner in value]
    if isinstance(value, dict):
        replaced = {
            key: _replaced(inner, project, destination, output=output or key in _OUTPUT_KEYS)
            for key, inner in value.items()
        }
        own = dict.fromkeys(_ROLE_KEYS, destination.role_arn) | {"VpcConfig": destination.vpc}
        return replaced | {key: own[key] for key in own.keys() & value.keys()}
    if value == project.artifact_key_arn:
        return destination.key_arn
    dev = f"s3://{project.artifact_bucket}"
    if output and isinstance(value, str) and value.startswith(dev):
        return destination.output_uri + value.removeprefix(dev)
    return value
