"""A pipeline definition, read and checked: everything in it that a run here would not honour is refused at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_run.values import CONDITIONS, FUNCTIONS, references

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# By type of step, the arguments that are honoured, and those that mean nothing on one machine.
ARGUMENTS = {
    "Processing": (
        {"ProcessingJobName", "AppSpecification", "ProcessingInputs", "ProcessingOutputConfig", "ProcessingResources"},
        {"Environment", "StoppingCondition", "RoleArn", "NetworkConfig", "Tags"},
    ),
    "Training": (
        {"TrainingJobName", "AlgorithmSpecification", "HyperParameters", "InputDataConfig", "OutputDataConfig"},
        {"Environment", "StoppingCondition", "ResourceConfig", "RoleArn", "Tags", "VpcConfig"}
        | {"EnableNetworkIsolation", "EnableInterContainerTrafficEncryption"},
    ),
    "Model": (
        {"ModelName", "PrimaryContainer"},
        {"ExecutionRoleArn", "EnableNetworkIsolation", "Tags", "VpcConfig"},
    ),
    "Transform": (
        {"TransformJobName", "ModelName", "TransformInput", "TransformOutput", "BatchStrategy", "MaxPayloadInMB"},
        {"Environment", "MaxConcurrentTransforms", "TransformResources", "Tags"},
    ),
}
UNCHECKED = {"RegisterModel", "Condition", "Fail"}
STEP_TYPES = frozenset({*ARGUMENTS, *UNCHECKED})
STEP_KEYS = frozenset(
    {"Name", "Type", "Arguments", "DependsOn", "DisplayName", "Description", "PropertyFiles", "CacheConfig"}
    | {"RetryPolicies"}
)
PARAMETER_TYPES = {"String": str, "Integer": int, "Float": float, "Boolean": lambda text: str(text).lower() == "true"}


class DefinitionError(Exception):
    """A definition, or parameters for it, that cannot be run here. As a string: every problem, one a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A definition that can be run."""

    steps: tuple[dict[str, Any], ...]
    parameters: tuple[dict[str, Any], ...]

    @classmethod
    def parse(cls, text: str) -> Definition:
        """Read a definition's JSON. Raises `DefinitionError`."""
        try:
            document = json.loads(text)
        except ValueError as error:
            raise DefinitionError(f"The definition is not JSON: {error}") from None
        definition = cls(steps=tuple(document["Steps"]), parameters=tuple(document.get("Parameters", ())))
        if problems := list(definition._problems()):
            raise DefinitionError("\n".join(problems))
        return definition

    def all_steps(self) -> Iterator[dict[str, Any]]:
        """Yield every step, those of both branches of conditions too."""
        yield from _walk(self.steps)

    def values_of(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Return the value of every parameter: as given, or its default. Raises `DefinitionError`."""
        known = {parameter["Name"]: parameter for parameter in self.parameters}
        problems = [
            f"There is no parameter {name}; there are {', '.join(known)}" for name in given if name not in known
        ]
        values: dict[str, Any] = {}
        for name, parameter in known.items():
            value = given.get(name, parameter.get("DefaultValue"))
            if value is None:
                problems.append(f"Parameter {name} needs a value: it has no default")
                continue
            try:
                values[name] = PARAMETER_TYPES[parameter["Type"]](value)  # type: ignore[operator]
            except ValueError:
                problems.append(f"Parameter {name}: {value!r} is not of type {parameter['Type']}")
                continue
            if (allowed := parameter.get("EnumValues")) and values[name] not in allowed:
                problems.append(f"Parameter {name}: {value!r} is none of {', '.join(map(str, allowed))}")
        if problems:
            raise DefinitionError("\n".join(problems))
        return values

    def _problems(self) -> Iterator[str]:
        names = [step["Name"] for step in self.all_steps()]
        yield from (
            f"Two steps are called {name}" for name in sorted({name for name in names if names.count(name) > 1})
        )
        parameters = {parameter["Name"] for parameter in self.parameters}
        for step in self.all_steps():
            name, kind = step["Name"], step["Type"]
            if kind not in STEP_TYPES:
                yield f"Step {name} is of type {kind}, which is not run here; known are {', '.join(sorted(STEP_TYPES))}"
                continue
            yield from (f"Step {name}: {key} is not known here" for key in sorted(set(step) - STEP_KEYS))
            if kind in ARGUMENTS:
                honoured, without_effect = ARGUMENTS[kind]
                unknown = sorted(set(step["Arguments"]) - honoured - without_effect)
                yield from (f"Step {name}: argument {key} is not known here" for key in unknown)
            problems = _value_problems(_own_arguments(step), names, parameters)
            yield from (f"Step {name}: {problem}" for problem in problems)
            yield from (f"Step {name}: it depends on {need}, which is not there" for need in _absent(step, names))


def needs(step: dict[str, Any]) -> set[str]:
    """Return the names of the steps that have to be done before one can start. Of a condition: not its branches'."""
    found = {path.split(".")[1] for path in references(_own_arguments(step)) if path.startswith("Steps.")}
    return found | set(step.get("DependsOn", ()))


def _walk(steps: tuple[dict[str, Any], ...] | list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in steps:
        yield step
        if step["Type"] == "Condition":
            yield from _walk([*step["Arguments"]["IfSteps"], *step["Arguments"]["ElseSteps"]])


def _own_arguments(step: dict[str, Any]) -> dict[str, Any]:
    arguments: dict[str, Any] = step["Arguments"]
    return {"Conditions": arguments["Conditions"]} if step["Type"] == "Condition" else arguments


def _absent(step: dict[str, Any], names: list[str]) -> list[str]:
    return sorted(str(need) for need in step.get("DependsOn", ()) if need not in names)


def _value_problems(arguments: Any, names: list[str], parameters: set[str]) -> Iterator[str]:  # noqa: ANN401
    for path in references(arguments):
        kind, _, rest = path.partition(".")
        known = {"Parameters": rest in parameters, "Steps": rest.split(".")[0] in names, "Execution": True}
        if not known.get(kind, False):
            yield f"{path} refers to nothing"
    yield from _language_problems(arguments)


def _language_problems(value: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(value, list):
        for each in value:
            yield from _language_problems(each)
    elif isinstance(value, dict):
        yield from (
            f"function {key} is not known here" for key in value if key.startswith("Std:") and key not in FUNCTIONS
        )
        for condition in value.get("Conditions") or []:
            if isinstance(condition, dict) and condition.get("Type") not in CONDITIONS:
                yield f"condition {condition.get('Type')} is not known here"
        for each in value.values():
            yield from _language_problems(each)
