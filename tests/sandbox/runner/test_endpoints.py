"""Deployed endpoints answer with the model that their stack names, and serve on when another one does not come up."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from sandbox import server
from tests.sandbox import registered_models as models
from tests.sandbox.registered_models import BUCKET, ENDPOINT, PROD, ROLE_ARN, Land, archive, serving
from tests.sandbox.running_sandbox import RunningSandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BROKEN = "raise RuntimeError('no such model')"
CAPTURED = f"arn:aws:s3:::{BUCKET}/*"


@pytest.fixture
def land(sandbox: RunningSandbox) -> Iterator[Land]:
    land = Land(running=sandbox)
    land.make()
    yield land
    land.clear()
    assert children(sandbox) == []


def children(running: RunningSandbox) -> list[int]:
    """Return the processes that the server has started and that still run."""
    listed = subprocess.run(
        ["ps", "--ppid", str(running.sandbox.pid), "-o", "pid="], capture_output=True, text=True, check=False
    )
    return [int(child) for child in listed.stdout.split()]


def capture() -> dict[str, object]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": 50,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }


def test_the_model_answers(land: Land) -> None:
    land.deploy(serving(land.register(body=archive(factor="3"))))
    assert land.ask("1\n20\n") == "3\n60\n"


def test_the_answer_says_who_gave_it(land: Land) -> None:
    land.deploy(serving(land.register()))
    runtime = land.client("prod", "sagemaker-runtime")
    answer = runtime.invoke_endpoint(EndpointName=ENDPOINT, Body=b"1", ContentType="text/csv")
    assert (answer["InvokedProductionVariant"], answer["ContentType"]) == ("AllTraffic", "text/csv")


def test_a_new_model_answers_in_place_of_the_former(land: Land) -> None:
    land.deploy(serving(land.register(body=archive(factor="3"))))
    land.ask()
    land.deploy(serving(land.register(body=archive(factor="5")), number=2))
    assert land.ask("1\n") == "5\n"


def test_a_model_that_has_answered_once_is_started_when_it_is_asked(land: Land) -> None:
    body = archive(factor="1.25")
    land.deploy(serving(land.register(body=body)))
    land.deploy(serving(land.register(body=body), number=2))
    before = len(children(land.running))
    land.ask()
    assert (before, len(children(land.running))) == (0, 1)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not an archive", "cannot be unpacked"),
        (archive()[:-20], "cannot be unpacked"),
        (archive(program=BROKEN), "no such model"),
        (archive(factor="many"), "could not convert string to float: 'many'"),
    ],
    ids=["no archive", "half an archive", "a broken program", "a broken model"],
)
def test_a_model_that_cannot_be_served_leaves_the_former_one(land: Land, body: bytes, reason: str) -> None:
    land.deploy(serving(land.register(body=archive(factor="3"))))
    assert land.deploy(serving(land.register(body=body), number=2)) == "UPDATE_ROLLBACK_COMPLETE"
    assert reason in land.reasons()
    assert land.ask("1\n") == "3\n"


def test_the_reason_stays_with_an_endpoint_that_was_never_in_service(land: Land) -> None:
    sagemaker = land.client("prod", "sagemaker")
    package = land.register(body=b"not an archive")
    role = ROLE_ARN.format(account_id=PROD)
    container = {"ModelPackageName": package}
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=role, PrimaryContainer=container)
    variant = {"ModelName": "m", "VariantName": "v", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName="c")
    described = land.endpoint()
    sagemaker.delete_endpoint(EndpointName=ENDPOINT)
    sagemaker.delete_endpoint_config(EndpointConfigName="c")
    sagemaker.delete_model(ModelName="m")
    assert described["EndpointStatus"] == "Failed"
    assert "cannot be unpacked" in described["FailureReason"]


def test_a_bucket_that_keeps_the_role_out_fails_the_endpoint(land: Land) -> None:
    package = land.register()
    land.let_in("arn:aws:iam::333333333333:role/other")
    assert land.deploy(serving(package)) == "ROLLBACK_COMPLETE"
    role = ROLE_ARN.format(account_id=PROD)
    assert f"Could not access model data at s3://{BUCKET}/0.tar.gz with role {role}" in land.reasons()


def test_an_image_that_nothing_stands_for_is_refused_by_name(land: Land) -> None:
    image = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/models:1"
    land.deploy(serving(land.register(image=image)))
    assert f"does not imitate this: image {image}" in land.reasons()


def test_what_the_model_refuses_is_a_model_error(land: Land) -> None:
    land.deploy(serving(land.register()))
    with pytest.raises(ClientError, match="could not convert string to float: 'many'") as error:
        land.ask("many\n")
    assert error.value.response["Error"]["Code"] == "ModelError"


def test_an_endpoint_of_another_account_is_not_found(land: Land) -> None:
    land.deploy(serving(land.register()))
    with pytest.raises(ClientError, match=f"Endpoint {ENDPOINT} of account 111111111111 not found"):
        land.ask(account="dev")


def test_a_deleted_endpoint_ends_its_process(land: Land) -> None:
    land.deploy(serving(land.register()))
    land.ask()
    land.client("prod", "cloudformation").delete_stack(StackName="models-prod")
    assert children(land.running) == []


def test_a_model_whose_process_died_is_started_again(land: Land) -> None:
    land.deploy(serving(land.register()))
    land.ask()
    (process,) = children(land.running)
    os.kill(process, 9)
    with pytest.raises(ClientError, match="is gone"):
        land.ask()
    assert land.ask("1\n") == "2\n"


def test_one_request_in_two_is_captured(land: Land) -> None:
    statements = [models.allow(ROLE_ARN.format(account_id=PROD), ["s3:GetObject", "s3:PutObject"], CAPTURED)]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    s3 = land.client("dev", "s3")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    assert land.deploy(serving(land.register(), DataCaptureConfig=capture())) == "CREATE_COMPLETE"
    for row in ("1\n", "2\n", "3\n", "4\n"):
        land.ask(row)
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"captured/{ENDPOINT}/AllTraffic/")["Contents"]
    bodies = [s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in found]
    kept = [json.loads(body)["captureData"] for body in bodies]
    assert {(data["endpointInput"]["data"], data["endpointOutput"]["data"]) for data in kept} == {
        ("2\n", "4\n"),
        ("4\n", "8\n"),
    }


def test_a_payload_need_not_be_text(land: Land) -> None:
    program = models.INFERENCE.replace("float(line) for line in body.decode().splitlines()", "float(body[1])")
    land.deploy(serving(land.register(body=archive(program=program))))
    runtime, payload = land.client("prod", "sagemaker-runtime"), base64.b64decode("/4A=")
    answer = runtime.invoke_endpoint(EndpointName=ENDPOINT, Body=payload, ContentType="text/csv")
    assert answer["Body"].read() == b"256\n"


def test_no_process_outlives_the_sandbox(tmp_path: Path) -> None:
    with server.start(log=tmp_path / "server.log") as process:
        running = RunningSandbox(sandbox=process.sandbox, folder=tmp_path)
        land = Land(running=running)
        land.make()
        land.deploy(serving(land.register()))
        land.ask()
        (child,) = children(running)
        ending = os.pidfd_open(child)
    readable, _, _ = select.select([ending], [], [], 10)  # it is when the process has ended
    os.close(ending)
    assert readable
