"""The endpoint: model, configuration, alarms, the way a new model takes over, and scaling."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_sagemaker as sagemaker

from deployment.alarms import add_alarms
from deployment.cfn_nag import suppress
from deployment.data_store import CAPTURE_PREFIX
from deployment.instance_types import has_local_storage

if TYPE_CHECKING:
    from aws_cdk import Stack
    from aws_cdk import aws_cloudwatch as cloudwatch
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

    from deployment.settings import Capture, Endpoint, Rollout, Scaling
    from deployment.target import Target

VARIANT = "AllTraffic"  # a new configuration has to keep the variant's name, or nothing is shifted step by step
PROVISIONING_SECONDS = 3600


def add_endpoint(
    stack: Stack, target: Target, settings: Endpoint, *, role: iam.CfnRole, key: kms.CfnKey, bucket: s3.CfnBucket
) -> str:
    """Add the endpoint with all that belongs to it, and return its name."""
    name = target.names.endpoint(serverless=settings.serverless is not None)
    model = _add_model(stack, target, settings, role)
    configuration = _add_configuration(stack, target, settings, model=model, key=key, bucket=bucket)
    alarms = add_alarms(stack, settings.alarms, endpoint_name=name, variant=VARIANT)
    endpoint = sagemaker.CfnEndpoint(
        stack,
        "Endpoint",
        endpoint_name=name,
        endpoint_config_name=configuration.attr_endpoint_config_name,
        deployment_config=_deployment(settings.rollout, alarms) if settings.rollout else None,
        # What scaling has made of the number of instances outlives a new model.
        retain_all_variant_properties=True if settings.scaling else None,
    )
    if settings.scaling is not None and settings.instance is not None:
        _add_scaling(stack, target, settings.scaling, endpoint=endpoint, minimum=settings.instance.count)
    return name


def _add_model(stack: Stack, target: Target, settings: Endpoint, role: iam.CfnRole) -> sagemaker.CfnModel:
    model = sagemaker.CfnModel(
        stack,
        "Model",
        execution_role_arn=role.attr_arn,
        containers=[sagemaker.CfnModel.ContainerDefinitionProperty(model_package_name=target.model.arn)],
        enable_network_isolation=settings.network.isolation,
        vpc_config=sagemaker.CfnModel.VpcConfigProperty(
            security_group_ids=list(target.account.security_group_ids), subnets=list(target.account.subnet_ids)
        )
        if settings.network.vpc
        else None,
    )
    model.model_name = target.names.replaceable(_digest(stack, model))
    return model


def _add_configuration(
    stack: Stack,
    target: Target,
    settings: Endpoint,
    *,
    model: sagemaker.CfnModel,
    key: kms.CfnKey,
    bucket: s3.CfnBucket,
) -> sagemaker.CfnEndpointConfig:
    kind = sagemaker.CfnEndpointConfig
    hardware_encrypts = settings.instance is not None and has_local_storage(settings.instance.type)
    variant = kind.ProductionVariantProperty(
        model_name=model.attr_model_name,
        variant_name=VARIANT,
        initial_variant_weight=1,
        instance_type=settings.instance.type if settings.instance else None,
        initial_instance_count=settings.instance.count if settings.instance else None,
        serverless_config=kind.ServerlessConfigProperty(
            max_concurrency=settings.serverless.maximum_concurrency, memory_size_in_mb=settings.serverless.memory_mb
        )
        if settings.serverless
        else None,
    )
    configuration = kind(
        stack,
        "EndpointConfig",
        production_variants=[variant],
        kms_key_id=None if hardware_encrypts else key.attr_arn,
        data_capture_config=_capture(settings.capture, key=key, bucket=bucket) if settings.capture else None,
    )
    # UpdateEndpoint takes a new configuration only ("you must create a new EndpointConfig"), so everything that changes
    # the endpoint is part of the name: the model, which is a reference in the properties, and how it takes over.
    decisive = (str(model.model_name), str(settings.rollout), str(settings.scaling is not None))
    configuration.endpoint_config_name = target.names.replaceable(_digest(stack, configuration, *decisive))
    if hardware_encrypts:
        suppress(configuration, {"W1200": "The instance's own storage is encrypted by its hardware and takes no key."})
    return configuration


def _capture(
    settings: Capture, *, key: kms.CfnKey, bucket: s3.CfnBucket
) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty:
    kind = sagemaker.CfnEndpointConfig
    return kind.DataCaptureConfigProperty(
        enable_capture=True,
        initial_sampling_percentage=settings.percent,
        destination_s3_uri=f"s3://{bucket.ref}/{CAPTURE_PREFIX}",
        kms_key_id=key.attr_arn,
        capture_options=[kind.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")],
        # What is of neither type is kept in base64.
        capture_content_type_header=kind.CaptureContentTypeHeaderProperty(
            csv_content_types=["text/csv"], json_content_types=["application/json"]
        ),
    )


def _deployment(rollout: Rollout, alarms: list[cloudwatch.CfnAlarm]) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
    kind = sagemaker.CfnEndpoint
    canary = kind.CapacitySizeProperty(type="CAPACITY_PERCENT", value=rollout.canary_percent)
    wait, watch = rollout.canary_minutes * 60, rollout.watch_minutes * 60
    return kind.DeploymentConfigProperty(
        auto_rollback_configuration=kind.AutoRollbackConfigProperty(
            alarms=[kind.AlarmProperty(alarm_name=alarm.ref) for alarm in alarms]
        ),
        blue_green_update_policy=kind.BlueGreenUpdatePolicyProperty(
            traffic_routing_configuration=kind.TrafficRoutingConfigProperty(
                type="CANARY" if rollout.canary_percent else "ALL_AT_ONCE",
                canary_size=canary if rollout.canary_percent else None,
                wait_interval_in_seconds=wait,
            ),
            termination_wait_in_seconds=watch,
            maximum_execution_timeout_in_seconds=wait + watch + PROVISIONING_SECONDS,
        ),
    )


def _add_scaling(
    stack: Stack, target: Target, settings: Scaling, *, endpoint: sagemaker.CfnEndpoint, minimum: int
) -> None:
    # No role: without one, Application Auto Scaling uses its own role for SageMaker.
    scalable = scaling.CfnScalableTarget(
        stack,
        "ScalableTarget",
        service_namespace="sagemaker",
        scalable_dimension="sagemaker:variant:DesiredInstanceCount",
        resource_id=f"endpoint/{endpoint.endpoint_name}/variant/{VARIANT}",
        min_capacity=minimum,
        max_capacity=settings.maximum_count,
    )
    scalable.add_resource_dependency(endpoint)
    policy = scaling.CfnScalingPolicy
    policy(
        stack,
        "ScalingPolicy",
        policy_name=f"{target.names.stack}-requests",
        policy_type="TargetTrackingScaling",
        scaling_target_id=scalable.ref,
        target_tracking_scaling_policy_configuration=policy.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=settings.requests_per_instance_per_minute,
            predefined_metric_specification=policy.PredefinedMetricSpecificationProperty(
                predefined_metric_type="SageMakerVariantInvocationsPerInstance"
            ),
            scale_in_cooldown=300,
            scale_out_cooldown=60,
        ),
    )


def _digest(stack: Stack, resource: sagemaker.CfnModel | sagemaker.CfnEndpointConfig, *more: str) -> str:
    """Return a digest of the resource's properties: other properties, other name, so replacing never collides."""
    # cfnProperties is protected; it is what the template will hold, whatever property anybody adds above.
    properties = stack.resolve(resource._cfn_properties)  # noqa: SLF001
    return hashlib.sha256(json.dumps([properties, *more], sort_keys=True).encode()).hexdigest()
