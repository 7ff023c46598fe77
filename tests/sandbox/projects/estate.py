"""Three deployed accounts with projects in them, and the command of a platform engineer who looks after them."""

from __future__ import annotations

import io
import json
import os
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import yaml
from cfnlint.decode import decode

from projects import __main__
from sandbox.clients import session_of_role
from tests.template.product_template import RELEASES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.deploy.land import Land

ACCOUNTS = {"dev": "111111111111", "preprod": "222222222222", "prod": "333333333333"}
OLDEST, NEWEST = RELEASES[0].stem, RELEASES[-1].stem
SEED_BUCKET = "mlops-demo-dev-seed-eu-west-1-111111111111"
STUDIO_ROLE = "arn:aws:iam::111111111111:role/service-role/AmazonSageMaker-ExecutionRole-demo"
ENGINEER = "arn:aws:iam::111111111111:role/sandbox-administrator"
MODEL_ARN = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/mlops-{id}/{version}"

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """The accounts and the command."""

    land: Land

    def run(self, *arguments: str, answer: str = "") -> tuple[int, str]:
        """Run the command. Returns its exit status and what it printed on both streams.

        `answer` is what the engineer types; without one nobody is there.
        """
        printed, variables = io.StringIO(), {**self.land.project.variables, "COLUMNS": "250"}
        typed = io.StringIO(f"{answer}\n" if answer else "")
        with (
            patch.dict(os.environ, variables, clear=True),
            patch("sys.stdin", typed),
            redirect_stdout(printed),
            redirect_stderr(printed),
        ):
            status = __main__.main(arguments)
        return status, printed.getvalue()

    def client(self, service: str, environment: str = "dev") -> Any:  # noqa: ANN401  (boto3)
        return self.land.client(f"demo-{environment}", service)

    def create(self, name: str, *, release: str = NEWEST, **parameters: str) -> Project:
        """Create a project as a data scientist does, from a release of one's choice, by way of Service Catalog."""
        details = {
            "ProductId": self.product_id,
            "ProvisioningArtifactId": self.artifacts[release],
            "ProvisioningParameters": [{"Key": key, "Value": value} for key, value in parameters.items()],
        }
        return self._create(name, ServiceCatalogProvisioningDetails=details)

    def create_from_s3(self, name: str, *, release: str) -> Project:
        """Create a project as a data scientist does from an S3 template."""
        provider = {
            "TemplateName": "mlops-project",
            "TemplateURL": f"https://{SEED_BUCKET}.s3.eu-west-1.amazonaws.com/templates/mlops-project-{release}.yaml",
            "RoleARN": "arn:aws:iam::111111111111:role/mlops/mlops-demo-dev-s3-launch",
        }
        return self._create(name, TemplateProviders=[{"CfnTemplateProvider": provider}])

    def _create(self, name: str, **made_from: object) -> Project:
        dev, endpoint = self.land.sandbox.find("demo-dev"), self.land.sandbox.endpoint
        scientist = session_of_role(dev, endpoint=endpoint, role_arn=STUDIO_ROLE)
        scientist.client("sagemaker", endpoint_url=endpoint).create_project(ProjectName=name, **made_from)
        project = self.client("sagemaker").describe_project(ProjectName=name)
        assert project["ProjectStatus"] == "CreateCompleted", project
        return Project(estate=self, name=name, id=project["ProjectId"])

    @property
    def product_id(self) -> str:
        [found] = self.client("servicecatalog").search_products_as_admin()["ProductViewDetails"]
        return str(found["ProductViewSummary"]["ProductId"])

    @property
    def portfolio_id(self) -> str:
        [portfolio] = self.client("servicecatalog").list_portfolios()["PortfolioDetails"]
        return str(portfolio["Id"])

    @property
    def artifacts(self) -> dict[str, str]:
        """Ids of the releases, by version."""
        listed = self.client("servicecatalog").list_provisioning_artifacts(ProductId=self.product_id)
        return {one["Name"]: one["Id"] for one in listed["ProvisioningArtifactDetails"]}

    def publish(self, version: str, change: Callable[[Record], None]) -> None:
        """Offer a changed copy of the newest release."""
        template, _ = decode(str(RELEASES[-1]))
        changed: Record = json.loads(json.dumps(template))
        change(changed)
        key = f"product/{version}.yaml"
        self.client("s3").put_object(Bucket=SEED_BUCKET, Key=key, Body=yaml.safe_dump(changed))
        info = {"LoadTemplateFromURL": f"https://{SEED_BUCKET}.s3.eu-west-1.amazonaws.com/{key}"}
        self.client("servicecatalog").create_provisioning_artifact(
            ProductId=self.product_id, Parameters={"Name": version, "Info": info, "Type": "CLOUD_FORMATION_TEMPLATE"}
        )

    def withdraw(self, version: str) -> None:
        """Take a release from the offer."""
        self.client("servicecatalog").delete_provisioning_artifact(
            ProductId=self.product_id, ProvisioningArtifactId=self.artifacts[version]
        )

    def let_in(self) -> None:
        """Open the portfolio to the platform engineer."""
        self.client("servicecatalog").associate_principal_with_portfolio(
            PortfolioId=self.portfolio_id, PrincipalARN=ENGINEER, PrincipalType="IAM"
        )

    def shut_out(self) -> None:
        self.client("servicecatalog").disassociate_principal_from_portfolio(
            PortfolioId=self.portfolio_id, PrincipalARN=ENGINEER, PrincipalType="IAM"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project, and what its deployment pipeline would make."""

    estate: Estate
    name: str
    id: str

    @property
    def prefix(self) -> str:
        return f"mlops-{self.id}"

    def deploy(self, environment: str, *, version: int = 1, endpoint: str | None = None) -> str:
        """Deploy a small stack as the pipeline does: with the cloudformation role, retaining bucket and key.

        `endpoint` is only what it says of an endpoint: there is none.
        """
        bucket = f"{self.prefix}-{environment}-capture-{ACCOUNTS[environment]}"
        tags = [{"Key": "sagemaker:project-id", "Value": self.id}]
        policy = {"Version": "2012-10-17", "Statement": []}
        kept = {"DeletionPolicy": "RetainExceptOnCreate"}
        resources = {
            "DataKey": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy, "Tags": tags}, **kept},
            "DataBucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": bucket}, **kept},
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"{self.prefix}-{environment}"}},
        }
        outputs = {"ModelPackageArn": {"Value": MODEL_ARN.format(id=self.id, version=version)}}
        if endpoint is not None:
            outputs["EndpointName"] = {"Value": endpoint}
        return self._create_stack(environment, {"Resources": resources, "Outputs": outputs})

    def fail_to_deploy(self, environment: str) -> str:
        """Leave a stack whose first deployment failed: what its topic is called stands nowhere."""
        wrong = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "{{resolve:ssm:/mlops/not/there}}"}}
        return self._create_stack(environment, {"Resources": {"Topic": wrong}})

    def work(self) -> None:
        """Fill the project: two versions of a model and a deleted one, a package, an image, a training, a log, ..."""
        s3, sagemaker = self.estate.client("s3"), self.estate.client("sagemaker")
        role_arn = f"arn:aws:iam::{ACCOUNTS['dev']}:role/mlops/project/{self.prefix}-sagemaker"
        bucket = f"{self.prefix}-artifacts-{ACCOUNTS['dev']}"
        for body in (b"one", b"two"):
            s3.put_object(Bucket=bucket, Key="model.tar.gz", Body=body)
        s3.delete_object(Bucket=bucket, Key="model.tar.gz")
        container = {"Image": "image", "ModelDataUrl": f"s3://{bucket}/model.tar.gz"}
        types = ["text/csv"]
        sagemaker.create_model_package(
            ModelPackageGroupName=self.prefix,
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": types,
                "SupportedResponseMIMETypes": types,
            },
        )
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": {}, "layers": []})
        self.estate.client("ecr").put_image(repositoryName=self.prefix, imageManifest=manifest, imageTag="1")
        sagemaker.create_pipeline(
            PipelineName=f"{self.prefix}-training",
            PipelineDefinition=json.dumps({"Version": "2020-12-01", "Parameters": [], "Steps": []}),
            RoleArn=role_arn,
            ClientRequestToken=self.id.ljust(32, "x"),
        )
        sagemaker.create_model(
            ModelName=f"{self.prefix}-batch",
            ExecutionRoleArn=role_arn,
            PrimaryContainer={"Image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1"},
        )
        logs = self.estate.client("logs", "prod")
        logs.create_log_group(logGroupName=f"/aws/sagemaker/Endpoints/{self.prefix}-prod")

    def status(self, environment: str) -> str | None:
        """The status of the deployed stack, or None."""
        stacks = self.estate.client("cloudformation", environment).describe_stacks()["Stacks"]
        found = [stack["StackStatus"] for stack in stacks if stack["StackName"] == f"{self.prefix}-{environment}"]
        return found[0] if found else None

    @property
    def stack(self) -> Record:
        """The stack that the project itself is."""
        stacks = self.estate.client("cloudformation").describe_stacks()["Stacks"]
        [found] = [
            stack
            for stack in stacks
            if stack["StackName"].startswith(("SC-", "SP-"))
            and {"ParameterKey": "SageMakerProjectId", "ParameterValue": self.id} in stack["Parameters"]
        ]
        return dict(found)

    @property
    def release(self) -> str:
        """What the stack says of its template."""
        outputs = {output["OutputKey"]: output["OutputValue"] for output in self.stack["Outputs"]}
        return str(outputs["TemplateVersion"])

    @property
    def sagemaker_status(self) -> str:
        return str(self.estate.client("sagemaker").describe_project(ProjectName=self.name)["ProjectStatus"])

    def left(self) -> set[str]:
        """What there is of the project in the three accounts, in words: buckets, keys in use, repositories, group."""
        found: set[str] = set()
        for environment in ACCOUNTS:
            buckets = self.estate.client("s3", environment).list_buckets()["Buckets"]
            found |= {bucket["Name"] for bucket in buckets if bucket["Name"].startswith(self.prefix)}
            found |= {f"key of {environment}" for _ in self.keys_in_use(environment)}
        client = self.estate.client
        repositories = [one["repositoryName"] for one in client("codecommit").list_repositories()["repositories"]]
        images = [one["repositoryName"] for one in client("ecr").describe_repositories()["repositories"]]
        groups = client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
        found |= {name for name in repositories if name.startswith(self.prefix)}
        found |= {f"images {name}" for name in images if name == self.prefix}
        names = [group["ModelPackageGroupName"] for group in groups]
        return found | {f"models {name}" for name in names if name == self.prefix}

    def keys_in_use(self, environment: str) -> list[str]:
        kms = self.estate.client("kms", environment)
        pages = self.estate.client("resourcegroupstaggingapi", environment).get_resources(
            TagFilters=[{"Key": "sagemaker:project-id", "Values": [self.id]}], ResourceTypeFilters=["kms"]
        )
        arns = [one["ResourceARN"] for one in pages["ResourceTagMappingList"]]
        return [arn for arn in arns if kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "Enabled"]

    def _create_stack(self, environment: str, template: Record) -> str:
        name = f"{self.prefix}-{environment}"
        self.estate.client("cloudformation", environment).create_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            RoleARN=f"arn:aws:iam::{ACCOUNTS[environment]}:role/mlops/mlops-demo-{environment}-cloudformation",
        )
        return name
