"""Score new data with a registered model: create the model, transform the data, one score for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import config
from ml_pipelines import code, sample_data
from ml_pipelines.steps import Builder, Machines

from sagemaker.core.workflow.parameters import ParameterInteger, ParameterString

if TYPE_CHECKING:
    from ml_pipelines.settings import Settings

    from sagemaker.mlops.workflow.pipeline import Pipeline

SAMPLE_ROWS, SAMPLE_SEED = 500, 11


def get_pipeline(settings: Settings, uploads: code.Uploads) -> Pipeline:
    """Return the batch scoring pipeline. `ModelPackageArn` has no default: whoever starts it says which model."""
    build, defaults = Builder(settings, uploads, pipeline=settings.inference_pipeline), settings.defaults
    model_package_arn = ParameterString("ModelPackageArn")
    input_data = ParameterString("InputDataUri", default_value=default_data(settings, uploads))
    machines = Machines(
        instance_type=ParameterString("TransformInstanceType", default_value=defaults.transform_instance_type),
        instance_count=ParameterInteger("TransformInstanceCount", default_value=defaults.transform_instance_count),
    )

    model = build.model("Batch", model_package_arn=model_package_arn)
    score = build.transform("Score", model_name=model.properties.ModelName, input_uri=input_data, machines=machines)
    return build.pipeline(
        parameters=[model_package_arn, input_data, machines.instance_type, machines.instance_count],
        steps=[model, score],
    )


def default_data(settings: Settings, uploads: code.Uploads) -> str:
    """Return where the rows to score are by default: CSV without header, in the order of `config.FEATURES`."""
    if settings.defaults.scoring_data_uri:
        return settings.defaults.scoring_data_uri
    places = [sample_data.COLUMNS.index(name) for name in config.FEATURES]
    rows = [tuple(row[place] for place in places) for row in sample_data.customers(rows=SAMPLE_ROWS, seed=SAMPLE_SEED)]
    return code.upload_data(
        uploads, bucket=settings.artifact_bucket, name="scoring.csv", body=sample_data.as_csv(rows, header=False)
    )
