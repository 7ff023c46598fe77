"""Every statement of every policy made a little wrong: the table notices, or a file says why not."""

from __future__ import annotations

import fnmatch
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.permissions import mutations
from tests.permissions.table import listing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.permissions.simulator import Request, Verdict
    from sandbox.permissions.snapshot import Snapshot
    from tests.permissions.conftest import Timings
    from tests.permissions.mutations import Mutation
    from tests.permissions.names import Project
    from tests.permissions.table import Row

pytestmark = pytest.mark.slow

KNOWN = tomllib.loads(Path(__file__).with_name("survivors.toml").read_text())["survivor"]
# Of these the project writes no policy: Studio's role and the approver are the account's own, and the roles of models
# are made by each project's deployment.
NOT_OURS = ("AmazonSageMaker-ExecutionRole", "role/people/", "-model inline", "-model trust")


@pytest.fixture(scope="module")
def mutants(deployed_policies: Snapshot, fraud: Project) -> list[Mutation]:
    """All mutations of all policies. Those of the second project are the first one's over again."""
    second = (f"{fraud.name} ", f"{fraud.name}-", fraud.artifact_key, fraud.pipeline_key)
    return [
        mutation
        for name, document in deployed_policies.documents.items()
        if not any(part in name for part in (*NOT_OURS, *second))
        for mutation in mutations.mutations(name, document)
    ]


@pytest.fixture(scope="module")
def survivors(
    snapshot: Snapshot,
    mutants: list[Mutation],
    rows: list[Row],
    verdicts: Mapping[Request, Verdict],
    timings: Timings,
) -> list[Mutation]:
    with timings.timed("mutations") as figure:
        found = mutations.survivors(snapshot, mutants, rows, verdicts)
        figure(f"{len(mutants)} mutations, {len(found)} survivors")
    return found


def explains(entry: Mapping[str, str], mutation: Mutation) -> bool:
    return all(
        fnmatch.fnmatchcase(getattr(mutation, name), entry[name].replace("[", "[[]"))
        for name in ("policy", "statement", "change")
    )


def test_every_mutation_is_noticed_or_explained(survivors: list[Mutation]) -> None:
    assert listing(found for found in survivors if not any(explains(entry, found) for entry in KNOWN)) == ""


def test_every_explanation_is_of_a_survivor(survivors: list[Mutation]) -> None:
    assert listing(entry for entry in KNOWN if not any(explains(entry, found) for found in survivors)) == ""


def test_each_kind_of_mutation_is_made(mutants: list[Mutation]) -> None:
    kinds = ("without ", "on every resource", "on siblings of ", "for another account", "for another service")
    assert [kind for kind in kinds if not any(mutant.change.startswith(kind) for mutant in mutants)] == []


@pytest.mark.parametrize(
    ("resource", "wider"),
    [
        ("arn:aws:iam::1:role/mlops/x", "arn:aws:iam::1:role/*"),
        ("arn:aws:s3:::bucket/key/*", "arn:aws:s3:::*"),
        ("arn:aws:logs:r:1:log-group:/aws/x:*", "arn:aws:logs:r:1:log-group:*"),
        ("arn:aws:codepipeline:r:1:mlops-*-deploy/*/*", "arn:aws:codepipeline:r:1:*"),
    ],
)
def test_siblings_are_of_the_same_kind_in_the_same_account(resource: str, wider: str) -> None:
    assert mutations.sibling(resource) == wider
