"""What CloudFormation needs for a template, from the resource schemas that cfn-lint brings along.

A schema lists the permissions of a type's create, read, update and delete handlers for everything that the type can be.
Which of them a template gives occasion for is said in a data file, permission by permission, with the property or the
reason: nothing is left out in silence.
"""

from __future__ import annotations

import fnmatch
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from sandbox.permissions.simulator import Request
from tests.permissions.names import DEV, REGION
from tests.permissions.table import Row, filled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

HANDLERS = ("create", "read", "update", "delete")
NOT_OURS = "payments"  # what the same thing is called that is nobody's project


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeNeeds:
    """What the data file says of one resource type; the file explains the fields."""

    resource: str
    about: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    only_for: Mapping[str, str] = field(default_factory=dict)
    unused: Mapping[str, str] = field(default_factory=dict)
    unlisted: Mapping[str, str] = field(default_factory=dict)
    also_foreign: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the data file says of a role: who it is, what every call brings, its types, and what it holds beside."""

    who: str
    always: Mapping[str, str]
    types: Mapping[str, TypeNeeds]
    beside: Mapping[str, str]


def load(file: Path) -> Needs:
    """Read a data file."""
    data = tomllib.loads(file.read_text())
    types = {name: TypeNeeds(**_completed(name, entry, file)) for name, entry in data["types"].items()}
    return Needs(who=data["who"], always=data.get("always", {}), types=types, beside=data.get("beside", {}))


def used_properties(templates: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Type -> the properties that any resource of the templates sets."""
    found: dict[str, set[str]] = {}
    for template in templates:
        for resource in template["Resources"].values():
            found.setdefault(resource["Type"], set()).update(resource.get("Properties", {}))
    return found


def listed(type_name: str) -> set[str]:
    """The permissions that a type's schema lists, of all handlers but the list handler."""
    handlers = _schema(type_name).get("handlers", {})
    return {permission for name in HANDLERS for permission in handlers.get(name, {}).get("permissions", [])}


def needed(type_name: str, needs: TypeNeeds) -> set[str]:
    """The permissions that the template gives occasion for."""
    return (listed(type_name) - needs.only_for.keys() - needs.unused.keys()) | needs.unlisted.keys()


def problems(used: Mapping[str, set[str]], needs: Needs) -> list[str]:
    """What is wrong with the data file, given the properties that the templates use."""
    found = [f"{name}: the template has it, the file does not" for name in used.keys() - needs.types.keys()]
    found += [f"{name}: the file has it, the template does not" for name in needs.types.keys() - used.keys()]
    for name in used.keys() & needs.types.keys():
        found += [f"{name}: {problem}" for problem in _problems(name, needs.types[name], used[name])]
    return found


def rows(needs: Needs, names: Mapping[str, Any], environment: str = "") -> list[Row]:
    """For each permission a row that allows it for a project's resource, and one that denies it for another's.

    `environment` is what {env} and {account} of the data file mean, for roles that every account has.
    """
    found: dict[Request, Row] = {}
    for type_name, entry in needs.types.items():
        for action in sorted(needed(type_name, entry)):
            for row in _rows(type_name, entry, action, needs, names, environment):
                found.setdefault(row.request, row)
    return list(found.values())


def superfluous(held: Iterable[str], needs: Needs) -> set[str]:
    """Actions that a role holds and no type needs, and that are not explained."""
    wanted = {action for name, entry in needs.types.items() for action in needed(name, entry)}
    explained = {a for a in held for pattern in needs.beside if fnmatch.fnmatchcase(a, pattern)}
    return set(held) - wanted - explained


def stale_explanations(held: Iterable[str], needs: Needs) -> set[str]:
    """Explanations of actions that the role does not hold."""
    return {pattern for pattern in needs.beside if not any(fnmatch.fnmatchcase(a, pattern) for a in held)}


def _completed(name: str, entry: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """An entry with what it takes from another file."""
    own = dict(entry)
    if other := own.pop("as_in", None):
        taken = tomllib.loads(file.with_name(other).read_text())["types"][name]
        own = {field: taken[field] for field in ("only_for", "unused") if field in taken} | own
    return own


def _schema(type_name: str) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, type_name).schema
    return schema


def _problems(name: str, entry: TypeNeeds, used: set[str]) -> Iterator[str]:
    everything = listed(name)
    if not needed(name, entry):
        yield "nothing is needed for it, which cannot be"
    if not everything and not (entry.unlisted and entry.source):
        yield "its schema lists no permission, so they have to be written down, with their source"
    for permission, only_for in entry.only_for.items():
        if only_for in used:
            yield f"{permission} is left out although {only_for} is set"
        if only_for not in _schema(name)["properties"]:
            yield f"{permission} is for {only_for}, which is no property"
    for permission in {*entry.only_for, *entry.unused} - everything:
        yield f"{permission} is left out, and the schema does not list it"
    for permission in {*entry.about, *entry.context, *entry.also_foreign} - needed(name, entry):
        yield f"{permission} is not needed"


def _rows(
    type_name: str, entry: TypeNeeds, action: str, needs: Needs, names: Mapping[str, Any], environment: str
) -> Iterator[Row]:
    resource = entry.about.get(action, entry.resource)
    context = {**needs.always, **entry.context.get(action, {})}
    asked = Request(who=needs.who, action=action, resource=resource, context=tuple(sorted(context.items())))
    request = filled(asked, environment, names)
    sentence = f"CloudFormation may {action} for {type_name}"
    yield Row(sentence=sentence, request=request, allowed=True)
    if resource != "*" and action not in entry.also_foreign:
        foreign = replace(request, resource=_not_ours(request.resource, names))
        if foreign == request:  # a name that AWS draws says nothing of whose it is
            return
        yield Row(sentence=sentence, request=foreign, allowed=False, twins=frozenset({request}))


def _not_ours(resource: str, names: Mapping[str, Any]) -> str:
    churn = names["churn"]
    keys = {churn.artifact_key: names["key_of"]["dev"], churn.pipeline_key: names["key_of"]["dev"]}
    keys |= {key: names["key_of"][environment] for environment, key in names["data_key"].items()}
    renamed = resource.replace(names["seed"], f"arn:aws:s3:::other-{DEV}").replace(churn.name, NOT_OURS)
    return str(keys.get(resource, renamed))
