"""Quotas: for how many more projects they leave room."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from preflight.demand import demand_of_a_project
from preflight.findings import EVERYWHERE, Check, Finding, Room, Status, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from preflight.demand import Demand
    from preflight.target import Target

# The codes are those that `aws service-quotas list-service-quotas` tells. IAM tells its own quota.
IAM_ROLES = "L-FE177D64"
LOOK_UP = "Look it up in the Service Quotas console."


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedQuota:
    """A quota on how many resources of a CloudFormation type there may be, and how many there are."""

    name: str
    service: str
    code: str
    kind: str
    used: Callable[[Target], int]


COUNTED = (
    CountedQuota(
        name="EventBridge rules",
        service="events",
        code="L-244521F2",
        kind="AWS::Events::Rule",
        used=lambda target: len(target.pages("events", "list_rules", "Rules")),
    ),
    CountedQuota(
        name="pipelines",
        service="codepipeline",
        code="L-78D200AD",
        kind="AWS::CodePipeline::Pipeline",
        used=lambda target: len(target.pages("codepipeline", "list_pipelines", "pipelines")),
    ),
    CountedQuota(
        name="build projects",
        service="codebuild",
        code="L-ACCF6C0D",
        kind="AWS::CodeBuild::Project",
        used=lambda target: len(target.pages("codebuild", "list_projects", "projects")),
    ),
    CountedQuota(
        name="S3 buckets",
        service="s3",
        code="L-DC2B2D3D",
        kind="AWS::S3::Bucket",
        used=lambda target: len(target.buckets),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a project needs of a quota. `once` is needed beside it, one time for all projects.

    Jobs come and go: of those, `projects` is how many projects may run one at the same time, and one is enough.
    """

    quota: str
    service: str
    code: str
    value: int
    used: int
    per_project: int
    once: int = 0
    is_of_jobs: bool = False

    @property
    def projects(self) -> int:
        """For how many more projects the quota is enough."""
        return max(0, (self.value - self.used - self.once) // self.per_project)

    def enough_for(self, projects: int) -> int:
        """Return the value that would be enough for so many more projects."""
        return self.used + self.once + projects * self.per_project


def resources_have_room(target: Target) -> Iterator[Finding]:
    """Rules, pipelines and build projects in DEV; roles and buckets everywhere."""
    resources = _demand(target).resources
    yield _judged(target, _roles(target, per_project=resources["AWS::IAM::Role"]))
    for quota in COUNTED:
        if resources[quota.kind]:
            yield _counted(target, quota, per_project=resources[quota.kind])


def instances_have_room(target: Target) -> Iterator[Finding]:
    """The instances of endpoints, and of jobs where they run, as the seed code asks for them."""
    demand = _demand(target)
    quotas = {quota["QuotaName"]: quota for quota in _sagemaker_quotas(target)}
    endpoints: Counter[str] = Counter()
    for fleet in demand.endpoints:
        endpoints[fleet.instance_type] += fleet.count
    wanted = [
        # A new model gets instances of its own beside those that serve (SageMaker, "Blue/Green Deployments").
        (f"{kind} for endpoint usage", count, _used_instances(target)[kind], _largest(demand, kind))
        for kind, count in endpoints.items()
    ]
    wanted += [(f"{fleet.instance_type} for {job} job usage", fleet.count, 0, 0) for job, fleet in demand.jobs.items()]
    for name, per_project, used, once in wanted:
        quota = quotas.get(name)
        if quota is None or "Value" not in quota:
            yield unknown(f'Service Quotas tells no "{name}"', LOOK_UP)
            continue
        need = Need(
            quota=name,
            service="sagemaker",
            code=quota["QuotaCode"],
            value=int(quota["Value"]),
            used=used,
            per_project=per_project,
            once=once,
            is_of_jobs=name.endswith(" job usage"),
        )
        yield _judged(target, need)


def judged(need: Need, *, wanted_projects: int, options: str) -> Finding:
    """Return what to think of a quota. `options` is what an AWS CLI command needs to reach the account."""
    room = Room(
        quota=need.quota,
        value=need.value,
        used=need.used,
        per_project=need.per_project,
        projects=need.projects,
    )
    wanted = 1 if need.is_of_jobs else wanted_projects
    at_once = " at the same time" if need.is_of_jobs else ""
    what = f"{need.quota}: {need.value}, {need.used} used: enough for {need.projects} more projects{at_once}"
    if need.projects >= wanted:
        return Finding(status=Status.OK, what=what, room=room)
    cure = (
        f"aws service-quotas request-service-quota-increase --service-code {need.service} --quota-code {need.code} "
        f"--desired-value {need.enough_for(wanted)} {options}"
    )
    return Finding(status=Status.WARNING if need.projects else Status.FAILED, what=what, cure=cure, room=room)


def _judged(target: Target, need: Need) -> Finding:
    options = target.options
    if need.service == "iam":
        options = options.replace(target.account.region, target.home_region)
    return judged(need, wanted_projects=target.wanted_projects, options=options)


def _demand(target: Target) -> Demand:
    here = (target.account.account_id, target.account.region)
    shared = [item.environment for item in target.account_set.accounts if (item.account_id, item.region) == here]
    return demand_of_a_project(target.root, shared)


def _roles(target: Target, *, per_project: int) -> Need:
    summary = target.client("iam").get_account_summary()["SummaryMap"]
    return Need(
        quota="IAM roles",
        service="iam",
        code=IAM_ROLES,
        value=summary["RolesQuota"],
        used=summary["Roles"],
        per_project=per_project,
    )


def _counted(target: Target, quota: CountedQuota, *, per_project: int) -> Finding:
    value = _value(target, service=quota.service, code=quota.code)
    if value is None:
        return unknown(f"Service Quotas tells no {quota.name} ({quota.service} {quota.code})", LOOK_UP)
    need = Need(
        quota=quota.name,
        service=quota.service,
        code=quota.code,
        value=value,
        used=quota.used(target),
        per_project=per_project,
    )
    return _judged(target, need)


def _value(target: Target, *, service: str, code: str) -> int | None:
    """Return a quota. One that was never raised may have a default only, and a global one only its home Region."""
    for region in dict.fromkeys((target.account.region, target.home_region)):
        client = target.client("service-quotas", region=region)
        for ask in (client.get_service_quota, client.get_aws_default_service_quota):
            try:
                quota = ask(ServiceCode=service, QuotaCode=code)["Quota"]
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchResourceException":
                    raise
            else:
                if "Value" in quota:
                    return int(quota["Value"])
    return None


def _sagemaker_quotas(target: Target) -> list[dict[str, Any]]:
    # SageMaker has a quota for each type and use, a thousand in all, and the codes follow no rule: they go by name.
    return target.pages("service-quotas", "list_service_quotas", "Quotas", ServiceCode="sagemaker")


def _used_instances(target: Target) -> Counter[str]:
    """Count the instances of the account's endpoints by type."""
    client = target.client("sagemaker")
    used: Counter[str] = Counter()
    for summary in target.pages("sagemaker", "list_endpoints", "Endpoints"):
        endpoint = client.describe_endpoint(EndpointName=summary["EndpointName"])
        config = client.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        types = {each["VariantName"]: each.get("InstanceType") for each in config["ProductionVariants"]}
        for variant in endpoint.get("ProductionVariants", []):
            if types.get(variant["VariantName"]):
                used[types[variant["VariantName"]]] += variant.get("CurrentInstanceCount", 0)
    return used


def _largest(demand: Demand, instance_type: str) -> int:
    return max(fleet.count for fleet in demand.endpoints if fleet.instance_type == instance_type)


RESOURCES = Check(
    name="quotas",
    environments=EVERYWHERE,
    actions=(
        "servicequotas:GetServiceQuota",
        "servicequotas:GetAWSDefaultServiceQuota",
        "iam:GetAccountSummary",
        "events:ListRules",
        "codepipeline:ListPipelines",
        "codebuild:ListProjects",
        "s3:ListAllMyBuckets",
    ),
    run=resources_have_room,
)
INSTANCES = Check(
    name="instances",
    environments=EVERYWHERE,
    actions=(
        "servicequotas:ListServiceQuotas",
        "sagemaker:ListEndpoints",
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
    ),
    run=instances_have_room,
)
