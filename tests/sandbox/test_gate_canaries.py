"""Canaries of sandbox/gate.py: what a stock moto server answers, that the gate answers better.

When one of these fails after an upgrade of moto, what the gate does about it has become needless.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def stock() -> Iterator[Callable[[str], Any]]:
    """Make clients of a stock moto server."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    session = boto3.Session(
        region_name="eu-west-1", aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x"
    )
    settings = Config(retries={"total_max_attempts": 1})
    yield lambda service: session.client(service, endpoint_url=f"http://{host}:{port}", config=settings)
    server.stop()


def test_moto_puts_an_unknown_access_key_into_an_account_of_its_own(stock: Callable[[str], Any]) -> None:
    assert stock("sts").get_caller_identity()["Account"] == "123456789012"


@pytest.mark.parametrize(("service", "operation"), [("codecommit", "list_repositories"), ("chime", "list_accounts")])
def test_moto_answers_what_it_lacks_with_a_page(stock: Callable[[str], Any], service: str, operation: str) -> None:
    with pytest.raises(ClientError, match="<!doctype html>"):
        getattr(stock(service), operation)()
