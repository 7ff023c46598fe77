"""SageMaker projects, and what moto lacks of model package groups: their policy and their end.

A project is a product provisioned from Service Catalog, or a stack made from an S3 template, in the name of whoever
creates it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from moto.core.utils import utcnow
from moto.sagemaker.models import SageMakerModelBackend, sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from sandbox.corrections import project_templates
from sandbox.corrections.graft import keep, kept
from sandbox.corrections.operations import ApiError, Caller, Function, Record, new_id, serve
from sandbox.corrections.servicecatalog import provisioning
from sandbox.corrections.servicecatalog.catalog import catalog_of

if TYPE_CHECKING:
    from sandbox.corrections.operations import Operations

ENABLED, DISABLED = "Enabled", "Disabled"
DELETED = "DeleteCompleted"
SOURCES = ("ServiceCatalogProvisioningDetails", "TemplateProviders")
CHANGES = ("ServiceCatalogProvisioningUpdateDetails", "TemplateProvidersToUpdate")


@dataclass(slots=True, kw_only=True)
class Projects:
    """What SageMaker keeps of projects in one account and Region."""

    status: str = DISABLED
    """Whether SageMaker may use Service Catalog."""
    by_name: dict[str, Record] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    """The policies of model package groups, by group."""


def create_project(caller: Caller, given: Record) -> Record:
    projects, name = _projects(caller), given["ProjectName"]
    if len(given.keys() & SOURCES) != 1:
        raise _invalid(f"Specify exactly one of {' and '.join(SOURCES)}.")
    if projects.by_name.get(name, {"ProjectStatus": DELETED})["ProjectStatus"] != DELETED:
        raise _invalid(f"Project already exists: {name}")
    project = {**given, "ProjectId": new_id("p", length=12), "CreationTime": utcnow()}
    project |= {
        "ProjectArn": caller.arn("sagemaker", f"project/{name}"),
        "CreatedBy": {"IamIdentity": {"Arn": caller.role_arn}},
    }
    tags = {"sagemaker:project-name": name, "sagemaker:project-id": project["ProjectId"]}
    all_tags = [*given.get("Tags", []), *_items(tags)]
    if "TemplateProviders" in given:
        reason = project_templates.create(caller, project, own=_parameters(project), tags=all_tags)
        _conclude(project, "Create", reason)
    else:
        _provision_new(caller, project, all_tags)
    projects.by_name[name] = project
    return project


def _provision_new(caller: Caller, project: Record, tags: list[Record]) -> None:
    details = project["ServiceCatalogProvisioningDetails"]
    if _projects(caller).status != ENABLED:
        raise _invalid(
            "SageMaker may not use Service Catalog here: call EnableSagemakerServicecatalogPortfolio in this account "
            f"and Region ({caller.account_id}, {caller.region})."
        )
    if "ProvisioningArtifactId" not in details:
        details["ProvisioningArtifactId"] = _newest_artifact(caller, details["ProductId"])
    wanted = {
        **details,
        "ProvisionedProductName": f"{project['ProjectName']}-{project['ProjectId']}",
        "ProvisioningParameters": [*details.get("ProvisioningParameters", []), *_items(_parameters(project))],
        "Tags": tags,
    }
    _provision(caller, project, "Create", provisioning.provision_product, wanted)


def describe_project(caller: Caller, given: Record) -> Record:
    project = _projects(caller).by_name.get(given["ProjectName"])
    if project is None:
        raise _invalid(f"Project {given['ProjectName']} does not exist.")
    return project


def list_projects(caller: Caller, given: Record) -> Record:
    projects = _projects(caller).by_name.items()
    return {"ProjectSummaryList": [project for name, project in projects if given.get("NameContains", "") in name]}


def update_project(caller: Caller, given: Record) -> Record:
    project = describe_project(caller, given)
    details, templates = (given.pop(member, None) for member in CHANGES)
    made_from = "TemplateProviders" if templates else "ServiceCatalogProvisioningDetails"
    if (details or templates) and made_from not in project:
        raise _invalid(f"Project {given['ProjectName']} was not made from {made_from}.")
    if templates:
        wanted = templates[0]["CfnTemplateProvider"]
        reason = project_templates.update(caller, project, wanted, own=_parameters(project))
        _conclude(project, "Update", reason)
    if details is not None:
        wanted = details | {"ProvisionedProductId": project["ProvisionedProductId"]}
        _provision(caller, project, "Update", provisioning.update_provisioned_product, wanted)
        if project["ProjectStatus"] == "UpdateCompleted":
            project["ServiceCatalogProvisioningDetails"] |= details
    project |= given
    return project


def delete_project(caller: Caller, given: Record) -> None:
    project = describe_project(caller, given)
    if project["ProjectStatus"] == DELETED:
        raise _invalid(f"Project {given['ProjectName']} is deleted already.")
    if "TemplateProviders" in project:
        _conclude(project, "Delete", project_templates.delete(caller, project))
        return
    wanted = {"ProvisionedProductId": project["ProvisionedProductId"]}
    _provision(caller, project, "Delete", provisioning.terminate_provisioned_product, wanted)


def create_group(caller: Caller, given: Record) -> Record:
    name, backend = given["ModelPackageGroupName"], _backend(caller)
    if name in backend.model_package_groups:  # stock moto puts the new one in its place
        raise _invalid(f"Model Package Group already exists: {name}")
    description = given.get("ModelPackageGroupDescription", "")
    return {"ModelPackageGroupArn": backend.create_model_package_group(name, description, given.get("Tags", []))}


def delete_group(caller: Caller, given: Record) -> None:
    name, backend = _group(caller, given), _backend(caller)
    packages = [item for item in backend.model_packages.values() if item.model_package_group_name == name]
    if packages:
        raise ApiError("ConflictException", f"Model Package Group {name} holds {len(packages)} model packages.")
    _projects(caller).policies.pop(name, None)
    del backend.model_package_groups[name]


def put_group_policy(caller: Caller, given: Record) -> Record:
    try:
        json.loads(given["ResourcePolicy"])
    except ValueError as error:
        raise _invalid(f"Invalid resource policy: {error}") from error
    _projects(caller).policies[_group(caller, given)] = given["ResourcePolicy"]
    return {"ModelPackageGroupArn": caller.arn("sagemaker", f"model-package-group/{given['ModelPackageGroupName']}")}


def get_group_policy(caller: Caller, given: Record) -> Record:
    policy = _projects(caller).policies.get(_group(caller, given))
    if policy is None:
        raise _invalid(f"Model Package Group {given['ModelPackageGroupName']} has no policy.")
    return {"ResourcePolicy": policy}


def policy_of(caller: Caller, group: str) -> str:
    """Return the policy of a group: one that allows nothing where there is none."""
    return _projects(caller).policies.get(group, '{"Statement": []}')


def delete_group_policy(caller: Caller, given: Record) -> None:
    get_group_policy(caller, given)
    del _projects(caller).policies[given["ModelPackageGroupName"]]


def _setting(status: str) -> Function:
    def set_status(caller: Caller, _given: Record) -> None:
        _projects(caller).status = status

    return set_status


OPERATIONS: Operations = {
    "CreateModelPackageGroup": (create_group, "ModelPackageGroupName ModelPackageGroupDescription Tags"),
    "CreateProject": (create_project, f"ProjectName ProjectDescription {' '.join(SOURCES)} Tags"),
    "DeleteModelPackageGroup": (delete_group, "ModelPackageGroupName"),
    "DeleteModelPackageGroupPolicy": (delete_group_policy, "ModelPackageGroupName"),
    "DeleteProject": (delete_project, "ProjectName"),
    "DescribeProject": (describe_project, "ProjectName"),
    "DisableSagemakerServicecatalogPortfolio": (_setting(DISABLED), ""),
    "EnableSagemakerServicecatalogPortfolio": (_setting(ENABLED), ""),
    "GetModelPackageGroupPolicy": (get_group_policy, "ModelPackageGroupName"),
    "GetSagemakerServicecatalogPortfolioStatus": (lambda caller, _: {"Status": _projects(caller).status}, ""),
    "ListProjects": (list_projects, "NameContains"),
    "PutModelPackageGroupPolicy": (put_group_policy, "ModelPackageGroupName ResourcePolicy"),
    "UpdateProject": (update_project, f"ProjectName ProjectDescription {' '.join(CHANGES)}"),
}


def apply() -> None:
    """Put the correction in force."""
    keep(SageMakerModelBackend, "projects", Projects)
    serve(SageMakerResponse, "sagemaker", OPERATIONS, alone=False)


def _backend(caller: Caller) -> SageMakerModelBackend:
    return sagemaker_backends[caller.account_id][caller.region]


def _projects(caller: Caller) -> Projects:
    projects: Projects = kept(_backend(caller), "projects")
    return projects


def _group(caller: Caller, given: Record) -> str:
    group = _backend(caller).describe_model_package_group(given["ModelPackageGroupName"])
    return str(group.model_package_group_name)


def _newest_artifact(caller: Caller, product_id: str) -> str:
    artifacts = [item for item in catalog_of(caller).artifacts(product_id) if provisioning.is_launchable(item)]
    if not artifacts:
        raise _invalid(f"Product {product_id} has no artifact that may be launched.")
    return str(artifacts[-1]["Id"])


def _provision(caller: Caller, project: Record, change: str, operation: Function, wanted: Record) -> None:
    """Call Service Catalog in the caller's name, and write down how it went."""
    try:
        record = (operation(caller, wanted) or {})["RecordDetail"]
    except ApiError as error:
        raise _invalid(f"Service Catalog refuses it. {error}") from error
    reasons = "; ".join(error["Description"] for error in record["RecordErrors"])
    product = {"ProvisionedProductId": record["ProvisionedProductId"]}
    project |= {
        **product,
        "ServiceCatalogProvisionedProductDetails": product
        | ({"ProvisionedProductStatusMessage": reasons} if reasons else {}),
    }
    _conclude(project, change, reasons)


def _conclude(project: Record, change: str, reason: str) -> None:
    project["LastModifiedTime"] = utcnow()
    project["ProjectStatus"] = f"{change}{'Failed' if reason else 'Completed'}"


def _parameters(project: Record) -> dict[str, str]:
    return {"SageMakerProjectName": project["ProjectName"], "SageMakerProjectId": project["ProjectId"]}


def _items(values: dict[str, str]) -> list[Record]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def _invalid(message: str) -> ApiError:
    return ApiError("ValidationException", message)
