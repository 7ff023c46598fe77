"""The product's README: what it says of parameters, names and promises is so, and nothing is left out."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT
from tests.template.product_template import PRODUCT, as_text
from tests.template.test_template_names import NAMES

if TYPE_CHECKING:
    from tests.template.product_template import Template

README = (PRODUCT / "README.md").read_text()
NO_DEFAULT = {None: "", "": "none"}  # has to be given; need not, and is then nothing
QUOTED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A sentence about the product, what makes it true (logical ids or a module), and a test: `folder/file::name`."""

    sentence: str
    made_by: tuple[str, ...]
    held_by: str

    @property
    def modules(self) -> set[str]:
        return {name for name in self.made_by if "/" in name}


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """Cells of the rows of all tables in a text, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rules = {number for number, line in enumerate(lines) if set(line) <= set("|- ")}
    heads = {number - 1 for number in rules}
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for number, line in enumerate(lines)
        if number not in rules | heads
    ]


def promises() -> list[Promise]:
    return [
        Promise(sentence=sentence, made_by=tuple(QUOTED.findall(made_by)), held_by=held_by.strip("`"))
        for sentence, made_by, held_by in rows(section("What the product promises"))
    ]


def names_of_tests(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


every_promise = pytest.mark.parametrize("promise", promises(), ids=lambda promise: promise.sentence)


@every_promise
def test_a_promise_is_held_by_a_test_that_there_is(promise: Promise) -> None:
    file, _, name = promise.held_by.partition("::")
    assert name in names_of_tests(file)


@every_promise
def test_what_makes_a_promise_true_exists(template: Template, promise: Promise) -> None:
    made = {*template["Resources"], *(name for name in promise.modules if (ROOT / name).is_dir())}
    assert set(promise.made_by) - made == set()


def test_every_resource_is_there_because_of_a_promise(template: Template) -> None:
    assert set(template["Resources"]) - {name for promise in promises() for name in promise.made_by} == set()


def test_every_parameter_stands_in_the_readme_with_its_default(template: Template) -> None:
    told = {cells[0].strip("`"): cells[1].strip("`") for cells in rows(README.partition("\n## ")[0])}
    defaults = {name: body.get("Default") for name, body in template["Parameters"].items()}
    assert told == {name: NO_DEFAULT.get(default, str(default)) for name, default in defaults.items()}


def test_every_name_stands_in_the_readme(template: Template) -> None:
    told = set(QUOTED.findall(section("What a project gets")))
    unsaid = {
        (name, spoken)
        for name, body in template["Resources"].items()
        if body["Type"] in NAMES
        for spoken in [as_text(body["Properties"][NAMES[body["Type"]][0]])]
        if not {name, spoken.replace("${SageMakerProjectId}", "<id>").replace("${AWS::AccountId}", "<dev>")} <= told
    }
    assert unsaid == set()
