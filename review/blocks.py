"""Pieces of the comment that are written line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.model import UNKNOWN, AttributeChange
from review.policies import PHRASES
from review.summary import PRODUCT
from review.text import code, shortened, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from review.markdown import Detail
    from review.model import AccountReview, Change, PolicyChange, ProductReview, Widening
    from review.summary import Item, Summary

MOST_ELEMENTS = 8
MOST_LINES = 60
# Terraform's action reasons, in words; what is not here says nothing that the values do not say.
_REASONS = {
    "delete_because_count_index": "its count became smaller",
    "delete_because_each_key": "its key is no longer in for_each",
    "delete_because_no_module": "its module is no longer in the configuration",
    "delete_because_no_move_target": "it was moved to an address that does not exist",
    "delete_because_no_resource_config": "it is no longer in the configuration",
    "delete_because_wrong_repetition": "it got or lost count or for_each",
    "replace_because_tainted": "it is tainted: its creation did not end well",
    "replace_by_request": "somebody asked for it with -replace",
    "replace_by_triggers": "replace_triggered_by names something that changes",
}
_STATES = {
    "unknown": "known only after the apply: read it in the code.",
    "hidden": "it is sensitive, or holds something that is, so it cannot be shown.",
}


def facts(item: Item) -> Iterator[str]:
    """What makes an item one that must be read, as lines of a list."""
    for reason in item.because[:MOST_ELEMENTS]:
        if shown := reason_text(reason) if item.accounts != (PRODUCT,) else code(reason):
            yield shown[:1].upper() + shown[1:]
    for attribute in item.values[:MOST_ELEMENTS]:
        why = " cannot be changed in place:" if attribute.forces else ":"
        yield f"{code(attribute.path)}{why} {_side(attribute.before)} → {_side(attribute.after)}"
    for policy in item.policies:
        if policy.state != "compared":
            yield f"{code(policy.path)}: {_STATES[policy.state]}"
        for widening in policy.widenings[:MOST_ELEMENTS]:
            yield f"{code(policy.path)}: {widened(widening)}"
        if len(policy.widenings) > MOST_ELEMENTS:
            yield f"{code(policy.path)}: and {len(policy.widenings) - MOST_ELEMENTS} more"
    if item.as_in:
        yield f"Values as in {code(item.as_in)}; those of the others are in the details."


def _side(text: str | None) -> str:
    return "nothing" if text is None else text if text == UNKNOWN else code(text)


def widened(widening: Widening) -> str:
    """A widening as a sentence."""
    gained = _listed(widening.items)
    whom = f", for {_listed(tuple(map(principal, widening.principals)))}" if widening.principals else ""
    return f"statement {code(widening.statement)} {PHRASES[widening.kind]} {gained}{whom}".rstrip()


def principal(text: str) -> str:
    return "anyone" if text == "AWS *" else text.removeprefix("AWS ")


def _listed(items: tuple[str, ...]) -> str:
    more = f" and {len(items) - MOST_ELEMENTS} more" if len(items) > MOST_ELEMENTS else ""
    return ", ".join(code(principal(item)) for item in items[:MOST_ELEMENTS]) + more


def change_lines(change: Change, most: int | None = MOST_LINES) -> list[str]:
    """The values and statements of a change, as lines of a diff, at most so many."""
    lines = [f"  moved from {change.previous_address}"] if change.previous_address else []
    lines += [f"  imported from {change.import_id}"] if change.import_id is not None else []
    lines += [f"  deposed {change.deposed}"] if change.deposed else []
    lines += [f"  {reason}" for reason in [reason_text(change.reason)] if reason]
    told = [one for one in change.attributes if _tells(one, change)]
    lines += [line for attribute in told for line in attribute_lines(attribute)]
    later = sum(one.after == UNKNOWN and one not in told for one in change.attributes)
    lines += [f"  {later} more known only after the apply"] if later else []
    lines += [line for policy in change.policies for line in _policy_lines(policy)]
    if most is not None and len(lines) > most:
        lines = [*lines[:most], f"  ... {len(lines) - most} more lines, in the full report"]
    return [shortened(visible(line), 500) for line in lines]


def reason_text(reason: str) -> str:
    """Why Terraform does it, in words, or nothing."""
    return reason if reason.startswith("deferred: ") else _REASONS.get(reason, "")


def _tells(attribute: AttributeChange, change: Change) -> bool:
    if change.action in {"destroy", "forget"}:
        return attribute.path in {"id", "arn", "name"}
    if attribute.path.startswith("tags_all.") and any(
        f"tags_all{one.path[4:]}" == attribute.path for one in change.attributes
    ):
        return False  # the provider's copy of `tags`
    return attribute.forces or attribute.after != UNKNOWN


def attribute_lines(attribute: AttributeChange) -> list[str]:
    forces = "  # forces the replacement" if attribute.forces else ""
    if attribute.lines:
        return [f"  {attribute.path}:{forces}", *(f"{line[:1]}   {line[1:]}" for line in attribute.lines)]
    if attribute.before == attribute.after:
        return [f"  {attribute.path}: changes, and is {(attribute.after or '').strip('()')}{forces}"]
    sides = (("-", attribute.before), ("+", attribute.after))
    return [f"{sign} {attribute.path} = {text}{forces}" for sign, text in sides if text is not None]


def _policy_lines(policy: PolicyChange) -> Iterator[str]:
    if policy.state != "compared":
        yield f"  {policy.path}: {_STATES[policy.state]}"
    for statement in policy.statements:
        yield f"  {policy.path}: statement {statement.statement} {statement.change}"
        yield from (f"{line[:1]}     {line[2:]}" for line in statement.lines)


def output_lines(review: AccountReview) -> list[str]:
    lines = []
    for one in review.outputs:
        lines += [f"@@ output {one.name} @@"]
        lines += attribute_lines(AttributeChange(path="value", before=one.before, after=one.after))
    return [shortened(visible(line), 500) for line in lines]


def checks(review: AccountReview) -> list[str]:
    words = {"fail": "did not hold", "error": "could not be checked", "unknown": "is checked after the apply"}
    return [
        f"- {code(check.address)} {words.get(check.status, 'is in an unknown state')}"
        + "".join(f": {code(message, 400)}" for message in check.messages)
        for check in review.checks
    ]


def projects(product: ProductReview) -> str:
    """How many projects a new release reaches."""
    if product.projects is None:
        return "It reaches every existing project when it is updated; how many there are was not given."
    return f"**{product.affected}** of {product.projects} existing projects are affected when they are updated."


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def not_analysed(summary: Summary) -> list[str]:
    notes = [f"{review.account}: {note}" for review in summary.reviews for note in review.not_analysed]
    return notes + [f"product: {note}" for note in (summary.product.not_analysed if summary.product else ())]


def left_out(detail: Detail) -> list[str]:
    parts = {
        "the values of changes of low and medium risk": not detail.values,
        "the changes of each account": not detail.details,
        "the tables of shared and of product changes": not detail.shared,
        "each single change that must be read": detail.grouped is not None,
    }
    missing = [name for name, absent in parts.items() if absent]
    return (
        [f"Too long for a comment: {', '.join(missing)} left out here; all of it is in the full report."]
        if missing
        else []
    )


def hidden(summary: Summary) -> list[str]:
    count = sum(review.hidden_values for review in summary.reviews)
    shown = counted(count, "value")
    return [f"{shown} hidden: they hold what is marked sensitive elsewhere."] if count else []
