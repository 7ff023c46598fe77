"""The runbook, followed from its first command to its last in one sandbox, and what it leads to.

What has to have happened before somebody needs a chapter is brought about between the chapters:

- *The first deployment*, *When an account is reached another way*: `$EDITOR` is a program that makes one edit.
- *When a state is lost*, *When no version of it is left*: the state is deleted, then its bucket.
- *When Terraform says the state is locked*: the lock of a deployment that was killed.
- *Looking after projects*: a project.
- *A first deployment failed*: such a stack of it in DEV.
- *A new release*: a project of the oldest release, with the same name. The former one, which is the newest, is deleted.
- *New seed code*: a file more in the seed.
- *Deleting a project*: small stacks in DEV and PROD, made with the roles of deployments.
- *Taking it away*: another project, for that one has gone.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from baseline.accounts import load
from sandbox import environment as redirection
from sandbox import server
from tests.pages.clone import cloned
from tests.pages.reader import Reader
from tests.pages.terminal import Answer, Terminal
from tests.sandbox.deploy.land import Land, succeeded
from tests.sandbox.deploy.land import Project as Deployment
from tests.sandbox.projects.estate import ENGINEER, NEWEST, OLDEST, Estate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.sandbox.projects.estate import Project

pytestmark = pytest.mark.slow

ENVIRONMENTS = {"dev": "111111111111", "preprod": "222222222222", "prod": "333333333333"}
REGION = "eu-west-1"
BUCKET, KEY = f"mlops-state-{REGION}-{ENVIRONMENTS['prod']}", "demo-prod/terraform.tfstate"
LOCK_ID = "6c1a2b3d-0000-4000-8000-000000000001"
# Edits of accounts.toml, in sed's words.
PROFILES = r's/"edit accounts\.toml: demo\.(.*)"/"demo-\1"/'
ASSUMED = rf'/^\[demo\.prod\]/,$ s|^profile.*|assume_role = "arn:aws:iam::{ENVIRONMENTS["prod"]}:role/administrator"|'
YES = Answer(asked="Only yes is taken for one:", typed="yes\n")
UPGRADED = Answer(asked="Type yes to go on:", typed="yes\n")
UNLOCKED = Answer(asked="Enter a value:", typed="yes\n")
DELETED = Answer(asked="Type Churn to go on:", typed="Churn\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """The names of what there is in the accounts: buckets, and roles of ours."""

    buckets: tuple[str, ...]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What was seen on the way: what the commands printed, by chapter, and what there was after some of them."""

    printed: Mapping[str, str]
    project: Project
    locks: tuple[str, ...]
    unblocked_stack: str | None
    branches: tuple[str, ...]
    after_purge: Remains
    after_destroy: Remains
    at_the_end: Remains


@dataclass(frozen=True, slots=True, kw_only=True)
class Engineer:
    """Who follows the page, in a sandbox that is made to be as a chapter expects it."""

    estate: Estate
    page: Reader
    edits: Path

    def deploy(self) -> None:
        self.edits.write_text(PROFILES)
        self.page.follow("The first deployment", answers=[YES, *map(_approved, ("preprod", "prod", "dev"))])
        self.page.follow("Deploying from GitHub", values={"owner/name": "octocat/models"}, answers=[YES])

    def reach_prod_another_way(self) -> None:
        self.edits.write_text(ASSUMED)
        self.page.follow("When an account is reached another way")

    def lose_the_state(self) -> None:
        """Lose the state, then all its versions and the bucket with them."""
        s3 = self.estate.client("s3", "prod")
        [version] = [one["VersionId"] for one in self._versions() if one["Key"] == KEY and one["IsLatest"]]
        s3.delete_object(Bucket=BUCKET, Key=KEY)
        values = _values("prod")
        self.page.follow("When a state is lost", values={**values, "<version id>": version})
        for one in self._versions():
            s3.delete_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])
        s3.delete_bucket(Bucket=BUCKET)
        del values["<Region>"]
        self.page.follow("When no version of it is left", values=values, answers=[YES, _approved("prod")])

    def find_it_locked(self) -> tuple[str, ...]:
        """Return what locks are left when the page was followed."""
        s3 = self.estate.client("s3", "prod")
        lock = {"ID": LOCK_ID, "Operation": "OperationTypeApply", "Who": "somebody@elsewhere", "Version": "1.11.4"}
        lock |= {"Info": "", "Created": "2026-01-01T00:00:00Z", "Path": f"{BUCKET}/{KEY}"}
        s3.put_object(Bucket=BUCKET, Key=f"{KEY}.tflock", Body=json.dumps(lock).encode())
        self.page.follow("When Terraform says the state is locked", values={"<lock ID>": LOCK_ID}, answers=[UNLOCKED])
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        return tuple(key for key in keys if key.endswith(".tflock"))

    def unblock(self, project: Project) -> str | None:
        """Return the status of the stack when the page was followed."""
        project.fail_to_deploy("dev")
        title = "A first deployment failed, and every later one is refused"
        self.page.follow(title, values={"<id>": project.id}, answers=[UPGRADED])
        return project.status("dev")

    def renew(self, project: Project) -> tuple[str, ...]:
        """Return the branches of the project's code when the page was followed."""
        title = "A new release for a project that exists"
        self.page.follow(title, values=self.principal, answers=[UPGRADED])
        self._renew_the_seed()
        title = "New seed code for a project that exists"
        self.page.follow(title, values={"<id>": project.id, "<Region>": REGION})
        branches = self.estate.client("codecommit").list_branches(repositoryName=f"{project.prefix}-build")
        return tuple(branches["branches"])

    def delete(self, project: Project) -> Remains:
        """Return what there is of anything when the page was followed."""
        for environment in ("dev", "prod"):
            project.deploy(environment)
        self.page.follow("Deleting a project", values={"<id>": project.id}, answers=[DELETED, DELETED])
        return self.remains()

    def take_it_away(self) -> tuple[Remains, Remains]:
        """Return what is left, and what of it in the end."""
        self.estate.create("Churn")
        answers = [DELETED, *map(_approved, ("dev", "prod", "preprod"))]
        self.page.follow("Taking it away", values=self.principal, answers=answers)
        left = self.remains()
        for environment in ENVIRONMENTS:
            follow = self.page.follow if environment == "dev" else self.page.again
            follow("For good", values={**_values(environment), "<environment>": environment})
        return left, self.remains()

    @property
    def principal(self) -> Mapping[str, str]:
        return {"<portfolio id>": self.estate.portfolio_id, "<your role>": ENGINEER}

    def remains(self) -> Remains:
        buckets, roles = [], []
        for environment in ENVIRONMENTS:
            listed = self.estate.client("s3", environment).list_buckets()["Buckets"]
            buckets += [one["Name"] for one in listed]
            found = self.estate.client("iam", environment).list_roles()["Roles"]
            roles += [one["RoleName"] for one in found if one["RoleName"].startswith("mlops-")]
        return Remains(buckets=tuple(sorted(buckets)), roles=tuple(sorted(roles)))

    def _renew_the_seed(self) -> None:
        deployment = self.estate.land.project
        (deployment.folder / "seed_code" / "build_app" / "NEW.md").write_text("What is new.\n")
        for command in (("add", "seed_code"), ("commit", "--message=Renew the seed")):
            succeeded(deployment.run("git", *command))

    def _versions(self) -> list[dict[str, str]]:
        told = self.estate.client("s3", "prod").list_object_versions(Bucket=BUCKET)
        return [*told.get("Versions", []), *told.get("DeleteMarkers", [])]


@pytest.fixture(scope="module")
def followed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    """The page, from its first command to its last."""
    folder = tmp_path_factory.mktemp("runbook")
    clone, edits = cloned(folder), folder / "edits"
    with server.start(account_sets=load(), log=folder / "server.log") as process:
        variables = redirection.environment(process.sandbox, folder=clone.folder / ".sandbox", base=clone.environment)
        variables["EDITOR"] = f"sed --in-place --regexp-extended --file={edits}"
        accounts = tuple(process.sandbox.accounts)
        project = Deployment(folder=clone.folder, variables=variables, stacks=accounts)
        estate = Estate(land=Land(sandbox=process.sandbox, process=process, project=project))
        with Terminal(folder=clone.folder, environment=variables, scripts=folder) as terminal:
            page = Reader(page=root / "docs" / "runbook.md", terminal=terminal)
            yield _follow(Engineer(estate=estate, page=page, edits=edits))


def _follow(engineer: Engineer) -> Followed:
    page = engineer.page
    engineer.deploy()
    engineer.reach_prod_another_way()
    engineer.lose_the_state()
    locks = engineer.find_it_locked()
    first = engineer.estate.create("Churn")
    page.follow("Looking after projects", values={"<profile>": "demo-dev"})
    unblocked_stack = engineer.unblock(first)
    engineer.estate.run("delete", first.id, "--purge", "--yes")
    project = engineer.estate.create("Churn", release=OLDEST)
    branches = engineer.renew(project)
    after_purge = engineer.delete(project)
    after_destroy, at_the_end = engineer.take_it_away()
    page.finish()
    return Followed(
        printed=page.printed,
        project=project,
        locks=locks,
        unblocked_stack=unblocked_stack,
        branches=branches,
        after_purge=after_purge,
        after_destroy=after_destroy,
        at_the_end=at_the_end,
    )


def test_all_is_well_after_the_first_deployment(followed: Followed) -> None:
    assert re.search(r"(\d+) checks in 3 accounts: \1 ok", followed.printed["The first deployment"])


def test_dev_is_deployed_last(followed: Followed) -> None:
    reviewed = re.findall(r"above for demo-(\w+)", followed.printed["The first deployment"])
    assert list(dict.fromkeys(reviewed)) == ["preprod", "prod", "dev"]


def test_the_roles_of_github_actions_are_told(followed: Followed) -> None:
    assert "/mlops-demo-prod-ci-deploy" in followed.printed["Deploying from GitHub"]


def test_nothing_changes_for_an_account_that_is_reached_another_way(followed: Followed) -> None:
    assert "No changes." in followed.printed["When an account is reached another way"]


def test_a_former_version_of_a_lost_state_is_complete(followed: Followed) -> None:
    assert "No changes." in followed.printed["When a state is lost"]


def test_preflight_tells_the_imports_that_the_page_gives(followed: Followed, root: Path) -> None:
    told = re.findall(r"terraform import '(\S+)' '(\S+)'", followed.printed["When no version of it is left"])
    page = (root / "docs" / "runbook.md").read_text().replace("<account id>", ENVIRONMENTS["prod"])
    assert told == re.findall(r"terraform import (module\S+) (?:\\\n  )?(\S+)", page)


def test_all_is_well_with_a_state_that_was_made_anew(followed: Followed) -> None:
    assert re.search(r"(\d+) checks in 1 account: \1 ok", followed.printed["When no version of it is left"])


def test_a_lock_is_gone(followed: Followed) -> None:
    assert followed.locks == ()


def test_the_list_names_a_project_with_its_release(followed: Followed) -> None:
    assert re.search(rf"Churn .* {re.escape(NEWEST)} ", followed.printed["Looking after projects"])


def test_a_stack_that_failed_at_once_is_gone(followed: Followed) -> None:
    assert followed.unblocked_stack is None


def test_a_project_gets_the_newest_release(followed: Followed) -> None:
    assert f"release {OLDEST} -> {NEWEST}" in followed.printed["A new release for a project that exists"]


def test_new_seed_code_is_a_branch(followed: Followed) -> None:
    assert set(followed.branches) == {"main", "new-seed"}


def test_deployments_go_before_their_project_and_prod_first(followed: Followed) -> None:
    stacks = [f"Deleted {followed.project.prefix}-{environment}." for environment in ("prod", "dev")]
    printed = followed.printed["Deleting a project"]
    assert sorted(stacks, key=printed.index) == stacks


def test_nothing_of_a_purged_project_is_left(followed: Followed) -> None:
    names = [*followed.after_purge.buckets, *followed.after_purge.roles]
    assert [name for name in names if followed.project.id in name] == []


def test_states_and_the_roles_of_github_actions_are_kept(followed: Followed) -> None:
    states = tuple(f"mlops-state-{REGION}-{account_id}" for account_id in sorted(ENVIRONMENTS.values()))
    assert followed.after_destroy.buckets == states
    assert [role for role in followed.after_destroy.roles if "-ci-" not in role] == []


def test_nothing_is_left_for_good(followed: Followed) -> None:
    assert followed.at_the_end == Remains(buckets=(), roles=())


def _values(environment: str) -> dict[str, str]:
    return {"<profile>": f"demo-{environment}", "<Region>": REGION, "<account id>": ENVIRONMENTS[environment]}


def _approved(environment: str) -> Answer:
    return Answer(asked=f"above for demo-{environment}", typed="\r")
