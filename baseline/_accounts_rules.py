"""What must hold between the values of an accounts file; the form of each value is the schema's business.

A rule looks at what is there: a value that is missing or malformed has been reported already.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from baseline import naming
from baseline._accounts_reader import dotted, shown
from baseline._accounts_schema import DOMAIN_ID
from baseline.naming import ENVIRONMENTS, Environment, Offer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from baseline._accounts_reader import Document, Path

_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))
_IAM_ARN = r"arn:(?P<partition>[a-z-]+):iam::(?P<account_id>[0-9]{12}):"
_SET_NAME = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
_TAG_KEY = r"[\w .:/=+@-]{1,128}"  # IAM TagRole
# aws: is AWS's, mlops: is ours. The others mean something on one resource, and a default tag would be on all.
# Names of buckets that the managed policy AmazonSageMakerFullAccess opens.
OPEN_TO_STUDIO = ("sagemaker", "aws-glue")
RESERVED_TAG_PREFIXES = ("aws:", "mlops:", "sagemaker:", "servicecatalog:")


def partition_of(region: str) -> str:
    """Return the AWS partition that a Region belongs to."""
    return next((partition for prefix, partition in _PARTITIONS if region.startswith(prefix)), "aws")


def check(document: Document) -> None:
    """Report everything in the file that contradicts itself, AWS's limits or the project's names."""
    for rule in RULES:
        rule(document)


def file_holds_a_set(document: Document) -> None:
    if not document.tables[()]:
        document.report(message="holds no account set; add the tables [demo.dev], [demo.preprod] and [demo.prod]")


def set_name_suits_aws(document: Document) -> None:
    for name in document.tables_below():
        if not re.fullmatch(_SET_NAME, name):
            message = "the set name must be lower-case letters, digits and single hyphens, and begin with a letter"
            document.report(table=(name,), message=message)


def set_name_leaves_room(document: Document) -> None:
    tightest = naming.TIGHTEST_NAME
    pattern = tightest.pattern.replace("{", "<").replace("}", ">")
    for name in document.tables_below():
        if len(name) > naming.MAX_SET_NAME_LENGTH:
            document.report(
                table=(name,),
                message=f"the set name has {len(name)} characters and may have {naming.MAX_SET_NAME_LENGTH}, "
                f"because AWS allows the {tightest.what} {pattern} only {tightest.limit}",
            )


def set_name_keeps_studio_out(document: Document) -> None:
    for name in document.tables_below():
        opened = next((part for part in OPEN_TO_STUDIO if part in name.lower()), None)
        if opened is not None:
            message = (
                f"the set name holds {opened}: AmazonSageMakerFullAccess lets Studio's users write to every bucket "
                "that is called so, and templates and seeds are in one; choose another"
            )
            document.report(table=(name,), message=message)


def set_stays_in_one_region(document: Document) -> None:
    for name in document.tables_below():
        regions = {environment: document.texts.get((name, environment, "region")) for environment in ENVIRONMENTS}
        home = next((region for region in regions.values() if region is not None), None)
        for environment, region in regions.items():
            if region not in (None, home):
                document.report(
                    table=(name, environment),
                    key="region",
                    message=f"{shown(region)} differs from {shown(home)}: a model's data and image must be in its "
                    "endpoint's Region; give dev, preprod and prod one Region",
                )


def sets_have_their_own_dev(document: Document) -> None:
    owners: dict[tuple[str, str], str] = {}
    for name in document.tables_below():
        home = _account_and_region(document, (name, Environment.DEV))
        owner = owners.setdefault(home, name) if home else name
        if owner != name and home:
            document.report(
                table=(name, Environment.DEV),
                key="account_id",
                message=f"{shown(home[0])} in {home[1]} is the dev account of set {owner} already, and both sets would "
                f"write the same SSM parameters; give {name} another account or Region, or merge the two sets",
            )


def s3_templates_have_a_domain(document: Document) -> None:
    for name in document.tables_below():
        studio = (name, Environment.DEV, "studio")
        if Offer.S3 in document.lists.get((*studio, "offered_by"), ()) and "domain_id" not in document.tables[studio]:
            message = (
                "is missing, and Studio finds S3 templates by a tag of its domain; "
                f'add domain_id = "{DOMAIN_ID.example}", or take s3 out of offered_by'
            )
            document.report(table=studio, key="domain_id", message=message)


def arns_belong_to_their_account(document: Document) -> None:
    for path, arn, _, owner in _arns(document):
        account_id = document.texts.get((*path[:2], "account_id"))
        if account_id not in (None, owner):
            message = f"{shown(arn)} belongs to account {owner}; name one of {account_id}"
            document.report(table=path[:-1], key=path[-1], message=message)


def arns_belong_to_their_partition(document: Document) -> None:
    for path, arn, partition, _ in _arns(document):
        region = document.texts.get((*path[:2], "region"))
        if region is not None and partition != partition_of(region):
            wanted = f"arn:{partition_of(region)}:"
            message = f"{shown(arn)} is of partition {partition}; in {region} it begins with {wanted}"
            document.report(table=path[:-1], key=path[-1], message=message)


def account_is_reached_one_way(document: Document) -> None:
    for account in _accounts(document):
        if (*account, "profile") in document.texts and (*account, "assume_role") in document.texts:
            document.report(table=account, key="assume_role", message="is given beside profile; keep one of the two")


def profile_reaches_one_account(document: Document) -> None:
    first: dict[str, Path] = {}
    for account in _accounts(document):
        profile = document.texts.get((*account, "profile"))
        account_id = document.texts.get((*account, "account_id"))
        if profile is None or account_id is None:
            continue
        other = first.setdefault(profile, account)
        other_id = document.texts[*other, "account_id"]
        if other_id != account_id:
            document.report(
                table=account,
                key="profile",
                message=f"{shown(profile)} reaches {other_id} in [{dotted(other)}] and cannot reach {account_id} too; "
                "give each account its own profile",
            )


def state_is_not_in_a_seed_bucket(document: Document) -> None:
    makers = {_seed_bucket(document, name): name for name in document.tables_below()}
    for account in _accounts(document):
        bucket = document.texts.get((*account, "state", "bucket"))
        if bucket is not None and bucket in makers:
            document.report(
                table=(*account, "state"),
                key="bucket",
                message=f"{shown(bucket)} is the seed bucket that set {makers[bucket]} makes; name another bucket",
            )


def state_bucket_has_one_region(document: Document) -> None:
    first: dict[str, tuple[str, Path]] = {}
    for account in _accounts(document):
        table = (*account, "state")
        bucket = document.texts.get((*table, "bucket"))
        region = document.texts.get((*table, "region"), document.texts.get((*account, "region")))
        if bucket is None or region is None:
            continue
        other_region, other_table = first.setdefault(bucket, (region, table))
        if other_region != region:
            document.report(
                table=table,
                key="region",
                message=f"is {region} here and {other_region} in [{dotted(other_table)}], for the same bucket "
                f"{shown(bucket)}; a bucket has one Region: name it in both tables",
            )


def tags_are_few(document: Document) -> None:
    for name in document.tables_below():
        count = len(_tag_keys(document, name))
        if count > naming.MAX_SET_TAGS:
            document.report(
                table=(name, "tags"),
                message=f"holds {count} tags and may hold {naming.MAX_SET_TAGS}: an S3 object takes "
                f"{naming.OBJECT_TAG_LIMIT} and the rest are needed here; remove some",
            )


def tag_keys_suit_aws(document: Document) -> None:
    for name in document.tables_below():
        for key in _tag_keys(document, name):
            if not re.fullmatch(_TAG_KEY, key):
                message = "a tag key must be 1 to 128 letters, digits, spaces and _ . : / = + - @"
                document.report(table=(name, "tags"), key=key, message=message)


def tag_keys_are_free(document: Document) -> None:
    for name in document.tables_below():
        for key in _tag_keys(document, name):
            prefix = next((prefix for prefix in RESERVED_TAG_PREFIXES if key.lower().startswith(prefix)), None)
            if prefix is not None:
                message = f"keys that begin with {prefix} are reserved; choose another"
                document.report(table=(name, "tags"), key=key, message=message)


def tag_keys_differ_for_iam(document: Document) -> None:
    for name in document.tables_below():
        first: dict[str, str] = {}
        for key in _tag_keys(document, name):
            other = first.setdefault(key.lower(), key)
            if other != key:
                message = f"is the same tag key as {other} for IAM, which ignores case; keep one"
                document.report(table=(name, "tags"), key=key, message=message)


RULES: tuple[Callable[[Document], None], ...] = (
    file_holds_a_set,
    set_name_suits_aws,
    set_name_leaves_room,
    set_name_keeps_studio_out,
    set_stays_in_one_region,
    sets_have_their_own_dev,
    s3_templates_have_a_domain,
    arns_belong_to_their_account,
    arns_belong_to_their_partition,
    account_is_reached_one_way,
    profile_reaches_one_account,
    state_is_not_in_a_seed_bucket,
    state_bucket_has_one_region,
    tags_are_few,
    tag_keys_suit_aws,
    tag_keys_are_free,
    tag_keys_differ_for_iam,
)


def _accounts(document: Document) -> Iterator[Path]:
    for name in document.tables_below():
        for environment in document.tables_below(name):
            if environment in ENVIRONMENTS:
                yield (name, environment)


def _account_and_region(document: Document, account: Path) -> tuple[str, str] | None:
    account_id = document.texts.get((*account, "account_id"))
    region = document.texts.get((*account, "region"))
    return None if account_id is None or region is None else (account_id, region)


def _arns(document: Document) -> Iterator[tuple[Path, str, str, str]]:
    """Yield where each ARN stands (its path begins with the account's), the ARN, its partition and its account id."""
    items = [(path, item) for path, texts in document.lists.items() for item in texts]
    for path, text in [*document.texts.items(), *items]:
        if match := re.match(_IAM_ARN, text):
            yield path, text, match["partition"], match["account_id"]


def _seed_bucket(document: Document, set_name: str) -> str | None:
    home = _account_and_region(document, (set_name, Environment.DEV))
    if home is None:
        return None
    account_id, region = home
    return naming.SEED_BUCKET.pattern.format(
        set_name=set_name, environment=Environment.DEV, region=region, account_id=account_id
    )


def _tag_keys(document: Document, set_name: str) -> list[str]:
    return document.tables.get((set_name, "tags"), [])
