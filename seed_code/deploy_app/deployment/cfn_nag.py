"""Findings of cfn-nag that are meant, each with its reason, in the template's metadata beside what they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_cdk import CfnResource


def suppress(resource: CfnResource, reasons: dict[str, str]) -> None:
    """Tell cfn-nag why each rule, such as W28, does not apply to the resource."""
    rules = [{"id": rule, "reason": reason} for rule, reason in reasons.items()]
    resource.add_metadata("cfn_nag", {"rules_to_suppress": rules})
