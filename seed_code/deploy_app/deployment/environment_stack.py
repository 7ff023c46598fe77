"""The stack of one environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import BootstraplessSynthesizer, CfnOutput, Environment, Stack, Tags

from deployment.batch import add_batch
from deployment.data_store import add_bucket, add_key
from deployment.endpoint import add_endpoint
from deployment.model_registry import MODEL_OUTPUT
from deployment.model_role import add_model_role

if TYPE_CHECKING:
    from constructs import Construct

    from deployment.target import Target


class EnvironmentStack(Stack):
    """What a project has in one account. Its template needs no bootstrapped account, no asset and no look-up."""

    def __init__(self, scope: Construct, *, target: Target) -> None:
        super().__init__(
            scope,
            target.environment,
            stack_name=target.names.stack,
            description=f"The model of project {target.project.name} in {target.environment}.",
            env=Environment(account=target.account.account_id, region=target.account.region),
            synthesizer=BootstraplessSynthesizer(),
            analytics_reporting=False,
        )
        key = add_key(self, target)
        bucket = add_bucket(self, target, key)
        role = add_model_role(self, target, key=key, bucket=bucket)
        outputs = {MODEL_OUTPUT: target.model.arn, "DataBucketName": bucket.ref, "ModelRoleArn": role.attr_arn}
        if target.settings.endpoint is not None:
            endpoint = target.settings.endpoint
            outputs["EndpointName"] = add_endpoint(self, target, endpoint, role=role, key=key, bucket=bucket)
        if target.settings.batch is not None and target.inference_definition is not None:
            outputs["InferencePipelineName"] = add_batch(
                self, target, target.settings.batch, target.inference_definition, role=role, key=key, bucket=bucket
            )
        for name, value in outputs.items():
            CfnOutput(self, f"{name}Output", value=value).override_logical_id(name)
        for tag, value in target.project.tags(target.environment).items():
            Tags.of(self).add(tag, value)
