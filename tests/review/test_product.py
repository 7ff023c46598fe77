"""What a new template does to the projects that exist."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from review import product, rules
from review.errors import ReviewError
from review.summary import effect_of, summarise

if TYPE_CHECKING:
    from review.model import ProductChange, ProductReview

FOLDER = Path(__file__).parent / "product"
OLD, NEW = FOLDER / "old.yaml", FOLDER / "new.yaml"


@pytest.fixture(scope="module")
def effects() -> ProductReview:
    return product.review(old=OLD, new=NEW, rules=rules.load())


def of(effects: ProductReview, logical_id: str) -> ProductChange:
    (found,) = [one for one in effects.changes if one.logical_id == logical_id]
    return found


@pytest.mark.parametrize(
    ("logical_id", "effect", "why"),
    [
        ("Added", "added", ""),
        ("ArtifactBucket", "replaced, the old one kept", "BucketName can only be set at creation"),
        ("Scratch", "removed", "it is no longer in the template"),
        ("Images", "removed, the old one kept", "it is no longer in the template"),
        ("ArtifactBucketPolicy", "perhaps replaced", "Bucket refers to ArtifactBucket, which is replaced"),
        ("Alias", "perhaps replaced", "AliasName uses KeyAlias, whose default changed"),
        ("Group", "perhaps replaced", "ModelPackageGroupName depends on Names, which changed"),
        ("Key", "changed", ""),
        ("Logs", "changed", "DeletionPolicy no longer keeps it"),
        ("Topic", "perhaps removed", "its condition IsEncrypted changed"),
        ("Rule", "perhaps replaced", "Name changed, which replaces it under some conditions"),
        ("UnnamedImages", "replaced", "EncryptionConfiguration.EncryptionType can only be set at creation"),
        ("Studio", "perhaps replaced", "VpcId changed, which replaces it under some conditions"),
        ("Custom", "perhaps changed", "nothing is known of the type, so it may be replaced"),
        ("Retyped", "refused", "CloudFormation never changes a type; it was AWS::SNS::Topic"),
    ],
)
def test_what_an_update_does_is_told_with_its_reason(
    effects: ProductReview, logical_id: str, effect: str, why: str
) -> None:
    change = of(effects, logical_id)
    assert effect_of(change) == effect
    assert why in "; ".join(change.because)


def test_a_named_resource_cannot_be_replaced(effects: ProductReview) -> None:
    change = of(effects, "NamedImages")
    assert change.effect == "refused"
    assert "RepositoryName stays the same" in change.because[-1]


def test_what_does_not_change_is_not_told(effects: ProductReview) -> None:
    assert "Untouched" not in {one.logical_id for one in effects.changes}


def test_a_replaced_artifact_bucket_must_be_read_even_though_the_old_one_is_kept(effects: ProductReview) -> None:
    must_read = {item.address: item.findings[0].rule for item in summarise([], product=effects).must_read}
    assert must_read["ArtifactBucket"] == "data-left-behind"


def test_a_bucket_that_is_no_longer_kept_must_be_read(effects: ProductReview) -> None:
    assert [one.rule for one in of(effects, "Kept").findings] == ["data-no-longer-kept"]


def test_a_policy_in_the_template_is_compared_as_a_policy(effects: ProductReview) -> None:
    (policy,) = of(effects, "ArtifactBucketPolicy").policies
    assert [one.items for one in policy.widenings] == [("s3:DeleteObject",)]


def test_a_new_parameter_without_default_is_told(effects: ProductReview) -> None:
    assert effects.required == ("Owner",)


def test_a_type_that_nobody_knows_is_listed(effects: ProductReview) -> None:
    assert effects.not_analysed == ("Custom: nothing is known of the type Custom::Anything",)


def test_the_same_template_does_nothing() -> None:
    assert product.review(old=OLD, new=OLD, rules=rules.load()).changes == ()


@pytest.mark.parametrize(
    ("listed", "projects", "affected"),
    [
        ([], 0, 0),
        ([{"Name": "churn"}, {"Name": "fraud"}], 2, 2),
        ({"ProvisionedProducts": [{"Name": "a", "ProvisioningArtifactName": "old"}, {"Name": "b"}]}, 2, 1),
        ([{"name": "a", "release": "new"}], 1, 0),
    ],
)
def test_how_many_projects_are_affected(tmp_path: Path, listed: object, projects: int, affected: int) -> None:
    file = tmp_path / "projects.json"
    file.write_text(json.dumps(listed))
    found = product.review(old=OLD, new=NEW, rules=(), projects=file)
    assert (found.projects, found.affected) == (projects, affected)


@pytest.mark.parametrize("text", ["{", "a: [", "just text", "Resources: {A: {}}"])
def test_what_is_no_template_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    with pytest.raises(ReviewError, match=r"broken\.yaml"):
        product.review(old=file, new=NEW, rules=())


def test_the_release_before_and_the_present_template_can_be_compared(root: Path) -> None:
    releases = sorted((root / "cfn_product" / "releases").glob("*.yaml"))
    found = product.review(old=releases[0], new=root / "cfn_product" / "template.yaml", rules=rules.load())
    assert found.not_analysed == ()
