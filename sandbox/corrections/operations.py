"""API operations as functions: who calls and what is given go in, the answer comes out, all in the API's own names.

Each operation lists the members that it takes; another one that is given is refused by name. Lengths, patterns and
enumerations are botocore's model's. What an answer holds beside the model's members does not leave the server.
"""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore import xform_name
from botocore.session import Session
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.utilities.utils import get_partition

from sandbox.corrections import callers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import Shape

Record = dict[str, Any]
"""Something that an API keeps or tells."""

PASSED_OVER = {"AcceptLanguage"}  # the language of error messages
TOKENS = {"IdempotencyToken", "ProvisionToken", "TerminateToken", "UpdateToken", "clientRequestToken"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls an operation, and where."""

    account_id: str
    region: str
    role_arn: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in the caller's account and Region."""
        return f"arn:{get_partition(self.region)}:{service}:{self.region}:{self.account_id}:{resource}"

    def client(self, service: str, *, by: str, role_arn: str | None = None) -> Any:  # noqa: ANN401  (boto3)
        """Return boto3's client for a service `by` in the caller's account, with a role or with the caller's own."""
        where = {"account_id": self.account_id, "region": self.region}
        if role_arn:
            return callers.client(service, role_arn=role_arn, assumed_by=by, **where)
        return callers.forwarding(service, by=by, role_arn=self.role_arn, **where)


Function = Callable[[Caller, Record], Record | None]
Operations = Mapping[str, tuple[Function, str]]
"""Operations by name: what answers, and the members that it takes, parted by blanks."""


class ApiError(ServiceException):
    """An answer that is one of the API's errors: ``ApiError(code, message)``."""


def serve(response_class: type[BaseResponse], service: str, operations: Operations, *, alone: bool) -> None:
    """Let functions answer operations. `alone`: those that only moto has are refused."""
    model = Session().get_service_model(service)
    for name in model.operation_names:
        if name in operations:
            function, taken = operations[name]
            method = _method(name, function, {*taken.split()}, model.operation_model(name).input_shape)
            setattr(response_class, xform_name(name), method)
        elif alone and hasattr(response_class, xform_name(name)):
            delattr(response_class, xform_name(name))


def new_id(prefix: str, *, length: int = 13) -> str:
    """Return an id as these services draw them: lower case letters and digits after a prefix."""
    drawn = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))
    return f"{prefix}-{drawn}"


def _method(name: str, function: Function, taken: set[str], shape: Shape) -> Callable[[BaseResponse], ActionResult]:
    answers: dict[tuple[Caller, str], tuple[Record, Record]] = {}

    def answer(response: BaseResponse) -> ActionResult:
        given: Record = json.loads(response.body or "{}")
        token = next((given.pop(member) for member in TOKENS & given.keys()), "")
        given = {member: value for member, value in given.items() if member not in PASSED_OVER}
        if given.keys() - taken:
            raise NotImplementedError(f"{', '.join(sorted(given.keys() - taken))} of {name}")
        problems = "; ".join(_problems(shape, given, ""))
        if problems:
            raise ApiError("ValidationException", f"Validation error detected: {problems}")
        role_arn = response.headers[callers.HEADER]
        caller = Caller(account_id=response.current_account, region=response.region, role_arn=role_arn)
        first, told = answers.get((caller, token), (given, {}))
        if first != given:
            raise ApiError("InvalidParametersException", f"The token {token} was used for another request.")
        told = told or function(caller, deepcopy(given)) or {}
        if token:  # a repeated request gets the first one's answer
            answers[caller, token] = given, told
        return ActionResult(told)

    return answer


def _problems(shape: Shape, value: Any, place: str) -> Iterator[str]:  # noqa: ANN401  (JSON)
    """Yield what of `value` is outside the model's limits, in the words of AWS."""
    if shape.type_name == "structure":
        for key, item in value.items():
            if key not in shape.members:
                raise NotImplementedError(f"{place}.{key}")
            yield from _problems(shape.members[key], item, f"{place}.{key}".lstrip("."))
    elif shape.type_name == "list":
        for index, item in enumerate(value, start=1):
            yield from _problems(shape.member, item, f"{place}.{index}.member")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _problems(shape.key, key, f"{place}.{key}")
            yield from _problems(shape.value, item, f"{place}.{key}")
    limits = shape.metadata
    size = len(value) if isinstance(value, (str, list, dict)) else value
    broken = {
        f"have length between {limits.get('min')} and {limits.get('max')}": ("min" in limits and size < limits["min"])
        or ("max" in limits and size > limits["max"]),
        f"satisfy enum value set: {limits.get('enum')}": "enum" in limits and value not in limits["enum"],
        f"satisfy regular expression pattern: {limits.get('pattern')}": _differs(value, limits.get("pattern")),
    }
    for limit in (limit for limit, is_broken in broken.items() if is_broken):
        yield f"Value '{value}' at '{place}' failed to satisfy constraint: Member must {limit}"


def _differs(value: Any, pattern: str | None) -> bool:  # noqa: ANN401  (JSON)
    is_known = pattern is not None and r"\p" not in pattern  # Python's `re` has no \p{...}
    return is_known and re.fullmatch(str(pattern), str(value)) is None
