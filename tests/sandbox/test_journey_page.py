"""The page of a journey shows what its record holds, and nothing else."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from baseline.naming import Environment
from sandbox.journey.page import REPORT_LIMIT, render, ticks, write
from sandbox.journey.record import (
    Account,
    Deployed,
    Journey,
    Kind,
    Machine,
    Model,
    Moment,
    Proof,
    Refused,
    Served,
    Unused,
)

if TYPE_CHECKING:
    from pathlib import Path

PROJECT_ID = "p-abc123def456"
PREFIX = f"mlops-{PROJECT_ID}"
ACCOUNT_IDS = {Environment.DEV: "1" * 12, Environment.PREPROD: "2" * 12, Environment.PROD: "3" * 12}
PACKAGE = f"arn:aws:sagemaker:eu-west-1:111111111111:model-package/{PREFIX}/1"
SCORES = (0.031284, 0.871253, 0.402911, 0.118204, 0.650032, 0.223401, 0.009144, 0.930552)
ADDRESS = re.compile(r"^(#|data:|$)")


def test_a_record_is_the_same_after_a_round_trip_through_json() -> None:
    journey = example()
    assert Journey.from_json(journey.to_json()) == journey


def test_a_record_without_a_part_says_which() -> None:
    with pytest.raises(ValueError, match="project_id"):
        Journey.from_json('{"project_name": "Churn"}')


def test_a_journey_whose_endpoints_answer_as_evaluated_succeeds() -> None:
    assert example().succeeded


@pytest.mark.parametrize("answer", [(), SCORES[:-1], (SCORES[0] + 0.01, *SCORES[1:])])
def test_an_answer_that_differs_from_the_evaluated_one_is_no_success(answer: tuple[float, ...]) -> None:
    journey = example()
    dev, preprod, prod = journey.served
    assert not replace(journey, served=(dev, preprod, replace(prod, answer=answer))).succeeded


def test_every_resource_is_named() -> None:
    journey = example()
    text = page_of(journey).text
    for resource in journey.deployed:
        assert {resource.logical_id, resource.name, resource.stack} <= text


def test_every_stage_has_its_seconds() -> None:
    journey = example()
    page = page_of(journey)
    assert {moment.title for moment in journey.moments} <= page.text
    assert {f"{moment.seconds:.1f} s" for moment in journey.moments} <= page.text


def test_every_answer_stands_beside_the_evaluated_one() -> None:
    dev, preprod, prod = example().served
    odd = replace(prod, answer=tuple(score + 0.25 for score in SCORES))
    html = render(replace(example(), served=(dev, preprod, odd)))
    assert f"{SCORES[0]:.6f}" in html
    assert f"{SCORES[0] + 0.25:.6f}" in html
    assert '<td class="bad">0.25</td>' in html


def test_the_permissions_figures_are_those_of_the_proof() -> None:
    text = page_of(example()).text
    assert {"2,345", "6,789", "The 2 roles that made the calls", "codebuild:BatchPutTestCases"} <= text


def test_a_denied_request_is_named_by_role_action_and_resource() -> None:
    denied = Refused(role="arn:role/deploy", action="s3:GetObject", resource="arn:aws:s3:::x/y", call="GetObject")
    journey = example()
    assert journey.proof
    page = page_of(replace(journey, proof=replace(journey.proof, denied=(denied,))))
    assert {"AWS would have denied", "arn:role/deploy", "s3:GetObject", "arn:aws:s3:::x/y"} <= page.text


def test_a_journey_that_failed_shows_what_failed_and_what_it_did_not_reach() -> None:
    page = page_of(stopped())
    assert "stopped at deploy / PreProd / Deploy" in page.text
    assert any("Endpoint: the model's image is not there" in piece for piece in page.text)
    assert {"No endpoint was asked.", "It did not come to this."} <= page.text


def test_a_journey_that_stopped_at_once_has_a_page() -> None:
    journey = replace(example(), moments=(), model=None, served=(), deployed=(), proof=None)
    assert {"Nothing was deployed.", "They were not watched on this journey."} <= page_of(journey).text


@pytest.mark.parametrize("journey", ["example", "stopped"])
def test_a_page_needs_nothing_from_elsewhere(journey: str) -> None:
    page = page_of({"example": example, "stopped": stopped}[journey]())
    assert [address for address in page.addresses if not ADDRESS.match(address)] == []
    assert "script" not in page.tags
    assert "link" not in page.tags


def test_every_link_leads_somewhere() -> None:
    page = page_of(example())
    assert {address[1:] for address in page.addresses if address.startswith("#")} <= set(page.ids)


def test_no_two_elements_have_one_id() -> None:
    ids = page_of(example()).ids
    assert len(ids) == len(set(ids))


def test_whatever_people_write_stays_text() -> None:
    evil = '<script>alert("x")</script>'
    journey = example()
    assert journey.model
    moments = tuple(replace(moment, title=evil, summary=evil) for moment in journey.moments)
    model = replace(journey.model, report=evil, status=evil, metrics={evil: 1.0})
    resources = tuple(replace(resource, logical_id=evil, name=evil, stack=evil) for resource in journey.deployed)
    named = replace(journey, project_name=evil, moments=moments, model=model, deployed=resources, stand_ins=(evil,))
    assert "<script" not in render(named)


def test_the_report_cannot_act() -> None:
    [frame] = [attributes for tag, attributes in page_of(example()).elements if tag == "iframe"]
    assert frame["sandbox"] == ""
    assert frame["srcdoc"] == "<h1>Evaluation</h1>"


def test_a_report_that_is_too_large_is_left_out_and_the_page_says_so() -> None:
    journey = example()
    assert journey.model
    page = page_of(replace(journey, model=replace(journey.model, report="x" * (REPORT_LIMIT + 1))))
    assert "iframe" not in page.tags
    assert any("too large" in piece for piece in page.text)


def test_what_stands_in_for_something_is_told() -> None:
    assert "Terraform's AWS provider, by a stand-in" in page_of(example()).text
    assert "Terraform's AWS provider, by a stand-in" not in page_of(replace(example(), provider="registry")).text


@pytest.mark.parametrize(("total", "expected"), [(1.0, [0, 1]), (93.2, [0, 30, 60, 90]), (700, [0, 300, 600])])
def test_the_scale_is_in_round_seconds(total: float, expected: list[int]) -> None:
    assert ticks(total) == expected


def test_a_page_is_one_file(tmp_path: Path) -> None:
    write(example(), tmp_path / "journey.html")
    assert [file.name for file in tmp_path.iterdir()] == ["journey.html"]


class Page(HTMLParser):
    """The elements, addresses, ids and pieces of text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text.add(" ".join(data.split()))

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    @property
    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    @property
    def addresses(self) -> list[str]:
        names = ("src", "href", "xlink:href", "action", "data")
        return [attributes[name] for _, attributes in self.elements for name in names if name in attributes]


def page_of(journey: Journey) -> Page:
    return Page(render(journey))


def example() -> Journey:
    """A made-up journey to PROD."""
    return Journey(
        project_name="Churn",
        project_id=PROJECT_ID,
        made="2026-11-24T10:00:00+00:00",
        accounts=tuple(
            Account(name=f"demo-{environment}", environment=environment, account_id=account_id, region="eu-west-1")
            for environment, account_id in ACCOUNT_IDS.items()
        ),
        moments=moments(),
        model=Model(
            package_arn=PACKAGE,
            version=1,
            status="Approved",
            metrics={"auc": 0.8412, "precision": 0.7703, "recall": 0.6911},
            report="<h1>Evaluation</h1>",
            approved_by="arn:aws:sts::111111111111:assumed-role/studio/person",
        ),
        served=tuple(served(environment) for environment in Environment),
        deployed=deployed(),
        proof=Proof(
            calls=2345,
            requests=6789,
            roles=(f"arn:aws:iam::111111111111:role/mlops/project/{PREFIX}-build", "arn:aws:iam::2:role/deploy"),
            unused=(Unused(role="arn:aws:iam::111111111111:role/x", actions=("codebuild:BatchPutTestCases",)),),
        ),
        machine=Machine(cores=2, seconds=127.3),
    )


def stopped() -> Journey:
    """The same, but its deployment to PREPROD fails."""
    reached = [moment for moment in moments() if moment.at < 105]
    why = f"Stack {PREFIX}-preprod is ROLLBACK_COMPLETE. Endpoint: the model's image is not there"
    failed = moment(
        105.1, 1.4, "deployment", "deploy / PreProd / Deploy", Environment.PREPROD, status="Failed", why=why
    )
    resources = tuple(resource for resource in deployed() if resource.account == "demo-dev")
    return replace(example(), moments=(*reached, failed), served=(), deployed=resources, proof=None)


def moments() -> tuple[Moment, ...]:
    dev, preprod, prod = Environment
    return (
        moment(0.0, 4.2, "step", "The accounts answer at http://127.0.0.1:38223"),
        moment(4.2, 1.3, "step", "Create the state buckets"),
        moment(5.5, 13.1, "step", "cdktf deploy demo-dev demo-preprod demo-prod"),
        moment(18.6, 2.1, "step", "A second plan of demo-dev has no changes"),
        moment(24.1, 1.9, "step", "SageMaker project Churn from Service Catalog", dev),
        moment(26.2, 0.1, "source", "build / Source / Source", dev, why="Initial commit"),
        moment(26.4, 0.2, "source", "deploy / Source / Source", dev, why="Initial commit"),
        moment(27.0, 29.1, "build", "build / Build / Train", dev),
        moment(44.0, 11.9, "job", "SageMaker pipeline training", dev),
        moment(56.1, 8.5, "build", "deploy / Build / Synth", dev, why="DEPLOY=false, MODEL_PACKAGE_ARN=none"),
        moment(66.0, 0.0, "decision", "Approve version 1 of the model in the registry", dev, status="Approved"),
        moment(66.2, 0.0, "delivery", "model-state -> deploy", dev, why="SageMaker Model Package State Change"),
        moment(66.4, 9.3, "build", "deploy / Build / Synth", dev, why=f"DEPLOY=true, MODEL_PACKAGE_ARN={PACKAGE}"),
        moment(75.8, 3.1, "build", "deploy / SecurityEvaluation / CfnNag", dev),
        moment(79.0, 6.3, "deployment", "deploy / Dev / Deploy", dev, why=f"Stack {PREFIX}-dev is CREATE_COMPLETE"),
        moment(85.4, 17.2, "build", "deploy / Dev / IntegrationTest", dev),
        moment(102.7, 0.0, "approval", "deploy / PreProd / Approve", dev, status="Waiting"),
        moment(102.8, 0.0, "decision", "Deploy version 1 of the model: PreProd", dev, status="Approved"),
        moment(105.1, 6.4, "deployment", "deploy / PreProd / Deploy", preprod),
        moment(112.0, 0.0, "decision", "Deploy version 1 of the model: Prod", dev, status="Approved"),
        moment(112.3, 6.8, "deployment", "deploy / Prod / Deploy", prod),
        moment(120.0, 1.6, "request", f"{PREFIX}-prod answers", prod),
    )


def moment(
    at: float,
    seconds: float,
    kind: Kind,
    title: str,
    environment: Environment | None = None,
    *,
    status: str = "Succeeded",
    why: str = "",
) -> Moment:
    return Moment(
        at=at,
        seconds=seconds,
        account=f"demo-{environment}" if environment else "",
        account_id=ACCOUNT_IDS[environment] if environment else "",
        kind=kind,
        title=title,
        status=status,
        summary=why,
    )


def served(environment: Environment) -> Served:
    return Served(
        environment=environment,
        account=f"demo-{environment}",
        account_id=ACCOUNT_IDS[environment],
        endpoint=f"{PREFIX}-{environment}",
        stack=f"{PREFIX}-{environment}",
        model_package_arn=PACKAGE,
        answer=SCORES,
        evaluated=SCORES,
    )


def deployed() -> tuple[Deployed, ...]:
    project = {
        "ArtifactBucket": ("AWS::S3::Bucket", f"{PREFIX}-artifacts-111111111111"),
        "PipelineBucket": ("AWS::S3::Bucket", f"{PREFIX}-pipeline-111111111111"),
        "ImageRepository": ("AWS::ECR::Repository", PREFIX),
        "ModelPackageGroup": ("AWS::SageMaker::ModelPackageGroup", PREFIX),
        "BuildRepository": ("AWS::CodeCommit::Repository", f"{PREFIX}-build"),
        "BuildPipeline": ("AWS::CodePipeline::Pipeline", f"{PREFIX}-build"),
        "DeployRepository": ("AWS::CodeCommit::Repository", f"{PREFIX}-deploy"),
        "DeployPipeline": ("AWS::CodePipeline::Pipeline", f"{PREFIX}-deploy"),
        "DeploySynthRole": ("AWS::IAM::Role", f"{PREFIX}-deploy-synth"),
    }
    found = [resource(Environment.DEV, "Terraform", "module.seed_bucket.aws_s3_bucket.this", "aws_s3_bucket", "seeds")]
    found += [
        resource(Environment.DEV, "SC-111111111111-pp-0123456789abc", logical_id, type_, name)
        for logical_id, (type_, name) in project.items()
    ]
    for environment, account_id in ACCOUNT_IDS.items():
        stack = f"{PREFIX}-{environment}"
        endpoint = f"arn:aws:sagemaker:eu-west-1:{account_id}:endpoint/{stack}"
        found += [
            resource(environment, stack, "Endpoint", "AWS::SageMaker::Endpoint", endpoint),
            resource(environment, stack, "DataBucket", "AWS::S3::Bucket", f"{stack}-capture-{account_id}"),
        ]
    return tuple(found)


def resource(environment: Environment, stack: str, logical_id: str, type_: str, name: str) -> Deployed:
    return Deployed(
        account=f"demo-{environment}",
        account_id=ACCOUNT_IDS[environment],
        stack=stack,
        logical_id=logical_id,
        type=type_,
        name=name,
    )
