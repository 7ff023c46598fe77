"""The environment variables that turn AWS's tools to the sandbox, and the files they point at.

Redirection is by environment alone: boto3, the AWS CLI, Terraform and the CDKTF CLI run as they are. What the caller's
shell says about AWS and Terraform is dropped, so no real credentials and no other endpoint get in.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from configparser import ConfigParser
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.server import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.server import Sandbox, SandboxAccount

PROVIDER_VARIABLE = "SANDBOX_PROVIDER"
FOREIGN_PREFIXES = ("AWS_", "TF_", "CDKTF_", "BOTO_", "MOTO_")
# What may stay of them: logs, and for the provider from the registry the caller's own CLI settings and cache.
KEPT = frozenset({"TF_LOG", "TF_LOG_PATH", "TF_LOG_CORE", "TF_LOG_PROVIDER", "CDKTF_LOG_LEVEL"})
KEPT_FOR_THE_REGISTRY = frozenset({"TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR"})
LOOPBACK = "127.0.0.1,localhost"


def environment(
    sandbox: Sandbox, *, folder: Path, account: str | None = None, base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return a whole environment for a program that is to work on the sandbox.

    `folder` takes the files that the variables name (``.sandbox``); it is made when missing, mode 0700. `account` is
    the one behind the credentials when a program names no profile, ``demo-dev`` or ``dev``; None takes the first.
    `base` is what to start from, default the caller's environment; its AWS_* and TF_* are dropped.
    Raises `SandboxError` when there is no such account.
    """
    base = os.environ if base is None else base
    kept = {name: value for name, value in base.items() if not _is_foreign(name, base=base)}
    return kept | variables(sandbox, folder=folder, account=account, base=base)


def variables(
    sandbox: Sandbox, *, folder: Path, account: str | None = None, base: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return only the variables that redirect, after writing the files they name. Arguments as for `environment`."""
    base = os.environ if base is None else base
    chosen = sandbox.find(account) if account else next(iter(sandbox.accounts.values()))
    make_private(folder)
    config, credentials = _write_aws_files(sandbox, folder=folder)
    return {
        "AWS_ENDPOINT_URL": sandbox.endpoint,
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_PROFILE": chosen.name,
        "AWS_REGION": chosen.region,
        "AWS_DEFAULT_REGION": chosen.region,  # the AWS CLI v1 and boto3 read this one
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": _with_loopback(base.get("NO_PROXY") or base.get("no_proxy") or ""),
        "no_proxy": _with_loopback(base.get("NO_PROXY") or base.get("no_proxy") or ""),
        # Telemetry and update checks: Terraform and the CDKTF CLI (checkpoint), the CDKTF CLI's own version check, CDK.
        "CHECKPOINT_DISABLE": "1",
        "DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_VERSION_CHECK": "1",
        **_git_variables(sandbox, chosen),
        **_provider_variables(folder=folder, base=base),
    }


def shell_lines(values: Mapping[str, str], *, base: Mapping[str, str] | None = None) -> str:
    """Return `values` as ``export`` lines for a POSIX shell, after ``unset`` lines for what the shell must forget."""
    base = os.environ if base is None else base
    forgotten = sorted(name for name in base if _is_foreign(name, base=base) and name not in values)
    lines = [f"unset {name}" for name in forgotten]
    return "\n".join(lines + [f"export {name}={shlex.quote(value)}" for name, value in values.items()]) + "\n"


def make_private(folder: Path) -> None:
    """Make `folder` if it is missing, and readable by its owner alone: credentials lie in it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def _is_foreign(name: str, *, base: Mapping[str, str]) -> bool:
    kept = KEPT | KEPT_FOR_THE_REGISTRY if _from_registry(base) else KEPT
    return name.startswith(FOREIGN_PREFIXES) and name not in kept


def _from_registry(base: Mapping[str, str]) -> bool:
    choice = base.get(PROVIDER_VARIABLE, "")
    if choice not in {"", "stand-in", "registry"}:
        raise SandboxError(f'{PROVIDER_VARIABLE} is "{choice}": it may be "registry", "stand-in" or unset.')
    return choice == "registry"


def _git_variables(sandbox: Sandbox, account: SandboxAccount) -> dict[str, str]:
    """Let git find the account's repositories under their addresses on AWS. The caller's own settings hold as well."""
    folder = f"{sandbox.repositories}/{account.account_id}/{account.region}/"
    host = f"git-codecommit.{account.region}.amazonaws.com"
    addresses = f"https://{host}/v1/repos/", f"ssh://{host}/v1/repos/", f"codecommit::{account.region}://"
    variables = {"GIT_CONFIG_COUNT": str(len(addresses))}
    for number, address in enumerate(addresses):
        variables |= {f"GIT_CONFIG_KEY_{number}": f"url.{folder}.insteadOf", f"GIT_CONFIG_VALUE_{number}": address}
    return variables


def _provider_variables(*, folder: Path, base: Mapping[str, str]) -> dict[str, str]:
    if _from_registry(base):
        return {}
    from sandbox.provider.mirror import write_mirror  # noqa: PLC0415  (only who runs Terraform needs grpc)

    settings = write_mirror(folder, python=Path(sys.executable))
    return {
        "TF_CLI_CONFIG_FILE": str(settings),
        # The CDKTF CLI caches providers in the home folder, where a later deploy to AWS would find the stand-in.
        "CDKTF_DISABLE_PLUGIN_CACHE_ENV": "1",
        # `cdktf deploy` locks the providers, and that asks the registry even when a mirror is configured.
        "TF_CLI_ARGS_providers_lock": shlex.quote(f"-fs-mirror={settings.parent / 'mirror'}"),
    }


def _write_aws_files(sandbox: Sandbox, *, folder: Path) -> tuple[Path, Path]:
    first = next(iter(sandbox.accounts.values()))
    named = {account.profile: account for account in sandbox.accounts.values() if account.profile}
    profiles = {"default": first, **sandbox.accounts, **sandbox.aliases, **named}
    config, credentials = ConfigParser(interpolation=None), ConfigParser(interpolation=None)
    for profile, account in profiles.items():
        config["default" if profile == "default" else f'profile "{profile}"'] = {"region": account.region}
        credentials[profile] = {
            "aws_access_key_id": account.access_key_id,
            "aws_secret_access_key": account.secret_access_key,
            "aws_session_token": account.session_token,
        }
    paths = folder / "aws-config", folder / "aws-credentials"
    for path, parser in zip(paths, (config, credentials), strict=True):
        _write_private(path, parser)
    return paths


def _write_private(path: Path, parser: ConfigParser) -> None:
    """Write and then rename: a Terraform that runs meanwhile reads the old file or the new one, never half of it."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
    with os.fdopen(handle, "w") as file:
        parser.write(file)
    Path(draft).replace(path)


def _with_loopback(no_proxy: str) -> str:
    return f"{no_proxy},{LOOPBACK}" if no_proxy else LOOPBACK
