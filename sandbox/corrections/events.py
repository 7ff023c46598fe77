"""EventBridge: events of services reach the rules of their account, and rules start pipelines and publish to topics.

Stock moto lets a rule's target that is a pipeline go without a role, has no such targets when an event fits, and sends
to the targets of a rule that is disabled. Here an event is matched with the rules at once, as on AWS, and what it sets
off waits for the runner (`work`).
"""

from __future__ import annotations

import json
from copy import copy
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from moto.codepipeline.models import codepipeline_backends
from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend, Rule, events_backends
from moto.events.utils import EventTemplateParser
from moto.sns.models import sns_backends

from sandbox.corrections import callers, work
from sandbox.corrections.graft import graft, kept
from sandbox.corrections.operations import Caller, Record
from sandbox.corrections.trust import is_trusting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from moto.events.utils import EventMessageType

    Act = Callable[[Rule, Record, Any], None]

SERVICE = "events.amazonaws.com"
TARGETS = {"codepipeline", "events", "logs", "sns", "sqs"}
PIPELINE_INPUT = {"sourceRevisions", "variables"}


def apply() -> None:
    """Put the correction in force."""
    graft(EventsBackend, "put_targets", _checked(EventsBackend.put_targets))
    graft(Rule, "send_to_targets", _waiting(Rule.send_to_targets))


def deliver(  # noqa: PLR0913  (an event has this many parts)
    *, account_id: str, region: str, source: str, detail_type: str, detail: Record, resources: Sequence[str] = ()
) -> None:
    """Let the rules of an account hear of an event now; what they set off happens when the queue is drained.

    `source` is such as ``aws.codecommit``, `detail_type` such as ``CodeCommit Repository State Change``. Raises
    `NotImplementedError` when a rule that fits has a target that the sandbox does not imitate.
    """
    if source != "aws.codecommit":
        work.gather()  # a push before this keeps its place
    events_backends[account_id][region].put_events(
        [{"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail), "Resources": [*resources]}]
    )


def _checked(put_targets: Callable[..., None]) -> Callable[..., None]:
    def put(backend: EventsBackend, name: str, event_bus_arn: str | None, targets: list[Record]) -> None:
        for target in targets:
            service = target["Arn"].split(":")[2]
            if service not in TARGETS:
                raise NotImplementedError(f"targets of {service}")
            if service == "codepipeline" and not target.get("RoleArn"):
                raise ValidationException(f"RoleArn is required for target {target['Arn']}.")
        put_targets(backend, name, event_bus_arn, targets)

    return put


def _waiting(send: Callable[..., None]) -> Callable[..., None]:
    def send_to_targets(rule: Rule, original_event: EventMessageType, **named: Any) -> None:  # noqa: ANN401  (moto's)
        if rule.state != "ENABLED" or not rule.event_pattern.matches_event(original_event):
            return
        for target in rule.targets:
            act = _ACTS.get(target["Arn"].split(":")[2])
            if act:
                work.add_delivery(
                    _delivery(act, rule, target, original_event),
                    account_id=rule.account_id,
                    rule=rule.name,
                    target=target["Arn"],
                    event=str(original_event["detail-type"]),
                )
            else:
                alone = copy(rule)
                alone.targets = [target]
                send(alone, original_event, **named)

    return send_to_targets


def _delivery(act: Act, rule: Rule, target: Record, event: EventMessageType) -> Callable[[], None]:
    transformer = target.get("InputTransformer")

    def deliver_one() -> None:
        given: Any = event
        if transformer:
            given = EventTemplateParser.parse(transformer["InputTemplate"], transformer.get("InputPathsMap", {}), event)
        act(rule, target, given)  # what fails, EventBridge drops, and tells nobody

    return deliver_one


def _start_pipeline(rule: Rule, target: Record, given: Any) -> None:  # noqa: ANN401  (JSON)
    caller = Caller(account_id=rule.account_id, region=rule.region_name, role_arn=target["RoleArn"])
    if not is_trusting(caller, caller.role_arn, SERVICE):
        raise PermissionError(f"{SERVICE} is not authorized to assume {caller.role_arn}")
    where = {"account_id": rule.account_id, "region": rule.region_name}
    client = callers.client("codepipeline", role_arn=caller.role_arn, assumed_by="events", **where)
    is_input = "InputTransformer" in target and isinstance(given, dict)
    arguments = {key: value for key, value in given.items() if key in PIPELINE_INPUT} if is_input else {}
    started = client.start_pipeline_execution(name=target["Arn"].rpartition(":")[2], **arguments)
    executions = kept(codepipeline_backends[rule.account_id][rule.region_name], "declared").executions
    execution = next(item for item in executions if item.id == started["pipelineExecutionId"])
    execution.record["trigger"] = {"triggerType": "CloudWatchEvent", "triggerDetail": rule.arn}


def _publish(rule: Rule, target: Record, given: Any) -> None:  # noqa: ANN401  (JSON)
    _, _, _, region, account_id, _ = target["Arn"].split(":")
    backend = sns_backends[account_id][region]
    policy = json.loads(backend.get_topic(target["Arn"]).policy)
    context = {"aws:sourcearn": rule.arn, "aws:sourceaccount": rule.account_id}
    if not any(_lets_in(statement, target["Arn"], context) for statement in policy["Statement"]):
        raise PermissionError(f"The policy of {target['Arn']} does not let {SERVICE} publish for {rule.arn}")
    backend.publish(json.dumps(given), arn=target["Arn"])


def _lets_in(statement: Record, arn: str, context: Record) -> bool:
    """Whether a statement of a topic's policy lets EventBridge publish."""
    principal = statement.get("Principal")
    services = _listed(principal.get("Service", [])) if isinstance(principal, dict) else []
    if SERVICE not in services or statement["Effect"] != "Allow":
        return False
    fits = any(fnmatchcase("sns:publish", action.lower()) for action in _listed(statement["Action"]))
    conditions = [
        (operator, key.lower(), _listed(values))
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    for operator, key, _ in conditions:
        if operator not in {"ArnEquals", "ArnLike", "StringEquals"} or key not in context:
            raise PermissionError(f"The sandbox cannot judge {operator} {key} in the policy of {arn}")
    return (
        fits
        and any(fnmatchcase(arn, pattern) for pattern in _listed(statement["Resource"]))
        and all(any(fnmatchcase(context[key], value) for value in values) for _, key, values in conditions)
    )


def _listed(value: Any) -> list[Any]:  # noqa: ANN401  (a policy's JSON)
    return value if isinstance(value, list) else [value]


_ACTS: dict[str, Act] = {"codepipeline": _start_pipeline, "sns": _publish}
