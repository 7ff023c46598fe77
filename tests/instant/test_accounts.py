"""The accounts file: what good files say, and what people are told about bad ones."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from baseline import _accounts_rules
from baseline._accounts_rules import RULES
from baseline.accounts import (
    DEFAULT_FILE,
    ENVIRONMENTS,
    Account,
    AccountsError,
    AccountSet,
    DeploymentRoleArns,
    Environment,
    Network,
    Offer,
    StateBackend,
    Studio,
    load,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from baseline._accounts_reader import Document

FILES = Path(__file__).parent / "accounts"
BAD_FILES = sorted((FILES / "bad").glob("*.toml"))
GOOD_FILES = sorted((FILES / "good").glob("*.toml"))


def good(name: str) -> AccountSet:
    """The first account set of a good file."""
    return load(FILES / "good" / f"{name}.toml")[0]


def report_on(path: Path) -> str:
    with pytest.raises(AccountsError) as raised:
        load(path)
    return str(raised.value)


def report_if_any(path: Path) -> str:
    """The report on a file, or nothing if it is accepted."""
    try:
        load(path)
    except AccountsError as error:
        return str(error)
    return ""


def first_comment(path: Path) -> str:
    comment = re.match(r"(# .*\n)+", path.read_text(encoding="utf-8"))
    assert comment is not None, f"{path} does not begin with the report it must give"
    return re.sub(r"^# ", "", comment.group(), flags=re.MULTILINE).rstrip("\n")


@pytest.mark.parametrize("path", BAD_FILES, ids=lambda path: path.stem)
def test_bad_file_gives_the_report_in_its_first_comment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)

    assert report_on(Path(path.name)) == first_comment(path)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_is_broken_by_a_bad_file(rule: Callable[[Document], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FILES / "bad")
    monkeypatch.setattr(_accounts_rules, "RULES", [other for other in RULES if other is not rule])

    assert [path.stem for path in BAD_FILES if report_if_any(Path(path.name)) != first_comment(path)]


@pytest.mark.parametrize("path", GOOD_FILES, ids=lambda path: path.stem)
def test_good_file_is_accepted(path: Path) -> None:
    assert load(path)


def test_shipped_file_holds_placeholders_only() -> None:
    shipped = [account for account_set in load(DEFAULT_FILE) for account in account_set.accounts]

    assert [account.name for account in shipped] == ["demo-dev", "demo-preprod", "demo-prod"]
    assert all(account.is_placeholder for account in shipped)


def test_real_id_is_no_placeholder() -> None:
    assert not good("minimal").dev.is_placeholder


def test_accounts_stand_in_the_order_a_model_takes() -> None:
    assert (
        tuple(account.environment for account in good("minimal").accounts) == ENVIRONMENTS == ("dev", "preprod", "prod")
    )


def test_only_dev_is_dev() -> None:
    assert [account.is_dev for account in good("minimal").accounts] == [True, False, False]


def test_minimal_account_has_nothing_optional() -> None:
    assert good("minimal").prod == Account(
        set_name="demo",
        environment=Environment.PROD,
        account_id="345678901234",
        region="eu-west-1",
        profile=None,
        assume_role_arn=None,
        state=StateBackend(
            bucket="mlops-state-eu-west-1-345678901234", key="demo-prod/terraform.tfstate", region="eu-west-1"
        ),
        network=None,
        deployment_roles=None,
        studio=None,
        tags={},
    )


def test_studio_is_read() -> None:
    assert good("everything_set").dev.studio == Studio(
        role_arns=(
            "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-20260101T000000",
            "arn:aws:iam::123456789012:role/data-scientist",
        ),
        domain_id="d-abcdefghijkl",
        offered_by=frozenset(Offer),
        deprecated_releases=("1.0.0", "1.1.0"),
        data_bucket_names=("example-customers", "example.transactions"),
    )


def test_studio_is_offered_the_product_by_service_catalog_unless_said_otherwise() -> None:
    studio = load(DEFAULT_FILE)[0].dev.studio

    assert studio is not None
    assert studio.offered_by == frozenset({Offer.SERVICE_CATALOG})
    assert studio.s3_templates_domain is None


def test_network_is_read() -> None:
    assert good("everything_set").prod.network == Network(
        subnet_ids=("subnet-0123456789abcdef0", "subnet-12345678"), security_group_ids=("sg-0123456789abcdef0",)
    )


def test_named_roles_are_read() -> None:
    assert good("everything_set").prod.deployment_roles == DeploymentRoleArns(
        deploy="arn:aws:iam::345678901234:role/deploy",
        cloudformation="arn:aws:iam::345678901234:role/cloudformation",
        boundary="arn:aws:iam::345678901234:policy/boundary",
    )


def test_profile_or_role_reaches_an_account() -> None:
    account_set = good("everything_set")

    assert (account_set.dev.profile, account_set.dev.assume_role_arn) == ("mlops dev", None)
    assert (account_set.preprod.profile, account_set.preprod.assume_role_arn) == (
        None,
        "arn:aws:iam::234567890123:role/terraform/mlops-terraform",
    )


def test_state_of_several_accounts_may_share_a_bucket_in_another_region() -> None:
    account_set = good("everything_set")

    assert account_set.dev.state == StateBackend(
        bucket="example.terraform-state", key="demo-dev/terraform.tfstate", region="eu-central-1"
    )
    assert account_set.preprod.state == StateBackend(
        bucket="example.terraform-state", key="demo-preprod/terraform.tfstate", region="eu-central-1"
    )


def test_state_is_in_the_accounts_region_unless_said_otherwise() -> None:
    assert good("everything_set").prod.state.region == "eu-west-1"


def test_tags_of_a_set_are_on_each_of_its_accounts() -> None:
    tags = {"team": "machine learning", "finance/cost-centre": "4711", "owner@company": "Zoë"}

    assert [dict(account.tags) for account in good("everything_set").accounts] == [tags, tags, tags]


def test_sets_stand_in_file_order() -> None:
    assert [account_set.name for account_set in load(FILES / "good" / "two_sets_sharing_prod.toml")] == ["demo", "risk"]


@pytest.mark.parametrize(("file", "partition"), [("minimal", "aws"), ("china", "aws-cn"), ("government", "aws-us-gov")])
def test_region_tells_the_partition(file: str, partition: str) -> None:
    assert good(file).dev.partition == partition


def test_loaded_accounts_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        good("everything_set").tags["team"] = "another"  # type: ignore[index]


def test_variable_selects_another_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_ACCOUNTS", str(FILES / "good" / "longest_set_name.toml"))

    assert [account_set.name for account_set in load()] == ["consumer-credit-risk"]


def test_without_the_variable_it_is_the_shipped_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLOPS_ACCOUNTS", raising=False)

    assert load() == load(DEFAULT_FILE)


def test_absent_file_is_named(tmp_path: Path) -> None:
    absent = tmp_path / "accounts.toml"

    assert report_on(absent) == (
        f"{absent}: there is no such file; write it, or set MLOPS_ACCOUNTS to the path of yours"
    )


def test_folder_is_no_accounts_file(tmp_path: Path) -> None:
    assert report_on(tmp_path) == f"{tmp_path}: cannot be read: Is a directory; make it a file that you may read"


def test_byte_order_mark_of_windows_editors_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    path.write_text((FILES / "good/minimal.toml").read_text(encoding="utf-8"), encoding="utf-8-sig")

    assert load(path) == load(FILES / "good/minimal.toml")


def test_other_encoding_than_utf_8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "accounts.toml"
    path.write_text("# größer\n", encoding="latin-1")

    assert report_on(path) == f"{path}: is not text in UTF-8; save it in that encoding"


def flat(table: dict[str, object], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, (*path, key))
        else:
            yield (*path, key), value


EVERYTHING = dict(flat(tomllib.loads((FILES / "good" / "everything_set.toml").read_text(encoding="utf-8"))))
WRONG_VALUES = [
    (path, literal)
    for path in EVERYTHING
    for literal in ("7", "1.5", "true", "1979-05-27", "[]", "[7]", "[[]]", "{}", '"?"')
    if (path[-1], literal) != ("profile", '"?"')  # AWS lets a profile be called that
]


@pytest.mark.parametrize(("path", "literal"), WRONG_VALUES)
def test_wrong_value_is_reported_at_its_key(path: tuple[str, ...], literal: str, tmp_path: Path) -> None:
    values = {".".join(json.dumps(key) for key in other): json.dumps(value) for other, value in EVERYTHING.items()}
    values[".".join(json.dumps(key) for key in path)] = literal
    file = tmp_path / "accounts.toml"
    file.write_text("".join(f"{key} = {value}\n" for key, value in values.items()), encoding="utf-8")

    with pytest.raises(AccountsError) as raised:
        load(file)

    assert path in {problem.path for problem in raised.value.problems}


def test_reading_accounts_loads_no_library() -> None:
    """The import decides how long `synth` takes to refuse a bad file."""
    program = "import sys; before = set(sys.modules); import baseline.accounts; print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=DEFAULT_FILE.parent, capture_output=True, check=True)

    tops = {name.partition(".")[0] for name in loaded.stdout.decode().split()}
    assert tops - sys.stdlib_module_names == {"baseline"}
