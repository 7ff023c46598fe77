"""What settings of one environment mean together, where no single one is wrong."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment.settings import Endpoint, Instance, Scaling, Settings


def broken_rules(settings: Settings) -> Iterator[str]:
    """Yield what is wrong, without the file's name."""
    if settings.endpoint is None and settings.batch is None:
        yield "deploys nothing: add [endpoint] with its tables, or [batch], or both"
    if settings.endpoint is None:
        return
    if settings.endpoint.serverless is not None:
        yield from _broken_by_serverless(settings.endpoint)
    elif settings.endpoint.instance is not None:
        yield from _broken_by_instances(settings.endpoint, settings.endpoint.instance)
    else:
        yield "[endpoint] runs on nothing: add [endpoint.instance] or [endpoint.serverless]"


# SageMaker's developer guide, serverless-endpoints, "Feature exclusions".
def _broken_by_serverless(endpoint: Endpoint) -> Iterator[str]:
    cannot = "a serverless endpoint cannot"
    if endpoint.instance is not None:
        yield "[endpoint.serverless] and [endpoint.instance] exclude each other: remove one of the two tables"
    if endpoint.network.vpc:
        yield f"[endpoint.network] vpc is true, and {cannot} be in a VPC: set it to false, or use [endpoint.instance]"
    if endpoint.network.isolation:
        yield (
            f"[endpoint.network] isolation is true, and {cannot} be isolated: "
            "set it to false, or use [endpoint.instance]"
        )
    if endpoint.capture is not None:
        yield f"[endpoint.capture]: {cannot} capture data; remove the table, or use [endpoint.instance]"
    if endpoint.scaling is not None:
        yield f"[endpoint.scaling]: {cannot} add instances; remove the table and raise maximum_concurrency"
    if endpoint.rollout is not None:
        yield f"[endpoint.rollout]: {cannot} shift its traffic in steps; remove the table"


def _broken_by_instances(endpoint: Endpoint, instance: Instance) -> Iterator[str]:
    if endpoint.rollout is None:
        yield "[endpoint] has no rollout: add [endpoint.rollout] with canary_percent, canary_minutes and watch_minutes"
    elif _canary_is_too_large(instance.count, endpoint.rollout.canary_percent):
        yield (
            f"[endpoint.rollout] canary_percent is {endpoint.rollout.canary_percent}, and a canary is at most half of "
            f"the instances, of which [endpoint.instance] has {instance.count}: set canary_percent to 0, which means "
            "all at once, or have more instances"
        )
    if endpoint.scaling is not None:
        yield from _broken_by_scaling(instance, endpoint.scaling)


def _broken_by_scaling(instance: Instance, scaling: Scaling) -> Iterator[str]:
    if scaling.maximum_count <= instance.count:
        yield (
            f"[endpoint.scaling] maximum_count is {scaling.maximum_count}, and [endpoint.instance] begins with "
            f"{instance.count}: raise it, or remove [endpoint.scaling]"
        )


def _canary_is_too_large(count: int, percent: int) -> bool:
    return math.ceil(count * percent / 100) > count / 2
