"""Settings that cannot be deployed are told before anything is built: all at once, each with its place and cure."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deployment import settings
from deployment.problems import Problems
from tests.unit.conftest import APP

BAD = sorted((Path(__file__).parent / "bad_configuration").glob("*.toml"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of `config/`."""
    return Path(shutil.copytree(APP / "config", tmp_path / "config"))


@pytest.mark.parametrize("bad", BAD, ids=lambda path: path.stem)
def test_bad_settings_are_told_with_place_and_cure(bad: Path, folder: Path) -> None:
    """Each file's leading comments are the messages it has to cause, all of them and no others."""
    shutil.copyfile(bad, folder / "prod.toml")
    expected = [line[2:] for line in bad.read_text("utf-8").splitlines() if line.startswith("# config/")]
    with pytest.raises(Problems) as raised:
        settings.load(folder)
    assert str(raised.value).splitlines() == expected


def test_there_are_at_least_twelve_bad_examples() -> None:
    assert len(BAD) >= 12


def test_a_missing_environment_takes_nobody_elses_settings(folder: Path) -> None:
    (folder / "preprod.toml").unlink()
    with pytest.raises(Problems, match=r"config/preprod.toml: there is no such file, and no environment takes another"):
        settings.load(folder)


def test_a_misspelt_environment_is_told(folder: Path) -> None:
    (folder / "preprod.toml").rename(folder / "staging.toml")
    with pytest.raises(Problems) as raised:
        settings.load(folder)
    assert "config/staging.toml: there is no environment of this name" in str(raised.value)
    assert "config/preprod.toml: there is no such file" in str(raised.value)


def test_problems_of_all_environments_are_told_at_once(folder: Path) -> None:
    for environment in settings.ENVIRONMENTS:
        (folder / f"{environment}.toml").write_text("keep_data_days = 0\n", "utf-8")
    with pytest.raises(Problems) as raised:
        settings.load(folder)
    assert str(raised.value).splitlines() == [
        f"config/{environment}.toml: keep_data_days is 0 and has to be a whole number from 1 to 3650"
        for environment in settings.ENVIRONMENTS
    ]


def test_the_shipped_settings_are_good(folder: Path) -> None:
    assert set(settings.load(folder)) == {"dev", "preprod", "prod"}
