"""The imitated data sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider.handler import DataSource
from sandbox.provider.imitation import Imitation, names
from sandbox.provider.policy_document import PolicyDocument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.provider.session import Session
    from sandbox.provider.values import Attributes


class CallerIdentity(DataSource):
    imitation = Imitation(
        type_name="data aws_caller_identity", arguments=frozenset(), outputs=names("id account_id arn user_id")
    )

    def read(self, session: Session, config: Attributes) -> Attributes:  # noqa: ARG002
        identity = session.client("sts").get_caller_identity()
        account = identity["Account"]
        return {"id": account, "account_id": account, "arn": identity["Arn"], "user_id": identity["UserId"]}


class Partition(DataSource):
    imitation = Imitation(
        type_name="data aws_partition",
        arguments=frozenset(),
        outputs=names("id partition dns_suffix reverse_dns_prefix"),
    )

    def read(self, session: Session, config: Attributes) -> Attributes:  # noqa: ARG002
        suffix = "amazonaws.com.cn" if session.partition == "aws-cn" else "amazonaws.com"
        return {
            "id": session.partition,
            "partition": session.partition,
            "dns_suffix": suffix,
            "reverse_dns_prefix": ".".join(reversed(suffix.split("."))),
        }


class Region(DataSource):
    imitation = Imitation(type_name="data aws_region", arguments=names("region"), outputs=names("id name"))

    def read(self, session: Session, config: Attributes) -> Attributes:
        region = config.get("region") or session.region
        return {"id": region, "region": region, "name": region}


DATA_SOURCES: Mapping[str, DataSource] = {
    source.imitation.type_name.removeprefix("data "): source
    for source in (CallerIdentity(), Partition(), Region(), PolicyDocument())
}
