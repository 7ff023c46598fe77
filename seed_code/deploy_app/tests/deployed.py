"""What a deployed stack says of itself, and requests to its endpoint. Integration and stress tests share it."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import boto3


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Requests that the model has to understand: the sample that was registered with it, one body for each file."""

    content_type: str
    accept: str
    bodies: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedStack:
    """A project's stack in one environment, and the clients to reach it."""

    outputs: Mapping[str, str]
    session: boto3.Session

    def payload(self) -> Payload:
        """Fetch the sample payload of the model that serves. It is a gzipped tar archive in the artifact bucket."""
        package = self.session.client("sagemaker").describe_model_package(
            ModelPackageName=self.outputs["ModelPackageArn"]
        )
        bucket, _, key = package["SamplePayloadUrl"].removeprefix("s3://").partition("/")
        archive = self.session.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        specification = package["InferenceSpecification"]
        return Payload(
            content_type=specification["SupportedContentTypes"][0],
            accept=specification["SupportedResponseMIMETypes"][0],
            bodies=_files(archive),
        )

    def invoke(self, payload: Payload, body: bytes, *, runtime: Any = None) -> bytes:  # noqa: ANN401
        """Send one request to the endpoint and return its answer."""
        client = runtime or self.session.client("sagemaker-runtime")
        answer: bytes = client.invoke_endpoint(
            EndpointName=self.outputs["EndpointName"],
            ContentType=payload.content_type,
            Accept=payload.accept,
            Body=body,
        )["Body"].read()
        return answer


def find(stack: str, *, session: boto3.Session) -> DeployedStack:
    """Look a stack up by its name."""
    (found,) = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    return DeployedStack(outputs=outputs, session=session)


def _files(archive: bytes) -> tuple[bytes, ...]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
        files = [members.extractfile(member) for member in members if member.isfile()]
        return tuple(file.read() for file in files if file is not None)
