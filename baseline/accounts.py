"""The accounts file: which AWS accounts there are, and what is particular to each.

One file, by default `accounts.toml` at the root of the project, holds one or more account sets; each is one DEV, one
PREPROD and one PROD account of a business unit. `load` either returns all of them or raises everything that is wrong.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from baseline import _accounts_rules, naming
from baseline._accounts_reader import Document, Problem, read
from baseline._accounts_rules import partition_of
from baseline._accounts_schema import ACCOUNTS_FILE
from baseline.naming import ENVIRONMENTS, Environment, Offer

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ACCOUNTS_VARIABLE",
    "DEFAULT_FILE",
    "ENVIRONMENTS",
    "Account",
    "AccountSet",
    "AccountsError",
    "DeploymentRoleArns",
    "Environment",
    "Network",
    "Offer",
    "Problem",
    "StateBackend",
    "Studio",
    "load",
]

ACCOUNTS_VARIABLE = "MLOPS_ACCOUNTS"
DEFAULT_OFFERS = (Offer.SERVICE_CATALOG,)
DEFAULT_FILE = Path(__file__).resolve().parent.parent / "accounts.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Subnets and security groups in which an account's endpoints run."""

    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRoleArns:
    """Roles and boundary that an account has already, to be used instead of ours."""

    deploy: str
    cloudformation: str
    boundary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateBackend:
    """Where Terraform keeps an account's state: an object in S3."""

    bucket: str
    key: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """Who may launch projects from SageMaker Studio, in which domain, from which releases, with whose data.

    `offered_by`: where Studio finds the template, one place or both.
    `data_bucket_names`: buckets of the account, beside the projects' own, that every project's training may read.
    """

    role_arns: tuple[str, ...]
    domain_id: str | None
    offered_by: frozenset[Offer]
    deprecated_releases: tuple[str, ...]
    data_bucket_names: tuple[str, ...]

    @property
    def s3_templates_domain(self) -> str | None:
        """The domain that offers S3 templates; None where there are none."""
        return self.domain_id if Offer.S3 in self.offered_by else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One environment of one account set. Several of them may share an AWS account id."""

    set_name: str
    environment: Environment
    account_id: str
    region: str
    profile: str | None
    assume_role_arn: str | None
    state: StateBackend
    network: Network | None
    deployment_roles: DeploymentRoleArns | None
    studio: Studio | None
    tags: Mapping[str, str]

    @property
    def name(self) -> str:
        """The account's name in this project, which is also its stack's: `demo-dev`."""
        return f"{self.set_name}-{self.environment}"

    @property
    def is_dev(self) -> bool:
        """Whether this is the account where models are built and pipelines run."""
        return self.environment is Environment.DEV

    @property
    def partition(self) -> str:
        """The second part of the account's ARNs: `aws`, `aws-cn` or `aws-us-gov`."""
        return partition_of(self.region)

    @property
    def is_placeholder(self) -> bool:
        """Whether the id is one digit repeated, as in the accounts file that the project ships."""
        return len(set(self.account_id)) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSet:
    """The three accounts of one business unit, and the tags of everything in them."""

    name: str
    dev: Account
    preprod: Account
    prod: Account
    tags: Mapping[str, str]

    @property
    def accounts(self) -> tuple[Account, Account, Account]:
        """The accounts in the order in which a model passes through them."""
        return self.dev, self.preprod, self.prod


class AccountsError(Exception):
    """An accounts file that cannot be used. As a string: the whole report, one line a problem."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


def load(path: Path | None = None) -> tuple[AccountSet, ...]:
    """Return the account sets of a file, in its order.

    Without `path` it is the file that MLOPS_ACCOUNTS names, else `accounts.toml` at the root of the project.
    Raises `AccountsError` with every problem of the file.
    """
    file, path = _choose(path)
    document = read(file=file, content=_parse(file, path), schema=ACCOUNTS_FILE)
    _accounts_rules.check(document)
    if document.problems:
        raise AccountsError(*document.problems_in_file_order())
    return tuple(_account_set(document, name) for name in document.tables_below())


def _choose(path: Path | None) -> tuple[str, Path]:
    """Return the file's name as the user knows it, and its path."""
    if path is not None:
        return str(path), path
    chosen = os.environ.get(ACCOUNTS_VARIABLE)
    return (chosen, Path(chosen)) if chosen else (DEFAULT_FILE.name, DEFAULT_FILE)


def _parse(file: str, path: Path) -> dict[str, object]:
    try:
        # -sig: Windows editors begin a file with a byte order mark, which TOML does not know.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        message = f"there is no such file; write it, or set {ACCOUNTS_VARIABLE} to the path of yours"
    except OSError as error:
        message = f"cannot be read: {error.strerror}; make it a file that you may read"
    except UnicodeDecodeError:
        message = "is not text in UTF-8; save it in that encoding"
    except tomllib.TOMLDecodeError as error:
        message = f"is not TOML: {error}; mend that line, and put text and account ids in quotes"
    raise AccountsError(Problem(file=file, message=message))


def _account_set(document: Document, name: str) -> AccountSet:
    keys = document.tables.get((name, "tags"), [])
    tags = MappingProxyType({key: document.texts[name, "tags", key] for key in keys})
    dev, preprod, prod = (_account(document, name, environment, tags) for environment in ENVIRONMENTS)
    return AccountSet(name=name, dev=dev, preprod=preprod, prod=prod, tags=tags)


def _account(document: Document, set_name: str, environment: Environment, tags: Mapping[str, str]) -> Account:
    table = (set_name, environment.value)
    return Account(
        set_name=set_name,
        environment=environment,
        account_id=document.texts[*table, "account_id"],
        region=document.texts[*table, "region"],
        profile=document.texts.get((*table, "profile")),
        assume_role_arn=document.texts.get((*table, "assume_role")),
        state=_state(document, set_name, environment),
        network=_network(document, (*table, "network")),
        deployment_roles=_deployment_roles(document, (*table, "deployment_roles")),
        studio=_studio(document, (*table, "studio")),
        tags=tags,
    )


def _state(document: Document, set_name: str, environment: Environment) -> StateBackend:
    table = (set_name, environment.value)
    region = document.texts[*table, "region"]
    default_bucket = naming.state_bucket_name(region=region, account_id=document.texts[*table, "account_id"])
    return StateBackend(
        bucket=document.texts.get((*table, "state", "bucket"), default_bucket),
        key=naming.state_key(set_name=set_name, environment=environment),
        region=document.texts.get((*table, "state", "region"), region),
    )


def _network(document: Document, table: tuple[str, ...]) -> Network | None:
    if table not in document.tables:
        return None
    return Network(
        subnet_ids=document.lists[*table, "subnet_ids"],
        security_group_ids=document.lists[*table, "security_group_ids"],
    )


def _deployment_roles(document: Document, table: tuple[str, ...]) -> DeploymentRoleArns | None:
    if table not in document.tables:
        return None
    return DeploymentRoleArns(
        deploy=document.texts[*table, "deploy"],
        cloudformation=document.texts[*table, "cloudformation"],
        boundary=document.texts[*table, "boundary"],
    )


def _studio(document: Document, table: tuple[str, ...]) -> Studio | None:
    if table not in document.tables:
        return None
    return Studio(
        role_arns=document.lists[*table, "roles"],
        domain_id=document.texts.get((*table, "domain_id")),
        offered_by=frozenset(map(Offer, document.lists.get((*table, "offered_by"), DEFAULT_OFFERS))),
        deprecated_releases=document.lists.get((*table, "deprecated_releases"), ()),
        data_bucket_names=document.lists.get((*table, "data_buckets"), ()),
    )
