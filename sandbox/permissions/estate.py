"""What has to be known of the accounts to say which resources a call is about."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sandbox.permissions.calls import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """How a bucket encrypts by default: the key, and whether KMS is asked once a bucket or once an object."""

    key_arn: str
    once_a_bucket: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """Names that a call uses, and what they stand for.

    `roles` has ARNs by (account id, name), `boundaries` those of their boundaries, `keys` those of keys by (account id,
    alias or id), `buckets` the encryption of those that a key of KMS encrypts.
    """

    roles: Mapping[tuple[str, str], str] = field(default_factory=dict)
    keys: Mapping[tuple[str, str], str] = field(default_factory=dict)
    buckets: Mapping[str, Encryption] = field(default_factory=dict)
    boundaries: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def boundary(self, call: Call) -> str | None:
        """Return the ARN of the boundary of the role that a call is about."""
        return self.boundaries.get((call.account_id, call.parameters.get("RoleName", "")))

    def key(self, account_id: str, name: str) -> str | None:
        """Return the ARN of a key by its id, alias or ARN."""
        return name if ":key/" in name else self.keys.get((account_id, name.rpartition(":")[2]))

    def with_roles_made(self, calls: Iterable[Call]) -> Estate:
        """The same with the roles that calls have made and others may have deleted again."""
        made = {(call.account_id, call.parameters["RoleName"]): call for call in calls if str(call) == "iam:CreateRole"}
        given = {name: call.parameters.get("PermissionsBoundary") for name, call in made.items()}
        return replace(
            self,
            roles={**{name: _role_arn(call) for name, call in made.items()}, **self.roles},
            boundaries={**{name: arn for name, arn in given.items() if arn}, **self.boundaries},
        )


def _role_arn(call: Call) -> str:
    return f"arn:aws:iam::{call.account_id}:role{call.parameters.get('Path', '/')}{call.parameters['RoleName']}"


def look(client: Callable[[str, str], Any], accounts: Mapping[str, str]) -> Estate:
    """Return what there is in the accounts, given as name -> account id. `client` takes a name and a service."""
    roles: dict[tuple[str, str], str] = {}
    keys: dict[tuple[str, str], str] = {}
    buckets: dict[str, Encryption] = {}
    boundaries: dict[tuple[str, str], str] = {}
    for name, account_id in accounts.items():
        iam = client(name, "iam")
        for listed in _pages(iam, "list_roles", "Roles"):
            role = iam.get_role(RoleName=listed["RoleName"])["Role"]
            roles[account_id, role["RoleName"]] = role["Arn"]
            if "PermissionsBoundary" in role:
                boundaries[account_id, role["RoleName"]] = role["PermissionsBoundary"]["PermissionsBoundaryArn"]
        found = {key["KeyId"]: key["KeyArn"] for key in _pages(client(name, "kms"), "list_keys", "Keys")}
        keys |= {(account_id, key_id): arn for key_id, arn in found.items()}
        for alias in _pages(client(name, "kms"), "list_aliases", "Aliases"):
            if alias.get("TargetKeyId") in found:
                keys[account_id, alias["AliasName"]] = found[alias["TargetKeyId"]]
        buckets |= dict(_encryptions(client(name, "s3"), Estate(keys=keys), account_id))
    return Estate(roles=roles, keys=keys, buckets=buckets, boundaries=boundaries)


def _encryptions(s3: Any, estate: Estate, account_id: str) -> Iterator[tuple[str, Encryption]]:  # noqa: ANN401  (boto3)
    for bucket in s3.list_buckets()["Buckets"]:
        try:
            told = s3.get_bucket_encryption(Bucket=bucket["Name"])["ServerSideEncryptionConfiguration"]["Rules"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ServerSideEncryptionConfigurationNotFoundError":
                raise
            continue
        for rule in told:
            name = rule["ApplyServerSideEncryptionByDefault"].get("KMSMasterKeyID")
            key_arn = estate.key(account_id, name) if name else None  # without one it is AWS's own, which asks nobody
            if key_arn:
                yield bucket["Name"], Encryption(key_arn=key_arn, once_a_bucket=bool(rule.get("BucketKeyEnabled")))


def _pages(client: Any, operation: str, key: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401  (boto3)
    for page in client.get_paginator(operation).paginate():
        yield from page[key]
