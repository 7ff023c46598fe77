"""What a new product template does to the projects that exist: which of their resources it replaces, changes, removes.

CloudFormation replaces a resource when a property that can only be set at creation changes; its type's schema says
which those are. What depends on a project's own parameters, or on another resource, is said to be "perhaps".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from review import attributes, storage, template
from review.errors import ReviewError
from review.model import ProductChange, ProductReview
from review.rules import Subject, findings
from review.secrets import Secrets

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from review.attributes import Difference
    from review.model import AttributeChange
    from review.parsed import Parsed
    from review.rules import Rule

KEPT_BY = ("DeletionPolicy", "UpdateReplacePolicy")
KEEPING = {"Retain", "RetainExceptOnCreate", "Snapshot"}
UNKNOWN_TYPE = ("nothing is known of the type, so it may be replaced",)
_NOTHING_SECRET = Secrets(set())


@dataclass(frozen=True, slots=True)
class Templates:
    """Both templates, and what changed beside their resources: names of parameters, conditions and mappings."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]
    defaults: frozenset[str]
    conditions: frozenset[str]
    mappings: frozenset[str]

    def resource(self, side: str, logical_id: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = getattr(self, side)["Resources"][logical_id]
        return found


def review(*, old: Path, new: Path, rules: Sequence[Rule], projects: Path | None = None) -> ProductReview:
    """Compare two templates. Raises ReviewError for files that are none, or for a list that is none."""
    templates = _templates(template.load(old), template.load(new))
    changes = list(_changes(templates))
    changes = [_with_findings(change, rules) for change in _cascaded(changes, templates)]
    listed = _projects(projects) if projects else None
    required, sentences = _parameters(templates)
    return ProductReview(
        old=old.name,
        new=new.name,
        changes=tuple(sorted(changes, key=lambda change: change.logical_id)),
        parameters=tuple(sentences),
        required=tuple(required),
        projects=len(listed) if listed is not None else None,
        affected=_affected(listed, old=old, new=new, changed=bool(changes or sentences))
        if listed is not None
        else None,
        not_analysed=tuple(
            f"{change.logical_id}: nothing is known of the type {change.type}"
            for change in changes
            if template.schema(change.type) is None
        ),
    )


def _templates(old: Mapping[str, Any], new: Mapping[str, Any]) -> Templates:
    parameters = _section(old, "Parameters"), _section(new, "Parameters")
    defaults = {
        name for name in parameters[0].keys() & parameters[1].keys()
        if parameters[0][name].get("Default") != parameters[1][name].get("Default")
    }  # fmt: skip
    conditions, mappings = (_changed_names(old, new, section) for section in ("Conditions", "Mappings"))
    while more := {
        name
        for side in (old, new)
        for name, body in _section(side, "Conditions").items()
        if name not in conditions and (_depends(body, defaults, conditions, mappings))
    }:
        conditions |= more
    return Templates(old, new, frozenset(defaults), frozenset(conditions), frozenset(mappings))


def _depends(value: Parsed, defaults: set[str], conditions: set[str], mappings: set[str]) -> bool:
    used = template.names_used(value) & defaults, template.conditions_used(value) & conditions
    return any(used) or bool(template.mappings_used(value) & mappings)


def _section(side: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = side.get(name)
    return section if isinstance(section, dict) else {}


def _changed_names(old: Mapping[str, Any], new: Mapping[str, Any], name: str) -> set[str]:
    before, after = _section(old, name), _section(new, name)
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _changes(templates: Templates) -> Iterator[ProductChange]:
    before, after = templates.old["Resources"], templates.new["Resources"]
    for logical_id in sorted(before.keys() | after.keys()):
        if logical_id not in before:
            yield _with_values(
                ProductChange(logical_id=logical_id, type=after[logical_id]["Type"], effect="create"), templates
            )
        elif logical_id not in after:
            yield _removed(logical_id, before[logical_id])
        elif before[logical_id]["Type"] != after[logical_id]["Type"]:
            because = f"CloudFormation never changes a type; it was {before[logical_id]['Type']}"
            yield ProductChange(
                logical_id=logical_id, type=after[logical_id]["Type"], effect="refused", because=(because,)
            )
        elif (change := _changed(logical_id, templates)) is not None:
            yield _with_values(change, templates)


def _removed(logical_id: str, before: Mapping[str, Any]) -> ProductChange:
    return ProductChange(
        logical_id=logical_id,
        type=before["Type"],
        effect="remove",
        perhaps="Condition" in before,
        kept=before.get("DeletionPolicy") in KEEPING,
        because=("it is no longer in the template",),
    )


def _changed(logical_id: str, templates: Templates) -> ProductChange | None:
    before, after = templates.resource("old", logical_id), templates.resource("new", logical_id)
    change = ProductChange(logical_id=logical_id, type=after["Type"], effect="update")
    if why := _coming_or_going(before, after, templates):
        return replace(change, effect="remove", perhaps=True, because=why, kept=after.get("DeletionPolicy") in KEEPING)
    properties = before.get("Properties") or {}, after.get("Properties") or {}
    schema = template.schema(after["Type"])
    kept = after.get("UpdateReplacePolicy") in KEEPING
    if schema is not None and (certain := _certain(schema, *properties)):
        return _replaced(change, schema, properties, certain, kept=kept)
    if schema is not None and (perhaps := _perhaps(schema, properties, templates)):
        return replace(change, effect="replace", perhaps=True, kept=kept, because=tuple(perhaps))
    return _updated(change, before, after, templates)


def _updated(
    change: ProductChange, before: Mapping[str, Any], after: Mapping[str, Any], templates: Templates
) -> ProductChange | None:
    """A change that replaces nothing, as far as is known; None when there is none."""
    if before == after:
        used = set(templates.defaults), set(templates.conditions), set(templates.mappings)
        because = ("a default, condition or mapping that it uses changed",)
        return replace(change, perhaps=True, because=because) if _depends(after, *used) else None
    if before.get("Properties") != after.get("Properties") and template.schema(change.type) is None:
        return replace(change, perhaps=True, because=UNKNOWN_TYPE)
    return replace(change, because=tuple(_weaker_policies(before, after)))


def _coming_or_going(before: Mapping[str, Any], after: Mapping[str, Any], templates: Templates) -> tuple[str, ...]:
    conditions = before.get("Condition"), after.get("Condition")
    if conditions[0] != conditions[1]:
        return (f"its condition was {conditions[0] or 'none'} and is {conditions[1] or 'none'}",)
    return (f"its condition {conditions[1]} changed",) if conditions[1] in templates.conditions else ()


def _certain(schema: template.Schema, before: Parsed, after: Parsed) -> list[tuple[str, ...]]:
    """Paths of create-only properties that differ, whatever a project's parameters are."""
    differing = [path for path in schema.create_only if template.at(before, path) != template.at(after, path)]
    certain = [path for path in differing if not _in_one_arm(template.at(before, path), template.at(after, path))]
    return [path for path in certain if not any(path == other[: len(path)] for other in certain if other != path)]


def _in_one_arm(before: Parsed, after: Parsed) -> bool:
    """Whether values differ only under a condition, so that some projects see no difference."""
    arms = [side.get("Fn::If") if template.is_function(side) else None for side in (before, after)]
    if not any(arms):
        return False
    one, other = (arm[1:] if isinstance(arm, list) else [side] for arm, side in zip(arms, (before, after), strict=True))
    return any(value in other for value in one)


def _perhaps(schema: template.Schema, properties: tuple[Any, Any], templates: Templates) -> list[str]:
    found = []
    for path in (*schema.create_only, *schema.perhaps_create_only):
        before, after = (template.at(side, path) for side in properties)
        name = attributes.path_text(path)
        if before != after:
            found.append(f"{name} changed, which replaces it under some conditions")
        found += [f"{name} uses {one}, whose default changed" for one in _shared(after, templates.defaults)]
        used = (
            template.conditions_used(after) & templates.conditions | template.mappings_used(after) & templates.mappings
        )
        found += [f"{name} depends on {one}, which changed" for one in sorted(used)]
    return found


def _shared(value: Parsed, names: frozenset[str]) -> list[str]:
    return sorted(template.names_used(value) & names)


def _replaced(
    change: ProductChange,
    schema: template.Schema,
    properties: tuple[Any, Any],
    paths: Sequence[tuple[str, ...]],
    *,
    kept: bool,
) -> ProductChange:
    because = [f"{attributes.path_text(path)} can only be set at creation" for path in paths]
    same_name = sorted(
        name for name in schema.identifiers if name in properties[0] and properties[0][name] == properties[1].get(name)
    )
    if same_name and schema.identifiers == set(same_name):
        because.append(f"{', '.join(same_name)} stays the same, and CloudFormation refuses to replace a named resource")
        return replace(change, effect="refused", because=tuple(because))
    return replace(change, effect="replace", kept=kept, because=tuple(because))


def _weaker_policies(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    lost = [name for name in KEPT_BY if before.get(name) in KEEPING and after.get(name) not in KEEPING]
    return [f"{name} no longer keeps it" for name in lost]


def _cascaded(changes: Sequence[ProductChange], templates: Templates) -> list[ProductChange]:
    """Add what refers to a replaced resource in a property that can only be set at creation, and so on from there."""
    found = {change.logical_id: change for change in changes}
    pending = [change.logical_id for change in changes if change.effect == "replace"]
    while pending:
        replaced = pending.pop(0)
        for logical_id, paths in _referring(replaced, templates):
            earlier = found.get(logical_id)
            if earlier is not None and earlier.effect != "update":
                continue
            because = tuple(f"{path} refers to {replaced}, which is replaced" for path in paths)
            resource = templates.resource("new", logical_id)
            change = earlier or ProductChange(logical_id=logical_id, type=resource["Type"], effect="replace")
            kept = resource.get("UpdateReplacePolicy") in KEEPING
            found[logical_id] = replace(
                change, effect="replace", perhaps=True, kept=kept, because=(*change.because, *because)
            )
            pending.append(logical_id)
    return list(found.values())


def _referring(replaced: str, templates: Templates) -> Iterator[tuple[str, list[str]]]:
    for logical_id, resource in templates.new["Resources"].items():
        schema = template.schema(resource["Type"])
        properties = resource.get("Properties") or {}
        paths = schema.create_only if schema else ()
        names = [
            attributes.path_text(path)
            for path in paths
            if replaced in template.names_used(template.at(properties, path))
        ]
        if names and logical_id in templates.old["Resources"]:
            yield logical_id, names


def _with_values(change: ProductChange, templates: Templates) -> ProductChange:
    resources = [side["Resources"].get(change.logical_id, {}) for side in (templates.old, templates.new)]
    sides = [
        (template.short_functions(resource.get("Properties")) or {}) | {name: resource.get(name) for name in KEPT_BY}
        for resource in resources
    ]
    differing = list(attributes.differences({"before": sides[0], "after": sides[1]}))
    return replace(
        change,
        attributes=tuple(_shown(one) for one in differing if not one.document),
        policies=tuple(
            attributes.compared_policy(one, secrets=_NOTHING_SECRET, own_accounts=frozenset())
            for one in differing
            if one.document
        ),
    )  # fmt: skip


def _shown(difference: Difference) -> AttributeChange:
    return attributes.shortened(attributes.shown_attribute(difference, secrets=_NOTHING_SECRET, forces=False))


def _with_findings(change: ProductChange, rules: Sequence[Rule]) -> ProductChange:
    uncertain = change.effect == "update" and change.perhaps
    action = "abandon" if change.kept else "unknown" if uncertain and change.because == UNKNOWN_TYPE else change.effect
    subject = Subject(
        type=change.type,
        action=action,
        address=change.logical_id,
        attributes=change.attributes,
        policies=change.policies,
    )
    return replace(change, findings=findings(subject, rules=rules))


def _parameters(templates: Templates) -> tuple[list[str], list[str]]:
    """New parameters without a default, and every change of parameters as a sentence."""
    before, after = _section(templates.old, "Parameters"), _section(templates.new, "Parameters")
    required = sorted(name for name in after.keys() - before.keys() if "Default" not in after[name])
    sentences = [
        f"{name} is new and has {'no' if name in required else 'a'} default" for name in sorted(after.keys() - before)
    ]
    sentences += [f"{name} is gone" for name in sorted(before.keys() - after)]
    for name in sorted(after.keys() & before.keys()):
        if before[name] != after[name]:
            what = "default" if name in templates.defaults else "declaration, which may refuse what projects gave"
            sentences.append(f"{name} has another {what}")
    return required, sentences


def _projects(file: Path) -> list[Mapping[str, Any]]:
    """Projects as a JSON list, or as `aws servicecatalog search-provisioned-products` prints them."""
    content = storage.read_json(file)
    listed = content.get("ProvisionedProducts") if isinstance(content, dict) else content
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ReviewError(
            f"{file}: is no list of projects. Give what aws servicecatalog search-provisioned-products prints."
        )
    return listed


def _affected(projects: Sequence[Mapping[str, Any]], *, old: Path, new: Path, changed: bool) -> int:
    """How many projects an update reaches: all that are not made from the new release already."""
    releases = [one.get("release") or one.get("ProvisioningArtifactName") for one in projects]
    known = [release for release in releases if release == old.stem]
    affected = len(known) if known else sum(release != new.stem for release in releases)
    return affected if changed else 0
