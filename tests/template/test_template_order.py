"""What comes after what. A pipeline starts as soon as it is made, so all that it uses has to be there before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.template.evaluation import comes_after, references
from tests.template.pipelines import PIPELINES, actions
from tests.template.product_template import of_type, strings

if TYPE_CHECKING:
    from tests.template.product_template import Template

NAME_OF_THE_GROUP = "MODEL_PACKAGE_GROUP_NAME"
BUILD = "CodeBuild"


def used(template: Template, pipeline: str) -> set[str]:
    """Resources that a pipeline's declaration and the builds that it starts refer to, however far away."""
    return comes_after(template, pipeline)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_a_pipeline_starts_builds_that_are_there(template: Template, pipeline: str) -> None:
    named = [action.configuration["ProjectName"] for action in actions(template, pipeline) if action.provider == BUILD]
    builds = {name for value in named for name in references(value)}
    assert len(builds) == len(named), "a build that is named by a text is not waited for"
    assert builds <= used(template, pipeline) & set(of_type(template, "AWS::CodeBuild::Project"))


def test_every_build_is_started_by_a_pipeline(template: Template) -> None:
    started = {name for pipeline in PIPELINES for name in used(template, pipeline)}
    assert set(of_type(template, "AWS::CodeBuild::Project")) - started == set()


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_every_bucket_that_a_run_uses_has_its_policy(template: Template, pipeline: str) -> None:
    buckets = used(template, pipeline) & set(of_type(template, "AWS::S3::Bucket"))
    policies = {
        name
        for name, policy in of_type(template, "AWS::S3::BucketPolicy").items()
        if buckets & set(references(policy["Properties"]["Bucket"]))
    }
    assert len(policies) == len(buckets) == 2
    assert policies <= used(template, pipeline)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_every_role_that_a_run_has_is_there(template: Template, pipeline: str) -> None:
    app = pipeline.removesuffix("Pipeline")
    of_the_app = {name for name in of_type(template, "AWS::IAM::Role") if name.startswith(app)}
    assert of_the_app <= used(template, pipeline)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_log_and_both_keys_are_there(template: Template, pipeline: str) -> None:
    assert {"BuildLogs", "ArtifactKey", "PipelineKey"} <= used(template, pipeline)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_no_run_finds_a_key_by_an_alias_that_may_not_be_there_yet(template: Template, pipeline: str) -> None:
    texts = [text for name in {pipeline, *used(template, pipeline)} for text in strings(template["Resources"][name])]
    assert [text for text in texts if "alias/" in text] == []


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_whoever_is_told_the_name_of_the_model_group_finds_the_group(template: Template, pipeline: str) -> None:
    told = [name for name in used(template, pipeline) if NAME_OF_THE_GROUP in strings(template["Resources"][name])]
    assert told
    assert "ModelPackageGroup" in used(template, pipeline)


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_a_pipeline_comes_after_its_repository(template: Template, pipeline: str) -> None:
    assert pipeline.replace("Pipeline", "Repository") in used(template, pipeline)


@pytest.mark.parametrize(
    ("rule", "pipeline"),
    [("BuildPushRule", "BuildPipeline"), ("DeployPushRule", "DeployPipeline"), ("ModelStateRule", "DeployPipeline")],
)
def test_a_rule_comes_after_its_pipeline(template: Template, rule: str, pipeline: str) -> None:
    # So the event of the repository's first commit starts nothing a second time.
    assert pipeline in comes_after(template, rule)


def test_nothing_waits_for_itself(template: Template) -> None:
    assert [name for name in template["Resources"] if name in comes_after(template, name)] == []
