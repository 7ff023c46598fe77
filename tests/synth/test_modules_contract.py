"""HCL modules: complete for whoever uses them without CDKTF, and in step with their Python classes."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hcl2
import pytest

from baseline import modules

if TYPE_CHECKING:
    from tests.synth.synthesis import Synth

MODULES = Path(__file__).resolve().parents[2] / "modules"
NAMES = sorted(folder.name for folder in MODULES.iterdir() if folder.is_dir())
REFERENCE = re.compile(r"\$\{module\.(\w+)\.(\w+)")


def blocks(module: str, file: str, kind: str) -> dict[str, dict[str, Any]]:
    """The blocks of one kind in a module's file, by name."""
    parsed = hcl2.loads((MODULES / module / file).read_text())
    return {name.strip('"'): body for block in parsed[kind] for name, body in block.items() if name != "__is_block__"}


def variables(module: str) -> dict[str, dict[str, Any]]:
    return blocks(module, "variables.tf", "variable")


def outputs(module: str) -> dict[str, dict[str, Any]]:
    return blocks(module, "outputs.tf", "output")


def python_class(module: str) -> type:
    return vars(modules)["".join(word.capitalize() for word in module.split("_"))]  # type: ignore[no-any-return]


def python_inputs(module: str) -> set[str]:
    parameters = inspect.signature(python_class(module).__init__).parameters.values()  # type: ignore[misc]
    return {parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("module", NAMES)
def test_a_module_has_the_files_that_readers_expect(module: str) -> None:
    present = {path.name for path in (MODULES / module).iterdir()}
    assert {"main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md"} <= present


@pytest.mark.parametrize("module", NAMES)
def test_every_variable_is_described_typed_and_not_null(module: str) -> None:
    for name, variable in variables(module).items():
        assert variable.get("description"), name
        assert variable.get("type"), name
        assert variable.get("nullable") is False, name


@pytest.mark.parametrize("module", NAMES)
def test_every_output_is_described(module: str) -> None:
    assert [name for name, output in outputs(module).items() if not output.get("description")] == []


@pytest.mark.parametrize("module", NAMES)
def test_inputs_and_outputs_stand_in_the_readme_and_in_alphabetical_order(module: str) -> None:
    readme = (MODULES / module / "README.md").read_text()
    for names in (list(variables(module)), list(outputs(module))):
        assert [name for name in names if f"| `{name}` |" not in readme] == []
    assert list(outputs(module)) == sorted(outputs(module))


@pytest.mark.parametrize("module", NAMES)
def test_the_python_class_takes_inputs_that_the_module_has(module: str) -> None:
    assert python_inputs(module) - set(variables(module)) == set()


@pytest.mark.parametrize("module", NAMES)
def test_the_python_class_asks_for_every_input_without_a_default(module: str) -> None:
    required = {name for name, variable in variables(module).items() if "default" not in variable}
    assert required - python_inputs(module) == set()


def test_the_stacks_use_only_inputs_and_outputs_that_the_modules_have(synth: Synth) -> None:
    for stack in synth.stacks.values():
        for module, call in stack.get("module", {}).items():
            assert set(call) - {"source", "//"} <= set(variables(module))
        for module, output in REFERENCE.findall(json.dumps(stack)):
            assert output in outputs(module)


def test_modules_are_called_straight_under_the_stack_so_that_addresses_are_not_hashed(synth: Synth) -> None:
    for stack in synth.stacks.values():
        assert set(stack.get("module", {})) <= set(NAMES)


def test_the_source_of_a_module_leads_from_the_stack_to_the_module(synth: Synth, root: Path) -> None:
    stack_folder = root / "cdktf.out" / "stacks" / "demo-dev"
    for module, call in synth.stacks["demo-dev"]["module"].items():
        assert (stack_folder / call["source"]).resolve() == MODULES / module
