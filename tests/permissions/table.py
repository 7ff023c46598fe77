"""The permission table: sentences, each with what it allows and what one changed field denies.

An entry of ``table/*.toml``::

    [[may]]
    sentence = "A model role reads the models of its own project"
    each     = ["preprod", "prod"]                   # optional: {env} is each of them, {account} its account's id
    who      = "{churn.model[{env}]}"
    action   = ["s3:GetObject"]                      # one, or a list
    resource = "{churn.artifacts}/model.tar.gz"
    context  = {"aws:SecureTransport" = "true"}      # optional: beside what every request carries
    but_not  = [                                     # each changes one field of the above, and is denied
        {action = "s3:PutObject"},
        {resource = "{fraud.artifacts}/model.tar.gz"},
        {context = {"aws:SecureTransport" = "false"}},
        {without = "kms:ViaService"},                # leaves one key of the context out
    ]
    accepted = "..."                                 # optional: why something unwelcome is allowed
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.permissions.simulator import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FOLDER = Path(__file__).parent / "table"
KEYS = {"sentence", "each", "who", "action", "resource", "context", "but_not", "accepted"}
CHANGES = {"who", "action", "resource", "context", "without"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A request and what IAM shall answer. `twins` are the allowed requests that a denial is a change of."""

    sentence: str
    request: Request
    allowed: bool
    twins: frozenset[Request] = frozenset()
    accepted: str = ""

    def __str__(self) -> str:
        return f"{'may' if self.allowed else 'may NOT'}: {self.request}   [{self.sentence}]"


def rows(names: Mapping[str, Any], folder: Path = FOLDER) -> list[Row]:
    """Every row of the table, without repetitions.

    Raises `ValueError` with all that is wrong in the files.
    """
    problems: list[str] = []
    found: dict[tuple[Request, bool], Row] = {}
    for file in sorted(folder.glob("*.toml")):
        for entry in tomllib.loads(file.read_text())["may"]:
            wrong = _problems(entry)
            problems += [f"{file.name}: {entry.get('sentence', 'an entry')!r}: {problem}" for problem in wrong]
            if not wrong:
                for row in _rows(entry, names):
                    same = found.get((row.request, row.allowed), row)
                    found[row.request, row.allowed] = replace(same, twins=same.twins | row.twins)
    problems += [f"both allowed and denied: {request}" for request, allowed in found if (request, not allowed) in found]
    if problems:
        raise ValueError("\n".join(problems))
    return list(found.values())


def differences(one: Request, other: Request) -> set[str]:
    """The fields in which two requests differ; every key of the context is one field."""
    plain = {name for name in ("who", "action", "resource") if getattr(one, name) != getattr(other, name)}
    return plain | {key for key, _ in set(one.context) ^ set(other.context)}


def listing(things: Iterable[object]) -> str:
    """One line for each thing: a test that fails on it shows all of them."""
    return "\n".join(map(str, things))


def _problems(entry: Mapping[str, Any]) -> list[str]:
    changes = entry.get("but_not", [])
    return [
        *(f"needs {key}" for key in ("sentence", "who", "action", "resource") if not entry.get(key)),
        *(f"knows no {key}" for key in entry.keys() - KEYS),
        *(["needs but_not: an allowed request without a denied one proves little"] if not changes else []),
        *(f"but_not has to change one of {sorted(CHANGES)}: {c}" for c in changes if len(c) != 1 or c.keys() - CHANGES),
    ]


def _rows(entry: Mapping[str, Any], names: Mapping[str, Any]) -> Iterator[Row]:
    for environment in entry.get("each", [""]):
        for action in _listed(entry["action"]):
            request = Request(
                who=entry["who"],
                action=action,
                resource=entry["resource"],
                context=tuple(sorted(entry.get("context", {}).items())),
            )
            allowed = filled(request, environment, names)
            sentence = entry["sentence"].replace("{env}", environment.upper())
            yield Row(sentence=sentence, request=allowed, allowed=True, accepted=entry.get("accepted", ""))
            for change in entry["but_not"]:
                for changed in _changed(request, change):
                    denied = filled(changed, environment, names)
                    yield Row(sentence=sentence, request=denied, allowed=False, twins=frozenset({allowed}))


def _changed(request: Request, change: Mapping[str, Any]) -> Iterator[Request]:
    [(name, value)] = change.items()
    context = dict(request.context)
    if name == "context":
        yield replace(request, context=tuple(sorted((context | value).items())))
    elif name == "without":
        yield replace(request, context=tuple(sorted((key, v) for key, v in context.items() if key != value)))
    else:
        for one in _listed(value):
            yield _with(request, name, one)


def _with(request: Request, name: str, value: str) -> Request:
    return Request(
        who=value if name == "who" else request.who,
        action=value if name == "action" else request.action,
        resource=value if name == "resource" else request.resource,
        context=request.context,
    )


def filled(request: Request, environment: str, names: Mapping[str, Any]) -> Request:
    """The request with the things that its names stand for, in one environment."""

    def fill(text: str) -> str:
        account = names["account_of"].get(environment, "")
        return text.replace("{env}", environment).replace("{account}", account).format_map(names)

    return Request(
        who=fill(request.who),
        action=request.action,
        resource=fill(request.resource),
        context=tuple((fill(key), fill(value)) for key, value in request.context),
    )


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
