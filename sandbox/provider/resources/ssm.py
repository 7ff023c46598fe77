"""AWS Systems Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider import tags
from sandbox.provider.errors import ProviderError
from sandbox.provider.handler import Handler, changed, given
from sandbox.provider.imitation import Imitation, names

if TYPE_CHECKING:
    from sandbox.provider.session import Session
    from sandbox.provider.values import Attributes


class Parameter(Handler):
    imitation = Imitation(
        type_name="aws_ssm_parameter",
        arguments=names(
            "name type value insecure_value description allowed_pattern tier data_type overwrite tags region"
        ),
        outputs=names("id arn version tags_all"),
        choices={
            "type": ("String", "StringList", "SecureString"),
            "tier": ("Standard", "Advanced"),
            "data_type": ("text",),
        },
        force_new=names("name data_type"),
        recomputed=names("version value"),
        sensitive=names("value"),
        gone=names("ParameterNotFound"),
    )

    def create(self, session: Session, state: Attributes) -> None:
        overwrites = bool(state["overwrite"])
        self._put(session, state, overwrites=overwrites, own_tags={} if overwrites else state["tags_all"])
        state["id"] = state["name"]
        if overwrites:  # AWS refuses tags on a parameter that it overwrites
            self._tag(session, {}, state)

    def read(self, session: Session, state: Attributes) -> Attributes:
        client, name = session.client("ssm", state["region"]), state["id"]
        parameter = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]
        filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
        details = client.describe_parameters(ParameterFilters=filters)["Parameters"][0]
        tag_list = client.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
        value = "insecure_value" if state.get("insecure_value") else "value"
        return {
            "name": parameter["Name"],
            "arn": parameter["ARN"],
            "type": parameter["Type"],
            "version": parameter["Version"],
            value: parameter["Value"],
            "description": details.get("Description"),
            "allowed_pattern": details.get("AllowedPattern"),
            "tier": details.get("Tier"),
            "data_type": details.get("DataType"),
            "tags_all": tags.mapping(tag_list),
        }

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:
        if changed(prior, state, "type", "value", "insecure_value", "description", "allowed_pattern", "tier"):
            self._put(session, state, overwrites=True)
        self._tag(session, prior, state)

    def delete(self, session: Session, state: Attributes) -> None:
        session.client("ssm", state["region"]).delete_parameter(Name=state["id"])

    def _put(
        self, session: Session, state: Attributes, *, overwrites: bool, own_tags: dict[str, str] | None = None
    ) -> None:
        value = state["insecure_value"] or state["value"]
        if value is None:
            raise ProviderError("aws_ssm_parameter needs a value", "Set one of `value` and `insecure_value`.")
        session.client("ssm", state["region"]).put_parameter(
            Name=state["name"],
            Type=state["type"],
            Value=value,
            Overwrite=overwrites,
            **given(
                Description=state["description"],
                AllowedPattern=state["allowed_pattern"],
                Tier=state["tier"],
                DataType=state["data_type"],
                Tags=tags.pairs(own_tags),
            ),
        )

    def _tag(self, session: Session, prior: Attributes, state: Attributes) -> None:
        client, name = session.client("ssm", state["region"]), state["id"]
        if gone := tags.removed(prior, state):
            client.remove_tags_from_resource(ResourceType="Parameter", ResourceId=name, TagKeys=gone)
        if changed(prior, state, "tags_all") and state["tags_all"]:
            client.add_tags_to_resource(ResourceType="Parameter", ResourceId=name, Tags=tags.pairs(state["tags_all"]))
