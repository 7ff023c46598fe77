"""Executions of SageMaker pipelines run by their definition, in the name of their role, when the queue is drained."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.runner import drain
from tests.sandbox import registered_models as models
from tests.sandbox.registered_models import BUCKET, DEV, ENVIRONMENT, GROUP, IMAGE, PIPELINE, PROD, ROLE_ARN, Land

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.running_sandbox import RunningSandbox

CODE, DATA, RUN = f"s3://{BUCKET}/code", f"s3://{BUCKET}/data", f"s3://{BUCKET}/runs"
ROLE = ROLE_ARN.format(account_id=DEV)
RULE = "models-watch"
QUEUE = f"arn:aws:sqs:{models.REGION}:{DEV}:models-watch"
# The channel's rows summed up are the factor of the model.
TRAIN = f"""
import json, os, pathlib, sys
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
rows = [float(row) for path in (base / "input/data/rows").iterdir() for row in path.read_text().split()]
settings = json.loads((base / "input/config/hyperparameters.json").read_text())
print("training on", len(rows), "rows")
if settings.get("fail"):
    (base / "output").mkdir(exist_ok=True)
    (base / "output/failure").write_text("the rows are bad")
    sys.exit(1)
(base / "model/code").mkdir()
(base / "model/factor.txt").write_text(str(sum(rows)))
(base / "model/code/inference.py").write_text({models.INFERENCE!r})
"""
EVALUATE = """
import json, os, pathlib
base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
(base / "processing/output/figures/figures.json").write_text(json.dumps({"auc": 0.8}))
"""


def joined(*parts: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"Std:Join": {"On": "/", "Values": [RUN, {"Get": "Execution.PipelineExecutionId"}, *parts]}}


def job(script: str) -> dict[str, Any]:
    return {
        "RoleArn": ROLE,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "Tags": [{"Key": "script", "Value": script}],
    }


def evaluate() -> dict[str, Any]:
    source = {
        "S3Uri": CODE,
        "LocalPath": "/opt/ml/processing/input/code",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
    }
    output = {"S3Uri": joined("figures"), "LocalPath": "/opt/ml/processing/output/figures", "S3UploadMode": "EndOfJob"}
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30}
    request = {
        **job("evaluate"),
        "ProcessingJobName": "models-evaluate",
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/evaluate.py"],
        },
        "ProcessingInputs": [{"InputName": "code", "S3Input": source}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "figures", "S3Output": output}]},
        "ProcessingResources": {"ClusterConfig": cluster},
    }
    figures = {"PropertyFileName": "Figures", "OutputName": "figures", "FilePath": "figures.json"}
    return {
        "Name": "Evaluate",
        "Type": "Processing",
        "Arguments": request,
        "PropertyFiles": [figures],
        "DependsOn": ["Train"],
    }


def train() -> dict[str, Any]:
    def channel(name: str, uri: str) -> dict[str, Any]:
        source = {"S3Uri": uri, "S3DataType": "S3Prefix", "S3DataDistributionType": "FullyReplicated"}
        return {"ChannelName": name, "DataSource": {"S3DataSource": source}}

    request = {
        **job("train"),
        "TrainingJobName": "models-train",
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/train.py"],
        },
        "HyperParameters": {"fail": {"Get": "Parameters.Fail"}},
        "InputDataConfig": [channel("code", CODE), channel("rows", DATA)],
        "OutputDataConfig": {"S3OutputPath": joined("train")},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
    }
    return {"Name": "Train", "Type": "Training", "Arguments": request}


def register() -> dict[str, Any]:
    container = {
        "Image": IMAGE,
        "ModelDataUrl": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"},
        "Environment": ENVIRONMENT,
    }
    request = {
        "ModelPackageGroupName": GROUP,
        "ModelApprovalStatus": "PendingManualApproval",
        "InferenceSpecification": {
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        "MetadataProperties": {"GeneratedBy": {"Get": "Execution.PipelineExecutionArn"}},
    }
    return {"Name": "Register", "Type": "RegisterModel", "Arguments": request}


def training() -> dict[str, Any]:
    """Return a definition with every type of step that trains."""
    path = {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Figures"}, "Path": "auc"}
    condition = {
        "Type": "GreaterThanOrEqualTo",
        "LeftValue": {"Std:JsonGet": path},
        "RightValue": {"Get": "Parameters.MinimumAuc"},
    }
    refusal = {"Name": "NotGoodEnough", "Type": "Fail", "Arguments": {"ErrorMessage": "auc below the minimum"}}
    branches = {"Conditions": [condition], "IfSteps": [register()], "ElseSteps": [refusal]}
    return {
        "Version": "2020-12-01",
        "Parameters": [
            {"Name": "MinimumAuc", "Type": "Float", "DefaultValue": 0.7},
            {"Name": "Fail", "Type": "String", "DefaultValue": ""},
        ],
        "Steps": [train(), evaluate(), {"Name": "GoodEnough", "Type": "Condition", "Arguments": branches}],
    }


def scoring() -> dict[str, Any]:
    """Return a definition that scores with a package."""
    model = {
        "ModelName": "models-score",
        "PrimaryContainer": {"ModelPackageName": {"Get": "Parameters.ModelPackageArn"}},
        "ExecutionRoleArn": ROLE,
    }
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": DATA}}
    transform = {
        "TransformJobName": "models-score",
        "ModelName": {"Get": "Steps.Model.ModelName"},
        "TransformInput": {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": f"{RUN}/scores", "Accept": "text/csv", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    return {
        "Version": "2020-12-01",
        "Parameters": [{"Name": "ModelPackageArn", "Type": "String"}],
        "Steps": [
            {"Name": "Model", "Type": "Model", "Arguments": model},
            {"Name": "Score", "Type": "Transform", "Arguments": transform},
        ],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Science(Land):
    """DEV as a data scientist has it."""

    def object(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        body: bytes = self.client("dev", "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    @property
    def sagemaker(self) -> Any:  # noqa: ANN401
        return self.client("dev", "sagemaker")

    def start(self, definition: dict[str, Any], **parameters: str) -> str:
        """Make the pipeline, start it, and return the execution's ARN."""
        given = {"PipelineDefinition": json.dumps(definition), "RoleArn": ROLE}
        self.sagemaker.create_pipeline(PipelineName=PIPELINE, ClientRequestToken="0" * 32, **given)
        values = [{"Name": name, "Value": value} for name, value in parameters.items()]
        started = self.sagemaker.start_pipeline_execution(PipelineName=PIPELINE, PipelineParameters=values)
        return str(started["PipelineExecutionArn"])

    def run(self, definition: dict[str, Any], **parameters: str) -> dict[str, Any]:
        """Run the pipeline to its end and return what its execution is then."""
        arn = self.start(definition, **parameters)
        drain(self.running.sandbox)
        return self.described(arn)

    def described(self, arn: str) -> dict[str, Any]:
        described: dict[str, Any] = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return described

    def steps(self, execution: dict[str, Any]) -> dict[str, dict[str, Any]]:
        arn = execution["PipelineExecutionArn"]
        steps = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, SortOrder="Ascending")
        return {step["StepName"]: step for step in steps["PipelineExecutionSteps"]}

    def packages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sagemaker.list_model_packages(ModelPackageGroupName=GROUP)[
            "ModelPackageSummaryList"
        ]
        return found

    def watch(self, **detail: list[Any]) -> None:
        """Let a queue hear of SageMaker's events."""
        self.client("dev", "sqs").create_queue(QueueName="models-watch")
        events = self.client("dev", "events")
        pattern = {"source": ["aws.sagemaker"], **({"detail": detail} if detail else {})}
        events.put_rule(Name=RULE, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=RULE, Targets=[{"Id": "1", "Arn": QUEUE}])

    def heard(self) -> list[dict[str, Any]]:
        sqs = self.client("dev", "sqs")
        url = sqs.get_queue_url(QueueName="models-watch")["QueueUrl"]
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]

    def unwatch(self) -> None:
        sqs, events = self.client("dev", "sqs"), self.client("dev", "events")
        for rule in events.list_rules(NamePrefix=RULE)["Rules"]:
            events.remove_targets(Rule=rule["Name"], Ids=["1"])
            events.delete_rule(Name=rule["Name"])
        for url in sqs.list_queues().get("QueueUrls", []):
            sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def science(sandbox: RunningSandbox) -> Iterator[Science]:
    science = Science(running=sandbox)
    science.make()
    s3 = science.client("dev", "s3")
    for key, text in (("code/train.py", TRAIN), ("code/evaluate.py", EVALUATE), ("data/a.csv", "1\n2\n")):
        s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())
    yield science
    drain(sandbox.sandbox)
    science.unwatch()
    science.clear()


def test_nothing_runs_before_the_queue_is_drained(science: Science) -> None:
    assert science.described(science.start(training()))["PipelineExecutionStatus"] == "Executing"


def test_a_run_registers_the_model_that_it_trained(science: Science) -> None:
    execution = science.run(training())
    assert execution["PipelineExecutionStatus"] == "Succeeded", execution
    (package,) = science.packages()
    described = science.sagemaker.describe_model_package(ModelPackageName=package["ModelPackageArn"])
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["MetadataProperties"]["GeneratedBy"] == execution["PipelineExecutionArn"]
    (container,) = described["InferenceSpecification"]["Containers"]
    assert science.object(container["ModelDataUrl"])[:2] == b"\x1f\x8b"


def test_every_step_says_what_came_of_it(science: Science) -> None:
    steps = science.steps(science.run(training()))
    assert {name: step["StepStatus"] for name, step in steps.items()} == dict.fromkeys(
        ("Train", "Evaluate", "GoodEnough", "Register"), "Succeeded"
    )
    assert steps["GoodEnough"]["Metadata"] == {"Condition": {"Outcome": "True"}}
    assert steps["Register"]["Metadata"]["RegisterModel"]["Arn"] == science.packages()[0]["ModelPackageArn"]


def test_a_drain_tells_of_each_step_before_it_tells_of_the_pipeline(science: Science) -> None:
    science.start(training())
    *steps, last = drain(science.running.sandbox)
    assert [step.place for step in steps if step.kind == "sagemaker-step"] == [
        f"{PIPELINE}/{name}" for name in ("Train", "Evaluate", "GoodEnough", "Register")
    ]
    assert (last.kind, last.status) == ("sagemaker-execution", "Succeeded")
    assert sum(step.seconds for step in steps) <= last.seconds


def test_jobs_are_told_with_their_log(science: Science) -> None:
    steps = science.steps(science.run(training()))
    name = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    described = science.sagemaker.describe_training_job(TrainingJobName=name)
    assert (described["TrainingJobStatus"], described["RoleArn"]) == ("Completed", ROLE)
    logs = science.client("dev", "logs")
    events = logs.get_log_events(logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=f"{name}/algo-1")["events"]
    assert events[0]["message"] == "training on 2 rows"


def test_a_model_below_the_threshold_is_not_registered(science: Science) -> None:
    execution = science.run(training(), MinimumAuc="0.9")
    assert (execution["PipelineExecutionStatus"], execution["FailureReason"]) == ("Failed", "auc below the minimum")
    assert science.packages() == []


def test_a_failing_job_says_why(science: Science) -> None:
    execution = science.run(training(), Fail="yes")
    assert execution["FailureReason"] == "Step Train: the rows are bad"
    assert science.steps(execution)["Train"]["FailureReason"] == "the rows are bad"


def test_a_bucket_that_keeps_the_role_out_fails_the_step(science: Science) -> None:
    definition = json.loads(json.dumps(training()).replace(DATA, "s3://nowhere-at-all/data"))
    assert "NoSuchBucket" in science.run(definition)["FailureReason"]


def test_an_unknown_parameter_fails_the_run(science: Science) -> None:
    assert "There is no parameter Rows" in science.run(training(), Rows="5")["FailureReason"]


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ((IMAGE, "models:1"), "does not imitate this: image models:1"),
        (('"Type": "Training"', '"Type": "Tuning"'), "Step Train is of type Tuning, which is not run here"),
    ],
    ids=["image", "step"],
)
def test_what_is_not_imitated_fails_by_name(science: Science, change: tuple[str, str], refused: str) -> None:
    assert refused in science.run(json.loads(json.dumps(training()).replace(*change)))["FailureReason"]


def test_a_step_with_a_role_of_its_own_fails_by_name(science: Science) -> None:
    definition = training()
    definition["Steps"][0]["Arguments"]["RoleArn"] = f"{ROLE}-other"
    assert f"a step with a role of its own, {ROLE}-other" in science.run(definition)["FailureReason"]


def test_a_batch_is_scored_with_a_package(science: Science) -> None:
    execution = science.run(scoring(), ModelPackageArn=science.register())
    assert execution["PipelineExecutionStatus"] == "Succeeded", execution
    assert science.object(f"{RUN}/scores/a.csv.out") == b"2\n4\n"


def test_prod_scores_its_own_data_with_a_package_of_dev(science: Science) -> None:
    s3, sagemaker = science.client("prod", "s3"), science.client("prod", "sagemaker")
    s3.create_bucket(Bucket="models-data", CreateBucketConfiguration={"LocationConstraint": models.REGION})
    s3.put_object(Bucket="models-data", Key="data/a.csv", Body=b"5\n")
    definition = json.dumps(scoring()).replace(BUCKET, "models-data").replace(DEV, PROD)
    given = {"PipelineName": PIPELINE, "RoleArn": ROLE_ARN.format(account_id=PROD), "PipelineDefinition": definition}
    sagemaker.create_pipeline(**given, ClientRequestToken="0" * 32)
    parameter = {"Name": "ModelPackageArn", "Value": science.register()}
    started = sagemaker.start_pipeline_execution(PipelineName=PIPELINE, PipelineParameters=[parameter])
    drain(science.running.sandbox)
    execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=started["PipelineExecutionArn"])
    sagemaker.delete_pipeline(PipelineName=PIPELINE, ClientRequestToken="0" * 32)
    assert execution["PipelineExecutionStatus"] == "Succeeded", execution
    assert s3.get_object(Bucket="models-data", Key="runs/scores/a.csv.out")["Body"].read() == b"10\n"


def test_only_steps_run_jobs(science: Science) -> None:
    arguments = train()["Arguments"] | {"OutputDataConfig": {"S3OutputPath": RUN}, "HyperParameters": {}}
    with pytest.raises(ClientError, match="only steps of pipelines run jobs"):
        science.sagemaker.create_training_job(**arguments)


def test_a_pipeline_that_executes_is_not_deleted(science: Science) -> None:
    science.start(training())
    with pytest.raises(ClientError, match="is executing"):
        science.sagemaker.delete_pipeline(PipelineName=PIPELINE, ClientRequestToken="0" * 32)


def test_an_approval_is_an_event(science: Science) -> None:
    package = science.register(status="PendingManualApproval")
    science.watch(ModelApprovalStatus=["Approved", "Rejected"], ModelPackageGroupName=[GROUP])
    science.sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    (event,) = science.heard()
    assert (event["detail-type"], event["resources"]) == ("SageMaker Model Package State Change", [package])
    assert event["detail"]["ModelApprovalStatus"] == "Approved"


def test_a_change_without_a_decision_is_no_event(science: Science) -> None:
    package = science.register()
    science.watch()
    science.sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"Reviewer": "Ada"})
    described = science.sagemaker.describe_model_package(ModelPackageName=package)
    assert described["CustomerMetadataProperties"] == {"Commit": "0123abcd", "Reviewer": "Ada"}
    assert science.heard() == []


def test_an_execution_is_told_when_it_starts_and_ends(science: Science) -> None:
    science.watch(currentPipelineExecutionStatus=[{"exists": True}])
    science.run(training())
    assert [event["detail"]["currentPipelineExecutionStatus"] for event in science.heard()] == [
        "Executing",
        "Succeeded",
    ]


def test_versions_are_never_given_twice(science: Science) -> None:
    first, second = science.register(), science.register()
    science.sagemaker.delete_model_package(ModelPackageName=first)
    assert [arn.rpartition("/")[2] for arn in (second, science.register())] == ["2", "3"]
