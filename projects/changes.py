"""What a new release would change in a project, as CloudFormation tells it: a change set that is never executed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import WaiterError

from projects.errors import ProjectsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# What holds work. A project that loses one of them loses data, or what others know it by.
HOLDS_WORK = {
    "AWS::CodeCommit::Repository",
    "AWS::ECR::Repository",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::SageMaker::ModelPackageGroup",
}
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]  # as Service Catalog gives them
POLL_SECONDS = 3
MAX_POLLS = 200
_WITHOUT_CHANGES = ("didn't contain changes", "No updates are to be performed")
_EFFECTS = {"Add": "added", "Remove": "removed", "Import": "imported", "Dynamic": "may be changed in any way"}
_REPLACEMENTS = {"True": "replaced", "Conditional": "may be replaced"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one resource. `properties` are those that change, as far as CloudFormation names them."""

    logical_id: str
    physical_id: str
    type: str
    effect: str
    properties: tuple[str, ...] = ()

    @property
    def loses_work(self) -> bool:
        """Whether the project would, or might, go on without what it has now."""
        return self.type in HOLDS_WORK and self.effect not in {"added", "changed", "imported"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters that an update is made with: what is given, and which of the stack's keep their values."""

    given: Mapping[str, str]
    kept: Mapping[str, str]

    def as_cloudformation_takes_them(self) -> list[dict[str, Any]]:
        """Return them for a change set."""
        kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in self.kept]
        return kept + [{"ParameterKey": name, "ParameterValue": value} for name, value in self.given.items()]


def parameters(cloudformation: Any, *, stack: str, template_url: str, given: Mapping[str, str]) -> Parameters:  # noqa: ANN401  (boto3)
    """Return the parameters of a stack under a new template. Raises `ProjectsError` for those that do not fit."""
    (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    present = {one["ParameterKey"]: one["ParameterValue"] for one in described.get("Parameters", [])}
    declared = cloudformation.get_template_summary(TemplateURL=template_url)["Parameters"]
    names = [one["ParameterKey"] for one in declared]
    unknown = [name for name in given if name not in names]
    problems = [f"The release has no parameter {name}. It has: {', '.join(names)}." for name in unknown]
    problems += [
        f"The release asks for {one['ParameterKey']}, which the project does not have and which has no default. "
        f"Give it: --parameter {one['ParameterKey']}=..."
        for one in declared
        if one.get("DefaultValue") is None and one["ParameterKey"] not in {*present, *given}
    ]
    if problems:
        raise ProjectsError(*problems)
    kept = {name: present[name] for name in names if name in present and name not in given}
    return Parameters(given=dict(given), kept=kept)


def preview(cloudformation: Any, *, stack: str, template_url: str, wanted: Parameters) -> tuple[Change, ...]:  # noqa: ANN401
    """Return what an update of a stack would change. Raises `ProjectsError` when CloudFormation would refuse it."""
    name = f"mlops-upgrade-{uuid4().hex}"
    which = {"StackName": stack, "ChangeSetName": name}
    cloudformation.create_change_set(
        **which,
        ChangeSetType="UPDATE",
        TemplateURL=template_url,
        Parameters=wanted.as_cloudformation_takes_them(),
        Capabilities=CAPABILITIES,
        Description="Shows what an upgrade would change. Never executed.",
    )
    try:
        return tuple(_changes(_described(cloudformation, which)))
    finally:
        cloudformation.delete_change_set(**which)


def _described(cloudformation: Any, which: Mapping[str, str]) -> list[dict[str, Any]]:  # noqa: ANN401
    try:
        cloudformation.get_waiter("change_set_create_complete").wait(
            **which, WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": MAX_POLLS}
        )
    except WaiterError as error:
        told = cloudformation.describe_change_set(**which)
        reason = told.get("StatusReason", "")
        if any(text in reason for text in _WITHOUT_CHANGES):
            return []
        raise ProjectsError(f"CloudFormation would refuse the upgrade of {which['StackName']}: {reason}") from error
    pages = cloudformation.get_paginator("describe_change_set").paginate(**which)
    return [change["ResourceChange"] for page in pages for change in page.get("Changes", [])]


def _changes(told: Sequence[Mapping[str, Any]]) -> Iterator[Change]:
    for one in told:
        replacement = _REPLACEMENTS.get(one.get("Replacement", ""), "changed")
        targets = [detail.get("Target", {}) for detail in one.get("Details", [])]
        yield Change(
            logical_id=one["LogicalResourceId"],
            physical_id=one.get("PhysicalResourceId", ""),
            type=one["ResourceType"],
            effect=_EFFECTS.get(one["Action"], replacement),
            properties=tuple(dict.fromkeys(target["Name"] for target in targets if target.get("Name"))),
        )
