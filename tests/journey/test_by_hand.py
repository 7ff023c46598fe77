"""The sandbox by hand, as its page says: the AWS CLI, git and nothing of ours but the commands that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from baseline.accounts import load
from sandbox.journey.evaluated import evaluated
from sandbox.journey.team import person
from sandbox.server import Sandbox
from tests.pages.clone import cloned
from tests.pages.reader import Reader
from tests.pages.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.journey.evaluated import Evaluated

NOT_FOLLOWED = {"pipenv run sandbox demo": "the list of all commands, among them those that end the sandbox"}


def test_the_model_answers_in_prod_whoever_follows_the_page(root: Path, tmp_path: Path) -> None:
    clone = cloned(tmp_path)
    with (
        clone.sandbox_up(),
        Terminal(folder=clone.folder, environment=clone.environment, scripts=tmp_path) as terminal,
    ):
        page = Reader(page=root / "sandbox" / "README.md", terminal=terminal, not_followed=NOT_FOLLOWED)
        page.follow("By hand")
        page.finish()
        model = evaluated_model(clone.folder / ".sandbox" / "state.json", terminal.variable("package"))
    answers = tuple(float(line) for line in (clone.folder / "answer.csv").read_text().split())
    assert answers == pytest.approx(model.scores)


def evaluated_model(state: Path, model_package_arn: str) -> Evaluated:
    """Read a model as the data scientist may, and score its sample payload with the model itself."""
    sandbox = Sandbox.from_json(state.read_text())
    account_set = load()[0]
    studio = account_set.dev.studio
    assert studio is not None
    scientist = person(sandbox, sandbox.find("dev"), role_arn=studio.role_arns[0])
    return evaluated(scientist, model_package_arn)
