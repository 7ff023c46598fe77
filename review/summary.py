"""What a reviewer is told, before it is written in any format: the accounts side by side, and what must be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from review.model import LEVELS, MUST_READ, PolicyChange, worst

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from review.model import AccountReview, AttributeChange, Change, Finding, ProductChange, ProductReview

COUNTED = ("add", "change", "replace", "destroy", "import", "move", "forget", "drift")
_COLUMN = {"create": "add", "update": "change", "replace": "replace", "destroy": "destroy", "forget": "forget"}
PRODUCT = "product"
Occurrence: TypeAlias = "tuple[str, Change, bool]"  # account, change, whether it is drift


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One account in the table. `state` is empty, or says why its plan cannot be trusted to be all there is."""

    account: str
    counts: Mapping[str, int]
    level: str
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What must be read: one resource, in all the accounts where the same happens to it."""

    address: str
    accounts: tuple[str, ...]
    what: str
    level: str
    findings: tuple[Finding, ...]
    values: tuple[AttributeChange, ...] = ()
    because: tuple[str, ...] = ()
    policies: tuple[PolicyChange, ...] = ()
    as_in: str = ""
    """The account whose values are shown, where those of the others differ by more than names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A change of several accounts: account -> what happens there. `differing`: the accounts that stand out."""

    address: str
    cells: Mapping[str, str]
    differing: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Everything that is told, in the order in which it is told."""

    reviews: tuple[AccountReview, ...]
    product: ProductReview | None
    rows: tuple[Row, ...]
    must_read: tuple[Item, ...]
    shared: tuple[Shared, ...]

    @property
    def incomplete(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.state)

    @property
    def level(self) -> str:
        return worst([row.level for row in self.rows] + [item.level for item in self.must_read])

    @property
    def totals(self) -> Counter[str]:
        return sum((Counter(row.counts) for row in self.rows), Counter())

    @property
    def changes_nothing(self) -> bool:
        outputs = any(review.outputs or review.deferred for review in self.reviews)
        return not (self.totals or self.incomplete or outputs or (self.product and self.product.changes))


def summarise(
    reviews: Sequence[AccountReview], *, product: ProductReview | None = None, expected: Sequence[str] = ()
) -> Summary:
    """Put accounts side by side. `expected`: those that must have a plan, in the order in which to show them."""
    known = {review.account: review for review in reviews}
    order = [*expected, *(account for account in known if account not in expected)]
    present = tuple(known[account] for account in order if account in known)
    return Summary(
        reviews=present,
        product=product,
        rows=tuple(_row(known[account]) if account in known else _missing(account) for account in order),
        must_read=tuple(_must_read(present, product)),
        shared=tuple(_shared(present)),
    )


def _missing(account: str) -> Row:
    return Row(account=account, counts={}, level="critical", state="no plan")


def _row(review: AccountReview) -> Row:
    counts = Counter(_COLUMN[change.action] for change in review.changes if change.action in _COLUMN)
    counts["import"] = sum(change.import_id is not None for change in review.changes)
    counts["move"] = sum(change.previous_address is not None for change in review.changes)
    counts["drift"] = len(review.drift)
    state = "failed" if review.errored else "" if review.complete else "not complete"
    found = [one.level for change in (*review.changes, *review.drift, *review.deferred) for one in change.findings]
    level = "critical" if review.errored else worst([*found, *(["medium"] if review.not_analysed or state else [])])
    return Row(account=review.account, counts=dict(+counts), level=level, state=state)


def what_happens(change: Change) -> str:
    """A change in words: "replaced (create first)"."""
    words = {
        "create": "added", "update": "changed", "replace": "replaced", "destroy": "destroyed", "forget": "forgotten",
        "read": "read", "no-op": "", "unknown": "treated in an unknown way",
    }  # fmt: skip
    word = words[change.action] + (f" ({change.order})" if change.order else "")
    extra = ["imported" if change.import_id is not None else "", "moved" if change.previous_address else ""]
    return ", ".join(part for part in (*extra, word) if part)


def _must_read(reviews: Sequence[AccountReview], product: ProductReview | None) -> list[Item]:
    groups: dict[tuple[str, ...], list[list[Occurrence]]] = {}
    for review in reviews:
        for change, drifted in (*((one, False) for one in review.changes), *((one, True) for one in review.drift)):
            if grave := _grave(change.findings):
                place = change.address, change.deposed or "", str(drifted), *(one.rule for one in grave)
                groups.setdefault(place, [])
                alike = [group for group in groups[place] if group[0][1].is_like(change)] or [[]]
                if not alike[0]:
                    groups[place].append(alike[0])
                alike[0].append((review.account, change, drifted))
    items = [_item(group) for place in groups.values() for group in place]
    if product:
        items += [_product_item(change) for change in product.changes if _grave(change.findings)]
    return sorted(items, key=lambda item: (-LEVELS.index(item.level), item.accounts == (PRODUCT,), item.address))


def _grave(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(one for one in findings if one.level in MUST_READ)


def _item(group: Sequence[Occurrence]) -> Item:
    account, change, drifted = group[0]
    found = _grave(change.findings)
    literally = {(one.attributes, one.policies) for _, one, _ in group}
    return Item(
        address=change.address,
        accounts=tuple(name for name, *_ in group),
        what="changed outside Terraform" if drifted else what_happens(change),
        level=worst([one.level for one in found]),
        findings=found,
        values=_telling(change, found),
        because=(change.reason,) if change.reason else (),
        policies=tuple(one for one in change.policies if one.widenings or one.state != "compared"),
        as_in=account if len(literally) > 1 else "",
    )


def _telling(change: Change, found: Sequence[Finding]) -> tuple[AttributeChange, ...]:
    """The values that explain a finding: those that force a replacement, and those that a rule named."""
    named = {path for one in found for path in one.because}
    return tuple(one for one in change.attributes if one.forces or one.path in named)


def _product_item(change: ProductChange) -> Item:
    found = _grave(change.findings)
    named = {path for one in found for path in one.because}
    return Item(
        address=change.logical_id,
        accounts=(PRODUCT,),
        what=effect_of(change),
        level=worst([one.level for one in found]),
        findings=found,
        values=tuple(one for one in change.attributes if one.path in named),
        because=change.because,
        policies=tuple(one for one in change.policies if one.widenings or one.state != "compared"),
    )


def effect_of(change: ProductChange) -> str:
    """What an update does to a resource, in words."""
    words = {"create": "added", "update": "changed", "replace": "replaced", "remove": "removed", "refused": "refused"}
    word = f"perhaps {words[change.effect]}" if change.perhaps else words[change.effect]
    return f"{word}, the old one kept" if change.kept else word


def _shared(reviews: Sequence[AccountReview]) -> Iterator[Shared]:
    """What happens to the same address in more than one account."""
    by_address: dict[str, dict[str, Change]] = {}
    for review in reviews:
        for change in review.changes:
            if change.action != "read" and not change.deposed:
                by_address.setdefault(change.address, {})[review.account] = change
    for address, changes in sorted(by_address.items()):
        if len(changes) > 1:
            yield _shared_row(address, changes, [review.account for review in reviews])


def _shared_row(address: str, changes: Mapping[str, Change], accounts: Sequence[str]) -> Shared:
    cells = {account: what_happens(changes[account]) if account in changes else "" for account in accounts}
    # The first of the most frequent: where each account differs, they are held against the first.
    frequent = Counter((changes[name].digest if name in changes else "") for name in accounts).most_common(1)[0][0]
    usual = next((changes[name] for name in accounts if name in changes and changes[name].digest == frequent), None)
    differing = {name for name in accounts if not _is_like(changes.get(name), usual)}
    return Shared(address=address, cells=cells, differing=frozenset(differing))


def _is_like(change: Change | None, usual: Change | None) -> bool:
    return change is usual if change is None or usual is None else change.is_like(usual)


def headline(summary: Summary) -> str:
    """The verdict in one sentence."""
    if summary.incomplete:
        states = ", ".join(f"{row.account}: {row.state}" for row in summary.incomplete)
        return f"This review is not complete ({states})."
    count = len(summary.must_read)
    if count:
        return (
            "One change must be read before this is merged."
            if count == 1
            else f"{count} changes must be read before this is merged."
        )
    return "Nothing changes." if summary.changes_nothing else "Nothing here loses data or identity, or widens access."


def counts_text(counts: Mapping[str, int]) -> str:
    """`3 add, 1 replace`, or "no changes"."""
    return ", ".join(f"{counts[name]} {name}" for name in COUNTED if counts.get(name)) or "no changes"


def title(summary: Summary) -> str:
    """A line for the title of a check, under 140 characters: counts of each account, and how much must be read."""
    parts = [f"{row.account}: {row.state or counts_text(row.counts)}" for row in summary.rows]
    read = f"{len(summary.must_read)} to read" if summary.must_read else "nothing to read first"
    full = f"{read} | {'; '.join(parts)}"
    return full if len(full) <= 140 else f"{read} | {counts_text(summary.totals)} in {len(parts)} accounts"  # noqa: PLR2004
