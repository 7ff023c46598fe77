"""What the journey has made, for projects that are to have a model and templates without waiting for them."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from baseline.naming import ENVIRONMENTS
from sandbox.clients import session_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.journey.evaluated import Evaluated
    from sandbox.journey.play import Played
    from sandbox.journey.team import Team

MODEL, SERVING = "model.tar.gz", "code/inference.py"
SCORING, CONTRARY = "np.asarray(model.predict(rows))", "1 - np.asarray(model.predict(rows))"
REQUEST = (
    *("InferenceSpecification", "ModelMetrics", "Domain", "Task", "SamplePayloadUrl"),
    "CustomerMetadataProperties",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that a training has registered: the files, and the request that names them after ``$FOLDER``."""

    files: Mapping[str, bytes]
    request: str
    payload: str
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The journey's model, one that contradicts it, and the templates with those names that are the journey's own."""

    model: Model
    contrary: Model
    templates: Mapping[str, bytes]
    names: Mapping[str, str]


def kept_of(team: Team, played: Played) -> Kept:
    """Read what the journey's pipelines have left in the registry and in the project's buckets."""
    evaluated = played.model
    assert evaluated, played.stopped
    arn = evaluated.model_package_arn
    package = _client(team, "sagemaker").describe_model_package(ModelPackageName=arn)
    templates = _synthesised(team, played.project.deploy_pipeline)
    names = {
        "model": arn,
        "key": _artifact_key(team, played.project.stack),
        "id": played.project.id,
        "name": played.project.name,
    }
    model = _model(team, evaluated, package)
    return Kept(model=model, contrary=_contrary(model), templates=templates, names=names)


def _contrary(model: Model) -> Model:
    """Return a model that is the surer the less this one is: its scores are what is missing to 1."""
    archive = _edited(model.files[MODEL], SERVING, {SCORING: CONTRARY})
    scores = tuple(round(1 - score, 6) for score in model.scores)
    return replace(model, files={**model.files, MODEL: archive}, scores=scores)


def _model(team: Team, evaluated: Evaluated, package: Mapping[str, Any]) -> Model:
    [container] = package["InferenceSpecification"]["Containers"]
    model, payload = container["ModelDataUrl"], package["SamplePayloadUrl"]
    folder = payload.rpartition("/")[0]
    request: dict[str, Any] = {key: package[key] for key in REQUEST}
    request["InferenceSpecification"]["Containers"] = [
        {key: value for key, value in container.items() if key in {"Image", "ModelDataUrl", "Environment"}}
    ]
    request |= {"ModelPackageGroupName": "$MODEL_PACKAGE_GROUP_NAME", "ModelApprovalStatus": "PendingManualApproval"}
    text = json.dumps(request).replace(model, f"$FOLDER/{MODEL}").replace(folder, "$FOLDER")
    bucket, _, prefix = folder.removeprefix("s3://").partition("/")
    s3 = _client(team, "s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/")["Contents"]]
    uris = [model, *(f"s3://{bucket}/{key}" for key in keys)]
    files = {uri.rpartition("/")[2]: _object(s3, uri) for uri in uris}
    return Model(files=files, request=text, payload=evaluated.payload, scores=evaluated.scores)


def _synthesised(team: Team, pipeline: str) -> dict[str, bytes]:
    """Return the templates that the pipeline's last synthesis has handed on."""
    told = _client(team, "codepipeline").list_action_executions(pipelineName=pipeline)["actionExecutionDetails"]
    newest = next(action for action in told if action["actionName"] == "Synth")
    [artifact] = newest["output"]["outputArtifacts"]
    place = artifact["s3location"]
    body = _object(_client(team, "s3"), f"s3://{place['bucket']}/{place['key']}")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in (f"{each}.template.json" for each in ENVIRONMENTS)}


def _artifact_key(team: Team, stack: str) -> str:
    [told] = _client(team, "cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return next(str(item["OutputValue"]) for item in told["Outputs"] if item["OutputKey"] == "ArtifactKeyArn")


def _edited(archive: bytes, name: str, replaced: Mapping[str, str]) -> bytes:
    """Return an archive in which a file's text is another. What is to be replaced has to be there."""
    body = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as former,
        tarfile.open(fileobj=body, mode="w:gz", compresslevel=1) as edited,
    ):
        for member in former:
            file = former.extractfile(member)
            content = file.read() if file else b""
            if member.name.removeprefix("./") == name:
                for old, new in replaced.items():
                    assert old in content.decode(), f"{name} has no {old}"
                    content = content.decode().replace(old, new).encode()
            member.size = len(content)
            edited.addfile(member, io.BytesIO(content))
    return body.getvalue()


def _object(s3: Any, uri: str) -> bytes:  # noqa: ANN401  (boto3)
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def _client(team: Team, service: str) -> Any:  # noqa: ANN401  (boto3)
    return session_of(team.account).client(service, endpoint_url=team.sandbox.endpoint)
