"""The stack under test. `ENDPOINT_STACK` names it; without it, and without credentials, nothing runs."""

from __future__ import annotations

import os

import boto3
import pytest

from tests.deployed import DeployedStack, Payload, find


@pytest.fixture(scope="session")
def stack() -> DeployedStack:
    """The deployed stack."""
    name = os.environ.get("ENDPOINT_STACK")
    if not name:
        pytest.fail("set ENDPOINT_STACK to the stack under test, such as mlops-<project id>-dev", pytrace=False)
    return find(name, session=boto3.Session())


@pytest.fixture(scope="session")
def endpoint(stack: DeployedStack) -> DeployedStack:
    """The deployed stack, if it has an endpoint."""
    if "EndpointName" not in stack.outputs:
        pytest.skip("config/dev.toml has no [endpoint]")
    return stack


@pytest.fixture(scope="session")
def payload(endpoint: DeployedStack) -> Payload:
    """The sample payload that was registered with the model."""
    return endpoint.payload()
