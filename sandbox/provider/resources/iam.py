"""AWS Identity and Access Management. It is global: no argument `region`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider.handler import Handler
from sandbox.provider.imitation import Imitation, names
from sandbox.provider.members import changed, tag_changes
from sandbox.provider.resources.association import Association

if TYPE_CHECKING:
    from sandbox.provider.session import Client, Session
    from sandbox.provider.values import Attributes

_GONE = names("NoSuchEntity")
_MOST_POLICY_VERSIONS = 5  # IAM keeps no more of a managed policy


class Role(Handler):
    imitation = Imitation(
        type_name="aws_iam_role",
        arguments=names(
            """
            name=RoleName path=Path description=Description assume_role_policy=AssumeRolePolicyDocument
            max_session_duration=MaxSessionDuration tags=Tags
            """
        ),
        outputs=names("id arn=Arn unique_id=RoleId tags_all"),
        identity="{name}",
        defaults={"path": "/", "max_session_duration": 3600},
        force_new=names("name path"),
        documents=names("assume_role_policy"),
        gone=_GONE,
    )

    def create(self, session: Session, state: Attributes) -> None:
        session.client("iam").create_role(**self.written(state))
        state["id"] = state["name"]

    def read(self, session: Session, state: Attributes) -> Attributes:
        return self.observed(session.client("iam").get_role(RoleName=state["name"])["Role"])

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:
        client, name = session.client("iam"), state["name"]
        if changed(prior, state, "assume_role_policy"):
            client.update_assume_role_policy(RoleName=name, PolicyDocument=state["assume_role_policy"])
        if changed(prior, state, "description", "max_session_duration"):
            client.update_role(
                RoleName=name, Description=state["description"] or "", MaxSessionDuration=state["max_session_duration"]
            )
        _tag(client, "role", prior, state, RoleName=name)

    def delete(self, session: Session, state: Attributes) -> None:
        session.client("iam").delete_role(RoleName=state["name"])


class RolePolicy(Handler):
    imitation = Imitation(
        type_name="aws_iam_role_policy",
        arguments=names("role=RoleName name=PolicyName policy=PolicyDocument"),
        outputs=names("id"),
        identity="{role}:{name}",
        force_new=names("role name"),
        documents=names("policy"),
        gone=_GONE,
    )

    def create(self, session: Session, state: Attributes) -> None:
        session.client("iam").put_role_policy(**self.written(state))
        state["id"] = self.identity(state)

    def read(self, session: Session, state: Attributes) -> Attributes:
        place = {"RoleName": state["role"], "PolicyName": state["name"]}
        return self.observed(session.client("iam").get_role_policy(**place))

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:  # noqa: ARG002
        session.client("iam").put_role_policy(**self.written(state))

    def delete(self, session: Session, state: Attributes) -> None:
        session.client("iam").delete_role_policy(RoleName=state["role"], PolicyName=state["name"])


class Policy(Handler):
    imitation = Imitation(
        type_name="aws_iam_policy",
        arguments=names("name=PolicyName path=Path description=Description policy=PolicyDocument tags=Tags"),
        outputs=names("id arn=Arn policy_id=PolicyId tags_all"),
        defaults={"path": "/"},
        force_new=names("name path description"),
        documents=names("policy"),
        gone=_GONE,
    )

    def create(self, session: Session, state: Attributes) -> None:
        state["id"] = session.client("iam").create_policy(**self.written(state))["Policy"]["Arn"]

    def read(self, session: Session, state: Attributes) -> Attributes:
        client, arn = session.client("iam"), state["id"]
        policy = client.get_policy(PolicyArn=arn)["Policy"]
        version = client.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        return self.observed({**policy, "PolicyDocument": version["Document"]})

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:
        client, arn = session.client("iam"), state["id"]
        if changed(prior, state, "policy"):
            others = _other_versions(client, arn)
            if len(others) == _MOST_POLICY_VERSIONS - 1:
                oldest = min(others, key=lambda version: version["CreateDate"])
                client.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
            client.create_policy_version(PolicyArn=arn, PolicyDocument=state["policy"], SetAsDefault=True)
        _tag(client, "policy", prior, state, PolicyArn=arn)

    def delete(self, session: Session, state: Attributes) -> None:
        client, arn = session.client("iam"), state["id"]
        for version in _other_versions(client, arn):
            client.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        client.delete_policy(PolicyArn=arn)


def _other_versions(client: Client, arn: str) -> list[Attributes]:
    versions = client.list_policy_versions(PolicyArn=arn)["Versions"]
    return [version for version in versions if not version["IsDefaultVersion"]]


def _tag(client: Client, kind: str, prior: Attributes, state: Attributes, **which: str) -> None:
    added, removed = tag_changes(prior, state)
    if removed:
        getattr(client, f"untag_{kind}")(**which, TagKeys=removed)
    if added:
        getattr(client, f"tag_{kind}")(**which, Tags=added)


HANDLERS = (
    Role(),
    RolePolicy(),
    Policy(),
    Association(
        imitation=Imitation(
            type_name="aws_iam_role_policy_attachment",
            arguments=names("role=RoleName policy_arn=PolicyArn"),
            outputs=names("id"),
            identity="{role}/{policy_arn}",
            force_new=names("role policy_arn"),
            gone=_GONE,
        ),
        service="iam",
        make="attach_role_policy",
        unmake="detach_role_policy",
        listing="list_attached_role_policies",
        of="RoleName",
        found=("AttachedPolicies", "PolicyArn", "policy_arn"),
    ),
)
