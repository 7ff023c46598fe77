"""The tables that the command prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from baseline.accounts import Account
    from bootstrap.stack import Change, ChangeSet, FailedEvent


def change_table(planned: Iterable[tuple[Account, ChangeSet]]) -> Table:
    """What would be added, changed and removed in which account."""
    folded = [Column(name, overflow="fold") for name in ("resource", "type", "what changes")]
    table = Table("account", "stack", "action", *folded, title="Change sets")
    for account, change_set in planned:
        for change in change_set.changes:
            table.add_row(
                account.name,
                change_set.stack.name,
                _action(change),
                change.resource,
                change.resource_type,
                _what(change),
            )
    return table


def _action(change: Change) -> str:
    return "[red]Replace[/red]" if change.replaces else change.action


def _what(change: Change) -> str:
    return ", ".join(change.properties) or change.physical_id


def failure_table(events: Iterable[FailedEvent]) -> Table:
    """What CloudFormation says of the resources that failed."""
    table = Table("resource", "type", "status", Column("reason", overflow="fold"))
    for event in events:
        table.add_row(event.resource, event.resource_type, event.status, event.reason)
    return table


def home_table(homes: Iterable[tuple[Account, str]]) -> Table:
    """Where each account keeps its state, and what was done about it."""
    table = Table("account", "AWS account id", "Region", Column("state bucket", overflow="fold"), "outcome")
    for account, outcome in homes:
        table.add_row(account.name, account.account_id, account.state.region, account.state.bucket, outcome)
    return table


def variable_table(roles: Iterable[tuple[Account, Mapping[str, str]]]) -> Table:
    """Which variables the workflows want, as .github/workflows name them."""
    table = Table("set this variable on GitHub", "in", Column("to", overflow="fold"), title="Roles of GitHub Actions")
    for account, outputs in roles:
        name = account.environment.upper()
        for variable in (f"PLAN_ROLE_{name}", f"DRIFT_ROLE_{name}"):
            table.add_row(variable, "the repository", outputs["PlanRoleArn"])
        table.add_row("APPLY_ROLE", f"its environment {account.environment}", outputs["DeployRoleArn"])
    return table
