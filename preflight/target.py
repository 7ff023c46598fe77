"""An account that is looked at, and what several checks want to know of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError

from baseline import archives, contract, naming
from preflight.terraform_state import TerraformState, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import boto3

    from baseline.accounts import Account, AccountSet

PATIENCE = Config(connect_timeout=10, read_timeout=30, retries={"mode": "standard", "max_attempts": 5})
HOME_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


@dataclass(frozen=True, kw_only=True)
class Target:
    """An account, a session that is proven to reach it, and the folder of the project.

    `wanted_projects` is for how many more projects there should be room.
    """

    account_set: AccountSet
    account: Account
    session: boto3.Session
    root: Path
    wanted_projects: int
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    def client(self, service: str, *, region: str | None = None) -> Any:  # noqa: ANN401  (boto3 makes its clients at run time)
        """Return a client in the account's Region or another, the same one every time."""
        key = service, region or self.account.region
        if key not in self._clients:
            self._clients[key] = self.session.client(service, region_name=key[1], config=PATIENCE)
        return self._clients[key]

    def pages(self, service: str, operation: str, member: str, **arguments: Any) -> list[Any]:  # noqa: ANN401
        """Return the items of all pages of a listing."""
        pages = self.client(service).get_paginator(operation).paginate(**arguments)
        return [item for page in pages for item in page[member]]

    @property
    def home_region(self) -> str:
        """The Region where the global services of the account's partition are."""
        return HOME_REGIONS[self.account.partition]

    @property
    def options(self) -> str:
        """What an AWS CLI command needs to reach the account."""
        profile = f" --profile '{self.account.profile}'" if self.account.profile else ""
        return f"--region {self.account.region}{profile}"

    @cached_property
    def state(self) -> TerraformState:
        """What Terraform's state says; empty where there is none."""
        where = self.account.state
        return read(self.client("s3", region=where.region), bucket=where.bucket, key=where.key)

    @cached_property
    def buckets(self) -> frozenset[str]:
        """The account's buckets."""
        return frozenset(bucket["Name"] for bucket in self.pages("s3", "list_buckets", "Buckets"))

    @cached_property
    def contract(self) -> Mapping[str, str]:
        """What DEV's Parameter Store has to say: path -> value."""
        seeds = {app: archives.pack(self.root / "seed_code" / f"{app}_app") for app in ("build", "deploy")}
        parameters = contract.parameters(
            account_set=self.account_set,
            seed_bucket=naming.seed_bucket_name(self.account_set.dev),
            build_key=seeds["build"].key,
            deploy_key=seeds["deploy"].key,
        )
        return {path: parameter["value"] for path, parameter in parameters.items()}

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """What the account's Parameter Store says below /mlops/: path -> value."""
        found = self.pages("ssm", "get_parameters_by_path", "Parameters", Path="/mlops/", Recursive=True)
        return {parameter["Name"]: parameter["Value"] for parameter in found}

    def is_anothers_bucket(self, name: str) -> bool:
        """Whether a bucket that is not the account's exists in another account."""
        try:
            self.client("s3").head_bucket(Bucket=name)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == HTTPStatus.NOT_FOUND:
                return False
            if status in (HTTPStatus.FORBIDDEN, HTTPStatus.MOVED_PERMANENTLY):
                return True
            raise
        return True
