"""Readers of templates, so that tests speak of endpoints and roles instead of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import App
from aws_cdk.assertions import Template

from deployment.environment_stack import EnvironmentStack

if TYPE_CHECKING:
    from deployment.target import Target


def template_of(target: Target) -> Template:
    """Synthesise one environment."""
    return Template.from_stack(EnvironmentStack(App(analytics_reporting=False), target=target))


def the(template: Template, kind: str) -> dict[str, Any]:
    """Return the properties of the only resource of a type, such as SageMaker::Endpoint."""
    (resource,) = template.find_resources(f"AWS::{kind}").values()
    return dict(resource["Properties"])


def kinds(template: Template) -> set[str]:
    """Return every resource type, without `AWS::`."""
    resources: dict[str, Any] = template.to_json()["Resources"]
    return {resource["Type"].removeprefix("AWS::") for resource in resources.values()}


def statements(template: Template, role: str = "ModelRole") -> dict[str, dict[str, Any]]:
    """Return the statements of a role's policy by their Sid."""
    (policy,) = template.to_json()["Resources"][role]["Properties"]["Policies"]
    return {statement["Sid"]: statement for statement in policy["PolicyDocument"]["Statement"]}


def joined(value: Any) -> str:  # noqa: ANN401 - a text or an intrinsic function
    """Return a text with its references as {Name} or {Name.Attribute}."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        return str(argument[0]).join(joined(part) for part in argument[1])
    return "{" + (argument if function == "Ref" else ".".join(argument)) + "}"
