"""The provider's configuration made into AWS clients that reach nothing but loopback."""

from __future__ import annotations

import ipaddress
import os
import threading
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlsplit

from sandbox.provider.errors import ProviderError
from sandbox.provider.imitation import Imitation, names
from sandbox.provider.values import Attributes, is_unknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.awsrequest import AWSPreparedRequest
    from botocore.session import Session as BotocoreSession

Client: TypeAlias = Any  # botocore makes the classes of its clients at run time; no checker knows them

CONFIGURATION: Final = Imitation(
    type_name="provider aws",
    arguments=names("region profile allowed_account_ids default_tags.tags assume_role.role_arn"),
)

_NEVER_AWS = "The sandbox's stand-in for hashicorp/aws never talks to AWS."
_CURE = 'Start the sandbox and take its environment: eval "$(pipenv run sandbox env dev)" sets AWS_ENDPOINT_URL.'


class Session:
    """AWS clients of one configured provider, made once each. Safe to share between threads."""

    def __init__(self, *, botocore_session: BotocoreSession, region: str, default_tags: Mapping[str, str]) -> None:
        self.region = region
        self.default_tags = default_tags
        self.account_id = ""
        self._session = botocore_session
        self._clients: dict[tuple[str, str], Client] = {}
        self._lock = threading.Lock()
        self._session.register("before-send", _refuse_a_request_that_leaves)

    @property
    def partition(self) -> str:
        prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
        return next((name for prefix, name in prefixes.items() if self.region.startswith(prefix)), "aws")

    def client(self, service: str, region: str | None = None) -> Client:
        """Return the client of an AWS service, e.g. "s3". ProviderError when its endpoint is not on loopback."""
        key = (service, region or self.region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._new_client(*key)
            return self._clients[key]

    def _new_client(self, service: str, region: str) -> Client:
        from botocore.config import Config  # noqa: PLC0415 - a quarter of a second that validating need not pay

        client = self._session.create_client(
            service,
            region_name=region,
            config=Config(
                proxies={},  # loopback is never reached through a proxy of the environment
                retries={"total_max_attempts": 2},
                connect_timeout=5,
                s3={"addressing_style": "path"},  # bucket.127.0.0.1 is no host
            ),
        )
        require_loopback(client.meta.endpoint_url, of=service)
        return client


def require_loopback(url: str, *, of: str) -> None:
    """Raise ProviderError unless the host of `url` is this machine's loopback."""
    host = urlsplit(url).hostname or ""
    if not _is_loopback(host):
        summary = f"The endpoint of {of} is {url}, which is not on loopback"
        raise ProviderError(summary, f"{_NEVER_AWS} {_CURE}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refuse_a_request_that_leaves(request: AWSPreparedRequest, **_: object) -> None:
    """The last wall: a redirect, a token service or a setting we do not know of may name another host."""
    require_loopback(request.url, of="a request")


def open_session(config: Attributes) -> Session:
    """Return the session for a provider configuration, after checking where it leads and whose account it is.

    ProviderError when an endpoint is not on loopback, credentials are missing or refused, or the account is not
    allowed.
    """
    if is_unknown(config):
        raise ProviderError("The provider's configuration depends on what is known only after apply", _NEVER_AWS)
    for name, url in os.environ.items():
        if name.startswith("AWS_ENDPOINT_URL"):
            require_loopback(url, of=name)
    base = _botocore_session(config.get("profile"))
    region = config.get("region") or os.environ.get("AWS_REGION") or base.get_config_variable("region")
    if not region:
        raise ProviderError(
            "No Region is configured for the provider", "Set `region` in the provider block or AWS_REGION."
        )
    default_tags = next((block["tags"] or {} for block in config.get("default_tags") or ()), {})
    session = Session(botocore_session=base, region=region, default_tags=default_tags)
    for role in config.get("assume_role") or ():
        assumed = _assume(role["role_arn"], session.client("sts"))
        session = Session(botocore_session=assumed, region=region, default_tags=default_tags)
    session.account_id = _caller_account(session.client("sts"))
    _check_account(config.get("allowed_account_ids"), session.account_id)
    return session


def _botocore_session(profile: str | None) -> BotocoreSession:
    import botocore.session  # noqa: PLC0415 - see Session._new_client
    from botocore.exceptions import ProfileNotFound  # noqa: PLC0415

    session = botocore.session.Session(profile=profile)
    session.set_config_variable("metadata_service_num_attempts", 0)  # the metadata service is not on loopback
    try:
        credentials = session.get_credentials()
    except ProfileNotFound as error:
        cure = "Name a profile of the AWS configuration in the accounts file, or add this one to AWS_CONFIG_FILE."
        raise ProviderError(str(error), cure) from error
    if credentials is None:
        raise ProviderError("No AWS credentials were found for the provider", _CURE)
    return session


def _assume(role_arn: str, client: Client) -> BotocoreSession:
    import botocore.session  # noqa: PLC0415 - see Session._new_client

    credentials = client.assume_role(RoleArn=role_arn, RoleSessionName="terraform")["Credentials"]
    assumed = botocore.session.Session()
    assumed.set_credentials(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])
    return assumed


def _caller_account(client: Client) -> str:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see Session._new_client

    try:
        return str(client.get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise ProviderError(f"Asking {client.meta.endpoint_url} whose credentials these are: {error}", _CURE) from error


def _check_account(allowed: list[str] | None, account_id: str) -> None:
    if allowed and account_id not in allowed:
        detail = (
            f"The credentials belong to account {account_id}; the provider's allowed_account_ids names"
            f" {', '.join(allowed)}. Nothing was made. Use that account's credentials."
        )
        raise ProviderError(f"AWS account ID not allowed: {account_id}", detail)
