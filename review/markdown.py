"""The comment: a summary as GitHub's Markdown, within the platform's limit, the same for the same changes."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from review import blocks
from review.model import MUST_READ
from review.summary import COUNTED, PRODUCT, counts_text, effect_of, headline, what_happens
from review.text import code, fenced, in_html, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review.model import AccountReview, Change, ProductReview
    from review.summary import Item, Summary

# By this line the workflow finds the comment to update.
MARKER = "<!-- terraform review -->"
LIMIT = 65_536  # of a comment on GitHub; in bytes here, which is the stricter reading
DOTS = {"critical": "🔴", "high": "🟠", "medium": "🟡", "low": "🟢"}
MANY = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much is told. `grouped`: what must be read by rule, with at most so many addresses each."""

    values: bool = True
    details: bool = True
    shared: bool = True
    grouped: int | None = None


LADDER = (
    Detail(),
    Detail(values=False),
    Detail(values=False, details=False),
    Detail(values=False, details=False, shared=False),
    Detail(values=False, details=False, shared=False, grouped=200),
    Detail(values=False, details=False, shared=False, grouped=20),
    Detail(values=False, details=False, shared=False, grouped=2),
    Detail(values=False, details=False, shared=False, grouped=0),
)


def render(summary: Summary, *, limit: int = LIMIT) -> str:
    """The comment, with as much detail as the limit (in bytes) allows; whatever is left out is said."""
    for detail in LADDER:
        body = _body(summary, detail)
        if len(body.encode()) <= limit:
            return body
    return f"{MARKER}\n**{headline(summary)}** The rest does not fit into {limit:,} bytes: read the full report.\n"


def _body(summary: Summary, detail: Detail) -> str:
    lines = [MARKER, "", f"### {DOTS[summary.level]} {_plain(headline(summary))}", ""]
    lines += _table(summary)
    lines += _must_read(summary.must_read, detail)
    lines += _shared(summary, detail)
    if detail.details:
        lines += [line for review in summary.reviews for line in _account(review, summary, detail)]
    lines += _product(summary.product, detail) if summary.product else []
    lines += _limits(summary, detail)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines).rstrip()) + "\n"


def _plain(text: str) -> str:
    """A sentence that may hold names of accounts."""
    return (
        html.escape(visible(text), quote=False)
        .replace("@", "&#64;")
        .replace("`", "&#96;")
        .replace("*", "&#42;")
        .replace("[", "&#91;")
    )


def _table(summary: Summary) -> list[str]:
    columns = [name for name in COUNTED if summary.totals[name]]
    lines = [
        f"| account | {' | '.join([*columns, 'risk'])} |",
        f"|:--|{'--:|' * len(columns)}:--|",
    ]
    for row in summary.rows:
        counts = [f"**{row.counts[name]}**" if row.counts.get(name) else "·" for name in columns]
        risk = f"{DOTS[row.level]} {row.state or row.level}"
        lines.append(f"| {' | '.join([code(row.account), *counts, risk])} |")
    return [*lines, ""]


def _must_read(items: Sequence[Item], detail: Detail) -> list[str]:
    if not items:
        return []
    lines = ["#### Read this first", ""]
    if detail.grouped is not None:
        return [*lines, *_grouped(items, detail.grouped), ""]
    for number, item in enumerate(items, start=1):
        lines += [*_item(number, item), ""]
    return lines


def _item(number: int, item: Item) -> Iterator[str]:
    place = "every existing project" if item.accounts == (PRODUCT,) else ", ".join(map(_bold_code, item.accounts))
    inside = " " * len(f"{number}. ")
    yield f"{number}. {DOTS[item.level]} {code(item.address)} **{item.what}** in {place}  "
    yield inside + " ".join(_plain(one.reason) for one in item.findings)
    for line in blocks.facts(item):
        yield f"{inside}- {line}"
    yield f"{inside}- _What to do:_ {' '.join(dict.fromkeys(_plain(one.cure) for one in item.findings))}"


def _bold_code(text: str) -> str:
    return f"**{code(text)}**"


def _grouped(items: Sequence[Item], most: int) -> Iterator[str]:
    by_rule: dict[str, list[Item]] = {}
    for item in items:
        by_rule.setdefault(item.findings[0].rule, []).append(item)
    for group in by_rule.values():
        finding = group[0].findings[0]
        yield f"- {DOTS[finding.level]} **{len(group):,}** times: {_plain(finding.reason)} {_plain(finding.cure)}"
        for item in group[:most]:
            yield f"  - {code(item.address, 120)} {item.what} in {', '.join(map(code, item.accounts))}"
        if most and len(group) > most:
            yield f"  - and {len(group) - most:,} more"


def _shared(summary: Summary, detail: Detail) -> list[str]:
    if not summary.shared:
        return []
    differing = sum(bool(row.differing) for row in summary.shared)
    note = f", {differing:,} of them not the same everywhere (◀)" if differing else ", the same everywhere"
    heading = f"{len(summary.shared):,} in more than one account{note}"
    if not detail.shared:
        return [f"#### {heading}", ""]
    accounts = [review.account for review in summary.reviews]
    table = [f"| resource | {' | '.join(map(code, accounts))} |", f"|:--|{':--|' * len(accounts)}"]
    for row in summary.shared:
        cells = [
            f"**{row.cells[name] or 'not changed'}** ◀" if name in row.differing else row.cells[name]
            for name in accounts
        ]
        table.append(f"| {code(row.address)} | {' | '.join(cells)} |")
    return ["", *_folded(heading, table), ""] if len(summary.shared) > MANY else ["", f"#### {heading}", "", *table, ""]


def _folded(heading: str, lines: Sequence[str], *, as_html: bool = False) -> list[str]:
    shown = heading if as_html else in_html(heading)
    return [f"<details><summary>{shown}</summary>", "", *lines, "", "</details>"]


def _account(review: AccountReview, summary: Summary, detail: Detail) -> list[str]:
    changes = [change for change in review.changes if change.action != "read"]
    parts = [*_changes("", changes, detail), *_changes("Changed outside Terraform", review.drift, detail)]
    parts += _changes("Deferred", review.deferred, detail)
    parts += [*fenced(blocks.output_lines(review), "diff"), ""] if review.outputs else []
    parts += blocks.checks(review)
    if not parts:
        return []
    row = next(row for row in summary.rows if row.account == review.account)
    return ["", *_folded(f"<b>{in_html(review.account)}</b>: {counts_text(row.counts)}", parts, as_html=True)]


def _changes(heading: str, changes: Sequence[Change], detail: Detail) -> list[str]:
    if not changes:
        return []
    lines: list[str] = []
    for change in changes:
        grave = any(one.level in MUST_READ for one in change.findings)
        lines += [f"@@ {change.address}: {what_happens(change)} @@"]
        lines += blocks.change_lines(change) if detail.values or grave else []
    title = [f"**{heading}**", ""] if heading else []
    return [*title, *fenced(lines, "diff"), ""]


def _product(product: ProductReview, detail: Detail) -> list[str]:
    lines = ["", f"#### The product: {code(product.old)} → {code(product.new)}", "", blocks.projects(product), ""]
    lines += [
        f"- {code(name)} is a new parameter without default: no project can be updated before it is given."
        for name in product.required
    ]
    lines.append("")
    if not detail.shared:
        return lines
    added = [one for one in product.changes if one.effect == "create"]
    table = ["| resource | type | what an update does | why |", "|:--|:--|:--|:--|"]
    table += [
        f"| {code(one.logical_id)} | {code(one.type)} | {effect_of(one)} | {'; '.join(map(_plain_cell, one.because))} |"
        for one in product.changes
        if one not in added
    ]
    if len(table) > 2:  # noqa: PLR2004  the heading
        lines += [*_folded(f"{blocks.counted(len(table) - 2, 'resource')} of the template changed", table), ""]
    if added:
        lines += [
            *_folded(
                f"{blocks.counted(len(added), 'resource')} added", [", ".join(code(one.logical_id) for one in added)]
            ),
            "",
        ]
    if product.parameters:
        sentences = [f"- {_plain_cell(one)}" for one in product.parameters]
        lines += [*_folded(f"{blocks.counted(len(product.parameters), 'parameter')} changed", sentences), ""]
    return lines


def _plain_cell(text: str) -> str:
    return _plain(text).replace("|", "&#124;").replace("_", "&#95;")


def _limits(summary: Summary, detail: Detail) -> list[str]:
    notes = blocks.not_analysed(summary)
    shown = [f"- {code(note, 400)}" for note in notes[:MANY]]
    shown += [f"- and {len(notes) - MANY:,} more, in the full report"] if len(notes) > MANY else []
    lines = ["", *_folded(f"{len(notes)} not analysed", shown)] if notes else []
    lines += ["", f"<sub>{' '.join([*blocks.left_out(detail), *blocks.hidden(summary)])}</sub>"]
    return lines if lines[-1] != "<sub></sub>" else lines[:-2]
