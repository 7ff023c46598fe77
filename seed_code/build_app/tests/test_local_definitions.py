"""What the runner of definitions refuses before anything runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from local_run import Definition, DefinitionError, FolderStore
from local_run.__main__ import main
from tests.small_pipelines import LIMIT, at_least, processing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (
            {"Name": "Tune", "Type": "Tuning", "Arguments": {}},
            (
                "Step Tune is of type Tuning, which is not run here; "
                "known are Condition, Fail, Model, Processing, RegisterModel, Training, Transform"
            ),
        ),
        (
            {"Name": "Model", "Type": "Model", "Arguments": {"Containers": []}},
            "Step Model: argument Containers is not known here",
        ),
        (
            {"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": {"Get": "Parameters.Typo"}}},
            "Step No: Parameters.Typo refers to nothing",
        ),
        (
            {"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": {"Std:Upper": "a"}}},
            "Step No: function Std:Upper is not known here",
        ),
        (
            {"Name": "No", "Type": "Fail", "Arguments": {"ErrorMessage": ""}, "DependsOn": ["Ghost"]},
            "Step No: it depends on Ghost, which is not there",
        ),
    ],
)
def test_what_is_not_known_is_refused_before_anything_runs(step: dict[str, Any], problem: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        Definition.parse(json.dumps({"Steps": [step]}))

    assert str(raised.value) == problem


def test_unknown_step_in_a_branch_is_refused() -> None:
    condition = at_least(1)
    condition["Arguments"]["ElseSteps"] = [{"Name": "Call", "Type": "Lambda", "Arguments": {}}]

    with pytest.raises(DefinitionError, match="Step Call is of type Lambda, which is not run here"):
        Definition.parse(json.dumps({"Steps": [processing("Sum", "sum"), condition]}))


def test_all_wrong_parameters_are_told_at_once() -> None:
    declared = [{"Name": "Limit", "Type": "Integer", "DefaultValue": 1}, {"Name": "Model", "Type": "String"}]
    definition = Definition.parse(json.dumps({"Steps": [], "Parameters": declared}))

    with pytest.raises(DefinitionError) as raised:
        definition.values_of({"Limit": "many", "Limits": 2})

    assert str(raised.value).splitlines() == [
        "There is no parameter Limits; there are Limit, Model",
        "Parameter Limit: 'many' is not of type Integer",
        "Parameter Model needs a value: it has no default",
    ]


@pytest.mark.parametrize(("limit", "status"), [("6", 0), ("7", 2), ("many", 1)])
def test_exit_status_of_the_command(
    limit: str, status: int, store: FolderStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert store
    definition = {
        "Parameters": [{"Name": "Limit", "Type": "Integer"}],
        "Steps": [processing("Sum", "sum"), at_least(LIMIT)],
    }
    (tmp_path / "definition.json").write_text(json.dumps(definition))

    told = main([str(tmp_path / "definition.json"), "--workdir", str(tmp_path), "--parameter", f"Limit={limit}"])

    assert told == status, capsys.readouterr()
