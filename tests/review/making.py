"""Plans made by hand, for what the project's own modules never do, and the real ones that plans/make.py made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from review import rules
from review.plan import read_plan

if TYPE_CHECKING:
    from review.model import AccountReview, Change

PLANS = Path(__file__).parent / "plans"


def confined_to(account: str) -> dict[str, Any]:
    """A configuration whose provider refuses any other account."""
    allowed = {"allowed_account_ids": {"constant_value": [account]}}
    return {"provider_config": {"aws": {"expressions": allowed}}}


def real(name: str) -> dict[str, Any]:
    """A plan that Terraform made: "kinds", "errored", "first" or "trust"."""
    found: dict[str, Any] = json.loads((PLANS / f"{name}.json").read_text())
    return found


def resource(address: str, *actions: str, before: Any = None, after: Any = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """One entry of a plan's resource_changes. What belongs to the inner change goes there."""
    inner = ("after_unknown", "before_sensitive", "after_sensitive", "replace_paths", "importing")
    change = {"actions": list(actions), "before": before, "after": after, "after_unknown": {}}
    change |= {name: more.pop(name) for name in inner if name in more}
    kind = address.rpartition("module.")[2].split(".")[-2]
    return {"address": address, "mode": "managed", "type": kind, "change": change, **more}


def plan(*resources: dict[str, Any], **parts: Any) -> dict[str, Any]:  # noqa: ANN401
    """A plan of these changes."""
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "complete": True,
        "errored": False,
        "configuration": confined_to("111111111111"),
        "resource_changes": list(resources),
        **parts,
    }


def reviewed(*resources: dict[str, Any], account: str = "dev", **parts: Any) -> AccountReview:  # noqa: ANN401
    return read_plan(plan(*resources, **parts), account=account, rules=rules.load())


def changed(entry: dict[str, Any]) -> Change:
    """The review of a plan's only change."""
    (change,) = reviewed(entry).changes
    return change


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}


def deny(action: str | list[str], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


def key(account: str, *actions: str) -> AccountReview:
    """A plan for a KMS key that is updated, or, with these actions, replaced."""
    multi_region = bool(actions)
    entry = resource(
        "module.keys.aws_kms_key.this",
        *(actions or ("update",)),
        before={"description": f"Artifacts of {account}.", "multi_region": False, "enable_key_rotation": True},
        after={"description": f"All of {account}.", "multi_region": multi_region, "enable_key_rotation": True},
        replace_paths=[["multi_region"]] if actions else [],
        action_reason="replace_because_cannot_update" if actions else None,
    )
    return reviewed(entry, account=account)
