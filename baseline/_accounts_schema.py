"""What accounts.toml may hold, as data: every table, every key, and the form of its value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from baseline.naming import MAX_REGION_LENGTH, Environment, Offer

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string. `form` completes the sentence "must be ..."; `example` is a value that mends the file."""

    pattern: str
    form: str
    example: str
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TextList:
    """One or more different strings of one form."""

    item: Text
    at_most: int | None = None
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with the keys named in `fields`, or with keys of the user's choice that all look like `every`.

    `misplaced` names keys that people write here by mistake, with what to tell them.
    """

    fields: Mapping[str, Field] = field(default_factory=dict)
    every: Field | None = None
    misplaced: Mapping[str, str] = field(default_factory=dict)
    required: bool = True


Field: TypeAlias = Text | TextList | Table
FieldType = TypeVar("FieldType", Text, TextList, Table)


def optional(form: FieldType) -> FieldType:
    """Return the same form for a key that may be left out."""
    return replace(form, required=False)


_ARN = r"arn:(aws|aws-cn|aws-us-gov):iam::\d{12}:"
_IAM_PATH_AND_NAME = r"/(?:[!-~]+/)?[\w+=,.@-]+"  # IAM CreateRole: path of printable ASCII, then the name

ACCOUNT_ID = Text(
    pattern=r"\d{12}",
    form="12 digits in quotes",
    example="123456789012",
)
REGION = Text(
    pattern=rf"(?!us-iso)(?=.{{1,{MAX_REGION_LENGTH}}}$)[a-z]{{2}}(-[a-z]+)+-\d",
    form="a Region of partition aws, aws-cn or aws-us-gov",
    example="eu-west-1",
)
PROFILE = Text(
    pattern=r"\S(?:.*\S)?",
    form="the name of an AWS CLI profile",
    example="mlops-dev",
)
ROLE_ARN = Text(
    pattern=_ARN + "role" + _IAM_PATH_AND_NAME,
    form="the ARN of an IAM role",
    example="arn:aws:iam::123456789012:role/name",
)
POLICY_ARN = Text(
    pattern=_ARN + "policy" + _IAM_PATH_AND_NAME,
    form="the ARN of an IAM policy",
    example="arn:aws:iam::123456789012:policy/name",
)
BUCKET = Text(
    pattern=r"(?!.*\.\.)(?!\d+(\.\d+){3}$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    form="a bucket name: 3 to 63 lower-case letters, digits, dots and hyphens",
    example="example-terraform-state",
)
SUBNET_ID = Text(
    pattern=r"subnet-[0-9a-f]{8}(?:[0-9a-f]{9})?",
    form="the id of a subnet",
    example="subnet-0123456789abcdef0",
)
SECURITY_GROUP_ID = Text(
    pattern=r"sg-[0-9a-f]{8}(?:[0-9a-f]{9})?",
    form="the id of a security group",
    example="sg-0123456789abcdef0",
)
DOMAIN_ID = Text(
    pattern=r"d-(-*[a-z0-9]){1,61}",  # SageMaker CreateDomain
    form="the id of a SageMaker domain",
    example="d-abcdefghijkl",
)
VERSION = Text(
    pattern=r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}",
    form="the version of a release",
    example="1.0.0",
)
OFFER = Text(
    pattern="|".join(Offer),
    form=" or ".join(Offer),
    example=Offer.S3.value,
)
TAG_VALUE = Text(
    pattern=r"(?u:[\w .:/=+@-]{0,256})",  # IAM TagRole, the strictest of the services we tag
    form="text in quotes: at most 256 letters, digits, spaces and _ . : / = + - @",
    example="machine-learning",
)

STATE = Table(fields={"bucket": BUCKET, "region": optional(REGION)})
NETWORK = Table(  # SageMaker VpcConfig: 16 subnets, 5 security groups
    fields={
        "subnet_ids": TextList(item=SUBNET_ID, at_most=16),
        "security_group_ids": TextList(item=SECURITY_GROUP_ID, at_most=5),
    }
)
DEPLOYMENT_ROLES = Table(fields={"deploy": ROLE_ARN, "cloudformation": ROLE_ARN, "boundary": POLICY_ARN})
STUDIO = Table(
    fields={
        "roles": TextList(item=ROLE_ARN),
        "domain_id": optional(DOMAIN_ID),
        "offered_by": optional(TextList(item=OFFER)),
        "deprecated_releases": optional(TextList(item=VERSION)),
        "data_buckets": optional(TextList(item=BUCKET, at_most=4)),  # IAM gives a policy 6,144 characters
    }
)
TARGET_ACCOUNT = Table(
    fields={
        "account_id": ACCOUNT_ID,
        "region": REGION,
        "profile": optional(PROFILE),
        "assume_role": optional(ROLE_ARN),
        "state": optional(STATE),
        "network": optional(NETWORK),
        "deployment_roles": optional(DEPLOYMENT_ROLES),
    },
    misplaced={"studio": "only dev has Studio; move this table under dev, or remove it"},
)
DEV_ACCOUNT = Table(fields={**TARGET_ACCOUNT.fields, "studio": optional(STUDIO)})
ACCOUNT_SET = Table(
    fields={
        Environment.DEV.value: DEV_ACCOUNT,
        Environment.PREPROD.value: TARGET_ACCOUNT,
        Environment.PROD.value: TARGET_ACCOUNT,
        "tags": optional(Table(every=TAG_VALUE)),
    }
)
ACCOUNTS_FILE = Table(
    every=ACCOUNT_SET,
    misplaced={
        environment.value: f"is an environment; write the account set's name before it, as in [demo.{environment}]"
        for environment in Environment
    },
)
