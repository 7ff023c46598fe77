"""The full report: one page without anything from elsewhere, for a browser and for what does not fit into a comment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from review import blocks
from review.summary import COUNTED, PRODUCT, effect_of, headline, what_happens
from review.text import in_html, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from review.model import AccountReview, Change, ProductReview
    from review.summary import Item, Summary

_STYLE = Path(__file__).with_name("style.css")


def render(summary: Summary) -> str:
    """The page, with everything in it."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{in_html(headline(summary))}</title>",
        f"<style>{_STYLE.read_text(encoding='utf-8')}</style></head><body><main>",
        f'<p class="kicker">Terraform review</p><h1 class="{summary.level}">{in_html(headline(summary))}</h1>',
        *_table(summary),
        *_must_read(summary.must_read),
        *_shared(summary),
        *(line for review in summary.reviews for line in _account(review)),
        *(_product(summary.product) if summary.product else ()),
        *_limits(summary),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _code(text: str) -> str:
    return f"<code>{in_html(text)}</code>"


def _heading(*columns: str) -> str:
    return f"<table><thead><tr>{''.join(f'<th>{name}</th>' for name in columns)}</tr></thead><tbody>"


def _table(summary: Summary) -> Iterator[str]:
    columns = [name for name in COUNTED if summary.totals[name]]
    yield '<table class="accounts"><thead><tr><th>account</th>'
    yield "".join(f'<th class="count">{name}</th>' for name in columns) + "<th>risk</th></tr></thead><tbody>"
    for row in summary.rows:
        cells = "".join(f'<td class="count">{row.counts.get(name) or "·"}</td>' for name in columns)
        risk = f'<td><span class="level {row.level}">{in_html(row.state or row.level)}</span></td>'
        yield f"<tr><th>{in_html(row.account)}</th>{cells}{risk}</tr>"
    yield "</tbody></table>"


def _must_read(items: Sequence[Item]) -> Iterator[str]:
    if items:
        yield "<h2>Read this first</h2>"
    for item in items:
        place = "every existing project" if item.accounts == (PRODUCT,) else ", ".join(item.accounts)
        yield f'<article class="{item.level}"><h3>{_code(item.address)}</h3>'
        level = f'<span class="level {item.level}">{item.level}</span>'
        yield f'<p class="what">{level} {item.what} in <b>{in_html(place)}</b></p>'
        yield f"<p>{' '.join(in_html(one.reason) for one in item.findings)}</p><ul>"
        yield from (f"<li>{line}</li>" for line in map(_from_markdown, blocks.facts(item)))
        cure = " ".join(dict.fromkeys(one.cure for one in item.findings))
        yield f'</ul><p class="cure">{in_html(cure, 2000)}</p></article>'


def _from_markdown(line: str) -> str:
    """A line of `blocks.facts`, whose only markup are spans that `text.code` wrote."""
    pieces = line.split("`")
    return "".join(f"<code>{in_html(one, 2000)}</code>" if index % 2 else one for index, one in enumerate(pieces))


def _shared(summary: Summary) -> Iterator[str]:
    if not summary.shared:
        return
    accounts = [review.account for review in summary.reviews]
    yield "<h2>In more than one account</h2><table><thead><tr><th>resource</th>"
    yield "".join(f"<th>{in_html(name)}</th>" for name in accounts) + "</tr></thead><tbody>"
    for row in summary.shared:
        cells = "".join(
            f'<td class="differs">{row.cells[name] or "not changed"}</td>'
            if name in row.differing
            else f"<td>{row.cells[name]}</td>"
            for name in accounts
        )
        yield f"<tr><td>{_code(row.address)}</td>{cells}</tr>"
    yield "</tbody></table>"


def _account(review: AccountReview) -> Iterator[str]:
    changes = [change for change in review.changes if change.action != "read"]
    if not (changes or review.drift or review.deferred or review.outputs or review.checks):
        return
    yield f"<details open><summary><h2>{in_html(review.account)}</h2></summary>"
    for heading, some in (("", changes), ("Changed outside Terraform", review.drift), ("Deferred", review.deferred)):
        yield from _changes(heading, some)
    yield from _diff(blocks.output_lines(review))
    if review.checks:
        yield "<ul>" + "".join(f"<li>{_from_markdown(line[2:])}</li>" for line in blocks.checks(review)) + "</ul>"
    yield "</details>"


def _changes(heading: str, changes: Sequence[Change]) -> Iterator[str]:
    if changes and heading:
        yield f"<h3>{heading}</h3>"
    for change in changes:
        level = change.findings[0].level if change.findings else ""
        dot = f'<span class="level {level}">{level}</span>' if level else ""
        yield f'<h4>{_code(change.address)} <span class="quiet">{what_happens(change)}</span> {dot}</h4>'
        yield from _diff(blocks.change_lines(change, most=None))


def _diff(lines: Sequence[str]) -> Iterator[str]:
    if lines:
        kinds = {"+": "plus", "-": "minus"}
        yield (
            "<pre>"
            + "".join(
                f'<span class="{kinds.get(line[:1], "same")}">{in_html(line, 5000)}</span>'
                for line in map(visible, lines)
            )
            + "</pre>"
        )


def _product(product: ProductReview) -> Iterator[str]:
    yield f"<h2>The product: {_code(product.old)} → {_code(product.new)}</h2>"
    yield f"<p>{blocks.projects(product).replace('**', '')}</p>"
    yield (
        "<ul>" + "".join(f"<li>{in_html(one)}</li>" for one in product.parameters) + "</ul>"
        if product.parameters
        else ""
    )
    if product.changes:
        yield _heading("resource", "type", "what an update does", "why")
        for one in product.changes:
            why = "; ".join(map(in_html, one.because))
            cells = _code(one.logical_id), _code(one.type), effect_of(one), why
            yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        yield "</tbody></table>"


def _limits(summary: Summary) -> Iterator[str]:
    if notes := blocks.not_analysed(summary):
        yield "<h2>Not analysed</h2><ul>" + "".join(f"<li>{_code(note)}</li>" for note in notes) + "</ul>"
    yield from (f'<p class="quiet">{line}</p>' for line in blocks.hidden(summary))
