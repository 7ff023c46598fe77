"""The three accounts as a picture: what is in each, and the way of the model through them.

Drawn twice, as screens differ in width: with DEV above PREPROD and PROD side by side, and in one column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from baseline.naming import Environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.journey.record import Account, Deployed, Journey

Point = tuple[float, float]
DEV, PREPROD, PROD = Environment.DEV, Environment.PREPROD, Environment.PROD
BUILD, DEPLOY = "Build", "Deploy"  # what the logical ids of the two applications' resources begin with
REPOSITORY, PIPELINE = "AWS::CodeCommit::Repository", "AWS::CodePipeline::Pipeline"
BUCKET, IMAGES = "AWS::S3::Bucket", "AWS::ECR::Repository"
GROUP, ENDPOINT = "AWS::SageMaker::ModelPackageGroup", "AWS::SageMaker::Endpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """An account: a rectangle with a heading. Lengths are in the picture's own units."""

    account: Account
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Something in an account: a heading and the names of what is there, if anything is."""

    environment: Environment
    label: str
    names: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """One step of the way: a line through points, its number, and whether the journey went it."""

    number: int | None
    went: bool
    points: tuple[Point, ...]

    @property
    def path(self) -> str:
        return "M" + " L".join(f"{x:g} {y:g}" for x, y in self.points)

    @property
    def middle(self) -> Point:
        """The middle of its longest part."""
        (x1, y1), (x2, y2) = max(
            zip(self.points, self.points[1:], strict=False),
            key=lambda part: abs(part[0][0] - part[1][0]) + abs(part[0][1] - part[1][1]),
        )
        return (x1 + x2) / 2, (y1 + y2) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """All of it in one layout."""

    name: str
    width: float
    height: float
    frames: tuple[Frame, ...]
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things stand: frames by environment, boxes by name, and the lines between them.

    The lines are in the order of `WAY`; one more, without a number, is the deploy pipeline's source.
    """

    name: str
    size: Point
    box: Point
    frames: Mapping[Environment, tuple[float, float, float, float]]
    boxes: Mapping[str, Point]
    lines: tuple[tuple[Point, ...], ...]


WAY = (
    "The build pipeline takes the newest commit of its repository.",
    "Its build starts the training pipeline.",
    "The trained and evaluated model is registered.",
    "The model is approved, which starts the deployment pipeline.",
    "The model is deployed to DEV, and tested there.",
    "Approved, it is deployed to PREPROD.",
    "Approved, it is deployed to PROD.",
)
LABELS = {
    "build repository": (DEV, "Build repository"),
    "build pipeline": (DEV, "Build pipeline"),
    "training": (DEV, "SageMaker pipeline"),
    "registry": (DEV, "Model registry"),
    "deploy repository": (DEV, "Deploy repository"),
    "deploy pipeline": (DEV, "Deploy pipeline"),
    "endpoint dev": (DEV, "Endpoint"),
    "store dev": (DEV, "Buckets and images"),
    "endpoint preprod": (PREPROD, "Endpoint"),
    "store preprod": (PREPROD, "Bucket"),
    "endpoint prod": (PROD, "Endpoint"),
    "store prod": (PROD, "Bucket"),
}
WIDE = Layout(
    name="wide",
    size=(1080, 486),
    box=(225, 72),
    frames={DEV: (1, 1, 1078, 306), PREPROD: (1, 345, 530, 140), PROD: (549, 345, 530, 140)},
    boxes={
        "build repository": (28, 56),
        "build pipeline": (294, 56),
        "training": (560, 56),
        "registry": (826, 56),
        "deploy repository": (28, 208),
        "deploy pipeline": (294, 208),
        "endpoint dev": (560, 208),
        "store dev": (826, 208),
        "store preprod": (28, 396),
        "endpoint preprod": (282, 396),
        "store prod": (576, 396),
        "endpoint prod": (830, 396),
    },
    lines=(
        ((253, 92), (292, 92)),
        ((519, 92), (558, 92)),
        ((785, 92), (824, 92)),
        ((938, 128), (938, 168), (406, 168), (406, 206)),
        ((519, 244), (558, 244)),
        ((394, 280), (394, 394)),
        ((460, 280), (460, 326), (942, 326), (942, 394)),
        ((253, 244), (292, 244)),
    ),
)
NARROW = Layout(
    name="narrow",
    size=(400, 724),
    box=(160, 66),
    frames={DEV: (1, 1, 398, 436), PREPROD: (1, 450, 398, 128), PROD: (1, 591, 398, 128)},
    boxes={
        "build repository": (12, 44),
        "build pipeline": (208, 44),
        "registry": (12, 144),
        "training": (208, 144),
        "deploy repository": (12, 256),
        "deploy pipeline": (208, 256),
        "store dev": (12, 358),
        "endpoint dev": (208, 358),
        "store preprod": (12, 498),
        "endpoint preprod": (208, 498),
        "store prod": (12, 639),
        "endpoint prod": (208, 639),
    },
    lines=(
        ((172, 77), (206, 77)),
        ((288, 110), (288, 142)),
        ((208, 177), (174, 177)),
        ((92, 210), (92, 232), (288, 232), (288, 254)),
        ((288, 322), (288, 356)),
        ((368, 280), (378, 280), (378, 531), (370, 531)),
        ((368, 298), (390, 298), (390, 672), (370, 672)),
        ((172, 289), (206, 289)),
    ),
)


def draw(journey: Journey) -> tuple[Picture, Picture]:
    """Return the picture of a journey, wide and narrow."""
    names, went = _names(journey), steps(journey)
    return _drawn(WIDE, journey, names, went), _drawn(NARROW, journey, names, went)


def steps(journey: Journey) -> tuple[bool, ...]:
    """Say of each step of `WAY` whether the journey went it."""
    kinds, model = {moment.kind for moment in journey.moments}, journey.model
    approved = model is not None and model.status == "Approved"
    reached = (bool(_of(journey, environment, ENDPOINT)) for environment in Environment)
    return "source" in kinds, "job" in kinds, model is not None, approved, *reached


def _drawn(layout: Layout, journey: Journey, names: Mapping[str, tuple[str, ...]], went: tuple[bool, ...]) -> Picture:
    return Picture(
        name=layout.name,
        width=layout.size[0],
        height=layout.size[1],
        frames=tuple(
            Frame(account=account, x=x, y=y, width=wide, height=high)
            for account in journey.accounts
            for x, y, wide, high in [layout.frames[Environment(account.environment)]]
        ),
        boxes=tuple(_box(layout, name, names[name]) for name in layout.boxes),
        arrows=tuple(
            Arrow(number=number, went=one, points=points)
            for number, one, points in zip((*range(1, len(WAY) + 1), None), (*went, went[0]), layout.lines, strict=True)
        ),
    )


def _box(layout: Layout, name: str, names: tuple[str, ...]) -> Box:
    (x, y), (width, height), (environment, label) = layout.boxes[name], layout.box, LABELS[name]
    return Box(environment=environment, label=label, names=names, x=x, y=y, width=width, height=height)


def _names(journey: Journey) -> dict[str, tuple[str, ...]]:
    """Return what is in each box: names without the project's own, which all of them begin with."""
    model, trained = journey.model, any(moment.kind == "job" for moment in journey.moments)
    registered = (f"version {model.version}, {_words(model.status)}",) if model else ()
    named = {
        "build repository": _of(journey, DEV, REPOSITORY, application=BUILD),
        "build pipeline": _of(journey, DEV, PIPELINE, application=BUILD),
        "training": ("training",) if trained else (),
        "registry": (*_of(journey, DEV, GROUP), *registered),
        "deploy repository": _of(journey, DEV, REPOSITORY, application=DEPLOY),
        "deploy pipeline": _of(journey, DEV, PIPELINE, application=DEPLOY),
    }
    for environment in Environment:
        named[f"endpoint {environment}"] = (*_of(journey, environment, ENDPOINT), *_answers(journey, environment))
        stores = (_of(journey, environment, type_) for type_ in (BUCKET, IMAGES))
        named[f"store {environment}"] = tuple(", ".join(names) for names in stores if names)
    return named


def _of(journey: Journey, environment: Environment, type_: str, *, application: str = "") -> tuple[str, ...]:
    accounts = {account.name for account in journey.accounts if account.environment == environment}
    return tuple(
        _short(resource, journey.project_id)
        for resource in journey.deployed
        if resource.account in accounts and resource.type == type_ and resource.logical_id.startswith(application)
    )


def _short(resource: Deployed, project_id: str) -> str:
    name = resource.name.rpartition("/")[2]  # of an endpoint, CloudFormation's id is the ARN
    return name.removeprefix(f"mlops-{project_id}-").removesuffix(f"-{resource.account_id}")


def _answers(journey: Journey, environment: Environment) -> tuple[str, ...]:
    return tuple(
        "answers as evaluated" if served.agrees else "answers otherwise"
        for served in journey.served
        if served.environment == environment
    )


def _words(status: str) -> str:
    return {"PendingManualApproval": "not approved yet"}.get(status, status.lower())
