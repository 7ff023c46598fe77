"""Which model is deployed: exactly one, the same in every account.

Events only start the pipeline. What is deployed is read here from the registry, so that a rejected model gives way to
the newest that is still approved, and a repeated event changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deployment.problems import Problems
from deployment.project import LATEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment.project import Project

APPROVED = "Approved"
MODEL_OUTPUT = "ModelPackageArn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """An approved version of the project's model package group."""

    arn: str
    version: int
    images: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """The project's model package group, and the stack that says which model serves in DEV."""

    project: Project
    stack_in_dev: str
    sagemaker: Any
    cloudformation: Any

    def model_to_deploy(self) -> Model | None:
        """Return the model asked for by hand, else the newest approved one; None when there never was one.

        Raises `Problems` when the model asked for may not be deployed, or when one serves and none is still approved.
        """
        if self.project.requested_model != LATEST:
            return self._requested(self.project.requested_model)
        newest = max(self._approved(), key=lambda summary: (summary["CreationTime"], _version(summary)), default=None)
        if newest is not None:
            return self._model(self.sagemaker.describe_model_package(ModelPackageName=newest["ModelPackageArn"]))
        serving = self._serving()
        if serving is not None:
            raise Problems([self._why_serving_is_wrong(serving)])
        return None

    def _approved(self) -> Iterator[dict[str, Any]]:
        pages = self.sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self.project.model_package_group,
            ModelApprovalStatus=APPROVED,
            SortBy="CreationTime",
            SortOrder="Descending",  # the default is Ascending
        )
        for page in pages:
            yield from page["ModelPackageSummaryList"]

    def _requested(self, arn: str) -> Model:
        group = self.project.model_package_group
        pattern = rf"arn:[a-z-]+:sagemaker:{self.project.region}:{self.project.dev_account_id}:model-package/(.+)/\d+"
        parts = re.fullmatch(pattern, arn)
        if parts is None or parts[1].lower() != group.lower():
            raise Problems(
                [
                    f"MODEL_PACKAGE_ARN is {arn}, which is no version of this project's model package group {group} in "
                    f"account {self.project.dev_account_id} and {self.project.region}: give the ARN of one of its "
                    f"versions, or {LATEST}"
                ]
            )
        described = self._describe(arn)
        if described is None:
            raise Problems([f"MODEL_PACKAGE_ARN is {arn}, and the registry has no such model: {self._cure}"])
        if described["ModelApprovalStatus"] != APPROVED:
            status = described["ModelApprovalStatus"]
            raise Problems([f"MODEL_PACKAGE_ARN is {arn}, and that model is {status}, not {APPROVED}: {self._cure}"])
        return self._model(described)

    def _serving(self) -> str | None:
        """Return the ARN of the model in DEV's stack; None when nothing was ever deployed there."""
        try:
            (stack,) = self.cloudformation.describe_stacks(StackName=self.stack_in_dev)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        return outputs.get(MODEL_OUTPUT)

    def _why_serving_is_wrong(self, arn: str) -> str:
        described = self._describe(arn)
        status = "gone from the registry" if described is None else described["ModelApprovalStatus"]
        word = "rejected model" if status == "Rejected" else "model"
        return (
            f"{word} {arn} still serves: it is {status} and no other model of {self.project.model_package_group} is "
            f"{APPROVED}, so there is none to put in its place; {self._cure}, or have the endpoints taken down"
        )

    @property
    def _cure(self) -> str:
        return "approve a model in the registry, which starts this pipeline again"

    def _describe(self, arn: str) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = self.sagemaker.describe_model_package(ModelPackageName=arn)
        except ClientError as error:
            # SageMaker says ValidationException of a package that does not exist.
            if error.response["Error"]["Code"] in ("ValidationException", "ResourceNotFound"):
                return None
            raise
        return answer

    def _model(self, described: dict[str, Any]) -> Model:
        containers = described["InferenceSpecification"]["Containers"]
        return Model(
            arn=described["ModelPackageArn"],
            version=_version(described),
            images=tuple(container["Image"] for container in containers),
        )


def _version(package: dict[str, Any]) -> int:
    return int(package["ModelPackageArn"].rpartition("/")[2])
