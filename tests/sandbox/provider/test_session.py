"""The configured provider reaches loopback, the right account, and nothing else."""

from __future__ import annotations

import pytest

from sandbox.provider.errors import ProviderError
from sandbox.provider.session import Session, open_session, require_loopback

KEYS = {"access_key": "a", "secret_key": "b", "region": "eu-west-1"}


def session_at(endpoint: str, **more: object) -> Session:
    services = dict.fromkeys(("iam", "s3", "ssm", "sts"), endpoint)
    return open_session({**KEYS, "endpoints": [services], **more})


@pytest.mark.parametrize("url", ["http://127.0.0.1:5000", "http://127.9.9.9", "http://[::1]:80", "http://localhost:1"])
def test_loopback_is_allowed(url: str) -> None:
    require_loopback(url, of="s3")


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.eu-west-1.amazonaws.com",
        "http://10.0.0.1",
        "http://0.0.0.0:5000",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com/",
        "example.com",
        "",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(ProviderError, match="not on loopback"):
        require_loopback(url, of="s3")


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_an_endpoint_of_the_environment_is_refused_before_anything_is_made(
    name: str, emulator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "https://example.com")
    with pytest.raises(ProviderError, match=f"{name} is https://example.com"):
        session_at(emulator)


def test_a_request_that_is_sent_elsewhere_is_stopped(emulator: str) -> None:
    client = session_at(emulator).client("ssm")
    client.meta.events.register("before-sign", lambda request, **_: setattr(request, "url", "http://192.0.2.1/"))
    with pytest.raises(ProviderError, match=r"192\.0\.2\.1"):
        client.describe_parameters()


def test_the_account_is_that_of_the_credentials(emulator: str) -> None:
    role = {"role_arn": "arn:aws:iam::222222222222:role/any"}
    assert session_at(emulator, assume_role=[role]).account_id == "222222222222"


def test_a_client_is_made_once(emulator: str) -> None:
    session = session_at(emulator)
    assert session.client("s3") is session.client("s3")


def test_an_emulator_that_does_not_answer_is_named() -> None:
    with pytest.raises(ProviderError, match=r"http://127\.0\.0\.1:9"):
        session_at("http://127.0.0.1:9")


def test_a_profile_that_does_not_exist_is_named(emulator: str) -> None:
    with pytest.raises(ProviderError, match="missing-profile"):
        open_session({"region": "eu-west-1", "profile": "missing-profile", "endpoints": [{"sts": emulator}]})


def test_no_region_is_told(emulator: str) -> None:
    with pytest.raises(ProviderError, match="No Region"):
        session_at(emulator, region=None)
