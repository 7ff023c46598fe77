"""`python -m review model|product|render|gate`: what a change does to accounts and projects, for its reviewer."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from review import gate, html, markdown, plan, rules, storage
from review.errors import ReviewError
from review.model import AccountReview, ProductReview
from review.summary import Summary, headline, summarise, title
from review.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Parser(argparse.ArgumentParser):
    """argparse ends with 2 for a wrong command, which here means "denied"."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(gate.FAILED, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 fine, 1 failed, and of the gate 3 needs approval, 2 denied."""
    given = _parser().parse_args(arguments)
    try:
        status: int = given.run(given)
    except ReviewError as error:
        print(_for_terminals(str(error)), file=sys.stderr)
        return gate.FAILED
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="review", description=__doc__)
    commands = parser.add_subparsers(title="commands", required=True, parser_class=_Parser)

    model = commands.add_parser("model", help="read the JSON of a plan, redact it, write its review")
    model.add_argument("plan", type=Path, help="what `terraform show -json PLAN` printed")
    model.add_argument("--account", required=True, help="what to call the account")
    model.add_argument("--rules", type=Path, help="risk rules of your own, in addition to the shipped ones")
    model.add_argument("-o", "--output", type=Path, required=True)
    model.set_defaults(run=_model)

    product = commands.add_parser("product", help="compare two product templates")
    product.add_argument("old", type=Path)
    product.add_argument("new", type=Path)
    product.add_argument(
        "--projects", type=Path, help="JSON: `aws servicecatalog search-provisioned-products`, or a list"
    )
    product.add_argument("--rules", type=Path, help="risk rules of your own, in addition to the shipped ones")
    product.add_argument("-o", "--output", type=Path, required=True)
    product.set_defaults(run=_product)

    render = commands.add_parser("render", help="write the comment, or the full report")
    _add_reviews(render)
    render.add_argument("--format", choices=("md", "html", "json"), default="md")
    render.add_argument("--limit", type=int, default=markdown.LIMIT, help="bytes that a comment may have (%(default)s)")
    render.add_argument("-o", "--output", type=Path, help="instead of the terminal")
    render.set_defaults(run=_render)

    judged = commands.add_parser("gate", help="end with 0 fine, 3 needs approval, 2 denied, 1 failed")
    _add_reviews(judged)
    judged.add_argument("--policy", type=Path, default=gate.DEFAULT)
    judged.add_argument("--rules", type=Path, help="risk rules of your own, to know their names")
    judged.set_defaults(run=_gate)
    return parser


def _add_reviews(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("reviews", type=Path, nargs="*", help="what `review model` wrote, one for each account")
    parser.add_argument("--product", type=Path, help="what `review product` wrote")
    parser.add_argument("--accounts", nargs="+", default=[], help="accounts that must have a plan, in this order")


def _model(given: argparse.Namespace) -> int:
    try:
        review = plan.read_plan(storage.read_json(given.plan), account=given.account, rules=rules.load(given.rules))
    except ReviewError as error:
        if str(given.plan) in str(error):
            raise
        raise ReviewError("\n".join(f"{given.plan}: {line}" for line in str(error).splitlines())) from error
    storage.save(review, given.output)
    return gate.FINE


def _product(given: argparse.Namespace) -> int:
    from review import product  # noqa: PLC0415  cfn-lint takes a second

    found = product.review(old=given.old, new=given.new, rules=rules.load(given.rules), projects=given.projects)
    storage.save(found, given.output)
    return gate.FINE


def _summary(given: argparse.Namespace, expected: Sequence[str] = ()) -> Summary:
    reviews = [storage.load(AccountReview, file) for file in given.reviews]
    names = [review.account for review in reviews]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ReviewError(f"There is more than one review of {', '.join(twice)}. Give each account once.")
    if not reviews and not given.product and not given.accounts and not expected:
        raise ReviewError("There is nothing to show. Give the files that `review model` wrote.")
    product = storage.load(ProductReview, given.product) if given.product else None
    return summarise(reviews, product=product, expected=given.accounts or expected)


def _render(given: argparse.Namespace) -> int:
    summary = _summary(given)
    text = {
        "md": lambda: markdown.render(summary, limit=given.limit),
        "html": lambda: html.render(summary),
        "json": lambda: _as_json(summary),
    }[given.format]()
    if given.output:
        storage.write(given.output, text)
    else:
        sys.stdout.write(text)
    return gate.FINE


def _as_json(summary: Summary) -> str:
    told = {"title": title(summary), "verdict": headline(summary), "level": summary.level}
    parts = {
        "accounts": [asdict(row) for row in summary.rows],
        "must_read": [asdict(item) for item in summary.must_read],
        "reviews": [asdict(review) for review in summary.reviews],
        "product": asdict(summary.product) if summary.product else None,
    }
    return json.dumps(told | parts, indent=1, default=sorted) + "\n"


def _gate(given: argparse.Namespace) -> int:
    policy = gate.load(given.policy)
    if unknown := gate.unknown_names(policy, [rule.id for rule in rules.load(given.rules)]):
        raise ReviewError(f"{given.policy}: there is no level or rule called {', '.join(unknown)}.")
    verdict = gate.judge(_summary(given, policy.accounts), policy, today=dt.datetime.now(tz=dt.UTC).date())
    print(_for_terminals("\n".join([gate.words(verdict.status), *(f"  {reason}" for reason in verdict.reasons)])))
    return verdict.status


def _for_terminals(text: str) -> str:
    return "\n".join(map(visible, text.splitlines()))


if __name__ == "__main__":
    sys.exit(main())
