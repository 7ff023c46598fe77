"""A project deleted while its deployments live: what serves on, what is kept, and what the commands remove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from baseline.naming import ENVIRONMENTS
from sandbox.clients import session_of_role
from sandbox.journey.play import endpoint
from tests.journey.command import projects
from tests.journey.kept import MODEL
from tests.journey.projects import create
from tests.journey.state import NOTHING, State, scores_of, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from baseline.naming import Environment
    from sandbox.journey.team import Team
    from tests.journey.kept import Kept
    from tests.journey.projects import Workplace
    from tests.sandbox.deploy.land import Land

STACK = "CREATE_COMPLETE"
PROJECT_TAG = "sagemaker:project-id"
NAMES = {  # of what a project is made of: service, operation that lists it, member with the list, member with the name
    "bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "build project": ("codebuild", "list_projects", "projects", ""),
    "code repository": ("codecommit", "list_repositories", "repositories", "repositoryName"),
    "endpoint": ("sagemaker", "list_endpoints", "Endpoints", "EndpointName"),
    "image repository": ("ecr", "describe_repositories", "repositories", "repositoryName"),
    "log group": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "model": ("sagemaker", "list_models", "Models", "ModelName"),
    "model package group": (
        *("sagemaker", "list_model_package_groups", "ModelPackageGroupSummaryList", "ModelPackageGroupName"),
    ),
    "pipeline": ("codepipeline", "list_pipelines", "pipelines", "name"),
    "policy": ("iam", "list_policies", "Policies", "PolicyName"),
    "role": ("iam", "list_roles", "Roles", "RoleName"),
    "rule": ("events", "list_rules", "Rules", "Name"),
    "topic": ("sns", "list_topics", "Topics", "TopicArn"),
    "training pipeline": ("sagemaker", "list_pipelines", "PipelineSummaries", "PipelineName"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What there is of a project at one time."""

    state: State
    readable: frozenset[Environment]
    """Where the model's role still reads the model's archive in DEV's bucket."""
    things: frozenset[tuple[str, str]]
    """Kind and name of whatever has the project's id in its name, in any of its accounts."""
    keys: Mapping[str, str]
    """State of the keys that have the project's tag, by their ARNs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A project's end, step by step: deleted in Studio, its deployments removed, and purged."""

    place: Workplace
    deleted: Remains
    removal: str
    removed: Remains
    purged: Remains


@pytest.fixture(scope="module")
def ended(team: Team, kept: Kept, land: Land, tmp_path_factory: pytest.TempPathFactory) -> Ended:
    folder = tmp_path_factory.mktemp("deleted") / "project"
    place = create(team, kept, "Deleted", folder=folder, variables=land.project.variables)
    place.deploy()
    team.scientist.client("sagemaker").delete_project(ProjectName=place.project.name)
    deleted = remains(place)
    removal = projects(land, "delete", place.project.id, "--yes")
    removed = remains(place)
    projects(land, "delete", place.project.id, "--yes", "--purge")
    return Ended(place=place, deleted=deleted, removal=removal, removed=removed, purged=remains(place))


def test_endpoints_of_a_deleted_project_serve_on(ended: Ended) -> None:
    scores = scores_of(ended.place.kept.model)
    assert ended.deleted.state == State(
        stacks=dict.fromkeys(ENVIRONMENTS, STACK), answers=dict.fromkeys(ENVIRONMENTS, scores)
    )


def test_endpoints_of_a_deleted_project_may_still_fetch_their_model(ended: Ended) -> None:
    assert ended.deleted.readable == frozenset(ENVIRONMENTS)


def test_the_command_names_the_three_deployments_and_removes_them(ended: Ended) -> None:
    for environment in ENVIRONMENTS:
        assert f"Deleted {endpoint(ended.place.project, environment)}." in ended.removal
    assert ended.removed.state == NOTHING


def test_what_holds_work_is_kept_until_it_is_purged(ended: Ended) -> None:
    prefix = ended.place.project.prefix
    assert ended.removed.things >= {
        ("bucket", artifact_bucket(ended.place)),
        ("bucket", f"{prefix}-pipeline-{ended.place.team.account.account_id}"),
        ("code repository", f"{prefix}-build"),
        ("code repository", f"{prefix}-deploy"),
        ("image repository", prefix),
        ("model package group", prefix),
    }
    assert set(ended.removed.keys.values()) == {"Enabled"}


def test_nothing_that_the_project_was_made_of_is_left_after_a_purge(ended: Ended) -> None:
    assert (ended.purged.state, ended.purged.things) == (NOTHING, frozenset())


def test_the_keys_wait_for_their_deletion_after_a_purge(ended: Ended) -> None:
    assert ended.purged.keys == dict.fromkeys(ended.removed.keys, "PendingDeletion")


def remains(place: Workplace) -> Remains:
    return Remains(
        state=state_of(place),
        readable=frozenset(each for each in ENVIRONMENTS if may_fetch_the_model(place, each)),
        things=frozenset(thing for each in ENVIRONMENTS for thing in things_in(place, each)),
        keys={arn: state for each in ENVIRONMENTS for arn, state in keys_in(place, each)},
    )


def things_in(place: Workplace, environment: Environment) -> Iterator[tuple[str, str]]:
    for kind, (service, operation, members, name) in NAMES.items():
        client = place.client(service, environment)
        is_paged = client.can_paginate(operation)
        pages = client.get_paginator(operation).paginate() if is_paged else [getattr(client, operation)()]
        for found in (found for page in pages for found in page[members]):
            if place.project.prefix in (found[name] if name else found):
                yield kind, found[name] if name else found


def keys_in(place: Workplace, environment: Environment) -> Iterator[tuple[str, str]]:
    kms = place.client("kms", environment)
    for key in (key for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"]):
        tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]}
        if tags.get(PROJECT_TAG) == place.project.id:
            yield key["KeyArn"], kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]


def may_fetch_the_model(place: Workplace, environment: Environment) -> bool:
    """Whether the model's role of an environment is there, and reads the archive in DEV's bucket."""
    iam, name = place.client("iam", environment), f"{endpoint(place.project, environment)}-model"
    roles = {role["RoleName"]: role["Arn"] for role in iam.list_roles(PathPrefix="/mlops/project/")["Roles"]}
    if name not in roles:
        return False
    bucket = artifact_bucket(place)
    listed = place.client("s3").list_objects_v2(Bucket=bucket, Prefix="runs/").get("Contents", [])
    [key] = [item["Key"] for item in listed if item["Key"].endswith(f"/{MODEL}")]
    account, url = place.team.account_of(environment), place.team.sandbox.endpoint
    s3 = session_of_role(account, endpoint=url, role_arn=roles[name]).client("s3", endpoint_url=url)
    read: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return read == place.kept.model.files[MODEL]


def artifact_bucket(place: Workplace) -> str:
    return f"{place.project.prefix}-artifacts-{place.team.account.account_id}"
