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
    from collections.abc import Callable, Mapping

    from botocore.awsrequest import AWSPreparedRequest
    from botocore.session import Session as BotocoreSession

Client: TypeAlias = Any  # botocore makes the classes of its clients at run time; no checker knows them

CONFIGURATION: Final = Imitation(
    type_name="provider aws",
    arguments=names(
        """
        region profile access_key secret_key token shared_config_files shared_credentials_files
        allowed_account_ids forbidden_account_ids default_tags.tags endpoints.*
        assume_role.role_arn assume_role.session_name assume_role.external_id
        s3_use_path_style skip_credentials_validation skip_metadata_api_check skip_region_validation
        skip_requesting_account_id
        """
    ),
    sensitive=names("access_key secret_key token"),
)

_NEVER_AWS = "The sandbox's stand-in for hashicorp/aws never talks to AWS."
_CURE = 'Start the sandbox and take its environment: eval "$(pipenv run sandbox env dev)" sets AWS_ENDPOINT_URL.'


class Session:
    """AWS clients of one configured provider, made once each. Safe to share between threads."""

    def __init__(
        self,
        *,
        botocore_session: BotocoreSession,
        region: str,
        endpoints: Mapping[str, str],
        default_tags: Mapping[str, str],
    ) -> None:
        self.region = region
        self.default_tags = default_tags
        self.account_id = ""
        self._session = botocore_session
        self._endpoints = endpoints
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
            endpoint_url=self._endpoints.get(service),
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
    endpoints = _endpoints(config)
    base = _botocore_session(config)
    region = config.get("region") or os.environ.get("AWS_REGION") or base.get_config_variable("region")
    if not region:
        raise ProviderError(
            "No Region is configured for the provider", "Set `region` in the provider block or AWS_REGION."
        )
    default_tags = next((block["tags"] or {} for block in config.get("default_tags") or ()), {})

    def session_of(botocore_session: BotocoreSession) -> Session:
        return Session(botocore_session=botocore_session, region=region, endpoints=endpoints, default_tags=default_tags)

    session = session_of(base)
    for role in config.get("assume_role") or ():
        session = _assume(role, session, session_of)
    session.account_id = _caller_account(session)
    _check_account(config, session.account_id)
    return session


def _endpoints(config: Attributes) -> dict[str, str]:
    given = {
        service: url for block in config.get("endpoints") or () for service, url in block.items() if url is not None
    }
    in_environment = {name: url for name, url in os.environ.items() if name.startswith("AWS_ENDPOINT_URL")}
    for service, url in (given | in_environment).items():
        require_loopback(url, of=service)
    return given


def _botocore_session(config: Attributes) -> BotocoreSession:
    import botocore.session  # noqa: PLC0415 - see Session._new_client
    from botocore.exceptions import ProfileNotFound  # noqa: PLC0415

    session = botocore.session.Session(profile=config.get("profile"))
    files = {"shared_config_files": "config_file", "shared_credentials_files": "credentials_file"}
    for argument, variable in files.items():
        paths = config.get(argument) or []
        if len(paths) > 1:
            raise ProviderError(f"The provider's {argument} names {len(paths)} files", "The stand-in reads one.")
        if paths:
            session.set_config_variable(variable, paths[0])
    session.set_config_variable("metadata_service_num_attempts", 0)  # the metadata service is not on loopback
    if config.get("access_key"):
        session.set_credentials(config["access_key"], config.get("secret_key"), config.get("token"))
    try:
        credentials = session.get_credentials()
    except ProfileNotFound as error:
        cure = "Name a profile of the AWS configuration in the accounts file, or add this one to AWS_CONFIG_FILE."
        raise ProviderError(str(error), cure) from error
    if credentials is None:
        raise ProviderError("No AWS credentials were found for the provider", _CURE)
    return session


def _assume(role: Attributes, session: Session, session_of: Callable[[BotocoreSession], Session]) -> Session:
    import botocore.session  # noqa: PLC0415 - see Session._new_client

    external_id = {"ExternalId": role["external_id"]} if role.get("external_id") else {}
    credentials = session.client("sts").assume_role(
        RoleArn=role["role_arn"], RoleSessionName=role.get("session_name") or "terraform", **external_id
    )["Credentials"]
    assumed = botocore.session.Session()
    assumed.set_credentials(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])
    return session_of(assumed)


def _caller_account(session: Session) -> str:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see Session._new_client

    client = session.client("sts")
    try:
        return str(client.get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise ProviderError(f"Asking {client.meta.endpoint_url} whose credentials these are: {error}", _CURE) from error


def _check_account(config: Attributes, account_id: str) -> None:
    allowed, forbidden = config.get("allowed_account_ids"), config.get("forbidden_account_ids") or []
    if account_id in forbidden:
        rule = f"the provider's forbidden_account_ids names {account_id}"
    elif allowed and account_id not in allowed:
        rule = f"the provider's allowed_account_ids names {', '.join(allowed)}"
    else:
        return
    detail = (
        f"The credentials belong to account {account_id}; {rule}. Nothing was made. Use that account's credentials."
    )
    raise ProviderError(f"AWS account ID not allowed: {account_id}", detail)
