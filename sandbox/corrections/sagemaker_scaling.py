"""What is asked of those that scale endpoints and start pipelines: stock moto takes any endpoint and any role.

It also drops the tags of scalable targets.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, applicationautoscaling_backends
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend

from sandbox.corrections.graft import graft, keep, kept
from sandbox.corrections.operations import Caller, Record, serve
from sandbox.corrections.sagemaker_records import records_of
from sandbox.corrections.trust import is_trusting

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.corrections.operations import Operations

SCHEDULER = "scheduler.amazonaws.com"


def tag(caller: Caller, given: Record) -> None:
    _tags(caller, given["ResourceARN"]).update(given["Tags"])


def untag(caller: Caller, given: Record) -> None:
    for key in given["TagKeys"]:
        _tags(caller, given["ResourceARN"]).pop(key, None)


def list_tags(caller: Caller, given: Record) -> Record:
    return {"Tags": _tags(caller, given["ResourceARN"])}


OPERATIONS: Operations = {
    "ListTagsForResource": (list_tags, "ResourceARN"),
    "TagResource": (tag, "ResourceARN Tags"),
    "UntagResource": (untag, "ResourceARN TagKeys"),
}


def apply() -> None:
    """Put the correction in force."""
    keep(ApplicationAutoscalingBackend, "tags", dict)
    serve(ApplicationAutoScalingResponse, "application-autoscaling", OPERATIONS, alone=False)
    register = ApplicationAutoScalingResponse.register_scalable_target
    graft(ApplicationAutoScalingResponse, "register_scalable_target", _tagging(register))
    for name, check in (("register_scalable_target", _check_variant), ("put_scaling_policy", _check_target)):
        graft(ApplicationAutoscalingBackend, name, _checked(getattr(ApplicationAutoscalingBackend, name), check))
    for name in ("create_schedule", "update_schedule"):
        graft(EventBridgeSchedulerBackend, name, _checked(getattr(EventBridgeSchedulerBackend, name), _check_role))


def _tagging(register: Callable[[ApplicationAutoScalingResponse], str]) -> Callable[..., str]:
    def register_and_tag(response: ApplicationAutoScalingResponse) -> str:
        answer, given = register(response), json.loads(response.body)
        caller = Caller(account_id=response.current_account, region=response.region, role_arn="")
        _tags(caller, json.loads(answer)["ScalableTargetARN"]).update(given.get("Tags", {}))
        return answer

    return register_and_tag


def _tags(caller: Caller, arn: str) -> dict[str, str]:
    tags: dict[str, dict[str, str]] = kept(applicationautoscaling_backends[caller.account_id][caller.region], "tags")
    return tags.setdefault(arn, {})


def _checked(operation: Callable[..., Any], check: Callable[..., None]) -> Callable[..., Any]:
    def check_first(backend: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401  (moto's)
        check(backend, *arguments, **named)
        return operation(backend, *arguments, **named)

    return check_first


def _check_variant(backend: ApplicationAutoscalingBackend, *arguments: str, **_: object) -> None:
    namespace, resource_id = arguments[0], arguments[1]
    if namespace != "sagemaker":
        raise NotImplementedError(f"scaling of {namespace}")
    _endpoint, name, _variant, variant = resource_id.split("/")
    endpoint = records_of(_caller(backend)).of("endpoint").get(name, {"ProductionVariants": []})
    if variant not in {each["VariantName"] for each in endpoint["ProductionVariants"]}:
        raise AWSValidationException(f"SageMaker endpoint variant not found: {resource_id}")


def _check_target(
    backend: ApplicationAutoscalingBackend, *, resource_id: str, scalable_dimension: str, **_: object
) -> None:
    if resource_id not in backend.targets.get(scalable_dimension, {}):
        raise AWSValidationException(f"No scalable target registered for resource ID: {resource_id}")


def _check_role(backend: EventBridgeSchedulerBackend, *, target: dict[str, Any], **_: object) -> None:
    service, role_arn = target["Arn"].split(":")[2], target["RoleArn"]
    if service != "sagemaker":
        raise NotImplementedError(f"schedules of {service}")
    if not is_trusting(_caller(backend), role_arn, SCHEDULER):
        raise ValidationException(
            f"The execution role you provide must allow AWS EventBridge Scheduler to assume the role: {role_arn}"
        )


def _caller(backend: Any) -> Caller:  # noqa: ANN401  (moto's)
    return Caller(account_id=backend.account_id, region=backend.region_name, role_arn="")
