"""What the pipelines are told: by the build's environment, and by you, in the defaults below."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# The image of every step: Python 3.12 with the packages of requirements/steps.txt. A project created with CustomImage
# runs the image of the Dockerfile instead.
XGBOOST_VERSION = "3.2-0"

MAX_JOB_SECONDS = 4 * 60 * 60  # a job that runs longer is stopped


class SettingsError(Exception):
    """The environment lacks something. As a string: every problem, one a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """Default values of the pipelines' parameters; a single run may be given others."""

    training_data_uri: str = ""  # the sample; yours is in a bucket that projects may read: ask your platform team
    scoring_data_uri: str = ""
    processing_instance_type: str = "ml.m5.large"
    processing_instance_count: int = 1
    training_instance_type: str = "ml.m5.large"
    training_instance_count: int = 1
    transform_instance_type: str = "ml.m5.large"
    transform_instance_count: int = 1
    minimum_auc: float = 0.75  # area under the ROC curve on held-out data, 0.5 is a coin
    minimum_gain: float = 0.05  # by how much that must be above the baseline's; see source_scripts/evaluate.py


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How the jobs' containers reach the network. Isolated, they reach nothing; S3 is read and written for them."""

    isolated: bool = True
    of_the_account: bool = False  # run the jobs in the network that the platform team set up in this account
    subnet_ids: tuple[str, ...] = ()  # the build fills these two in
    security_group_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that the pipelines need to know about the project and its account."""

    project_name: str
    project_id: str
    region: str
    role_arn: str  # with which SageMaker runs the jobs
    artifact_bucket: str
    artifact_key_arn: str
    model_package_group: str
    training_pipeline: str
    inference_pipeline: str
    job_prefix: str  # every job's and model's name begins with it: the role may make no others
    commit: str = "unknown"
    cost_centre: str = ""
    image_uri: str = ""  # of the project's own image
    defaults: Defaults = field(default_factory=Defaults)
    network: Network = field(default_factory=Network)

    @property
    def tags(self) -> dict[str, str]:
        """Tags of the pipelines and of every job."""
        tags = {"sagemaker:project-name": self.project_name, "sagemaker:project-id": self.project_id}
        return tags | ({"cost-centre": self.cost_centre} if self.cost_centre else {})


_REQUIRED = {
    "project_name": "SAGEMAKER_PROJECT_NAME",
    "project_id": "SAGEMAKER_PROJECT_ID",
    "region": "AWS_REGION",
    "role_arn": "SAGEMAKER_PIPELINE_ROLE_ARN",
    "artifact_bucket": "ARTIFACT_BUCKET",
    "artifact_key_arn": "ARTIFACT_KEY_ARN",
    "model_package_group": "MODEL_PACKAGE_GROUP_NAME",
    "training_pipeline": "SAGEMAKER_PIPELINE_NAME",
    "inference_pipeline": "SAGEMAKER_INFERENCE_PIPELINE_NAME",
    "job_prefix": "JOB_PREFIX",
}
_OPTIONAL = {
    "commit": "CODEBUILD_RESOLVED_SOURCE_VERSION",
    "cost_centre": "COST_CENTRE",
    "image_uri": "IMAGE_URI",
}


def from_environment(environment: Mapping[str, str]) -> Settings:
    """Return the settings that a build's environment variables tell. Raises `SettingsError`."""
    missing = [variable for variable in _REQUIRED.values() if not environment.get(variable)]
    if missing:
        raise SettingsError(
            f"These environment variables are not set: {', '.join(missing)}. The project's CodeBuild project sets "
            "them; on your own machine run `make local`, which needs none."
        )
    values = {name: environment[variable] for name, variable in _REQUIRED.items()}
    values |= {name: environment[variable] for name, variable in _OPTIONAL.items() if environment.get(variable)}
    return Settings(**values)  # type: ignore[arg-type]  # every one of these is a string
