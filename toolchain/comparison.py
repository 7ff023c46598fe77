"""Put this product beside AWS's own sample of the same architecture: `python -m toolchain.comparison [--write]`.

Every figure of ours is counted, over the template and over the policies that the baseline makes for it, so that what
was moved out of the template is not hidden. What is unwelcome and not zero must stand in comparison.toml, with its
reason.
With --write the tables also go into docs/security.md.
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from toolchain import policy_statements
from toolchain.checkov import Findings
from toolchain.policy_statements import PolicyError
from toolchain.report import ReportError, Table, write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from toolchain.policy_statements import Statement

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(__file__).with_suffix(".toml")
TEMPLATE = Path("cfn_product/template.yaml")
PAGE = Path("docs/security.md")
NOT_RUN = "not run"
NOT_TAKEN = "-"
PEOPLE = ("data_scientist", "approver")  # documents of project_portfolio that are no launch role's


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where policies stand, one column of the table."""

    name: str
    statements: tuple[Statement, ...]
    aws_managed: int  # policies of AWS's own that are named there
    findings: int | None  # of checkov; None: not run on it
    compared: bool = False  # what AWS's sample has in its template, where its figures were taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row: how much a statement adds to it. An unwelcome figure that is not zero needs a reason."""

    key: str
    name: str
    count: Callable[[Statement], int]
    unwelcome: bool = True
    everywhere: bool = False  # the sample's figure is its launch role's


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    figures: tuple[str, ...]
    statements: tuple[str, ...]
    reason: str


FIGURES = (
    Figure(key="statements", name="policy statements", count=lambda _: 1, unwelcome=False),
    Figure(key="conditional", name="of them with a condition", count=lambda s: s.conditional, unwelcome=False),
    Figure(
        key="wildcard_action", name="with a wildcard in an action", count=lambda s: any("*" in a for a in s.actions)
    ),
    Figure(key="every_resource", name="on resource `*`", count=lambda s: "*" in s.resources and not s.of_key),
    Figure(
        key="every_resource_unconditional",
        name="on resource `*`, without a condition",
        count=lambda s: "*" in s.resources and not s.of_key and not s.conditional,
    ),
    Figure(
        key="own_key",
        name="on `*` in a key's policy: the key itself",
        count=lambda s: "*" in s.resources and s.of_key,
        unwelcome=False,
    ),
    Figure(key="accounts", name="whole-account principals", count=lambda s: len(s.accounts)),
    Figure(
        key="accounts_unconditional",
        name="whole-account principals, without a condition",
        count=lambda s: 0 if s.conditional else len(s.accounts),
    ),
    Figure(key="everyone", name="open to everyone", count=lambda s: s.allows and s.everyone),
    Figure(
        key="pass_any_role",
        name="`iam:PassRole` on `*`, launch role included",
        everywhere=True,
        count=lambda s: s.allows and "*" in s.resources and bool({"iam:PassRole", "iam:*", "*"} & set(s.actions)),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both sides. `sample` is figure -> what was measured of AWS's sample."""

    places: tuple[Place, ...]
    sample: dict[str, str]
    sample_name: str
    accepted: tuple[Accepted, ...]
    template_bytes: int

    def problems(self) -> list[str]:
        """Figures that are unwelcome, not zero and without a reason, and reasons that nothing needs any more."""
        found = {
            (figure.key, statement.address)
            for figure in FIGURES
            for place in self.places
            for statement in place.statements
            if figure.unwelcome and figure.count(statement)
        }
        listed = {(figure, name) for entry in self.accepted for figure in entry.figures for name in entry.statements}
        return [
            *(
                f"{name}: counts as {figure}: mend it, or give its reason in {DATA.name}"
                for figure, name in sorted(found - listed)
            ),
            *(
                f"{DATA.name}: {name} no longer counts as {figure}: remove it there"
                for figure, name in sorted(listed - found)
            ),
            *(
                f"{place.name}: carries {place.aws_managed} policies of AWS's own"
                for place in self.places
                if place.aws_managed
            ),
        ]

    def table(self) -> Table:
        """A row for each figure: AWS's sample, ours for the same part, and ours by where it stands."""
        sizes = [f"{self.template_bytes:,}", *[""] * (len(self.places) - 1)]
        scanned = [NOT_RUN, *[""] * (len(self.places) - 1)]
        return Table(
            name="comparison",
            title="Beside AWS's own sample of this architecture",
            header=("", self.sample_name, "ours", *(place.name for place in self.places)),
            rows=(
                self._row("bytes", "bytes of the template", sizes[0], sizes),
                *(self._counted(figure) for figure in FIGURES),
                self._managed(),
                self._row("cfn_nag", "cfn-nag", NOT_RUN, scanned),
                self._checkov(),
            ),
        )

    def reasons(self) -> Table:
        """Every unwelcome statement that is accepted, with its reason."""
        return Table(
            name="accepted",
            title="Why ours is not zero",
            header=("statement", "why it stays"),
            numeric=False,
            rows=tuple(
                (", ".join(f"`{name.removeprefix('template.')}`" for name in entry.statements), entry.reason)
                for entry in self.accepted
            ),
        )

    def _counted(self, figure: Figure) -> tuple[str, ...]:
        by_place = [sum(figure.count(statement) for statement in place.statements) for place in self.places]
        ours = sum(
            count for place, count in zip(self.places, by_place, strict=True) if place.compared or figure.everywhere
        )
        return self._row(figure.key, figure.name, ours, by_place)

    def _managed(self) -> tuple[str, ...]:
        by_place = [place.aws_managed for place in self.places]
        name = "policies of AWS's own, launch role included"
        return self._row("aws_managed", name, sum(by_place), by_place)

    def _checkov(self) -> tuple[str, ...]:
        compared = [place.findings for place in self.places if place.compared]
        ours = None if None in compared else sum(filter(None, compared))
        cells = [
            NOT_RUN if count is None else str(count) for count in (ours, *(place.findings for place in self.places))
        ]
        return self._row("checkov", "checkov, failures", cells[0], cells[1:])

    def _row(self, key: str, name: str, ours: int | str, by_place: Sequence[int | str]) -> tuple[str, ...]:
        return (name, self.sample.get(key, NOT_TAKEN), str(ours), *map(str, by_place))


def load(*, root: Path = ROOT, data: Path = DATA) -> Comparison:
    """Count ours and read what it is held against. Raises PolicyError when a policy cannot be read."""
    raw = tomllib.loads(data.read_text())
    findings = Findings.load(root=root)
    portfolio = _module(root, "project_portfolio", "launch", findings)
    people = tuple(s for s in portfolio.statements if s.address.split(".")[1] in PEOPLE)
    launch = tuple(s for s in portfolio.statements if s not in people)
    return Comparison(
        places=(
            _template(root, findings),
            replace(_module(root, "project_policies", "roles", findings), compared=True),
            replace(portfolio, statements=launch),
            _module(root, "deployment_roles", "targets", findings),
            # checkov scanned them with the launch role's.
            Place(name="people", statements=people, aws_managed=0, findings=0),
        ),
        sample=raw["sample"]["figures"],
        sample_name=raw["sample"]["name"],
        accepted=tuple(_accepted(entry) for entry in raw["accepted"]),
        template_bytes=(root / TEMPLATE).stat().st_size,
    )


def _template(root: Path, findings: Findings) -> Place:
    file = root / TEMPLATE
    return Place(
        name="template",
        statements=tuple(policy_statements.of_template(file)),
        aws_managed=len(policy_statements.aws_managed_policies(file)),
        findings=findings.of(str(TEMPLATE)),
        compared=True,
    )


def _module(root: Path, module: str, name: str, findings: Findings) -> Place:
    folder = root / "modules" / module
    return Place(
        name=name,
        statements=tuple(policy_statements.of_module(folder)),
        aws_managed=sum(len(policy_statements.aws_managed_policies(file)) for file in folder.glob("*.tf")),
        findings=findings.of(f"modules/{module}"),
    )


def _accepted(entry: dict[str, Any]) -> Accepted:
    return Accepted(figures=tuple(entry["figures"]), statements=tuple(entry["statements"]), reason=entry["reason"])


def tables(comparison: Comparison) -> tuple[Table, ...]:
    """What stands in docs/security.md."""
    return comparison.table(), comparison.reasons(), Findings.load().reasons()


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--write"]):
        print("Either nothing or --write, which puts the tables into docs/security.md", file=sys.stderr)
        return 2
    try:
        comparison = load()
        if arguments:
            write(ROOT / PAGE, tables(comparison))
    except (PolicyError, ReportError) as error:
        print(error, file=sys.stderr)
        return 1
    Console().print(comparison.table().terminal())
    problems = comparison.problems()
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
