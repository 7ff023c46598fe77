"""The network: what endpoints and jobs may be put in is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from preflight.findings import EVERYWHERE, Check, failed, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preflight.findings import Finding
    from preflight.target import Target


def network_exists(target: Target) -> Iterator[Finding]:
    """The subnets and security groups that the accounts file names exist, in one VPC."""
    network = target.account.network
    if network is None:
        yield ok("none is named")
        return
    place = f"[{target.account.set_name}.{target.account.environment}.network]"
    client = target.client("ec2")
    try:
        subnets = client.describe_subnets(SubnetIds=list(network.subnet_ids))["Subnets"]
        groups = client.describe_security_groups(GroupIds=list(network.security_group_ids))["SecurityGroups"]
    except ClientError as error:
        if not error.response["Error"]["Code"].endswith(".NotFound"):
            raise
        yield failed(error.response["Error"]["Message"], f"Mend {place}.")
        return
    vpcs = {item["VpcId"] for item in [*subnets, *groups]}
    if len(vpcs) > 1:
        yield failed(f"subnets and security groups are of several VPCs: {', '.join(sorted(vpcs))}", f"Mend {place}.")
    else:
        yield ok(f"{len(subnets)} subnets and {len(groups)} security groups of {min(vpcs)}")


NETWORK = Check(
    name="network",
    environments=EVERYWHERE,
    actions=("ec2:DescribeSubnets", "ec2:DescribeSecurityGroups"),
    run=network_exists,
)
