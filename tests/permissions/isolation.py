"""Rows that nobody writes by hand: what a role of one project must not do with anything of the other.

Whatever a role of Churn is allowed to do with something of Churn, no role of Churn may do with the same thing of Fraud,
not even a role that was given every right there is, as long as it has the boundary.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.permissions.names import EVERY_RIGHT, OPEN, ROLES
from tests.permissions.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.permissions.simulator import Request
    from tests.permissions.names import Project

# What KMS does for other accounts at all, of what anybody here does: Developer Guide, "kms-api-permissions-reference".
ACROSS_ACCOUNTS = {
    f"kms:{verb}" for verb in ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey", "GetKeyRotationStatus")
}
SENTENCE = "In DEV nothing of a project is reachable from another"


def rows(table: Iterable[Row], *, churn: Project, fraud: Project, bounded: str) -> list[Row]:
    """A denial for each role of Churn and each thing of Fraud that is what some role of Churn may use of Churn's.

    `bounded` is the ARN of the role that has every right inside the boundary.
    """
    roles = [churn.role[kind] for kind in ROLES]
    own = [row.request for row in table if row.allowed and row.request.who in roles]
    mirrored = {_of_the_other(request, churn, fraud): request for request in own}
    return [
        Row(sentence=SENTENCE, request=replace(there, who=who), allowed=False, twins=frozenset({here}))
        for there, here in mirrored.items()
        for who in (*roles, bounded)
        if there.resource != here.resource and not (who == bounded and _is_behind_a_bucket(there))
    ]


def keys_elsewhere(table: Iterable[Row]) -> list[Row]:
    """A denial for every use of a key: of a key in an account that lets everybody in, tagged as if it were Churn's."""
    uses = [
        row
        for row in table
        if row.allowed and row.request.action in ACROSS_ACCOUNTS and row.request.who.startswith("arn:")
    ]
    return [
        Row(
            sentence="Nobody uses keys of other accounts than the project's, even if they may",
            request=replace(row.request, resource=OPEN["key_outside"]),
            allowed=False,
            twins=frozenset({row.request}),
        )
        for row in uses
        if EVERY_RIGHT not in row.request.who
    ]


def _is_behind_a_bucket(request: Request) -> bool:
    """Whether it is a key used through S3: of no use without the bucket, so the boundary does not say whose it is."""
    return "kms:ViaService" in dict(request.context)


def _of_the_other(request: Request, churn: Project, fraud: Project) -> Request:
    """The same request about the other project's thing. Who asks stays out of it."""
    keys = {churn.artifact_key: fraud.artifact_key, churn.pipeline_key: fraud.pipeline_key}

    def other(text: str) -> str:
        return keys.get(text, text.replace(churn.name, fraud.name))

    context = tuple((key, other(value)) for key, value in request.context)
    return replace(request, who="", resource=other(request.resource), context=context)
