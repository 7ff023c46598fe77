"""Makes the checks: the accounts side by side, the checks of one account one after the other."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from baseline.accounts import ACCOUNTS_VARIABLE, DEFAULT_FILE
from bootstrap.identity import BootstrapError, identify
from preflight.findings import NOTHING_DEPLOYED, Result, failed, not_yet, ok, unknown
from preflight.refusals import explained
from preflight.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from baseline.accounts import Account, AccountSet
    from preflight.findings import Check, Finding

CREDENTIALS = "credentials"
NOT_ASKED = "not asked: the credentials do not reach the account"
AT_ONCE = 16  # accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What is looked at, and how. `told` is called with the name of each account that is done."""

    root: Path
    checks: Sequence[Check]
    wanted_projects: int
    told: Callable[[str], None]

    def of(self, accounts: Sequence[tuple[AccountSet, Account]]) -> tuple[Result, ...]:
        """Return the results, account by account."""
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            found = pool.map(lambda pair: self._account(*pair), accounts)
            return tuple(result for results in found for result in results)

    def _account(self, account_set: AccountSet, account: Account) -> list[Result]:
        due = [check for check in self.checks if account.environment in check.environments]
        try:
            [proven] = identify([account])
        except BootstrapError as error:
            results = [_result(account, check.name, unknown(NOT_ASKED)) for check in due]
            self.told(account.name)
            return [_result(account, CREDENTIALS, _not_reached(account, str(error))), *results]
        target = Target(
            account_set=account_set,
            account=account,
            session=proven.session,
            root=self.root,
            wanted_projects=self.wanted_projects,
        )
        results = [_result(account, CREDENTIALS, ok(f"they reach account {account.account_id}"))]
        results += [_result(account, check.name, *_findings(check, target)) for check in due]
        self.told(account.name)
        return results


def _findings(check: Check, target: Target) -> tuple[Finding, ...]:
    try:
        if check.only_deployed and target.state.is_empty:
            return (not_yet(NOTHING_DEPLOYED, f"make deploy ACCOUNT={target.account.name}"),)
        return tuple(check.run(target))
    except ClientError as error:
        return (explained(error, check=check),)
    except BotoCoreError as error:
        return (unknown(f"AWS could not be asked: {error}", "Look at the network and the settings of the AWS CLI."),)


def _not_reached(account: Account, message: str) -> Finding:
    what = message.removeprefix(f"{account.name}: ").replace(" Nothing was made.", "")
    file = Path(os.environ.get(ACCOUNTS_VARIABLE) or DEFAULT_FILE).name
    table = f"[{account.set_name}.{account.environment}]"
    cure = f"Let profile or assume_role of {table} in {file} lead to account {account.account_id}."
    if account.is_placeholder:
        cure = f"Write an account of yours, and what leads to it, into {table} of {file}."
    if "InvalidClientTokenId" in message:  # of STS in a Region that the account has not enabled
        cure += f" Region {account.state.region} may not be enabled there."
    return failed(what, cure)


def _result(account: Account, check: str, *findings: Finding) -> Result:
    return Result(account=account.name, check=check, findings=findings)
