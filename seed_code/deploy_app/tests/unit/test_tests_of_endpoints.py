"""The integration and stress tests themselves, each as a program, against a stub of AWS."""

from __future__ import annotations

import os
import subprocess
import sys

import boto3
import pytest

from tests.deployed import find
from tests.integration import test_endpoint
from tests.stress.load import Bounds, Result, report, run
from tests.unit.conftest import APP
from tests.unit.stub_aws import STACK, Behaviour, stub_aws

INTEGRATION = ("pytest", "tests/integration", "-q")
STRESS = ("tests.stress", "--stack", STACK, "--requests", "40", "--seconds", "30", "--concurrency", "4")
BATCH = {"ModelPackageArn": "arn:x/1", "InferencePipelineName": f"{STACK}-inference"}


def program(behaviour: Behaviour, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program of this repository, with the stub as its AWS."""
    with stub_aws(behaviour) as variables:
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=APP,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=False,
        )


def test_an_endpoint_that_answers_passes() -> None:
    ran = program(Behaviour(), *INTEGRATION)
    assert (ran.returncode, "3 passed, 1 skipped" in ran.stdout) == (0, True), ran.stdout


def test_an_endpoint_that_is_not_in_service_fails_by_name() -> None:
    ran = program(Behaviour(endpoint_status="Failed"), *INTEGRATION)
    assert (ran.returncode, "FAILED tests/integration/test_endpoint.py::test_the_endpoint_is" in ran.stdout) == (
        1,
        True,
    )


@pytest.mark.parametrize("answer", [b"0.25\n", b"nan\n0.5\n"], ids=["too few predictions", "not a number"])
def test_a_wrong_answer_is_noticed(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with stub_aws(Behaviour(answer=answer)) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        endpoint = find(STACK, session=boto3.Session())
        with pytest.raises(AssertionError):
            test_endpoint.test_every_row_of_the_sample_gets_a_prediction(endpoint, endpoint.payload())


def test_batch_inference_that_ends_well_passes() -> None:
    ran = program(Behaviour(outputs=BATCH), *INTEGRATION)
    assert (ran.returncode, "1 passed, 3 skipped" in ran.stdout) == (0, True), ran.stdout


def test_batch_inference_that_fails_names_the_step() -> None:
    ran = program(Behaviour(outputs=BATCH, run_status=["Executing", "Failed"]), *INTEGRATION)
    assert (ran.returncode, "Transform: no input" in ran.stdout) == (1, True), ran.stdout


def test_a_load_within_the_limits_passes() -> None:
    ran = program(Behaviour(), *STRESS, "--p95-ms", "60000")
    assert ran.returncode == 0, ran.stderr
    assert "40 requests" in ran.stdout
    assert "within the limits" in ran.stdout


def test_a_load_that_fails_says_so() -> None:
    ran = program(Behaviour(status=500), *STRESS)
    assert ran.returncode == 1
    assert "100.0 % of the requests failed, over the limit of 1 %" in ran.stdout


def test_the_load_ends_with_its_last_request() -> None:
    seen: list[int] = []
    run(seen.append, Bounds(requests=25, seconds=60, concurrency=3))
    assert sorted(seen) == list(range(25))


def test_the_load_ends_with_its_time() -> None:
    hour = iter(range(0, 10**9, 3600))
    result = run(lambda _: None, Bounds(requests=10**6, seconds=7200, concurrency=1), clock=lambda: next(hour))
    assert result.sent < 3


def test_percentiles_are_of_answered_requests() -> None:
    result = Result(milliseconds=tuple(float(n) for n in range(1, 101)), errors=("Timeout: x",) * 2, seconds=2.0)
    assert [result.percentile(share) for share in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert report(result).splitlines()[0] == "102 requests in 2.0 s, 51.0 a second, 2 errors"
