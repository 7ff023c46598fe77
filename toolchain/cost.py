"""Say what a project costs: `python -m toolchain.cost [--write]`.

The resources are counted in the template, the prices and quotas are data in cost.toml. With --write the tables also go
into docs/cost.md.
"""

from __future__ import annotations

import math
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from toolchain import policy_statements
from toolchain.policy_statements import PolicyError, read_template
from toolchain.report import ReportError, Table, write

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(__file__).with_suffix(".toml")
TEMPLATE = Path("cfn_product/template.yaml")
POLICIES = Path("modules/project_policies")
PAGE = Path("docs/cost.md")

YEARS = (1, 2, 3)
ROTATIONS_THAT_COST = 2
PROJECTS = (1, 10, 100)


class CostError(Exception):
    """What cost.toml does not know of the template, one problem a line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action of a pipeline. `compute` is the size of the build that it runs, "" for any other."""

    name: str
    compute: str
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One project, as its template has it. Types are counted with the defaults and with every option."""

    least: Counter[str]
    most: Counter[str]
    rotating_keys: int
    actions: tuple[Action, ...]
    repository_roles: int  # roles that CodeCommit counts as users


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What is computed, in US dollars a month. `data` is cost.toml."""

    project: Project
    data: dict[str, Any]

    def usd(self, price: str) -> float:
        return float(self.data["price"][price]["usd"])

    def problems(self) -> list[str]:
        known = self.data["idle"].keys() | self.data["free"].keys()
        minutes = self.data["activity"]["minutes"].keys()
        names = {action.name for action in self.project.actions}
        return [
            *(
                f"{DATA.name}: {name} has no price: add it under [idle] or [free]"
                for name in sorted(self.project.most.keys() - known)
            ),
            *(
                f"{DATA.name}: {name} is priced and not in the template: remove it"
                for name in sorted(known - self.project.most.keys())
            ),
            *(
                f"{DATA.name}: action {name} has no minutes: add them under [activity.minutes]"
                for name in sorted(names - minutes)
            ),
        ]

    def idle(self, *, year: int) -> float:
        """A project that nobody works on, a month of that year of its life."""
        rotations = min(year - 1, ROTATIONS_THAT_COST)
        resources = sum(self._idle_of(name) for name in self.data["idle"])
        return resources + rotations * self.project.rotating_keys * self.usd("key_rotation")

    def _idle_of(self, resource_type: str) -> float:
        entry = self.data["idle"][resource_type]
        return self.project.least[resource_type] * float(entry["quantity"]) * self.usd(entry["price"])

    def minutes(self, *, custom_image: bool) -> float:
        """Of all actions, in a month."""
        return sum(minutes for _, minutes in self._timed(custom_image=custom_image))

    def builds(self, *, custom_image: bool) -> float:
        return sum(
            minutes * self.usd(action.compute)
            for action, minutes in self._timed(custom_image=custom_image)
            if action.compute
        )

    def users(self, *, projects: int) -> float:
        """Beyond those who are free in an account: all projects of it together."""
        activity = self.data["activity"]
        users = projects * (self.project.repository_roles + int(activity["people"]))
        return max(0, users - int(activity["free_repository_users"])) * self.usd("repository_user")

    def active(self, *, projects: int) -> float:
        """What the work on them adds, together, without what AWS gives for free but for the users."""
        one = self.builds(custom_image=False) + self.minutes(custom_image=False) * self.usd("pipeline_minute")
        return projects * one + self.users(projects=projects)

    def _timed(self, *, custom_image: bool) -> Iterator[tuple[Action, float]]:
        activity = self.data["activity"]
        for action in self.project.actions:
            if custom_image or not action.optional:
                yield action, activity["runs"] * float(activity["minutes"][action.name])


def load(*, root: Path = ROOT, data: Path = DATA) -> Costs:
    """Read template, policies and prices. Raises CostError when they do not fit together."""
    costs = Costs(project=_project(root), data=tomllib.loads(data.read_text()))
    problems = costs.problems()
    if problems:
        raise CostError(problems)
    return costs


# --- the project ------------------------------------------------------------------------------------------------------


def _project(root: Path) -> Project:
    resources = read_template(root / TEMPLATE)["Resources"]
    return Project(
        least=Counter(body["Type"] for body in resources.values() if "Condition" not in body),
        most=Counter(body["Type"] for body in resources.values()),
        rotating_keys=sum(bool(body["Properties"].get("EnableKeyRotation")) for body in resources.values()),
        actions=tuple(_actions(resources)),
        repository_roles=_repository_roles(root),
    )


def _actions(resources: dict[str, Any]) -> Iterator[Action]:
    pipelines = [body for body in resources.values() if body["Type"] == "AWS::CodePipeline::Pipeline"]
    for pipeline in pipelines:
        for stage in pipeline["Properties"]["Stages"]:
            for raw in stage["Actions"]:
                match raw:
                    case {"Fn::If": [_, action, _]}:
                        yield _action(resources, action, optional=True)
                    case _:
                        yield _action(resources, raw, optional=False)


def _action(resources: dict[str, Any], raw: dict[str, Any], *, optional: bool) -> Action:
    build = raw["Configuration"].get("ProjectName")
    compute = resources[build["Ref"]]["Properties"]["Environment"]["ComputeType"] if build else ""
    return Action(name=raw["Name"], compute=compute, optional=optional)


def _repository_roles(root: Path) -> int:
    """How many kinds of roles of a project may do anything with its repositories; the boundary is no role."""
    statements = policy_statements.of_module(root / POLICIES)
    touching = {s.address.split(".")[1] for s in statements if any(a.startswith("codecommit:") for a in s.actions)}
    return len(touching - {"boundary"})


# --- the tables -------------------------------------------------------------------------------------------------------


def tables(costs: Costs) -> tuple[Table, ...]:
    """What stands in docs/cost.md."""
    return _resources(costs), _years(costs), _activity(costs), _quotas(costs), _prices(costs)


def _resources(costs: Costs) -> Table:
    rows = [
        (
            f"`{name}`",
            str(costs.project.least[name]),
            _usd(costs.project.least[name] * entry["quantity"] * costs.usd(entry["price"])),
        )
        for name, entry in costs.data["idle"].items()
    ]
    others = sum(costs.project.least[name] for name in costs.data["free"])
    return Table(
        name="resources",
        title="An idle project, a month of its first year",
        header=("resource", "number", "a month"),
        rows=(
            *rows,
            ("everything else", str(others), _usd(0)),
            ("together", str(costs.project.least.total()), _usd(costs.idle(year=1))),
        ),
    )


def _years(costs: Costs) -> Table:
    return Table(
        name="years",
        title="Idle projects, a month",
        header=("", *("1 project" if number == 1 else f"{number} projects" for number in PROJECTS)),
        rows=tuple(
            (
                f"year {year}" + (" and later" if year == YEARS[-1] else ""),
                *(_usd(number * costs.idle(year=year)) for number in PROJECTS),
            )
            for year in YEARS
        ),
    )


def _activity(costs: Costs) -> Table:
    pipelines = costs.minutes(custom_image=False) * costs.usd("pipeline_minute")
    image = costs.builds(custom_image=True) - costs.builds(custom_image=False)
    image += (costs.minutes(custom_image=True) - costs.minutes(custom_image=False)) * costs.usd("pipeline_minute")
    builds = costs.builds(custom_image=False)
    return Table(
        name="activity",
        title="What work adds, a month",
        header=("", *("1 project" if number == 1 else f"{number} projects" for number in PROJECTS)),
        rows=(
            ("builds", *(_usd(number * builds) for number in PROJECTS)),
            ("minutes of pipelines", *(_usd(number * pipelines) for number in PROJECTS)),
            ("active users of the repositories", *(_usd(costs.users(projects=number)) for number in PROJECTS)),
            ("together", *(_usd(costs.active(projects=number)) for number in PROJECTS)),
            ("with `CustomImage`, more", *(_usd(number * image) for number in PROJECTS)),
        ),
    )


def _quotas(costs: Costs) -> Table:
    rows = []
    for quota in costs.data["quota"]:
        beside = quota.get("beside", 0)
        least = beside + sum(costs.project.least[name] for name in quota["types"])
        most = beside + sum(costs.project.most[name] for name in quota["types"])
        fit = f"{math.floor(quota['most'] / most):,}" if most else "any number"
        each = str(least) if least == most else f"{least} to {most}"
        rows.append((quota["name"], each, f"{quota['most']:,}" + ("" if quota["confirmed"] else " (unconfirmed)"), fit))
    return Table(
        name="quotas",
        title="How many projects fit into an account",
        header=("quota of an account in a Region", "a project", "default", "projects that fit"),
        rows=tuple(rows),
    )


def _prices(costs: Costs) -> Table:
    return Table(
        name="prices",
        title=f"Prices, read on {costs.data['read']}",
        header=("price", "for each", "source"),
        numeric=False,
        rows=tuple(
            (f"${entry['usd']:g}", entry["per"], entry["source"] + ("" if entry["confirmed"] else " (unconfirmed)"))
            for entry in costs.data["price"].values()
        ),
    )


def _usd(amount: float) -> str:
    return f"${amount:,.2f}"


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["--write"]):
        print("Either nothing or --write, which puts the tables into docs/cost.md", file=sys.stderr)
        return 2
    try:
        found = tables(load())
        if arguments:
            write(ROOT / PAGE, found)
    except (CostError, PolicyError, ReportError) as error:
        print(error, file=sys.stderr)
        return 1
    for table in found:
        Console().print(table.terminal())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
