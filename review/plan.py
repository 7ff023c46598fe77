"""The JSON of a plan, as `terraform show -json` writes it, read into a review of one account."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from review import attributes, secrets
from review.errors import ReviewError
from review.model import UNKNOWN, AccountReview, Change, Check, Finding, OutputChange, PolicyChange
from review.rules import Subject, findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from review.attributes import Difference
    from review.parsed import Parsed
    from review.rules import Rule
    from review.secrets import Secrets

FORMAT = "1."
# The parts of a plan that are read, or that repeat what is read. Any other is listed as not analysed.
KNOWN_PARTS = frozenset({
    "applyable", "checks", "complete", "configuration", "deferred_changes", "errored", "format_version",
    "output_changes", "planned_values", "prior_state", "relevant_attributes", "resource_changes", "resource_drift",
    "terraform_version", "timestamp", "variables",
})  # fmt: skip
KNOWN_OF_CHANGE = frozenset({
    "actions", "after", "after_identity", "after_sensitive", "after_unknown", "before", "before_identity",
    "before_sensitive", "generated_config", "importing", "replace_paths",
})  # fmt: skip
ACTIONS = {
    ("no-op",): ("no-op", ""),
    ("create",): ("create", ""),
    ("read",): ("read", ""),
    ("update",): ("update", ""),
    ("delete",): ("destroy", ""),
    ("forget",): ("forget", ""),
    ("delete", "create"): ("replace", "destroy first"),
    ("create", "delete"): ("replace", "create first"),
    ("create", "forget"): ("replace", "forget the old"),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """What every part of a plan is read with. `notes` takes what could not be analysed."""

    secrets: Secrets
    rules: Sequence[Rule]
    own_accounts: frozenset[str]
    account: str
    notes: list[str]

    @property
    def own_names(self) -> re.Pattern[str]:
        """What stands for the account in names: `demo-prod`, `prod`, its id."""
        names = sorted(
            {self.account, self.account.rpartition("-")[2], *self.own_accounts} - {""}, key=len, reverse=True
        )
        return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, names))})(?![A-Za-z0-9])")

    def note(self, place: str, problem: str) -> None:
        self.notes.append(f"{self.secrets.name(place)}: {problem}")


def read_plan(plan: Parsed, *, account: str, rules: Sequence[Rule]) -> AccountReview:
    """Review a plan. Raises ReviewError when it is no plan, with every reason."""
    _require_plan(plan)
    try:
        return _read(plan, account=account, rules=rules)
    except RecursionError as error:
        raise ReviewError("The plan is nested too deeply to be read.") from error


def _require_plan(plan: Parsed) -> None:
    if not isinstance(plan, dict) or "format_version" not in plan:
        raise ReviewError("This is no plan: format_version is missing. Give the output of terraform show -json PLAN.")
    if not str(plan["format_version"]).startswith(FORMAT):
        raise ReviewError(f"The plan has format {str(plan['format_version'])[:20]!r}; formats 1.x can be read.")
    wanted = {"resource_changes": list, "resource_drift": list, "deferred_changes": list, "checks": list}
    problems = [
        f"{name} is no {'list' if kind is list else 'object'}."
        for name, kind in (wanted | {"output_changes": dict}).items()
        if not isinstance(plan.get(name), kind | None)
    ]
    entries = [entry for name in wanted for entry in plan.get(name) or () if isinstance(plan.get(name), list)]
    problems += ["A list of changes or checks holds what is no object."] if _all_objects(entries) is False else []
    if problems:
        raise ReviewError("\n".join(problems))


def _all_objects(entries: Sequence[Any]) -> bool:
    return all(isinstance(entry, dict) for entry in entries)


def _read(plan: dict[str, Any], *, account: str, rules: Sequence[Rule]) -> AccountReview:
    reader = Reader(secrets.collect(plan), rules, _own_accounts(plan), account, [])
    for name in sorted(plan.keys() - KNOWN_PARTS):
        reader.note(name, "a part of the plan that is not known here")
    changes = [change for raw in plan.get("resource_changes") or () if (change := _change(raw, reader))]
    drift = [change for raw in plan.get("resource_drift") or () if (change := _change(raw, reader, drift=True))]
    outputs = tuple(_outputs(plan.get("output_changes") or {}, reader))
    return AccountReview(
        account=account,
        terraform_version=_text(plan.get("terraform_version")),
        complete=plan.get("complete") is not False,  # before Terraform 1.8, plans did not say
        errored=plan.get("errored") is True,
        fingerprint=_digest([*((one.address, one.literal, one.action) for one in changes), *map(repr, outputs)]),
        changes=tuple(sorted(changes, key=_order)),
        drift=tuple(sorted(drift, key=_order)),
        deferred=tuple(_deferred(plan.get("deferred_changes") or (), reader)),
        outputs=outputs,
        checks=tuple(_checks(plan.get("checks") or (), reader)),
        not_analysed=tuple(sorted(set(reader.notes))),
        hidden_values=reader.secrets.hidden,
    )


def _order(change: Change) -> tuple[str, str]:
    return change.address, change.deposed or ""


def _own_accounts(plan: Mapping[str, Any]) -> frozenset[str]:
    """Account ids that the configuration's providers are confined to."""
    try:
        providers = plan["configuration"]["provider_config"].values()
        allowed = [one["expressions"]["allowed_account_ids"]["constant_value"] for one in providers if _confined(one)]
        return frozenset(str(account) for accounts in allowed for account in accounts)
    except (AttributeError, KeyError, TypeError):
        return frozenset()


def _confined(provider: Parsed) -> bool:
    return "constant_value" in provider.get("expressions", {}).get("allowed_account_ids", {})


def _change(raw: Mapping[str, Any], reader: Reader, *, drift: bool = False) -> Change | None:
    """One entry of a list of changes; None for one that changes nothing."""
    place, change = _text(raw.get("address")), raw.get("change")
    if not place or not isinstance(change, dict):
        reader.note(place or "an entry without address", "has no change that can be read")
        return None
    action, order = _action(change.get("actions"), place, reader)
    previous, imported = raw.get("previous_address"), change.get("importing")
    if action == "no-op" and not previous and imported is None:
        return None
    for name in sorted(change.keys() - KNOWN_OF_CHANGE):
        reader.note(f"{place}: {name}", "a part of the change that is not known here")
    name = reader.secrets.name
    found = Change(
        address=name(place),
        type=name(_text(raw.get("type"))),
        action=action,
        order=order,
        reason=name(_text(raw.get("action_reason"))),
        previous_address=name(_text(previous)) if previous else None,
        import_id=_import_id(imported, reader),
        deposed=name(_text(raw["deposed"])) if raw.get("deposed") else None,
    )
    # What a data source reads is nobody's change; what is known of it arrives where it is used.
    return found if action in {"read", "no-op"} else _with_values(found, change, reader, drift=drift)


def _action(actions: Parsed, place: str, reader: Reader) -> tuple[str, str]:
    known = (
        ACTIONS.get(tuple(actions)) if isinstance(actions, list) and all(isinstance(a, str) for a in actions) else None
    )
    if known is None:
        reader.note(place, f"the actions {json.dumps(actions)[:80]} are not known here")
    return known or ("unknown", "")


def _import_id(imported: Parsed, reader: Reader) -> str | None:
    if imported is None:
        return None
    given = (imported.get("id") or imported.get("identity")) if isinstance(imported, dict) else None
    return UNKNOWN if given is None else reader.secrets.name(given if isinstance(given, str) else json.dumps(given))


def _with_values(found: Change, change: dict[str, Any], reader: Reader, *, drift: bool) -> Change:
    forcing = [tuple(path) for path in _list(change.get("replace_paths")) if isinstance(path, list)]
    differing = [one for one in attributes.differences(change) if _says_something(one, found.action)]
    policies, values = [], []
    for one in differing:
        if one.document:
            policies.append(attributes.compared_policy(one, secrets=reader.secrets, own_accounts=reader.own_accounts))
        if not one.document or _is_forced(one, forcing):
            forces = _is_forced(one, forcing)
            values.append(attributes.shown_attribute(one, secrets=reader.secrets, forces=forces))
    _note_policies(found.address, policies, reader)
    action = "drift" if drift else found.action
    parts = [found.action, found.order, *map(repr, values), *map(repr, policies)]
    subject = Subject(
        type=found.type, action=action, address=found.address, attributes=tuple(values), policies=tuple(policies)
    )
    return replace(
        found,
        attributes=tuple(map(attributes.shortened, values)),
        policies=tuple(policies),
        findings=_found(subject, found, reader),
        literal=_digest(parts),
        digest=_digest(parts, without=reader.own_names),
    )


def _found(subject: Subject, found: Change, reader: Reader) -> tuple[Finding, ...]:
    imported = [replace(subject, action="import")] if found.import_id is not None else []
    matched = [one for each in (subject, *imported) for one in findings(each, rules=reader.rules)]
    return tuple({one.rule: one for one in reversed(matched)}.values())[::-1]


def _says_something(difference: Difference, action: str) -> bool:
    """Leave out what every new resource has: computed values that are not known, and nothing at all."""
    return difference.document or not (action == "create" and difference.unknown)


def _is_forced(difference: Difference, forcing: Sequence[tuple[Any, ...]]) -> bool:
    return any(
        difference.path[: len(path)] == path or path[: len(difference.path)] == difference.path for path in forcing
    )


def _note_policies(place: str, policies: Sequence[PolicyChange], reader: Reader) -> None:
    for policy in policies:
        if policy.state == "hidden":
            reader.note(f"{place}: {policy.path}", "a policy that is sensitive, or holds something that is")
        if policy.state == "unknown":
            reader.note(f"{place}: {policy.path}", "a policy that is known only after the apply")


def _outputs(outputs: Mapping[str, Any], reader: Reader) -> Iterator[OutputChange]:
    for name, change in sorted(outputs.items()):
        if not isinstance(change, dict):
            reader.note(f"output {name}", "has no change that can be read")
            continue
        action, _ = _action(change.get("actions"), f"output {name}", reader)
        if action == "no-op":
            continue
        marked = any(change.get(f"{side}_sensitive") not in (False, None, {}, []) for side in ("before", "after"))
        whole = attributes.Difference(
            (name,),
            change.get("before"),
            change.get("after"),
            unknown=change.get("after_unknown") is True,
            marked=marked,
        )
        shown = attributes.shortened(attributes.shown_attribute(whole, secrets=reader.secrets, forces=False))
        yield OutputChange(name=shown.path, action=action, before=shown.before, after=shown.after)


def _checks(checks: Sequence[Mapping[str, Any]], reader: Reader) -> Iterator[Check]:
    for check in checks:
        if (status := _text(check.get("status"))) in {"pass", ""}:
            continue
        instances = [one for one in _list(check.get("instances")) if isinstance(one, dict)]
        problems = [one for instance in instances for one in _list(instance.get("problems")) if isinstance(one, dict)]
        address = check.get("address")
        shown = _text(address.get("to_display")) if isinstance(address, dict) else ""
        messages = tuple(reader.secrets.value(_text(problem.get("message"))) for problem in problems)
        yield Check(address=reader.secrets.name(shown), status=status, messages=messages)


def _deferred(entries: Sequence[Mapping[str, Any]], reader: Reader) -> Iterator[Change]:
    for entry in entries:
        raw = entry.get("resource_change")
        change = _change(raw, reader) if isinstance(raw, dict) else None
        reason = reader.secrets.name(_text(entry.get("reason")))
        if change is None:
            reader.note("a deferred change", f"cannot be read ({reason})")
        else:
            yield replace(change, reason=f"deferred: {reason}")


def _list(value: Parsed) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Parsed) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def _digest(parts: Sequence[Any], *, without: re.Pattern[str] | None = None) -> str:
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256((without.sub("<own>", text) if without else text).encode()).hexdigest()[:16]
