"""Steps as this project runs them: requests to SageMaker's API, with the project's role, key, tags, names and network.

Every job gets its script as an input at an address made of the script's content, and is started as
`python3 <script>`: the same for processing and for training, in AWS's images and in one's own. README.md says why
these are not the SDK's Processor, ModelTrainer, ModelBuilder and Transformer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ml_pipelines import code, session
from ml_pipelines.settings import MAX_JOB_SECONDS, XGBOOST_VERSION, Settings

from sagemaker.core import image_uris
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.pipeline_definition_config import PipelineDefinitionConfig
from sagemaker.core.workflow.properties import Properties, PropertyFile
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import CacheConfig, Step, StepTypeEnum

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ANSWERS = {
    StepTypeEnum.PROCESSING: "DescribeProcessingJobResponse",
    StepTypeEnum.TRAINING: "DescribeTrainingJobResponse",
    StepTypeEnum.REGISTER_MODEL: "DescribeModelPackageOutput",
    StepTypeEnum.CREATE_MODEL: "DescribeModelOutput",
    StepTypeEnum.TRANSFORM: "DescribeTransformJobResponse",
}
# A step whose script and inputs are those of a run in the last days is not run again. Outputs are not compared.
CACHE = CacheConfig(enable_caching=True, expire_after="P30D")
INPUTS, OUTPUTS, CHANNELS = "/opt/ml/processing/input", "/opt/ml/processing/output", "/opt/ml/input/data"
VOLUME_GIGABYTES = 30
MAX_PAYLOAD_MEGABYTES = 6

Value = Any  # a text or number, or what SageMaker puts in its place: a parameter, a property of a step, a function


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """On what a job runs."""

    instance_type: Value
    instance_count: Value


class RequestStep(Step):
    """A step whose arguments are a request as SageMaker's API has it."""

    def __init__(
        self,
        name: str,
        kind: StepTypeEnum,
        request: dict[str, Any],
        *,
        cached: bool = False,
        property_files: Sequence[PropertyFile] = (),
    ) -> None:
        super().__init__(name, step_type=kind)
        self.property_files = list(property_files)
        self._request = request
        self._cached = cached
        self._properties = Properties(step_name=name, step=self, shape_name=ANSWERS[kind])

    @property
    def arguments(self) -> dict[str, Any]:
        """The request."""
        return self._request

    @property
    def properties(self) -> Properties:
        """What a later step may refer to."""
        return self._properties

    def to_request(self) -> dict[str, Any]:
        """Return the step's part of the definition."""
        request: dict[str, Any] = super().to_request() | (CACHE.config if self._cached else {})
        if self.property_files:
            request["PropertyFiles"] = [file.expr for file in self.property_files]
        return request

    def output_uri(self, name: str) -> Value:
        """Return the S3 URI of an output of a processing job, for a later step."""
        return self.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


class Builder:
    """Makes the steps of one pipeline of a project."""

    def __init__(self, settings: Settings, uploads: code.Uploads, *, pipeline: str) -> None:
        self.settings = settings
        self.uploads = uploads
        self.name = pipeline
        self.image = settings.image_uri or image_uris.retrieve("xgboost", settings.region, version=XGBOOST_VERSION)
        self._tags = [{"Key": key, "Value": value} for key, value in settings.tags.items()]

    def pipeline(self, *, parameters: Sequence[Value], steps: Sequence[Step]) -> Pipeline:
        """Return the pipeline."""
        return Pipeline(
            name=self.name,
            parameters=list(parameters),
            steps=list(steps),
            sagemaker_session=session.pipeline_session(region=self.settings.region),
            pipeline_experiment_config=None,  # an experiment would be made for every run
            # The jobs' names in the requests are kept, as what real names begin with.
            pipeline_definition_config=PipelineDefinitionConfig(use_custom_job_prefix=True),
        )

    def processing(
        self,
        name: str,
        *,
        script: str,
        machines: Machines,
        inputs: Mapping[str, Value],
        outputs: Sequence[str],
        sharded: bool = False,
        property_files: Sequence[PropertyFile] = (),
    ) -> RequestStep:
        """Return a step that runs a script on folders of S3. `sharded`: each instance gets its share of the files."""
        scripts = code.upload_scripts(self.uploads, bucket=self.settings.artifact_bucket, script=script)
        data = [_input(key, uri, sharded=sharded) for key, uri in inputs.items()]
        request = {
            "ProcessingJobName": self._job_prefix(name),
            "AppSpecification": {"ImageUri": self.image, "ContainerEntrypoint": ["python3", f"{INPUTS}/code/{script}"]},
            "ProcessingInputs": [_input("code", scripts), *data],
            "ProcessingOutputConfig": {
                "Outputs": [
                    {
                        "OutputName": output,
                        "S3Output": {
                            "S3Uri": self._run_uri(name, output),
                            "LocalPath": f"{OUTPUTS}/{output}",
                            "S3UploadMode": "EndOfJob",
                        },
                    }
                    for output in outputs
                ],
                "KmsKeyId": self.settings.artifact_key_arn,
            },
            "ProcessingResources": {"ClusterConfig": _cluster(machines)},
            "NetworkConfig": {
                "EnableNetworkIsolation": self.settings.network.isolated,
                "EnableInterContainerTrafficEncryption": True,
                **self._vpc(),
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": MAX_JOB_SECONDS},
            "RoleArn": self.settings.role_arn,
            "Tags": self._tags,
        }
        return RequestStep(name, StepTypeEnum.PROCESSING, request, cached=True, property_files=property_files)

    def training(
        self,
        name: str,
        *,
        script: str,
        also: tuple[str, ...],
        machines: Machines,
        channels: Mapping[str, Value],
        hyperparameters: Mapping[str, str | float],
    ) -> RequestStep:
        """Return a step that trains a model. `also` names scripts that go into the model's archive.

        Of the channel `train` each instance gets its share of the files, of the others all.
        """
        scripts = code.upload_scripts(self.uploads, bucket=self.settings.artifact_bucket, script=script, also=also)
        data = [_channel(key, uri, sharded=key == "train") for key, uri in channels.items()]
        request = {
            "TrainingJobName": self._job_prefix(name),
            "AlgorithmSpecification": {
                "TrainingImage": self.image,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python3", f"{CHANNELS}/code/{script}"],
            },
            "HyperParameters": {key: str(value) for key, value in hyperparameters.items()},
            "InputDataConfig": [_channel("code", scripts), *data],
            "OutputDataConfig": {"S3OutputPath": self._run_uri(name), "KmsKeyId": self.settings.artifact_key_arn},
            "ResourceConfig": _cluster(machines),
            "EnableNetworkIsolation": self.settings.network.isolated,
            "EnableInterContainerTrafficEncryption": True,
            **self._vpc(),
            "StoppingCondition": {"MaxRuntimeInSeconds": MAX_JOB_SECONDS},
            "RoleArn": self.settings.role_arn,
            "Tags": self._tags,
        }
        return RequestStep(name, StepTypeEnum.TRAINING, request, cached=True)

    def model(self, name: str, *, model_package_arn: Value) -> RequestStep:
        """Return a step that creates a model from the registry."""
        request = {
            "ModelName": self._job_prefix(name),
            "PrimaryContainer": {"ModelPackageName": model_package_arn},
            "EnableNetworkIsolation": self.settings.network.isolated,
            **self._vpc(),
            "ExecutionRoleArn": self.settings.role_arn,
            "Tags": self._tags,
        }
        return RequestStep(name, StepTypeEnum.CREATE_MODEL, request)

    def transform(self, name: str, *, model_name: Value, input_uri: Value, machines: Machines) -> RequestStep:
        """Return a step that scores every file of an input: CSV without header in, a score for each line out."""
        request = {
            "TransformJobName": self._job_prefix(name),
            "ModelName": model_name,
            "BatchStrategy": "MultiRecord",
            "MaxPayloadInMB": MAX_PAYLOAD_MEGABYTES,
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": input_uri}},
                "ContentType": "text/csv",
                "SplitType": "Line",
            },
            "TransformOutput": {
                "S3OutputPath": self._run_uri(name),
                "Accept": "text/csv",
                "AssembleWith": "Line",
                "KmsKeyId": self.settings.artifact_key_arn,
            },
            "TransformResources": {"InstanceType": machines.instance_type, "InstanceCount": machines.instance_count},
            "Tags": self._tags,
        }
        return RequestStep(name, StepTypeEnum.TRANSFORM, request)

    def _run_uri(self, *names: str) -> Join:
        """Where one run of the pipeline puts something."""
        bucket = self.settings.artifact_bucket
        return Join("/", [f"s3://{bucket}/runs/{self.name}", ExecutionVariables.PIPELINE_EXECUTION_ID, *names])

    def _job_prefix(self, step: str) -> str:
        return f"{self.settings.job_prefix}-{step.lower()}"

    def _vpc(self) -> dict[str, Any]:
        network = self.settings.network
        if not network.subnet_ids:
            return {}
        groups, subnets = list(network.security_group_ids), list(network.subnet_ids)
        return {"VpcConfig": {"SecurityGroupIds": groups, "Subnets": subnets}}


def _cluster(machines: Machines) -> dict[str, Any]:
    return {
        "InstanceType": machines.instance_type,
        "InstanceCount": machines.instance_count,
        "VolumeSizeInGB": VOLUME_GIGABYTES,
    }


def _input(name: str, uri: Value, *, sharded: bool = False) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{INPUTS}/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
            "S3DataDistributionType": "ShardedByS3Key" if sharded else "FullyReplicated",
        },
    }


def _channel(name: str, uri: Value, *, sharded: bool = False) -> dict[str, Any]:
    distribution = "ShardedByS3Key" if sharded else "FullyReplicated"
    source = {"S3Uri": uri, "S3DataType": "S3Prefix", "S3DataDistributionType": distribution}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}
