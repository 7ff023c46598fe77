"""AWS Systems Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider.errors import ProviderError
from sandbox.provider.handler import Handler
from sandbox.provider.imitation import Imitation, names
from sandbox.provider.members import changed, tag_changes

if TYPE_CHECKING:
    from sandbox.provider.session import Session
    from sandbox.provider.values import Attributes


class Parameter(Handler):
    imitation = Imitation(
        type_name="aws_ssm_parameter",
        arguments=names("name=Name type=Type value insecure_value description=Description tags=Tags region"),
        outputs=names("id arn=ARN version=Version tags_all"),
        identity="{name}",
        choices={"type": ("String", "StringList", "SecureString")},
        force_new=names("name"),
        recomputed=names("version value"),
        sensitive=names("value"),
        gone=names("ParameterNotFound"),
    )

    def create(self, session: Session, state: Attributes) -> None:
        session.client("ssm", state["region"]).put_parameter(**self.written(state), Value=_value(state))
        state["id"] = state["name"]

    def read(self, session: Session, state: Attributes) -> Attributes:
        client, name = session.client("ssm", state["region"]), state["name"]
        parameter = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]
        filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
        details = client.describe_parameters(ParameterFilters=filters)["Parameters"][0]
        tags = client.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
        value = "insecure_value" if state.get("insecure_value") else "value"
        return {**self.observed({**details, **parameter, "Tags": tags}), value: parameter["Value"]}

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:
        client, name = session.client("ssm", state["region"]), state["name"]
        if changed(prior, state, "type", "value", "insecure_value", "description"):
            written = {**self.written(state), "Value": _value(state), "Overwrite": True}
            written.pop("Tags", None)  # AWS refuses tags on a parameter that it overwrites
            client.put_parameter(**written)
        added, removed = tag_changes(prior, state)
        if removed:
            client.remove_tags_from_resource(ResourceType="Parameter", ResourceId=name, TagKeys=removed)
        if added:
            client.add_tags_to_resource(ResourceType="Parameter", ResourceId=name, Tags=added)

    def delete(self, session: Session, state: Attributes) -> None:
        session.client("ssm", state["region"]).delete_parameter(Name=state["name"])


def _value(state: Attributes) -> str:
    value = state["insecure_value"] or state["value"]
    if value is None:
        raise ProviderError("aws_ssm_parameter needs a value", "Set one of `value` and `insecure_value`.")
    return str(value)


HANDLERS = (Parameter(),)
