"""What is planned, what is settled, and which changes need a new resource."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandbox.provider import catalogue
from sandbox.provider.assembly import IMITATED
from sandbox.provider.engine import Engine, same_document
from sandbox.provider.resources import HANDLERS
from sandbox.provider.values import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.provider.imitation import Imitation
    from sandbox.provider.schema import Block

DEFAULT_TAGS = {"owner": "platform"}
FORCE_NEW = [(name, argument) for name, handler in HANDLERS.items() for argument in sorted(handler.imitation.force_new)]


@pytest.fixture(scope="module")
def schemas(_own_environment: None) -> dict[str, Block]:
    return dict(catalogue.load(IMITATED).types)


def paths(block: Block, prefix: str = "") -> Iterator[str]:
    """Yield every attribute's dotted path, e.g. `rule.filter.prefix`."""
    yield from (prefix + name for name in block.attributes)
    for name, nested in block.blocks.items():
        yield from paths(nested.block, f"{prefix}{name}.")


def engine(imitation: Imitation, schemas: dict[str, Block]) -> Engine:
    block = imitation.served(schemas[imitation.type_name])
    return Engine(imitation=imitation, block=block, region="eu-west-1", default_tags=DEFAULT_TAGS)


@pytest.mark.parametrize(("type_name", "argument"), FORCE_NEW)
def test_a_change_of_identity_needs_a_new_resource(type_name: str, argument: str, schemas: dict[str, Block]) -> None:
    plan = engine(HANDLERS[type_name].imitation, schemas).plan(prior={argument: "before"}, config={argument: "after"})
    assert argument in plan.replaces


def test_another_region_needs_a_new_resource(schemas: dict[str, Block]) -> None:
    imitation = HANDLERS["aws_s3_bucket"].imitation
    plan = engine(imitation, schemas).plan(prior={"region": "us-east-1"}, config={})
    assert "region" in plan.replaces


def test_default_tags_are_merged_below_those_of_the_resource(schemas: dict[str, Block]) -> None:
    config = {"tags": {"owner": "science", "purpose": "test"}}
    plan = engine(HANDLERS["aws_s3_bucket"].imitation, schemas).plan(prior=None, config=config)
    assert plan.state["tags_all"] == {"owner": "science", "purpose": "test"}


def test_all_tags_are_unknown_while_one_of_them_is(schemas: dict[str, Block]) -> None:
    config = {"tags": {"purpose": UNKNOWN}}
    plan = engine(HANDLERS["aws_s3_bucket"].imitation, schemas).plan(prior=None, config=config)
    assert plan.state["tags_all"] is UNKNOWN


def test_a_policy_that_says_the_same_stays_as_it_was(schemas: dict[str, Block]) -> None:
    before = json.dumps({"Statement": [{"Effect": "Allow", "Action": ["a", "b"]}]})
    after = json.dumps({"Statement": {"Action": ["b", "a"], "Effect": "Allow"}}, indent=2)
    imitation = HANDLERS["aws_s3_bucket_policy"].imitation
    plan = engine(imitation, schemas).plan(prior={"policy": before}, config={"policy": after})
    assert plan.state["policy"] == before


def test_a_new_value_makes_the_version_unknown(schemas: dict[str, Block]) -> None:
    imitation = HANDLERS["aws_ssm_parameter"].imitation
    prior = {"name": "/x", "value": "1", "version": 1, "region": "eu-west-1"}
    plan = engine(imitation, schemas).plan(prior=prior, config={"name": "/x", "value": "2"})
    assert plan.state["version"] is UNKNOWN


def test_a_new_tag_keeps_the_version(schemas: dict[str, Block]) -> None:
    imitation = HANDLERS["aws_ssm_parameter"].imitation
    prior = {"name": "/x", "value": "1", "version": 1, "region": "eu-west-1"}
    plan = engine(imitation, schemas).plan(prior=prior, config={"name": "/x", "value": "1", "tags": {"a": "b"}})
    assert plan.state["version"] == 1


@pytest.mark.parametrize("observed", ["", None])
def test_an_empty_answer_is_no_drift_from_an_argument_not_set(observed: str | None, schemas: dict[str, Block]) -> None:
    settle = engine(HANDLERS["aws_iam_role"].imitation, schemas).settle
    assert settle(written={"description": None}, observed={"description": observed})["description"] is None


def test_a_default_tag_is_not_a_tag_of_the_resource(schemas: dict[str, Block]) -> None:
    settle = engine(HANDLERS["aws_iam_role"].imitation, schemas).settle
    state = settle(written={}, observed={"tags_all": {"owner": "platform", "purpose": "test"}})
    assert state["tags"] == {"purpose": "test"}


def test_a_default_tag_changed_by_hand_is_a_tag_of_the_resource(schemas: dict[str, Block]) -> None:
    settle = engine(HANDLERS["aws_iam_role"].imitation, schemas).settle
    assert settle(written={}, observed={"tags_all": {"owner": "me"}})["tags"] == {"owner": "me"}


def test_an_import_fills_in_the_defaults(schemas: dict[str, Block]) -> None:
    settle = engine(HANDLERS["aws_iam_role"].imitation, schemas).settle
    assert settle(written={"id": "b"}, observed={})["path"] == "/"


def test_policies_that_differ_in_one_action_do_not_say_the_same() -> None:
    assert not same_document('{"Action": ["a", "b"]}', '{"Action": ["a"]}')


@pytest.mark.parametrize("name", sorted(HANDLERS))
def test_every_declared_name_is_in_the_real_schema(name: str, schemas: dict[str, Block]) -> None:
    imitation = HANDLERS[name].imitation
    lists = (imitation.arguments, imitation.outputs, imitation.documents, imitation.sensitive, imitation.defaults)
    assert {name for names in lists for name in names} <= set(paths(schemas[name]))
