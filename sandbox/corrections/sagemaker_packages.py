"""Model packages: an event for each change, and another account where the group's policy lets it.

Stock moto tells nobody, finds no package of another account, forgets a package's properties when its approval changes,
and numbers a package anew after one was deleted.
"""

from __future__ import annotations

import json
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from moto.sagemaker.responses import SageMakerResponse

from sandbox.corrections.events import deliver
from sandbox.corrections.operations import ApiError, Caller, Record, serve
from sandbox.corrections.sagemaker import policy_of
from sandbox.corrections.sagemaker_records import backend_of, invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moto.sagemaker.models import ModelPackage

    from sandbox.corrections.operations import Operations

STATE_CHANGE = "SageMaker Model Package State Change"
CREATED = (
    "ModelPackageGroupName ModelPackageDescription InferenceSpecification CertifyForMarketplace Tags "
    "ModelApprovalStatus MetadataProperties ModelMetrics CustomerMetadataProperties DriftCheckBaselines Domain Task "
    "SamplePayloadUrl AdditionalInferenceSpecifications ClientToken"
)
UPDATED = "ModelPackageArn ModelApprovalStatus ApprovalDescription CustomerMetadataProperties"
NEVER_GIVEN = ("ModelPackageName", "ValidationSpecification", "SourceAlgorithmSpecification")


def create_package(caller: Caller, given: Record) -> Record:
    name, backend = given.get("ModelPackageGroupName", ""), backend_of(caller)
    if not name:
        raise NotImplementedError("a model package outside a group")
    backend.describe_model_package_group(name)
    taken = [*CREATED.split(), *NEVER_GIVEN]
    arguments: dict[str, Any] = {xform_name(member): given.get(member) for member in taken}
    packages = backend.model_packages.values()
    versions = [each.model_package_version or 0 for each in packages if each.model_package_group_name == name]
    arn = backend.create_model_package(**arguments)
    package = backend.model_packages.pop(arn)
    package.model_package_version = max(versions, default=0) + 1
    package.arn = f"{arn.rpartition('/')[0]}/{package.model_package_version}"
    vars(package)["created_by"] = {"IamIdentity": {"Arn": caller.role_arn}}
    backend.model_packages[package.arn] = package
    backend.model_package_name_mapping[package.arn] = package.arn
    _tell(caller, package)
    return {"ModelPackageArn": package.arn}


def update_package(caller: Caller, given: Record) -> Record:
    package = _own(caller, given["ModelPackageArn"])
    before = package.model_approval_status
    package.set_model_approval_status(given.get("ModelApprovalStatus", before))
    package.approval_description = given.get("ApprovalDescription", package.approval_description)
    properties = {**(package.customer_metadata_properties or {}), **given.get("CustomerMetadataProperties", {})}
    package.customer_metadata_properties = properties or None
    package.modifications_done()
    vars(package)["last_modified_by"] = {"IamIdentity": {"Arn": caller.role_arn}}
    if package.model_approval_status != before:
        _tell(caller, package)
    return {"ModelPackageArn": package.arn}


def describe_package(caller: Caller, given: Record) -> Record:
    return described_package(caller, given["ModelPackageName"], "sagemaker:DescribeModelPackage")


def delete_package(caller: Caller, given: Record) -> None:
    del backend_of(caller).model_packages[_own(caller, given["ModelPackageName"]).arn]


def described_package(caller: Caller, name: str, *actions: str) -> Record:
    """Return a package, of the caller's account or of one whose group lets the caller do all of `actions`.

    Raises `ApiError`: a package that is not there and one that is denied are told apart, as on AWS.
    """
    owner = _owner(caller, name)
    if owner.account_id != caller.account_id:
        group = name.rpartition(":")[2].split("/")[1]
        denied = [action for action in actions if not _allows(policy_of(owner, group), caller.role_arn, action, name)]
        if denied:
            raise ApiError(
                "AccessDeniedException",
                f"User: {caller.role_arn} is not authorized to perform: {', '.join(denied)} on resource: {name} "
                f"because no resource-based policy of model package group {group} allows it",
            )
    described: Record = _own(owner, name).gen_response_object()
    return described


OPERATIONS: Operations = {
    "CreateModelPackage": (create_package, CREATED),
    "DeleteModelPackage": (delete_package, "ModelPackageName"),
    "DescribeModelPackage": (describe_package, "ModelPackageName"),
    "UpdateModelPackage": (update_package, UPDATED),
}


def apply() -> None:
    """Put the correction in force."""
    serve(SageMakerResponse, "sagemaker", OPERATIONS, alone=False)


def _own(caller: Caller, name: str) -> ModelPackage:
    package = backend_of(caller).model_packages.get(name)
    if package is None:
        raise invalid(f"ModelPackage {name} does not exist.")
    return package


def _owner(caller: Caller, name: str) -> Caller:
    """Return the caller as of the account and Region that a package's ARN names."""
    parts = name.split(":")
    return replace(caller, region=parts[3], account_id=parts[4]) if len(parts) == 6 else caller  # noqa: PLR2004


def _allows(policy: str, role_arn: str, action: str, resource: str) -> bool:
    """Whether a group's policy allows it. Raises `NotImplementedError` for a condition: none is judged here."""
    statements = [
        statement
        for statement in _listed(json.loads(policy)["Statement"])
        if _is_one_of([role_arn, f"{role_arn.rpartition(':')[0]}:root", role_arn.split(":")[4]], _principals(statement))
        and _is_one_of([action.lower()], [pattern.lower() for pattern in _listed(statement["Action"])])
        and _is_one_of([resource], _listed(statement["Resource"]))
    ]
    if any("Condition" in statement for statement in statements):
        raise NotImplementedError("Condition in the policy of a model package group")
    effects = {statement["Effect"] for statement in statements}
    return effects == {"Allow"}


def _principals(statement: Record) -> list[Any]:
    principal = statement["Principal"]
    return _listed(principal.get("AWS", []) if isinstance(principal, dict) else principal)


def _is_one_of(values: Sequence[str], patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(value, pattern) for value in values for pattern in patterns)


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  (a policy's JSON)
    return value if isinstance(value, list) else [value]


def _tell(caller: Caller, package: ModelPackage) -> None:
    """Let EventBridge know; times are milliseconds there."""
    described = package.gen_response_object()
    detail = {key: int(value.timestamp() * 1000) if key.endswith("Time") else value for key, value in described.items()}
    deliver(
        account_id=caller.account_id,
        region=caller.region,
        source="aws.sagemaker",
        detail_type=STATE_CHANGE,
        detail=detail | {"ModelPackageName": f"{package.model_package_group_name}/{package.model_package_version}"},
        resources=[package.arn],
    )
