"""The imitated data sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider import policy_document
from sandbox.provider.handler import DataSource
from sandbox.provider.imitation import Imitation, names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.provider.session import Session
    from sandbox.provider.values import Attributes


def _caller_identity(session: Session, _config: Attributes) -> Attributes:
    identity = session.client("sts").get_caller_identity()
    return {"id": identity["Account"], "account_id": identity["Account"], "arn": identity["Arn"]}


def _partition(session: Session, _config: Attributes) -> Attributes:
    suffix = "amazonaws.com.cn" if session.partition == "aws-cn" else "amazonaws.com"
    return {"id": session.partition, "partition": session.partition, "dns_suffix": suffix}


def _region(session: Session, config: Attributes) -> Attributes:
    region = config.get("region") or session.region
    return {"id": region, "region": region}


DATA_SOURCES: Mapping[str, DataSource] = {
    "aws_caller_identity": DataSource(
        imitation=Imitation(type_name="data aws_caller_identity", arguments={}, outputs=names("id account_id arn")),
        read=_caller_identity,
    ),
    "aws_iam_policy_document": DataSource(imitation=policy_document.IMITATION, read=policy_document.read),
    "aws_partition": DataSource(
        imitation=Imitation(type_name="data aws_partition", arguments={}, outputs=names("id partition dns_suffix")),
        read=_partition,
    ),
    "aws_region": DataSource(
        imitation=Imitation(type_name="data aws_region", arguments=names("region"), outputs=names("id")), read=_region
    ),
}
