"""The configured provider reaches loopback, the right account, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.provider.errors import ProviderError
from sandbox.provider.session import open_session, require_loopback

if TYPE_CHECKING:
    from tests.sandbox.running_sandbox import RunningSandbox

CONFIG = {"region": "eu-west-1"}


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


@pytest.mark.usefixtures("emulator")
@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_an_endpoint_of_the_environment_is_refused_before_anything_is_made(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "https://example.com")
    with pytest.raises(ProviderError, match=f"{name} is https://example.com"):
        open_session(CONFIG)


@pytest.mark.usefixtures("emulator")
def test_a_request_that_is_sent_elsewhere_is_stopped() -> None:
    client = open_session(CONFIG).client("ssm")
    client.meta.events.register("before-sign", lambda request, **_: setattr(request, "url", "http://192.0.2.1/"))
    with pytest.raises(ProviderError, match=r"192\.0\.2\.1"):
        client.describe_parameters()


def test_the_account_is_that_of_the_profile(emulator: RunningSandbox) -> None:
    prod = emulator.accounts["demo-prod"]
    assert open_session({**CONFIG, "profile": prod.profile}).account_id == prod.account_id


@pytest.mark.usefixtures("emulator")
def test_the_account_is_that_of_the_role() -> None:
    role = {"role_arn": "arn:aws:iam::222222222222:role/any"}
    assert open_session({**CONFIG, "assume_role": [role]}).account_id == "222222222222"


@pytest.mark.usefixtures("emulator")
def test_a_client_is_made_once() -> None:
    session = open_session(CONFIG)
    assert session.client("s3") is session.client("s3")


@pytest.mark.usefixtures("emulator")
def test_an_emulator_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(ProviderError, match=r"http://127\.0\.0\.1:9"):
        open_session(CONFIG)


@pytest.mark.usefixtures("emulator")
def test_a_profile_that_does_not_exist_is_named() -> None:
    with pytest.raises(ProviderError, match="missing-profile"):
        open_session({**CONFIG, "profile": "missing-profile"})


@pytest.mark.usefixtures("emulator")
def test_no_region_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_PROFILE", "default")
    with pytest.raises(ProviderError, match="No Region"):
        open_session({})
