"""The project, as the build's environment variables tell of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Mapping

LATEST = "LATEST"

_REQUIRED = {
    "SAGEMAKER_PROJECT_NAME": r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}",
    "SAGEMAKER_PROJECT_ID": r"[a-z0-9](-*[a-z0-9]){0,19}",
    "MODEL_PACKAGE_GROUP_NAME": r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}",
    "ARTIFACT_BUCKET": r"[a-z0-9.-]{3,63}",
    "ARTIFACT_KEY_ARN": r"arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/.+",
    "IMAGE_REPOSITORY_ARN": r"arn:[a-z-]+:ecr:[a-z0-9-]+:\d{12}:repository/.+",
    "AWS_REGION": r"[a-z]{2}(-[a-z]+)+-\d",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What is the same for all environments."""

    name: str
    id: str
    cost_centre: str | None
    model_package_group: str
    requested_model: str
    artifact_bucket: str
    artifact_key_arn: str
    image_repository_arn: str
    region: str
    commit: str

    @property
    def dev_account_id(self) -> str:
        """The account of the project's models and images."""
        return self.image_repository_arn.split(":")[4]

    def tags(self, environment: str) -> dict[str, str]:
        """Tags of everything that is made for an environment."""
        tags = {
            "sagemaker:project-name": self.name,
            "sagemaker:project-id": self.id,
            "sagemaker:deployment-stage": environment,
            "mlops-project-id": self.id,  # what the platform's policies know a project's roles by
        }
        return tags | ({"cost-centre": self.cost_centre} if self.cost_centre else {})


def from_environment(variables: Mapping[str, str]) -> Project:
    """Read what CodeBuild was given. Raises `Problems` naming every variable that is missing or malformed."""
    problems = [
        f"environment variable {name} is {repr(variables[name]) if name in variables else 'not set'}: "
        f"the project's build sets it to a text like {pattern}"
        for name, pattern in _REQUIRED.items()
        if not re.fullmatch(pattern, variables.get(name, ""))
    ]
    if problems:
        raise Problems(problems)
    return Project(
        name=variables["SAGEMAKER_PROJECT_NAME"],
        id=variables["SAGEMAKER_PROJECT_ID"],
        cost_centre=variables.get("COST_CENTRE") or None,
        model_package_group=variables["MODEL_PACKAGE_GROUP_NAME"],
        requested_model=variables.get("MODEL_PACKAGE_ARN") or LATEST,
        artifact_bucket=variables["ARTIFACT_BUCKET"],
        artifact_key_arn=variables["ARTIFACT_KEY_ARN"],
        image_repository_arn=variables["IMAGE_REPOSITORY_ARN"],
        region=variables["AWS_REGION"],
        commit=variables.get("CODEBUILD_RESOLVED_SOURCE_VERSION") or "unknown",
    )
