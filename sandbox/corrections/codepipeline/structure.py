"""What is wrong with a pipeline's declaration, by the rules that AWS's service model does not hold.

Sources: the CodePipeline User Guide, "Pipeline structure reference", "Action structure reference", "Rule structure
reference", "Stage conditions" and "Variables reference".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.corrections.operations import Record

SOURCE = "Source"
SKIP = "SKIP"
VARIABLE_CHECK = "VariableCheck"
SKIPPING_RULES = {"LambdaInvoke", VARIABLE_CHECK}
OPERATORS = {"CONTAINS", "EQ", "MATCHES", "NE"}
CHECKED_KEYS = {"Operator", "Value", "Variable"}
RESULTS = {
    "beforeEntry": {"FAIL", SKIP},
    "onSuccess": {"FAIL", "ROLLBACK"},
    "onFailure": {"FAIL", "RETRY", "ROLLBACK"},
}
PREDEFINED = {"codepipeline", "variables"}
NOT_IMITATED = {  # members of CreatePipeline's model that no action, rule or pipeline here knows
    *("artifactStores", "blockers", "commands", "environmentVariables", "files", "outputVariables", "triggers"),
}
_REFERENCE = re.compile(r"#\{([^}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """An action provider: how many artifacts it takes and gives, and its configuration keys."""

    inputs: range
    outputs: range
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    imitated: tuple[tuple[str, str, str], ...] = ()
    """Of keys that choose what the action does: key, AWS's default, and the one value that is imitated."""


CODEBUILD = Provider(
    inputs=range(1, 6),
    outputs=range(6),
    required=frozenset({"ProjectName"}),
    optional=frozenset({"EnvironmentVariables", "PrimarySource"}),
)
PROVIDERS: Mapping[tuple[str, str], Provider] = {
    (SOURCE, "CodeCommit"): Provider(
        inputs=range(1),
        outputs=range(1, 2),
        required=frozenset({"BranchName", "RepositoryName"}),
        optional=frozenset({"OutputArtifactFormat", "PollForSourceChanges"}),
        imitated=(("OutputArtifactFormat", "CODE_ZIP", "CODE_ZIP"), ("PollForSourceChanges", "true", "false")),
    ),
    ("Build", "CodeBuild"): CODEBUILD,
    ("Test", "CodeBuild"): CODEBUILD,
    ("Deploy", "CloudFormation"): Provider(
        inputs=range(1, 11),
        outputs=range(2),
        required=frozenset({"ActionMode", "RoleArn", "StackName", "TemplatePath"}),
        optional=frozenset({"Capabilities", "OutputFileName", "ParameterOverrides", "TemplateConfiguration"}),
        imitated=(("ActionMode", "CREATE_UPDATE", "CREATE_UPDATE"),),
    ),
    ("Approval", "Manual"): Provider(
        inputs=range(1),
        outputs=range(1),
        optional=frozenset({"CustomData", "ExternalEntityLink", "NotificationArn"}),
    ),
}


def problems(pipeline: Record, *, region: str) -> list[str]:
    """Return what is wrong with a declaration that has its defaults.

    Raises `NotImplementedError` for what AWS would take and the sandbox does not imitate.
    """
    foreign = sorted({*_members(pipeline)} & NOT_IMITATED)
    if foreign:
        raise NotImplementedError(f"{', '.join(foreign)} of a pipeline")
    stages: Sequence[Record] = pipeline["stages"]
    found = [*_type_problems(pipeline), *_shape_problems(stages)]
    namespaces, artifacts = set(PREDEFINED), set[str]()
    variables = {variable["name"] for variable in pipeline.get("variables", [])}
    for stage in stages:
        found += _condition_problems(stage)
        found += _reference_problems(stage["name"], stage.get("beforeEntry", {}), namespaces, variables)
        for run_order in sorted({action["runOrder"] for action in stage["actions"]}):
            together = [action for action in stage["actions"] if action["runOrder"] == run_order]
            for action in together:
                place = f"Action {action['name']} of stage {stage['name']}"
                found += _action_problems(place, action, region=region)
                found += _reference_problems(place, action["configuration"], namespaces, variables)
                lacking = sorted({item["name"] for item in action["inputArtifacts"]} - artifacts)
                found += [f"{place}: input artifact {name} is made by no action before it" for name in lacking]
            artifacts |= {item["name"] for action in together for item in action["outputArtifacts"]}
            namespaces |= {action["namespace"] for action in together if "namespace" in action}
        after = {key: stage[key] for key in ("onSuccess", "onFailure") if key in stage}
        found += _reference_problems(stage["name"], after, namespaces, variables)
    return found


def _members(value: Any) -> Iterator[str]:  # noqa: ANN401  (JSON)
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _members(item)
    yield from value if isinstance(value, dict) else ()


def _type_problems(pipeline: Record) -> Iterator[str]:
    if "artifactStore" not in pipeline:
        yield "A pipeline needs an artifactStore"
    conditional = [stage["name"] for stage in pipeline["stages"] if RESULTS.keys() & stage.keys()]
    only_v2 = {
        "variables": bool(pipeline.get("variables")),
        f"execution mode {pipeline['executionMode']}": pipeline["executionMode"] != "SUPERSEDED",
        f"conditions of stage {', '.join(conditional)}": bool(conditional),
    }
    if pipeline["pipelineType"] == "V1":
        yield from (f"A pipeline of type V1 has no {what}" for what, is_used in only_v2.items() if is_used)


def _shape_problems(stages: Sequence[Record]) -> Iterator[str]:
    if len(stages) < 2:  # noqa: PLR2004  (the rule's own number)
        yield f"Pipeline has only {len(stages)} stage(s). There should be a minimum of 2 stages in a pipeline"
    for index, stage in enumerate(stages):
        for action in stage["actions"]:
            if (action["actionTypeId"]["category"] == SOURCE) != (index == 0):
                yield f"Stage {stage['name']}, action {action['name']}: the first stage has all the source actions"
        yield from _repeated(f"action names of stage {stage['name']}", [item["name"] for item in stage["actions"]])
    actions = [action for stage in stages for action in stage["actions"]]
    yield from _repeated("stage names", [stage["name"] for stage in stages])
    yield from _repeated("namespaces", [action["namespace"] for action in actions if "namespace" in action])
    yield from _repeated("output artifacts", [item["name"] for action in actions for item in action["outputArtifacts"]])


def _repeated(what: str, names: Sequence[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} is not unique among the {what}"


def _action_problems(place: str, action: Record, *, region: str) -> Iterator[str]:
    kind = action["actionTypeId"]
    provider = PROVIDERS.get((kind["category"], kind["provider"]))
    if provider is None or (kind["owner"], kind["version"]) != ("AWS", "1"):
        raise NotImplementedError(f"{place}: {' '.join(kind.values())}")
    if action.get("region", region) != region:
        raise NotImplementedError(f"{place}: Region {action['region']}")
    given = action["configuration"].keys()
    yield from (f"{place}: configuration key {key} is missing" for key in sorted(provider.required - given))
    yield from (f"{place}: unknown configuration key {key}" for key in sorted(given - _keys(provider)))
    for key, default, imitated in provider.imitated:
        if action["configuration"].get(key, default) != imitated:
            raise NotImplementedError(f"{place}: {key} {action['configuration'].get(key, default)}")
    inputs = {item["name"] for item in action["inputArtifacts"]}
    for key, allowed in (("inputArtifacts", provider.inputs), ("outputArtifacts", provider.outputs)):
        if len(action[key]) not in allowed:
            yield f"{place}: {len(action[key])} {key}, where there may be {allowed.start} to {allowed.stop - 1}"
    yield from _artifact_problems(place, action["configuration"], inputs)
    if "timeoutInMinutes" in action and kind["category"] != "Approval":
        raise NotImplementedError(f"{place}: timeoutInMinutes")


def _keys(provider: Provider) -> frozenset[str]:
    return provider.required | provider.optional


def _artifact_problems(place: str, configuration: Mapping[str, str], inputs: set[str]) -> Iterator[str]:
    named = {key: configuration[key] for key in ("TemplatePath", "TemplateConfiguration") if key in configuration}
    for key, value in named.items():
        artifact, parted, file = value.partition("::")
        if not (parted and file and artifact in inputs):
            yield f"{place}: {key} {value} is not <input artifact>::<file>"
    if "ProjectName" in configuration and len(inputs) > 1 and configuration.get("PrimarySource") not in inputs:
        yield f"{place}: PrimarySource has to name one of the input artifacts"


def _condition_problems(stage: Record) -> Iterator[str]:
    for moment in RESULTS.keys() & stage.keys():
        place = f"Stage {stage['name']}, {moment}"
        conditions = stage[moment].get("conditions", [])
        results = [item["result"] for item in (stage[moment], *conditions) if "result" in item]
        wrong = [result for result in results if result not in RESULTS[moment]]
        yield from (f"{place}: result {result} is not for this" for result in wrong)
        if "retryConfiguration" in stage[moment] and "RETRY" not in results:
            yield f"{place}: retryConfiguration needs the result RETRY"
        if "RETRY" in results and conditions:
            yield f"{place}: automatic retry cannot be used with conditions"
        for condition in conditions:
            yield from _repeated(f"rules of {place}", [rule["name"] for rule in condition.get("rules", [])])
            if not condition.get("rules") or "result" not in condition:
                yield f"{place}: a condition needs a result and rules"
            for rule in condition.get("rules", []):
                yield from _rule_problems(f"{place}, rule {rule['name']}", rule, condition.get("result", ""))


def _rule_problems(place: str, rule: Record, result: str) -> Iterator[str]:
    provider, configuration = rule["ruleTypeId"]["provider"], rule.get("configuration", {})
    if result == SKIP and provider not in SKIPPING_RULES:
        yield f"{place}: only {', '.join(sorted(SKIPPING_RULES))} can skip a stage, not {provider}"
    elif provider != VARIABLE_CHECK:
        raise NotImplementedError(f"{place}: provider {provider}")
    else:
        yield from (
            f"{place}: configuration key {key} is missing" for key in sorted(CHECKED_KEYS - configuration.keys())
        )
        yield from (f"{place}: unknown configuration key {key}" for key in sorted(configuration.keys() - CHECKED_KEYS))
        if configuration.get("Operator", "EQ") not in OPERATORS:
            yield f"{place}: operator {configuration['Operator']} is none of {', '.join(sorted(OPERATORS))}"


def _reference_problems(place: str, value: Any, namespaces: set[str], variables: set[str]) -> Iterator[str]:  # noqa: ANN401
    """Yield the ``#{namespace.key}`` that stand for nothing: the action that would give them has not run by then."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _reference_problems(place, item, namespaces, variables)
    elif isinstance(value, list):
        for item in value:
            yield from _reference_problems(place, item, namespaces, variables)
    elif isinstance(value, str):
        for reference in _REFERENCE.findall(value):
            namespace, parted, key = reference.partition(".")
            if not (parted and key and namespace in namespaces):
                yield f"{place}: #{{{reference}}} is of no action before it"
            elif namespace == "variables" and key not in variables:
                yield f"{place}: #{{{reference}}} is no variable of the pipeline"
