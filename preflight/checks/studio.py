"""Studio: data scientists can create projects there, and read what they train with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from baseline import naming
from preflight.findings import IN_DEV, Check, failed, not_yet, ok, unknown, warning
from preflight.iam import role_of
from preflight.trust import service_may_assume

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preflight.findings import Finding
    from preflight.target import Target

NO_DOMAIN = ("ResourceNotFound", "ValidationException", "ValidationError")
MAX_POLICIES = 10  # that a role may carry, unless AWS granted more: "IAM and AWS STS quotas"


def domain_exists(target: Target) -> Iterator[Finding]:
    """The Studio domain that the accounts file names is in service, and its users may launch projects."""
    studio = target.account.studio
    if studio is None:
        table = f"[{target.account.set_name}.dev.studio]"
        yield warning("nobody may create projects", f"Name the Studio roles: add the table {table} with roles = [...].")
        return
    if studio.domain_id is None:
        yield _any_domain(target)
        return
    try:
        domain = target.client("sagemaker").describe_domain(DomainId=studio.domain_id)
    except ClientError as error:
        if error.response["Error"]["Code"] not in NO_DOMAIN:
            raise
        yield failed(
            f"there is no Studio domain {studio.domain_id} in {target.account.region}",
            f"Mend domain_id; aws sagemaker list-domains {target.options} lists the domains.",
        )
        return
    if domain["Status"] != "InService":
        reason = domain.get("FailureReason") or "no reason given"
        yield failed(f"domain {studio.domain_id} is {domain['Status']}: {reason}", "Mend it in the SageMaker console.")
        return
    default = domain.get("DefaultUserSettings", {}).get("ExecutionRole")
    if default is not None and default not in studio.role_arns:
        yield warning(
            f"users of domain {studio.domain_id} have the role {default} unless they are given another, and that one "
            "may not launch projects",
            "Add it to roles, unless only some users shall create projects.",
        )
        return
    yield ok(f"domain {studio.domain_id} is in service")


def projects_are_enabled(target: Target) -> Iterator[Finding]:
    """SageMaker may use Service Catalog in the account and Region."""
    status = target.client("sagemaker").get_sagemaker_servicecatalog_portfolio_status()["Status"]
    if status == "Enabled":
        yield ok("SageMaker may use Service Catalog")
    elif target.account.studio is None or not target.state.is_empty:
        yield failed(
            "SageMaker may not use Service Catalog, so it creates no project",
            f"aws sagemaker enable-sagemaker-servicecatalog-portfolio {target.options}",
        )
    else:
        yield not_yet("SageMaker may not use Service Catalog", f"make deploy ACCOUNT={target.account.name}")


def studio_roles_exist(target: Target) -> Iterator[Finding]:
    """Each role that may launch projects exists, is Studio's, and has room for one policy more."""
    for arn in target.account.studio.role_arns if target.account.studio else ():
        yield _studio_role(target, arn)


def s3_templates_are_found(target: Target) -> Iterator[Finding]:
    """The domain is told where the S3 templates are, if they are offered: Terraform cannot tag a domain."""
    domain_id = target.account.studio.s3_templates_domain if target.account.studio else None
    if domain_id is None:
        yield ok("not offered")
        return
    account = target.account
    arn = f"arn:{account.partition}:sagemaker:{account.region}:{account.account_id}:domain/{domain_id}"
    tags = {tag["Key"]: tag["Value"] for tag in target.pages("sagemaker", "list_tags", "Tags", ResourceArn=arn)}
    found, wanted = tags.get(naming.S3_TEMPLATES_TAG), naming.s3_templates_location(account)
    if found == wanted:
        yield ok(f"domain {domain_id} finds them in {wanted}")
        return
    what = f"finds its templates in {found}, not in {wanted}" if found else "is not told where the templates are"
    yield warning(
        f"domain {domain_id} {what}",
        f"aws sagemaker add-tags --resource-arn {arn} --tags Key={naming.S3_TEMPLATES_TAG},Value={wanted} "
        f"{target.options}",
    )


def data_buckets_exist(target: Target) -> Iterator[Finding]:
    """Each bucket with data for training is the account's."""
    names = target.account.studio.data_bucket_names if target.account.studio else ()
    for name in names:
        if name in target.buckets:
            yield ok(f"bucket {name} is there")
        else:
            place = f"[{target.account.set_name}.dev.studio] data_buckets"
            yield failed(f"this account has no bucket {name}", f"Make it, or mend {place}.")
    if not names:
        yield ok("none is named")


def _any_domain(target: Target) -> Finding:
    domains = target.client("sagemaker").list_domains()["Domains"]
    if domains:
        return ok(f"the accounts file names none; {target.account.region} has {domains[0]['DomainId']}")
    return warning(
        f"there is no Studio domain in {target.account.region}",
        "Make one in the SageMaker console, or create projects with aws sagemaker create-project.",
    )


def _studio_role(target: Target, arn: str) -> Finding:
    role = role_of(target, arn)
    place = f"[{target.account.set_name}.dev.studio] roles"
    if role is None:
        return failed(
            f"there is no role {arn}",
            f"Make it in Studio's settings (a user's or the domain's execution role), or mend {place}.",
        )
    if role["Arn"] != arn:
        return failed(f"the ARN of role {role['RoleName']} is {role['Arn']}, not {arn}", f"Mend {place}.")
    if not service_may_assume(role["AssumeRolePolicyDocument"], "sagemaker.amazonaws.com"):
        return warning(
            f"SageMaker may not assume {role['RoleName']}: it is no execution role of Studio",
            f"Let sagemaker.amazonaws.com assume it, or mend {place}.",
        )
    attached = target.pages("iam", "list_attached_role_policies", "AttachedPolicies", RoleName=role["RoleName"])
    is_ours = any(policy["PolicyName"].endswith("-data-scientist") for policy in attached)
    if len(attached) >= MAX_POLICIES and not is_ours:
        return unknown(
            f"{role['RoleName']} carries {len(attached)} policies, and the deployment attaches one more: AWS's default "
            f"is at most {MAX_POLICIES}",
            'Detach one, or have AWS raise the quota "Managed policies per role" and pass this by.',
        )
    return ok(f"{role['RoleName']} exists")


DOMAIN = Check(
    name="Studio domain",
    environments=IN_DEV,
    actions=("sagemaker:DescribeDomain", "sagemaker:ListDomains"),
    run=domain_exists,
)
PROJECTS = Check(
    name="SageMaker projects",
    environments=IN_DEV,
    actions=("sagemaker:GetSagemakerServicecatalogPortfolioStatus", "s3:GetObject"),
    run=projects_are_enabled,
)
STUDIO_ROLES = Check(
    name="Studio roles",
    environments=IN_DEV,
    actions=("iam:GetRole", "iam:ListAttachedRolePolicies"),
    run=studio_roles_exist,
)
S3_TEMPLATES = Check(
    name="S3 templates",
    environments=IN_DEV,
    actions=("sagemaker:ListTags", "s3:GetObject"),
    run=s3_templates_are_found,
    only_deployed=True,
)
DATA_BUCKETS = Check(
    name="data buckets",
    environments=IN_DEV,
    actions=("s3:ListAllMyBuckets",),
    run=data_buckets_exist,
)
