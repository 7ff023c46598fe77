"""The Region: it is enabled, and in DEV it has CodeCommit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError, EndpointConnectionError

from preflight.findings import EVERYWHERE, IN_DEV, Check, failed, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preflight.findings import Finding
    from preflight.target import Target

# A Region that is not enabled knows no credentials of the account ("Enable or disable AWS Regions in your account").
NOT_KNOWN_THERE = ("AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException")


def region_is_enabled(target: Target) -> Iterator[Finding]:
    """The Regions of the account and of its state."""
    for region in dict.fromkeys((target.account.region, target.account.state.region)):
        yield _enabled(target, region)


def codecommit_is_there(target: Target) -> Iterator[Finding]:
    """Whether the Region has CodeCommit, where every project has two repositories."""
    region = target.account.region
    known = target.session.get_available_regions("codecommit", partition_name=target.account.partition)
    cure = f"Choose a Region that has it for all of {target.account.set_name}: {', '.join(known)}."
    if region not in known:
        yield failed(f"CodeCommit is not offered in {region}, as far as this boto3 knows", cure)
        return
    try:
        repositories = target.pages("codecommit", "list_repositories", "repositories")
    except EndpointConnectionError:
        yield failed(f"CodeCommit does not answer in {region}", cure)
        return
    yield ok(f"CodeCommit answers in {region}, with {len(repositories)} repositories")


def _enabled(target: Target, region: str) -> Finding:
    choose = f"choose another in the table [{target.account.set_name}.{target.account.environment}]"
    no_such_region = failed(f"AWS has no Region {region}", f"Mend the name: {choose}.")
    off = failed(
        f"Region {region} is not enabled in this account",
        f"aws account enable-region --region-name {region}, which takes minutes to hours; or {choose}.",
    )
    try:
        client = target.client("ec2", region=region)
        found = client.describe_regions(RegionNames=[region], AllRegions=True)["Regions"]
    except EndpointConnectionError:
        return no_such_region
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in NOT_KNOWN_THERE:
            return off
        if code == "InvalidParameterValue":
            return no_such_region
        raise
    if not found:
        return no_such_region
    return off if found[0]["OptInStatus"] == "not-opted-in" else ok(f"Region {region} is enabled")


REGION = Check(
    name="Region",
    environments=EVERYWHERE,
    actions=("ec2:DescribeRegions",),
    run=region_is_enabled,
)
CODECOMMIT = Check(
    name="CodeCommit",
    environments=IN_DEV,
    actions=("codecommit:ListRepositories",),
    run=codecommit_is_there,
)
