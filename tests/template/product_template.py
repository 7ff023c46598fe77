"""Readers of a product template: its policies as statements, its names with the longest values that AWS allows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from cfnlint.decode import decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PRODUCT = Path(__file__).resolve().parents[2] / "cfn_product"
TEMPLATE = PRODUCT / "template.yaml"
RELEASES = sorted((PRODUCT / "releases").glob("*.yaml"))

ACCOUNT_ID = "1" * 12
PROJECT_ID = "p-idy6c3e1fiqj"
PARAMETER_STORE = re.compile(r"\{\{resolve:ssm:([^}:]+)(?::\d+)?\}\}")
OTHER_ENVIRONMENT = re.compile(r"/mlops/(preprod|prod)/")

Template = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of a policy, or of who may assume a role.

    `resource_id` is the logical id of the resource that carries it; `sid` is "" where there is no need to name it.
    """

    resource_id: str
    sid: str
    effect: str
    principals: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[tuple[str, str], tuple[str, ...]]  # (operator, key) -> values

    @property
    def allows(self) -> bool:
        return self.effect == "Allow"

    @property
    def environments(self) -> set[str]:
        """Which of preprod and prod the statement speaks of, in its principals or conditions."""
        texts = [*self.principals, *(value for values in self.conditions.values() for value in values)]
        return {name for text in texts for name in OTHER_ENVIRONMENT.findall(text)}

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles that the statement is for, as aws:PrincipalArn names them; () when it names none."""
        return self.conditions.get(("ArnEquals", "aws:PrincipalArn"), ())


def read(file: Path) -> Template:
    """A template with its short tags written out: ``!Ref x`` is {"Ref": "x"}. Fails when it is no template."""
    template, problems = decode(str(file))
    assert template is not None, problems
    found: Template = template
    return found


def as_text(value: object) -> str:
    """A string, or a function that makes one, as Fn::Sub would have it: ``!GetAtt A.Arn`` is "${A.Arn}"."""
    match value:
        case {"Fn::Sub": str(text)}:
            return str(text)
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
        case str():
            return str(value)
    raise ValueError(f"no reader for {value!r}")


def texts(value: object) -> tuple[str, ...]:
    """One string or a list of them, as a tuple."""
    return tuple(as_text(item) for item in value) if isinstance(value, list) else (as_text(value),)


def strings(value: object) -> Iterator[str]:
    """Every string anywhere in a part of a template."""
    if isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)
    elif isinstance(value, str):
        yield str(value)


def parameter_store_reads(template: Template) -> list[str]:
    """Paths that the template reads in Parameter Store, one for each place that reads."""
    return [path for text in strings(template) for path in PARAMETER_STORE.findall(text)]


def of_type(template: Template, *types: str) -> dict[str, dict[str, Any]]:
    """Logical id -> resource, of the types given."""
    return {name: body for name, body in template["Resources"].items() if body["Type"] in types}


def statements(template: Template) -> list[Statement]:
    """Every statement of every policy of every resource."""
    return [
        _statement(name, raw)
        for name, body in template["Resources"].items()
        for document in _policy_documents(body.get("Properties", {}))
        for raw in document["Statement"]
    ]


def filled(text: str, *, project_id: str = PROJECT_ID) -> str:
    """A text with the project's id and the account's in their places."""
    return text.replace("${SageMakerProjectId}", project_id).replace("${AWS::AccountId}", ACCOUNT_ID)


def aws_limits(service: str, shape: str) -> Mapping[str, Any]:
    """What AWS's own API model says of a string: {"min", "max", "pattern"}, as far as it says."""
    model = ServiceModel(Loader().load_service_model(service, "service-2"))
    found: Mapping[str, Any] = model.shape_for(shape).metadata
    return found


def _policy_documents(value: object) -> Iterator[Template]:
    if isinstance(value, dict):
        if "Statement" in value:
            yield value
            return
        for part in value.values():
            yield from _policy_documents(part)
    elif isinstance(value, list):
        for part in value:
            yield from _policy_documents(part)


def _statement(name: str, raw: Template) -> Statement:
    if raw.keys() & {"NotPrincipal", "NotAction", "NotResource"}:
        raise ValueError(f"{name}: {raw.get('Sid')} says who or what is not meant, so nobody can read who or what is")
    principal = raw.get("Principal", {})
    by_kind = principal.values() if isinstance(principal, dict) else [principal]
    return Statement(
        resource_id=name,
        sid=raw.get("Sid", ""),
        effect=raw["Effect"],
        principals=tuple(text for value in by_kind for text in texts(value)),
        actions=texts(raw["Action"]),
        resources=texts(raw.get("Resource", [])),
        conditions={
            (operator, key): texts(value)
            for operator, keys in raw.get("Condition", {}).items()
            for key, value in keys.items()
        },
    )
