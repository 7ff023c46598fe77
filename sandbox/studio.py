"""What an account with SageMaker Studio has before this project comes: the execution roles of its users.

Made inside the server process. The accounts file names them, and the baseline attaches policies to them.
"""

from __future__ import annotations

import json

from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

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
