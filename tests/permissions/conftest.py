"""One deployment, one read-back and one verdict on each row, for all tests here."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.permissions import simulator
from sandbox.permissions.snapshot import Snapshot, read_back
from tests.permissions import deployment, handlers, isolation, names, provider_calls, table
from tests.sandbox.deploy.land import opened_land

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sandbox.permissions.simulator import Request, Verdict
    from tests.permissions.names import Project
    from tests.permissions.table import Row

LAUNCH = Path(__file__).parent / "handlers" / "launch.toml"
CLOUDFORMATION = LAUNCH.with_name("cloudformation.toml")


@dataclass(frozen=True, slots=True)
class Timings:
    """What is printed at the end: how much was asked, and how long it took."""

    lines: list[str]

    @contextmanager
    def timed(self, what: str) -> Iterator[Callable[[str], None]]:
        """Measure a block, which says with the function given what came out."""
        started = time.perf_counter()

        def figure(text: str) -> None:
            self.lines.append(f"permissions: {what}: {text}, {time.perf_counter() - started:.1f} s")

        yield figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What the deployed accounts hold, and what the table has to know of it."""

    policies: Snapshot
    projects: Mapping[str, Project]
    product: str
    portfolio: str


@pytest.fixture(scope="session")
def timings(figures: list[str]) -> Timings:
    return Timings(lines=figures)


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory, timings: Timings) -> Deployed:
    with timings.timed("deployment") as figure, opened_land(tmp_path_factory.mktemp("permissions")) as land:
        deployment.deploy_with_two_projects(land)
        accounts = {f"{names.SET}-{name}": names.ACCOUNTS[name] for name in deployment.ENVIRONMENTS}
        policies = read_back(land.client, accounts)
        figure(f"{len(policies.documents)} policies of three accounts with two projects")
        return Deployed(
            policies=policies,
            projects=deployment.projects(land),
            product=deployment.product(land),
            portfolio=deployment.portfolio(land),
        )


@pytest.fixture(scope="session")
def deployed_policies(deployed: Deployed) -> Snapshot:
    """What stands in the accounts, and nothing else."""
    return deployed.policies


@pytest.fixture(scope="session")
def snapshot(deployed_policies: Snapshot) -> Snapshot:
    """The same with the people and things that only the table imagines."""
    return names.with_imagined_people(deployed_policies)


@pytest.fixture(scope="session")
def churn(deployed: Deployed) -> Project:
    return deployed.projects["churn"]


@pytest.fixture(scope="session")
def fraud(deployed: Deployed) -> Project:
    return deployed.projects["fraud"]


@pytest.fixture(scope="session")
def vocabulary(deployed: Deployed, churn: Project, fraud: Project) -> Mapping[str, Any]:
    return names.vocabulary(churn=churn, fraud=fraud, product=deployed.product, portfolio=deployed.portfolio)


@pytest.fixture(scope="session")
def written(vocabulary: Mapping[str, Any]) -> list[Row]:
    """The rows that people wrote."""
    return table.rows(vocabulary)


@pytest.fixture(scope="session")
def launch_rows(vocabulary: Mapping[str, Any]) -> list[Row]:
    """The rows that AWS's resource schemas ask for, of the two roles that make projects."""
    needs = handlers.load(LAUNCH)
    # AWS tells nobody on whose behalf it calls with a role that CloudFormation itself assumed.
    of_s3_templates = replace(needs, who="{s3_launch}", always={})
    return [*handlers.rows(needs, vocabulary), *handlers.rows(of_s3_templates, vocabulary)]


@pytest.fixture(scope="session")
def cloudformation_rows(vocabulary: Mapping[str, Any]) -> list[Row]:
    """The rows that AWS's resource schemas ask for, of the roles that deploy models."""
    needs = handlers.load(CLOUDFORMATION)
    return [row for environment in deployment.ENVIRONMENTS for row in handlers.rows(needs, vocabulary, environment)]


@pytest.fixture(scope="session")
def provider_rows(vocabulary: Mapping[str, Any]) -> list[Row]:
    """The rows that the provider's calls ask for, of the roles of GitHub Actions."""
    return provider_calls.rows(provider_calls.load(), vocabulary)


@pytest.fixture(scope="session")
def generated(written: list[Row], churn: Project, fraud: Project, vocabulary: Mapping[str, Any]) -> list[Row]:
    """The rows that follow from those that people wrote."""
    bounded = vocabulary["bounded"]["project"]
    apart = isolation.rows(written, churn=churn, fraud=fraud, bounded=bounded)
    return [*apart, *isolation.keys_elsewhere(written)]


@pytest.fixture(scope="session")
def rows(
    written: list[Row],
    launch_rows: list[Row],
    cloudformation_rows: list[Row],
    provider_rows: list[Row],
    generated: list[Row],
) -> list[Row]:
    return [*written, *launch_rows, *cloudformation_rows, *provider_rows, *generated]


@pytest.fixture(scope="session")
def verdicts(
    snapshot: Snapshot,
    rows: list[Row],
    written: list[Row],
    generated: list[Row],
    timings: Timings,
) -> Mapping[Request, Verdict]:
    """What IAM answers to each row."""
    with timings.timed("table") as figure:
        found = simulator.verdicts(snapshot, (row.request for row in rows))
        denials = sum(not row.allowed for row in written)
        figure(
            f"{len(written)} rows written, {denials} of them denials; "
            f"{len(rows) - len(written) - len(generated)} from resource schemas, {len(generated)} generated"
        )
    return found


@pytest.fixture(scope="session")
def unbounded_verdicts(
    snapshot: Snapshot, rows: list[Row], verdicts: Mapping[Request, Verdict]
) -> Mapping[Request, Verdict]:
    """What IAM would answer if no role had a boundary."""
    requests = list(dict.fromkeys(row.request for row in rows))
    batch, unbounded = simulator.Batch(verdicts), snapshot.without_boundaries()
    for request in requests:
        batch.ask(unbounded, request)
    return dict(zip(requests, batch.verdicts(), strict=True))
