"""CloudFormation in DEV, as far as the build asks it: moto's would need packages that nothing else here does."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

STACK = "mlops-p-0123456789ab-dev"


class Stacks:
    """CloudFormation in DEV, which is asked for one stack's outputs only."""

    def __init__(self, outputs: dict[str, str] | None = None) -> None:
        self.outputs = outputs

    def describe_stacks(self, **named: str) -> dict[str, Any]:
        """Answer as CloudFormation does, of a stack that exists and of one that does not."""
        assert named == {"StackName": STACK}
        if self.outputs is None:
            message = f"Stack with id {STACK} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStacks")
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
        return {"Stacks": [{"StackName": STACK, "Outputs": outputs}]}
