"""The three accounts of a set, each with credentials that are proven to be its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from baseline.naming import Environment
from bootstrap.identity import identify
from projects.errors import ProjectsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import boto3

    from baseline.accounts import Account, AccountSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Clients of the accounts of one set, by environment. Several threads may ask for one at once."""

    account_set: AccountSet
    sessions: Mapping[Environment, boto3.Session]
    _clients: dict[tuple[Environment, str], Any] = field(default_factory=dict)
    _making: Lock = field(default_factory=Lock)  # boto3 makes clients of a session one at a time only

    def account(self, environment: Environment) -> Account:
        """Return the account of an environment."""
        return next(account for account in self.account_set.accounts if account.environment is environment)

    def client(self, environment: Environment, service: str) -> Any:  # noqa: ANN401  (boto3 clients have no static type)
        """Return boto3's client of a service in an environment's account and Region."""
        with self._making:
            if (environment, service) not in self._clients:
                region = self.account(environment).region
                self._clients[environment, service] = self.sessions[environment].client(service, region_name=region)
            return self._clients[environment, service]

    def in_dev(self, service: str) -> Any:  # noqa: ANN401
        """Return boto3's client of a service in DEV, where projects are."""
        return self.client(Environment.DEV, service)


def open_access(account_set: AccountSet) -> Access:
    """Prove the credentials of all three accounts. Raises `BootstrapError`, one line for each that is wrong."""
    targets = identify(account_set.accounts)
    return Access(account_set=account_set, sessions={target.account.environment: target.session for target in targets})


def choose(account_sets: Sequence[AccountSet], *, name: str | None) -> AccountSet:
    """Return the set that `name` says, or the only one. Raises `ProjectsError` when that is none."""
    names = [account_set.name for account_set in account_sets]
    if name is None and len(names) > 1:
        raise ProjectsError(f"The accounts file has several account sets. Say which: --set {' or --set '.join(names)}.")
    if name is not None and name not in names:
        raise ProjectsError(f'The accounts file has no account set "{name}". Known: {", ".join(names)}.')
    return account_sets[names.index(name) if name else 0]
