"""The template against every release before it: an update under a living project loses nobody's work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tests.template.product_template import RELEASES, read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.template.product_template import Template

KEPT = ("RetainExceptOnCreate", "Retain")
every_release = pytest.mark.parametrize("release", RELEASES, ids=lambda file: file.stem)


def stateful(template: Template) -> dict[str, dict[str, Any]]:
    """What keeps people's work: logical id -> resource."""
    return {name: body for name, body in template["Resources"].items() if body.get("DeletionPolicy") in KEPT}


def create_only(resource_type: str) -> list[tuple[str, ...]]:
    """Properties whose change makes another resource, as paths, by CloudFormation's own schema of the type."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource_type).schema
    pointers = [*schema.get("createOnlyProperties", []), *schema.get("conditionalCreateOnlyProperties", [])]
    return [tuple(pointer.removeprefix("/properties/").split("/")) for pointer in pointers]


def value_at(resource: Template, path: tuple[str, ...]) -> object:
    value: Any = resource["Properties"]
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def replaced(before: Template, after: Template) -> list[str]:
    """Stateful resources of which an update would make another, with what differs; also those that it takes away."""
    found = []
    for name, old in stateful(before).items():
        new = after["Resources"].get(name, {"Type": None})
        if new["Type"] != old["Type"] or old.get("Condition") != new.get("Condition"):
            found.append(f"{name}: is gone")
            continue
        paths = create_only(old["Type"])
        found += [f"{name}: {'.'.join(path)}" for path in paths if value_at(old, path) != value_at(new, path)]
    return found


@every_release
def test_an_update_replaces_and_removes_nothing_that_keeps_work(release: Path, template: Template) -> None:
    assert replaced(read(release), template) == []


@every_release
def test_what_was_kept_when_a_project_is_deleted_still_is(release: Path, template: Template) -> None:
    assert set(stateful(read(release))) - set(stateful(template)) == set()


@every_release
def test_whatever_a_project_was_made_with_can_be_given_again(release: Path, template: Template) -> None:
    # An update sends the parameters that the project has, and CloudFormation refuses one that it does not know.
    assert set(read(release)["Parameters"]) - set(template["Parameters"]) == set()


@every_release
@pytest.mark.parametrize(
    ("resource_id", "name"), [("ArtifactBucket", "BucketName"), ("ModelPackageGroup", "ModelPackageGroupName")]
)
def test_another_name_would_be_noticed(release: Path, resource_id: str, name: str) -> None:
    after = read(release)
    after["Resources"][resource_id]["Properties"][name] = "another"
    assert replaced(read(release), after) == [f"{resource_id}: {name}"]


@every_release
def test_another_logical_id_would_be_noticed(release: Path) -> None:
    after = read(release)
    after["Resources"]["Renamed"] = after["Resources"].pop("ArtifactBucket")
    assert replaced(read(release), after) == ["ArtifactBucket: is gone"]
