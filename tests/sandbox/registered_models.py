"""A project's model in DEV, small enough for a test: bucket, roles, registry, and stacks that deploy it elsewhere.

The model multiplies each line of a request with the number in its archive.
"""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.sandbox.running_sandbox import clear

if TYPE_CHECKING:
    from tests.sandbox.running_sandbox import RunningSandbox

REGION, DEV, PROD = "eu-west-1", "111111111111", "333333333333"
IMAGE = f"763104351884.dkr.ecr.{REGION}.amazonaws.com/sagemaker-base-python-310:1.0"
BUCKET, GROUP, ENDPOINT, PIPELINE = "models-artifacts", "models", "models-prod", "models-training"
ROLE, SCHEDULE_ROLE = "models-model", "models-schedule"
ROLE_ARN = "arn:aws:iam::{account_id}:role/" + ROLE
DEPLOYING = ["sagemaker:CreateModel", "sagemaker:DescribeModelPackage"]
INFERENCE = """
from pathlib import Path

def model_fn(folder):
    return float(Path(folder, "factor.txt").read_text())

def input_fn(body, content_type):
    assert content_type == "text/csv", content_type
    return [float(line) for line in body.decode().splitlines()]

def predict_fn(rows, model):
    return [row * model for row in rows]

def output_fn(rows, accept):
    return "".join(f"{row:g}\\n" for row in rows)
"""
ENVIRONMENT = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}

Resource = dict[str, Any]


def archive(*, factor: str = "2", program: str = INFERENCE) -> bytes:
    """Return a model.tar.gz."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as packed:
        for path, text in (("factor.txt", factor), ("code/inference.py", program)):
            info = tarfile.TarInfo(path)
            info.size = len(text)
            packed.addfile(info, io.BytesIO(text.encode()))
    return body.getvalue()


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(principal: str, actions: list[str] | str, *resources: str) -> Resource:
    return {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions, "Resource": [*resources]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Land:
    """The accounts with the project in them."""

    running: RunningSandbox
    stack_names: set[str] = field(default_factory=set)

    def client(self, account: str, service: str) -> Any:  # noqa: ANN401
        return self.running.client(account, service)

    def make(self) -> None:
        """Make bucket, group and roles; PROD may read and deploy all of it."""
        for account in ("dev", "prod"):
            iam = self.client(account, "iam")
            iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust("sagemaker.amazonaws.com"))
            iam.create_role(RoleName=SCHEDULE_ROLE, AssumeRolePolicyDocument=trust("scheduler.amazonaws.com"))
        s3 = self.client("dev", "s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.let_in(ROLE_ARN.format(account_id=PROD))
        sagemaker = self.client("dev", "sagemaker")
        sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
        self.let_deploy(f"arn:aws:iam::{PROD}:root", DEPLOYING)

    def let_in(self, principal: str) -> None:
        """Let somebody read the bucket, and nobody else of another account."""
        statement = allow(principal, "s3:GetObject", f"arn:aws:s3:::{BUCKET}/*")
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.client("dev", "s3").put_bucket_policy(Bucket=BUCKET, Policy=policy)

    def let_deploy(self, principal: str, actions: list[str]) -> None:
        """Let somebody deploy the group's models, and nobody else of another account."""
        arn = f"arn:aws:sagemaker:{REGION}:{DEV}:model-package"
        statement = allow(principal, actions, f"{arn}-group/{GROUP}", f"{arn}/{GROUP}/*")
        self.client("dev", "sagemaker").put_model_package_group_policy(
            ModelPackageGroupName=GROUP, ResourcePolicy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        )

    def register(self, *, body: bytes | None = None, status: str = "Approved", image: str = IMAGE) -> str:
        """Put a model into the bucket and the registry. Returns the package's ARN."""
        sagemaker = self.client("dev", "sagemaker")
        key = f"{len(sagemaker.list_model_packages(ModelPackageGroupName=GROUP)['ModelPackageSummaryList'])}.tar.gz"
        self.client("dev", "s3").put_object(Bucket=BUCKET, Key=key, Body=archive() if body is None else body)
        container = {"Image": image, "ModelDataUrl": f"s3://{BUCKET}/{key}", "Environment": ENVIRONMENT}
        arn: str = sagemaker.create_model_package(
            ModelPackageGroupName=GROUP,
            ModelApprovalStatus=status,
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            CustomerMetadataProperties={"Commit": "0123abcd"},
        )["ModelPackageArn"]
        return arn

    def deploy(self, template: dict[str, Any], *, account: str = "prod", name: str = "models-prod") -> str:
        """Create or update a stack and return its status."""
        cloudformation, body = self.client(account, "cloudformation"), json.dumps(template)
        known = {stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]}
        (cloudformation.update_stack if name in known else cloudformation.create_stack)(
            StackName=name, TemplateBody=body
        )
        return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    def reasons(self, *, account: str = "prod", name: str = "models-prod") -> str:
        events = self.client(account, "cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        return "\n".join(event.get("ResourceStatusReason", "") for event in events)

    def ask(self, rows: str = "1\n20\n", *, account: str = "prod", name: str = ENDPOINT) -> str:
        """Ask an endpoint."""
        answer = self.client(account, "sagemaker-runtime").invoke_endpoint(
            EndpointName=name, Body=rows.encode(), ContentType="text/csv", Accept="text/csv"
        )
        return str(answer["Body"].read().decode())

    def endpoint(self) -> dict[str, Any]:
        described: dict[str, Any] = self.client("prod", "sagemaker").describe_endpoint(EndpointName=ENDPOINT)
        return described

    def made(self, account: str = "prod") -> set[str]:
        """Return the names of everything that a stack of endpoints or pipelines makes."""
        sagemaker, scaling = self.client(account, "sagemaker"), self.client(account, "application-autoscaling")
        where = {"ServiceNamespace": "sagemaker"}
        return {
            *(each["ModelName"] for each in sagemaker.list_models()["Models"]),
            *(each["EndpointConfigName"] for each in sagemaker.list_endpoint_configs()["EndpointConfigs"]),
            *(each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]),
            *(each["PipelineName"] for each in sagemaker.list_pipelines()["PipelineSummaries"]),
            *(each["AlarmName"] for each in self.client(account, "cloudwatch").describe_alarms()["MetricAlarms"]),
            *(each["ResourceId"] for each in scaling.describe_scalable_targets(**where)["ScalableTargets"]),
            *(each["PolicyName"] for each in scaling.describe_scaling_policies(**where)["ScalingPolicies"]),
            *(each["Name"] for each in self.client(account, "scheduler").list_schedules()["Schedules"]),
        }

    def clear(self) -> None:
        """Take all of it away."""
        for account in ("dev", "prod"):
            clear(self.running, account)
            for role in (ROLE, SCHEDULE_ROLE):
                self.client(account, "iam").delete_role(RoleName=role)
        sagemaker = self.client("dev", "sagemaker")
        for package in sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]:
            sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])
        sagemaker.delete_model_package_group(ModelPackageGroupName=GROUP)
        with contextlib.suppress(ClientError):
            sagemaker.delete_pipeline(PipelineName=PIPELINE, ClientRequestToken="0" * 32)


def resource(kind: str, **properties: Any) -> Resource:  # noqa: ANN401
    return {"Type": f"AWS::{kind}", "Properties": properties}


def attribute(name: str, of: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [of, name]}


def model(package: str, name: str) -> Resource:
    role = ROLE_ARN.format(account_id=PROD)
    return resource(
        "SageMaker::Model",
        ModelName=name,
        ExecutionRoleArn=role,
        Containers=[{"ModelPackageName": package}],
        EnableNetworkIsolation=False,
    )


def config(name: str, **properties: Any) -> Resource:  # noqa: ANN401
    variant = {
        "ModelName": attribute("ModelName", "Model"),
        "VariantName": "AllTraffic",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 2,
        "InitialVariantWeight": 1,
    }
    return resource("SageMaker::EndpointConfig", EndpointConfigName=name, ProductionVariants=[variant], **properties)


def endpoint(**properties: Any) -> Resource:  # noqa: ANN401
    rollout = {
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": {"Ref": "Alarm"}}]},
        "BlueGreenUpdatePolicy": {
            "MaximumExecutionTimeoutInSeconds": 4800,
            "TerminationWaitInSeconds": 600,
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                "WaitIntervalInSeconds": 600,
            },
        },
    }
    given = {"EndpointName": ENDPOINT, "EndpointConfigName": attribute("EndpointConfigName", "Config")}
    return resource("SageMaker::Endpoint", **given | {"DeploymentConfig": rollout} | properties)


def alarm(**properties: Any) -> Resource:  # noqa: ANN401
    given = {
        "Namespace": "AWS/SageMaker",
        "MetricName": "ModelLatency",
        "Dimensions": [{"Name": "EndpointName", "Value": ENDPOINT}],
        "ExtendedStatistic": "p95",
        "Threshold": 500_000,
        "ComparisonOperator": "GreaterThanThreshold",
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "TreatMissingData": "notBreaching",
    }
    return resource("CloudWatch::Alarm", **given | properties)


def scaling() -> dict[str, Resource]:
    target = resource(
        "ApplicationAutoScaling::ScalableTarget",
        ServiceNamespace="sagemaker",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
        ResourceId=f"endpoint/{ENDPOINT}/variant/AllTraffic",
        MinCapacity=2,
        MaxCapacity=6,
    )
    policy = resource(
        "ApplicationAutoScaling::ScalingPolicy",
        PolicyName="models-requests",
        PolicyType="TargetTrackingScaling",
        ScalingTargetId={"Ref": "ScalableTarget"},
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 1000,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
    )
    return {"ScalableTarget": target | {"DependsOn": "Endpoint"}, "ScalingPolicy": policy}


def serving(package: str, *, number: int = 1, **config_properties: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the template of an endpoint with a package. Another `number` is another name of what is replaced."""
    return {
        "Resources": {
            "Model": model(package, f"models-model-{number}"),
            "Config": config(f"models-config-{number}", **config_properties),
            "Alarm": alarm(),
            "Endpoint": endpoint(),
            **scaling(),
        },
        "Outputs": {"Name": {"Value": attribute("EndpointName", "Endpoint")}},
    }
