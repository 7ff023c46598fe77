"""Which releases of the product template there are, in which order, and under which keys they are uploaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from baseline.accounts import load
from baseline.releases import ReleaseError, Version, offered, published

if TYPE_CHECKING:
    from pathlib import Path

    from baseline.accounts import Account
    from baseline.releases import Release


def released(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_text(f"# {name}\n")
    return folder


def test_releases_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folder = released(tmp_path, "1.10.0.yaml", "1.9.0.yaml", "0.2.0.yaml")
    assert [str(release.version) for release in published(folder)] == ["0.2.0", "1.9.0", "1.10.0"]


def test_the_key_of_a_release_changes_with_its_content(tmp_path: Path) -> None:
    [release] = published(released(tmp_path, "1.0.0.yaml"))
    before = release.key
    release.path.write_text("# something else\n")
    assert release.key != before
    assert release.key.startswith("product/1.0.0-")


@pytest.mark.parametrize("name", ["latest.yaml", "1.0.yaml", "1.0.0-beta.yaml", "1.0.0.yml", "01.0.0.yaml"])
def test_a_file_that_is_no_release_is_refused_by_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=f"{name}: is no release"):
        published(released(tmp_path, "1.0.0.yaml", name))


def test_no_release_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="holds no release"):
        published(tmp_path)


def test_the_shipped_releases_begin_with_1_0_0(root: Path) -> None:
    assert published(root / "cfn_product" / "releases")[0].version == Version(1, 0, 0)


def dev_account(tmp_path: Path, *, deprecated: str) -> Account:
    file = tmp_path / "accounts.toml"
    file.write_text(
        "\n".join(
            f'[demo.{environment}]\naccount_id = "{position}23456789012"\nregion = "eu-west-1"'
            for position, environment in enumerate(("dev", "preprod", "prod"))
        )
        + '\n[demo.dev.studio]\nroles = ["arn:aws:iam::023456789012:role/studio"]\n'
        + f"deprecated_releases = [{deprecated}]\n"
    )
    return load(file)[0].dev


@pytest.fixture
def three(tmp_path: Path) -> tuple[Release, ...]:
    (tmp_path / "releases").mkdir()
    return published(released(tmp_path / "releases", "1.0.0.yaml", "1.1.0.yaml", "1.2.0.yaml"))


def test_the_accounts_file_says_which_releases_launch_no_new_project(
    three: tuple[Release, ...], tmp_path: Path
) -> None:
    offers = offered(three, dev=dev_account(tmp_path, deprecated='"1.1.0"'))
    assert {str(release.version): deprecated for release, deprecated in offers.items()} == {
        "1.0.0": False,
        "1.1.0": True,
        "1.2.0": False,
    }


@pytest.mark.parametrize(
    ("deprecated", "message"),
    [
        ('"1.3.0"', '"1.3.0" was never published; the releases are 1.0.0, 1.1.0, 1.2.0'),
        ('"1.0.0"', "came with the product"),
    ],
)
def test_a_release_that_cannot_be_deprecated_is_named_with_its_place(
    deprecated: str, message: str, three: tuple[Release, ...], tmp_path: Path
) -> None:
    with pytest.raises(ReleaseError) as refused:
        offered(three, dev=dev_account(tmp_path, deprecated=deprecated))
    assert message in str(refused.value)
    assert "[demo.dev.studio] deprecated_releases" in str(refused.value)
