"""The command as it is typed."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from review import gate
from review.__main__ import main

PLANS = Path(__file__).parent / "plans"


def made(folder: Path, name: str = "kinds", account: str = "dev") -> str:
    file = folder / f"{account}.json"
    assert main(["model", str(PLANS / f"{name}.json"), "--account", account, "-o", str(file)]) == gate.FINE
    return str(file)


def test_from_a_plan_to_a_comment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", made(tmp_path), "--format", "md"]) == gate.FINE
    assert capsys.readouterr().out.startswith("<!-- terraform review -->\n\n### 🔴 3 changes must be read")


def test_the_json_form_has_the_title_for_the_check(tmp_path: Path) -> None:
    output = tmp_path / "out.json"
    main(["render", made(tmp_path), "--format", "json", "-o", str(output)])
    assert json.loads(output.read_text())["title"].startswith("3 to read | dev: 2 add, 7 change")


def test_a_review_is_redacted_when_it_is_made(tmp_path: Path) -> None:
    assert "hunter2" not in Path(made(tmp_path)).read_text()


@pytest.mark.parametrize(("name", "expected"), [("kinds", 3), ("errored", 2)])
def test_the_gate_ends_with_its_verdict(tmp_path: Path, name: str, expected: int) -> None:
    assert main(["gate", made(tmp_path, name)]) == expected


def test_a_missing_account_fails_the_gate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gate", made(tmp_path), "--accounts", "dev", "prod"]) == gate.DENIED
    assert "prod: no plan" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["render", "nowhere.json"], "nowhere.json: cannot be read"),
        (["render"], "There is nothing to show"),
        (["model", str(PLANS / "make.py"), "--account", "dev", "-o", "x"], "is not JSON"),
        (["render", str(PLANS / "kinds.json")], "is no review of version 1"),
        (["product", "old.yaml", "new.yaml", "-o", "x"], "old.yaml: not found"),
        (["gate", "--policy", "nowhere.toml"], "nowhere.toml: cannot be read"),
    ],
)
def test_what_goes_wrong_is_said_and_ends_with_one(
    capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    assert main(arguments) == gate.FAILED
    assert problem in capsys.readouterr().err


def test_a_command_that_is_mistyped_is_not_a_denial() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["gates"])
    assert ended.value.code == gate.FAILED


def test_one_account_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = made(tmp_path)
    assert main(["render", file, file]) == gate.FAILED
    assert "more than one review of dev" in capsys.readouterr().err


@pytest.mark.parametrize("change", [{"account": 1}, {"changes": {}}, {"changes": [{}]}, {"surprise": 1}])
def test_a_review_that_was_tampered_with_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, object]
) -> None:
    file = Path(made(tmp_path))
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert main(["render", str(file)]) == gate.FAILED
    assert "Make it anew" in capsys.readouterr().err


def test_a_misspelt_rule_in_the_policy_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "review.toml"
    policy.write_text('[gate]\ndeny = ["bucket-lots"]\n')
    assert main(["gate", made(tmp_path), "--policy", str(policy)]) == gate.FAILED
    assert "no level or rule called bucket-lots" in capsys.readouterr().err


def test_the_review_imports_nothing_of_the_rest_of_the_project(root: Path) -> None:
    files = list((root / "review").glob("*.py"))
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    names = {node.module.partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    names |= {alias.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert names & {"baseline", "cdktf", "sandbox", "tests", "constructs", "moto", "boto3"} == set()
