"""The little language of a definition: references, functions and conditions, with their values at a moment of a run."""

from __future__ import annotations

import json
import operator
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
CONDITIONS = frozenset({*COMPARISONS, "Not", "Or", "In"})
FUNCTIONS = frozenset({"Std:Join", "Std:JsonGet"})

_PLACE = re.compile(r"\['([^']*)'\]|\[(\d+)\]|\.?([^.\[\]]+)")


class ValueProblem(Exception):  # noqa: N818  # it becomes the reason why a step failed
    """A reference that leads nowhere."""


@dataclass(slots=True)
class Values:
    """What references of a definition stand for."""

    parameters: Mapping[str, Any]
    execution: Mapping[str, str]
    steps: dict[str, Any] = field(default_factory=dict)  # by step, what Describe... would answer
    property_files: dict[tuple[str, str], bytes] = field(default_factory=dict)  # by step and name

    def resolve(self, value: Any) -> Any:  # noqa: ANN401  # any JSON
        """Return a part of a definition with all references and functions replaced. Raises `ValueProblem`."""
        if isinstance(value, list):
            return [self.resolve(each) for each in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Get"}:
            return self._get(value["Get"])
        if set(value) == {"Std:Join"}:
            joined = value["Std:Join"]
            return str(joined["On"]).join(str(self.resolve(each)) for each in joined["Values"])
        if set(value) == {"Std:JsonGet"}:
            return self._json_get(value["Std:JsonGet"])
        return {key: self.resolve(each) for key, each in value.items()}

    def holds(self, condition: dict[str, Any]) -> bool:
        """Return whether a condition is true. Raises `ValueProblem`."""
        kind = condition["Type"]
        if kind == "Not":
            return not self.holds(condition["Expression"])
        if kind == "Or":
            return any(self.holds(each) for each in condition["Conditions"])
        if kind == "In":
            return bool(self.resolve(condition["QueryValue"]) in self.resolve(condition["Values"]))
        left, right = self.resolve(condition["LeftValue"]), self.resolve(condition["RightValue"])
        try:
            return bool(COMPARISONS[kind](left, right))
        except TypeError:
            raise ValueProblem(f"{left!r} and {right!r} cannot be compared ({kind})") from None

    def _get(self, path: str) -> Any:  # noqa: ANN401
        kind, _, rest = path.partition(".")
        if kind == "Parameters":
            return self.parameters[rest]
        if kind == "Execution":
            return self._at(self.execution, rest, path)
        step, _, place = rest.partition(".")
        return self._at(self.steps[step], place, path)

    def _json_get(self, call: dict[str, Any]) -> Any:  # noqa: ANN401
        _, step, _, name = call["PropertyFile"]["Get"].split(".", 3)
        try:
            document = json.loads(self.property_files[step, name])
        except KeyError:
            raise ValueProblem(f"Step {step} wrote no file for its property file {name}") from None
        except ValueError as error:
            raise ValueProblem(f"Property file {name} of step {step} is not JSON: {error}") from None
        return self._at(document, str(self.resolve(call["Path"])), f"{step}.{name}")

    @staticmethod
    def _at(value: Any, place: str, path: str) -> Any:  # noqa: ANN401
        for match in _PLACE.finditer(place):
            key, index, name = match.groups()
            try:
                value = value[int(index)] if index is not None else value[key if key is not None else name]
            except (KeyError, IndexError, TypeError):
                raise ValueProblem(f"{path} has no {place}") from None
        return value


def references(value: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield what a part of a definition refers to: `Parameters.Threshold`, `Steps.Train.ModelArtifacts`, ..."""
    if isinstance(value, dict):
        if set(value) == {"Get"}:
            yield value["Get"]
        else:
            for each in value.values():
                yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)
