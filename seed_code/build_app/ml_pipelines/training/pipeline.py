"""Preprocess, train, evaluate; register the model if it is good enough, and fail with the reason if it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import config
from ml_pipelines import code, sample_data
from ml_pipelines.steps import Builder, Machines, RequestStep

from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.steps import StepTypeEnum

if TYPE_CHECKING:
    from ml_pipelines.settings import Settings

    from sagemaker.mlops.workflow.pipeline import Pipeline

SAMPLE_ROWS, SAMPLE_SEED = 8000, 7
SERVING = ("inference.py",)
CONTENT_TYPES = ["text/csv", "application/json"]
INFERENCE_INSTANCES = ["ml.t2.medium", "ml.m5.large", "ml.m5.xlarge"]
TRANSFORM_INSTANCES = ["ml.m5.large", "ml.m5.xlarge"]

# How AWS's XGBoost image serves our inference.py. It installs it with pip when it starts: isolated from the network
# that works only when pip does not look for build tools. pip turns the meaning of this variable round: 0 is "do not".
SERVING_ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "PIP_NO_BUILD_ISOLATION": "0",
}


def get_pipeline(settings: Settings, uploads: code.Uploads) -> Pipeline:
    """Return the training pipeline. Scripts, and the sample data where the settings name no other, are uploaded."""
    build, defaults = Builder(settings, uploads, pipeline=settings.training_pipeline), settings.defaults
    input_data = ParameterString("InputDataUri", default_value=default_data(settings, uploads))
    commit = ParameterString("Commit", default_value="unknown")
    minimum_auc = ParameterFloat("MinimumAuc", default_value=defaults.minimum_auc)
    minimum_gain = ParameterFloat("MinimumGain", default_value=defaults.minimum_gain)
    processing = Machines(
        instance_type=ParameterString("ProcessingInstanceType", default_value=defaults.processing_instance_type),
        instance_count=ParameterInteger("ProcessingInstanceCount", default_value=defaults.processing_instance_count),
    )
    training = Machines(
        instance_type=ParameterString("TrainingInstanceType", default_value=defaults.training_instance_type),
        instance_count=ParameterInteger("TrainingInstanceCount", default_value=defaults.training_instance_count),
    )

    preprocess = build.processing(
        "Preprocess",
        script="preprocess.py",
        machines=processing,
        inputs={"data": input_data},
        outputs=("train", "validation", "test"),
        sharded=True,
    )
    train = build.training(
        "Train",
        script="train.py",
        also=SERVING,
        machines=training,
        channels={name: preprocess.output_uri(name) for name in ("train", "validation")},
        hyperparameters=config.HYPERPARAMETERS,
    )
    figures = PropertyFile(name="Figures", output_name="evaluation", path=config.EVALUATION_FILE)
    evaluate = build.processing(
        "Evaluate",
        script="evaluate.py",
        machines=Machines(instance_type=processing.instance_type, instance_count=1),
        inputs={
            "model": train.properties.ModelArtifacts.S3ModelArtifacts,
            "train": preprocess.output_uri("train"),
            "test": preprocess.output_uri("test"),
        },
        outputs=("evaluation",),
        property_files=(figures,),
    )

    def figure(path: str) -> JsonGet:
        return JsonGet(step_name=evaluate.name, property_file=figures, json_path=path)

    good_enough = ConditionStep(
        "GoodEnough",
        conditions=[
            ConditionGreaterThanOrEqualTo(figure("binary_classification_metrics.auc.value"), minimum_auc),
            ConditionGreaterThanOrEqualTo(figure("baseline.gain.value"), minimum_gain),
        ],
        if_steps=[_register(build, train, evaluate, data=input_data, commit=commit)],
        else_steps=[
            FailStep(
                "NotGoodEnough",
                error_message=Join(
                    on="",
                    values=[
                        "The model was not registered: its auc is below MinimumAuc = ",
                        minimum_auc,
                        ", or its gain over the baseline's auc is below MinimumGain = ",
                        minimum_gain,
                        ". The figures and the report are in ",
                        evaluate.output_uri("evaluation"),
                    ],
                ),
            )
        ],
    )
    return build.pipeline(
        parameters=[
            input_data,
            commit,
            minimum_auc,
            minimum_gain,
            processing.instance_type,
            processing.instance_count,
            training.instance_type,
            training.instance_count,
        ],
        steps=[preprocess, train, evaluate, good_enough],
    )


def default_data(settings: Settings, uploads: code.Uploads) -> str:
    """Return where training data is by default: as the settings say, or else the sample."""
    if settings.defaults.training_data_uri:
        return settings.defaults.training_data_uri
    sample = sample_data.as_csv(sample_data.customers(rows=SAMPLE_ROWS, seed=SAMPLE_SEED))
    return code.upload_data(uploads, bucket=settings.artifact_bucket, name="sample.csv", body=sample)


def _register(
    build: Builder, train: RequestStep, evaluate: RequestStep, *, data: ParameterString, commit: ParameterString
) -> RequestStep:
    evaluation = evaluate.output_uri("evaluation")

    def file(name: str) -> Join:
        return Join(on="/", values=[evaluation, name])

    request = {
        "ModelPackageGroupName": build.settings.model_package_group,
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [
                {
                    "Image": build.image,
                    "ModelDataUrl": train.properties.ModelArtifacts.S3ModelArtifacts,
                    "Environment": SERVING_ENVIRONMENT,
                }
            ],
            "SupportedContentTypes": CONTENT_TYPES,
            "SupportedResponseMIMETypes": CONTENT_TYPES,
            "SupportedRealtimeInferenceInstanceTypes": INFERENCE_INSTANCES,
            "SupportedTransformInstanceTypes": TRANSFORM_INSTANCES,
        },
        "ModelMetrics": {
            "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": file(config.EVALUATION_FILE)}}
        },
        "Domain": "MACHINE_LEARNING",
        "Task": "CLASSIFICATION",
        "SamplePayloadUrl": file(config.PAYLOAD_FILE),
        "MetadataProperties": {
            "CommitId": commit,
            "GeneratedBy": ExecutionVariables.PIPELINE_EXECUTION_ARN,
            "ProjectId": build.settings.project_id,
        },
        "CustomerMetadataProperties": {
            "Commit": commit,
            "InputDataUri": data,
            "Report": file(config.REPORT_FILE),
        },
    }
    return RequestStep("Register", StepTypeEnum.REGISTER_MODEL, request)
