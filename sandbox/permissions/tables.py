"""A proof of permissions as tables for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from sandbox.permissions.reasons import kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sandbox.journey.record import Proof, Refused, Unused

NO_REASON = "no reason is given: take it away, or say why it stays in reasons.toml"


def tables(proof: Proof) -> list[Table]:
    """Return what there is to show: the figures, then what is wrong, then what is never used and why it stays."""
    shown = [
        _figures(proof),
        _refused("Denied: AWS would have refused these", proof.denied),
        _refused("Not judged", proof.unevaluated),
        _rows("Roles without a call", ["role"], ([role] for role in proof.silent_roles)),
        _rows("Allowed and never used", ["roles", "actions", "why they stay"], _unused(proof.unused)),
    ]
    return [table for table in shown if table.row_count]


def _figures(proof: Proof) -> Table:
    table = Table(title="Permissions", title_justify="left", show_header=False)
    idle = sum(len(unused.actions) for unused in proof.unused)
    for name, value in (
        ("calls recorded", proof.calls),
        ("requests judged", proof.requests),
        ("roles", len(proof.roles)),
        ("denied", len(proof.denied)),
        ("not judged", len(proof.unevaluated)),
        ("roles without a call", len(proof.silent_roles)),
        ("allowed and never used", idle),
    ):
        table.add_row(name, str(value))
    return table


def _refused(title: str, found: Iterable[Refused]) -> Table:
    rows = ([_short(item.role), item.action, item.resource, item.call, item.reason] for item in found)
    return _rows(title, ["role", "action", "resource", "call", "why"], rows)


def _unused(unused: Iterable[Unused]) -> Iterator[list[str]]:
    """Yield a row for the same actions with the same reason, whoever has them; those without a reason come first."""
    roles: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in kept(unused):
        roles.setdefault((one.why, one.actions), []).append(_short(one.role))
    for (why, actions), names in sorted(roles.items(), key=lambda row: row[0][0] != ""):
        yield ["\n".join(names), ", ".join(actions), why or NO_REASON]


def _rows(title: str, columns: list[str], rows: Iterable[list[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _short(role_arn: str) -> str:
    """The account and the name of a role: 111111111111 mlops-demo-dev-deploy."""
    account_and_path = role_arn.partition("::")[2]
    account, _, path = account_and_path.partition(":role/")
    return f"{account} {path.rpartition('/')[2]}" if path else role_arn
