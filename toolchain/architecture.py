"""Draw what is deployed, from what deploys it: `python -m toolchain.architecture [--write]`.

The diagrams are Mermaid's. Accounts come from the synthesised stacks that the golden files hold, the project and its
pipelines from the product template. With --write they go into docs/architecture.md.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hcl2

from toolchain.policy_statements import PolicyError, read_template
from toolchain.report import ReportError, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = Path("cfn_product/template.yaml")
STACKS = Path("tests/synth/golden")
MODULES = Path("modules")
PAGE = Path("docs/architecture.md")

ACCOUNTS = ("dev", "preprod", "prod")
# The parts of a project that people know. Roles, policies, keys and logs serve nearly all of them: they would hide the
# arrows that say something.
DRAWN = {
    "AWS::CodeBuild::Project": "build",
    "AWS::CodeCommit::Repository": "repository",
    "AWS::CodePipeline::Pipeline": "pipeline",
    "AWS::ECR::Repository": "image repository",
    "AWS::Events::Rule": "rule",
    "AWS::S3::Bucket": "bucket",
    "AWS::SageMaker::ModelPackageGroup": "model registry",
    "AWS::SNS::Topic": "topic",
}
GROUPS = {"Build": "build application", "Deploy": "deploy application"}
SHARED = "shared"
REFERENCE = re.compile(r"\$\{(\w+)[.}]")
ROLE_OF = re.compile(r"/mlops/(\w+)/deploy_role_arn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """A drawing in Mermaid's words. `name` is what the markers in the page call it."""

    name: str
    lines: tuple[str, ...]

    def markdown(self) -> str:
        """The drawing as a page shows it."""
        return "\n".join(("```mermaid", *self.lines, "```"))


def diagrams(root: Path = ROOT) -> tuple[Diagram, ...]:
    """Every diagram of the page. Raises `PolicyError` when the template is none."""
    template = read_template(root / TEMPLATE)
    return (
        Diagram(name="accounts", lines=tuple(_accounts(root))),
        Diagram(name="project", lines=tuple(_project(template))),
        Diagram(name="build pipeline", lines=tuple(_pipeline(template, "BuildPipeline"))),
        Diagram(name="deploy pipeline", lines=tuple(_pipeline(template, "DeployPipeline"))),
    )


def _accounts(root: Path) -> Iterator[str]:
    """Each account with the modules of its stack, and what is in them by Terraform's types."""
    yield "flowchart LR"
    for environment in ACCOUNTS:
        stack = json.loads((root / STACKS / f"demo-{environment}.tf.json").read_text())
        yield f"    subgraph {environment.upper()}"
        for module in sorted(stack["module"]):
            yield f'        {environment}_{module}["<b>{module}</b><br>{_contents(root / MODULES / module)}"]'
        yield "    end"
    for environment in ACCOUNTS[1:]:
        yield f"    dev_project_portfolio -- pipelines of projects assume --> {environment}_deployment_roles"


def _contents(module: Path) -> str:
    """The types of a module's resources, without their settings: those whose name another type's name begins."""
    types: set[str] = set()
    for file in sorted(module.glob("*.tf")):
        for block in hcl2.loads(file.read_text()).get("resource", []):
            types |= {name.strip('"').removeprefix("aws_") for name in block if not name.startswith("__")}
    own = {name for name in types if not any(name.startswith(f"{other}_") for other in types)}
    return "<br>".join(name.replace("_", " ") for name in sorted(own))


def _project(template: Mapping[str, Any]) -> Iterator[str]:
    """The parts of a project by the application that they belong to; an arrow where one names another."""
    drawn = {name: body for name, body in template["Resources"].items() if body["Type"] in DRAWN}
    yield "flowchart LR"
    for group in (*GROUPS, SHARED):
        yield f'    subgraph {group}["{GROUPS.get(group, group)}"]'
        for name, body in drawn.items():
            if _group(name) == group:
                open_, close = ("([", "])") if "Condition" in body else ("[", "]")
                yield f'        {name}{open_}"{name}<br><i>{DRAWN[body["Type"]]}</i>"{close}'
        yield "    end"
    for name, body in drawn.items():
        for target in sorted(_named(body["Properties"]) & drawn.keys() - {name}):
            yield f"    {name} --> {target}"


def _group(logical_id: str) -> str:
    """The application that a resource belongs to, by its name."""
    return next((group for group in GROUPS if logical_id.startswith(group)), SHARED)


def _named(part: object) -> set[str]:
    """The logical ids that a part of the template refers to."""
    match part:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return {name}
        case dict():
            return set().union(*(_named(value) for value in part.values()))
        case list():
            return set().union(*(_named(value) for value in part))
        case str():
            return set(REFERENCE.findall(part))
    return set()


def _pipeline(template: Mapping[str, Any], logical_id: str) -> Iterator[str]:
    """Each stage with its actions, in their order; a condition at the door of a stage is told on the arrow."""
    stages = template["Resources"][logical_id]["Properties"]["Stages"]
    yield "flowchart TB"
    last = ""
    for stage in stages:
        names = [f"{stage['Name']}_{action['Name']}" for action in _actions(stage)]
        yield f"    subgraph {stage['Name']}"
        for name, action in zip(names, _actions(stage), strict=True):
            yield f'        {name}["{action["Name"]}<br><i>{_told(action)}</i>"]'
        yield from (f"        {one} --> {other}" for one, other in itertools.pairwise(names))
        yield "    end"
        if last:
            condition = _condition(stage)
            yield f"    {last} -- {condition} --> {names[0]}" if condition else f"    {last} --> {names[0]}"
        last = names[-1]


def _actions(stage: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The actions of a stage by their order, those with a condition too."""
    actions = [action.get("Fn::If", [None, action])[1] for action in stage["Actions"]]
    return sorted(actions, key=lambda action: int(action.get("RunOrder", 1)))


def _told(action: Mapping[str, Any]) -> str:
    """What does an action, and the account that it reaches."""
    reached = ROLE_OF.findall(json.dumps(action))
    provider = str(action["ActionTypeId"]["Provider"])
    return f"{provider} in {reached[0].upper()}" if reached else provider


def _condition(stage: Mapping[str, Any]) -> str:
    """The rule at a stage's door, such as "DEPLOY EQ true, else skipped"; nothing where there is none."""
    for condition in stage.get("BeforeEntry", {}).get("Conditions", []):
        [rule] = condition["Rules"]
        wanted = rule["Configuration"]
        variable = wanted["Variable"].strip("#{}").rpartition(".")[2]
        return f'"{variable} {wanted["Operator"]} {wanted["Value"]}, else {condition["Result"].lower()}"'
    return ""


def main(arguments: list[str]) -> int:
    """Print the diagrams, or write them into the page. Returns the exit status."""
    try:
        drawn = diagrams()
        if "--write" in arguments:
            write(ROOT / PAGE, drawn)
        else:
            print("\n\n".join(diagram.markdown() for diagram in drawn))
    except (PolicyError, ReportError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
