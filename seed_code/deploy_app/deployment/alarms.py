"""The alarms of an endpoint. They put the former model back while a new one takes over, and stay on afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch

if TYPE_CHECKING:
    from aws_cdk import Stack

    from deployment.settings import Alarms

MICROSECONDS = 1000  # in a millisecond
SERVER_ERRORS = "Invocation5XXErrors"
LATENCY = "ModelLatency"


def add_alarms(stack: Stack, settings: Alarms, *, endpoint_name: str, variant: str) -> list[cloudwatch.CfnAlarm]:
    """Add an alarm on server errors and one on latency, each when two of three minutes are bad."""
    # The endpoint's name in full: a reference would make the endpoint wait for its alarms, and them for it.
    dimensions = [
        cloudwatch.CfnAlarm.DimensionProperty(name="EndpointName", value=endpoint_name),
        cloudwatch.CfnAlarm.DimensionProperty(name="VariantName", value=variant),
    ]

    def alarm(identifier: str, metric: str, *, above: int) -> cloudwatch.CfnAlarm:
        return cloudwatch.CfnAlarm(
            stack,
            identifier,
            namespace="AWS/SageMaker",
            metric_name=metric,
            dimensions=dimensions,
            statistic="Sum" if metric == SERVER_ERRORS else None,
            extended_statistic="p95" if metric == LATENCY else None,
            threshold=above,
            comparison_operator="GreaterThanThreshold",
            period=60,
            evaluation_periods=3,
            datapoints_to_alarm=2,
            treat_missing_data="notBreaching",
        )

    return [
        alarm("ErrorAlarm", SERVER_ERRORS, above=settings.errors_per_minute),
        alarm("LatencyAlarm", LATENCY, above=settings.latency_ms * MICROSECONDS),
    ]
