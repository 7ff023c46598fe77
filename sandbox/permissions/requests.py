"""From a recorded call to what IAM is asked: who, action, resource, context.

Most of it follows from AWS's service authorization data: the action has the operation's name, and the ARNs of its
resources are filled with the members of the request that are called like their variables. The rest stands in
``operations.toml``. What cannot be filled is never asked about as ``*``: `Unclear` says what is missing.
"""

from __future__ import annotations

import re
import tomllib
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import FORWARDED
from sandbox.permissions.authorization import VARIABLE, action
from sandbox.permissions.simulator import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sandbox.permissions.authorization import Action, ResourceType
    from sandbox.permissions.calls import Call
    from sandbox.permissions.estate import Estate

TABLE: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("operations.toml").read_text())
ROLE = re.compile(r"arn:[\w-]+:iam::(\d{12}):role/\S+")
TAGS = ("Tags", "tags", "TagList", "Tagging")
NEVER_PASSING = frozenset({"iam", "sts"})
TLS_VERSION = "1.3"  # the endpoint stands for one that was reached over it
BOUNDARY = "iam:PermissionsBoundary"


class Unclear(Exception):  # noqa: N818  (a call that cannot be judged is told, and nothing has gone wrong)
    """A call for which it cannot be said what IAM is asked; the text says why."""

    def __init__(self, action_name: str, why: str) -> None:
        super().__init__(why)
        self.action = action_name


def requests_of(call: Call, estate: Estate) -> list[Request]:
    """Return what IAM is asked because of a call, without what follows from how things are encrypted.

    Raises `Unclear`.
    """
    if call.problem:
        raise Unclear(str(call), f"the request could not be read: {call.problem}")
    if str(call) in TABLE["asked_nothing"]:
        return []
    asked = [
        Request(who=call.role_arn, action=found.name, resource=resource, context=_context(call, found, estate))
        for found in _actions(call)
        for resource in _resources(call, found, estate)
    ]
    return [*asked, *_tagging(call, asked, estate), *_passed_roles(call)]


def trust_of(call: Call) -> Request | None:
    """Return what is asked of the role's trust when a service assumed it for the session of a call."""
    service = call.session.partition("-")[0]
    if service not in SERVICES:
        return None
    return Request(who=f"{service}.amazonaws.com", action="sts:AssumeRole", resource=call.role_arn)


SERVICES = frozenset(
    {"cloudformation", "codebuild", "codepipeline", "events", "sagemaker", "scheduler", "servicecatalog"}
)
"""Those whose name the sessions begin with of roles that they assume."""


def _prefix(call: Call) -> str:
    return str(TABLE["services"].get(call.service, call.service))


def _actions(call: Call) -> list[Action]:
    given = TABLE["actions_on_versions"] if "VersionId" in call.parameters else {}
    names = given.get(str(call)) or TABLE["actions"].get(str(call), [f"{_prefix(call)}:{call.operation}"])
    return [_known(name) for name in (*names, *TABLE["besides"].get(str(call), ()))]


def _known(name: str) -> Action:
    found = action(name)
    if found is None:
        raise Unclear(name, "AWS has no such action")
    return found


# --- resources --------------------------------------------------------------------------------------------------------


def _resources(call: Call, asked: Action, estate: Estate) -> list[str]:
    """Return the ARNs of what an action is asked on: of every type that it needs, or of those that the call names."""
    if not asked.types:
        return ["*"]
    service = asked.name.partition(":")[0]
    found = {kind: _arns(call, service, kind, estate) for kind in asked.types}
    missing = [kind for kind, arns in found.items() if kind.required and not arns]
    if missing or not any(found.values()):
        kinds = ", ".join(kind.arn for kind in missing or asked.types)
        raise Unclear(asked.name, f"the request does not tell the resource: {kinds}"[:300])
    return list(dict.fromkeys(arn for arns in found.values() for arn in arns))


def _arns(call: Call, service: str, kind: ResourceType, estate: Estate) -> list[str]:
    """Return the ARNs of one type of a service: those that stand in the request, or those that its members make."""
    given = [text for _, text in _texts(call.parameters, depth=1) if text.startswith("arn:") and kind.fits(text)]
    if given:
        return given
    told = [_values(call, service, kind, variable, estate) for variable in kind.variables]
    if not any(told):
        return []
    values = [texts or _made_by_aws(call, service, name) for texts, name in zip(told, kind.variables, strict=True)]
    filled = []
    for chosen in product(*values):
        by_name = dict(zip(kind.variables, chosen, strict=True))
        whole = next((text for text in chosen if text.startswith("arn:")), None)
        filled.append(whole or _filled(kind.arn, call, by_name))
    return filled


def _filled(arn: str, call: Call, variables: Mapping[str, str]) -> str:
    known = {"Partition": "aws", "Region": call.region, "Account": call.account_id, **variables}
    return VARIABLE.sub(lambda match: known[match[1]], arn)


def _values(call: Call, service: str, kind: ResourceType, variable: str, estate: Estate) -> list[str]:
    """Return what a request says of a variable of an ARN."""
    members = _entry("members", call, service, variable)
    texts = _named(call, members) if members else _guessed(call, kind, variable)
    behind = _entry("behind", call, service, variable) or ""
    return [_value(call, service, kind, text, estate) + behind for text in texts]


def _made_by_aws(call: Call, service: str, variable: str) -> list[str]:
    found = _entry("defaults", call, service, variable) or _entry("drawn", call, service, variable)
    return [found] if found else []


def _entry(table: str, call: Call, service: str, variable: str) -> Any:  # noqa: ANN401  (TOML)
    """Return what a table says of a variable in an operation, or in all of a service's."""
    place = f"{service}:{call.operation}:{variable}"
    return TABLE[table].get(place, TABLE[table].get(f"{service}:{variable}"))


def _value(call: Call, service: str, kind: ResourceType, text: str, estate: Estate) -> str:
    if service == "iam" and kind.name == "role":
        return estate.roles.get((call.account_id, text), text)
    if service == "kms":
        return (kind.name == "key" and estate.key(call.account_id, text)) or text.removeprefix("alias/")
    if service == "codebuild" and kind.name == "project":
        return text.partition(":")[0]  # an id of a build begins with its project
    return text.removeprefix("/") if service == "ssm" else text


def _named(call: Call, members: Iterable[str]) -> list[str]:
    for member in members:
        found = _at(call.parameters, member.split("."))
        if found:
            return found
    return []


def _at(value: Any, path: list[str]) -> list[str]:  # noqa: ANN401  (JSON)
    if isinstance(value, list):
        return [text for item in value for text in _at(item, path)]
    if not path:
        return [str(value)] if value is not None else []
    return _at(value.get(path[0]), path[1:]) if isinstance(value, dict) else []


def _guessed(call: Call, kind: ResourceType, variable: str) -> list[str]:
    """Return the members that are called like a variable, like the type of resource, or just "name"."""
    noun, plain = _plain(kind.name), _plain(variable)
    wanted = [plain, f"{plain}s"]
    if len(kind.variables) == 1 or plain == f"{noun}name":
        wanted += [f"{noun}name", noun, "name"]
    by_name = {_plain(name): value for name, value in call.parameters.items()}
    return next((_at(by_name[name], []) for name in wanted if by_name.get(name)), [])


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _texts(value: Any, *, depth: int, name: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401  (JSON)
    """Yield the texts of a request with the names of their members, down to a depth of structures."""
    if isinstance(value, dict) and depth >= 0:
        for key, item in value.items():
            yield from _texts(item, depth=depth - 1, name=key)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, depth=depth, name=name)
    elif isinstance(value, str):
        yield name, value


# --- context ----------------------------------------------------------------------------------------------------------


def _context(call: Call, asked: Action, estate: Estate) -> tuple[tuple[str, str], ...]:
    """Return the keys of a context that the request gives: its tags, its settings, and who calls for whom."""
    context = dict(TABLE["context"].get(_prefix(call), {}))
    by_name = {_plain(name): value for name, value in call.parameters.items()}
    for key in asked.keys:
        value = by_name.get(_plain(key.partition(":")[2]))
        if isinstance(value, str | int | float) and not key.startswith("aws:"):
            context[key] = str(value).lower() if isinstance(value, bool) else str(value)
    boundary = estate.boundary(call) if BOUNDARY in asked.keys - context.keys() else None
    if boundary:  # of a role that exists, IAM sends the boundary that it has
        context[BOUNDARY] = boundary
    if "aws:RequestTag/${TagKey}" in asked.keys:
        context |= {f"aws:RequestTag/{key}": value for key, value in tags_of(call).items()}
    if "s3:TlsVersion" in asked.keys:
        context["s3:TlsVersion"] = TLS_VERSION
    return tuple(sorted({**context, **context_of_forwarding(call)}.items()))


def context_of_forwarding(call: Call) -> dict[str, str]:
    """Return the keys that AWS sends when a service calls on in its caller's name."""
    if not call.session.startswith(FORWARDED):
        return {}
    return {"aws:CalledVia": f"{call.session.removeprefix(FORWARDED)}.amazonaws.com", "aws:ViaAWSService": "true"}


def tags_of(call: Call) -> dict[str, str]:
    """Return the tags that a request gives, in whichever form its API takes them."""
    found: Any = next((call.parameters[name] for name in TAGS if name in call.parameters), {})
    items = found.get("TagSet", found) if isinstance(found, dict) else found
    if isinstance(items, dict):
        return {key: str(value) for key, value in items.items()}
    return dict(_tag(item) for item in items if isinstance(item, dict))


def _tag(item: Mapping[str, str]) -> tuple[str, str]:
    plain = {name.lower().removeprefix("tag"): value for name, value in item.items()}
    return str(plain.get("key", "")), str(plain.get("value", ""))


# --- what goes with a call --------------------------------------------------------------------------------------------


def key_being_made(region: str, account_id: str) -> str:
    """Return the ARN that stands for those of keys which are only being made, and have no policy yet."""
    return f"arn:aws:kms:{region}:{account_id}:key/00000000-0000-0000-0000-000000000000"


def _tagging(call: Call, asked: Iterable[Request], estate: Estate) -> Iterator[Request]:
    """Yield the permission to tag what is made."""
    name = TABLE["tagging"].get(_prefix(call))
    if not name or not tags_of(call) or "Tag" in call.operation:
        return
    tagging = _known(name)
    for request in asked:
        resource = request.resource
        if resource == "*" and name.startswith("kms:"):
            resource = key_being_made(call.region, call.account_id)
        if any(kind.fits(resource) for kind in tagging.types):
            yield Request(who=call.role_arn, action=name, resource=resource, context=_context(call, tagging, estate))


def _passed_roles(call: Call) -> Iterator[Request]:
    """Yield the permission to pass each role of the caller's account that a request gives to a service."""
    service = _prefix(call)
    if service in NEVER_PASSING:
        return
    left_out = TABLE["roles_not_passed"].get(service, [])
    for role in dict.fromkeys(_roles_in(call.parameters, left_out)):
        match = ROLE.fullmatch(role)
        if match and match[1] == call.account_id:
            context = {"iam:PassedToService": f"{service}.amazonaws.com", **context_of_forwarding(call)}
            items = tuple(sorted(context.items()))
            yield Request(who=call.role_arn, action="iam:PassRole", resource=role, context=items)


def _roles_in(value: Any, left_out: Iterable[str], name: str = "") -> Iterator[str]:  # noqa: ANN401  (JSON)
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in left_out:
                yield from _roles_in(item, left_out, key)
    elif isinstance(value, list):
        for item in value:
            yield from _roles_in(item, left_out, name)
    elif isinstance(value, str) and "role" in name.lower():
        yield value
