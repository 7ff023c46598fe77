"""What an account with SageMaker Studio has before this project comes: a domain, and the execution roles of its users.

Made inside the server process. The accounts file names them, and the baseline attaches policies to the roles.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from moto.iam.models import iam_backends
from moto.sagemaker.models import sagemaker_backends
from moto.utilities.utils import get_partition

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


def make_execution_role(*, arn: str, region: str) -> None:
    """Make the role with this ARN in the account that the ARN names."""
    account_id, resource = arn.split(":", 5)[4:]
    *path, name = resource.removeprefix("role").split("/")
    iam_backends[account_id][get_partition(region)].create_role(
        role_name=name,
        assume_role_policy_document=json.dumps(_TRUST),
        path="/".join([*path, ""]),
        permissions_boundary=None,
        description="Execution role of SageMaker Studio.",
        tags=[],
        max_session_duration=None,
    )


def make_domain(domain_id: str, *, account: Mapping[str, Any]) -> None:
    """Make the Studio domain with this id in an account as the caller names it."""
    sagemaker_backends[account["account_id"]][account["region"]].create_domain(
        domain_name=domain_id.removeprefix("d-"),  # moto makes the id of the name
        auth_mode="IAM",
        default_user_settings={"ExecutionRole": account["studio_role_arns"][0]},
        subnet_ids=[],
        vpc_id="",
        domain_settings=None,
        tags=None,
        app_network_access_type=None,
        home_efs_file_system_kms_key_id=None,
        kms_key_id=None,
        app_security_group_management=None,
        default_space_settings=None,
    )
