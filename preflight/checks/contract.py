"""The SSM contract: DEV's Parameter Store says what the accounts file says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from baseline import naming
from preflight.findings import IN_DEV, Check, failed, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

    from preflight.findings import Finding
    from preflight.target import Target

SEEDS = (naming.SSM_BUILD_KEY, naming.SSM_DEPLOY_KEY)


def contract_is_kept(target: Target) -> Iterator[Finding]:
    """Every parameter is there with the value that a deployment would give it, and no other is."""
    wanted, found = target.contract, target.parameters
    deploy = f"make deploy ACCOUNT={target.account.name}"
    problems = []
    for path, value in wanted.items():
        if path not in found:
            problems.append(failed(f"{path} is missing", deploy))
        elif found[path] != value and path in SEEDS:
            problems.append(warning(f"{path}: new projects begin with an older seed, {found[path]}", deploy))
        elif found[path] != value:
            problems.append(failed(f"{path} is {found[path]}, the accounts file makes it {value}", deploy))
    problems += [
        warning(f"{path} is left over: nothing in the accounts file makes it", deploy)
        for path in sorted(found.keys() - wanted.keys())
    ]
    yield from problems or [ok(f"{len(wanted)} parameters, all as the accounts file has them")]


CONTRACT = Check(
    name="SSM contract",
    environments=IN_DEV,
    actions=("ssm:GetParametersByPath", "s3:GetObject"),
    run=contract_is_kept,
    only_deployed=True,
)
