"""AWS Identity and Access Management. It is global: no argument `region`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.provider import tags
from sandbox.provider.errors import ProviderError
from sandbox.provider.handler import Handler, changed, generated_name, given
from sandbox.provider.imitation import Imitation, names

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
            name path description assume_role_policy max_session_duration permissions_boundary
            force_detach_policies tags
            """
        ),
        outputs=names("id arn unique_id create_date tags_all"),
        defaults={"path": "/", "max_session_duration": 3600, "force_detach_policies": False},
        force_new=names("name path"),
        documents=names("assume_role_policy"),
        gone=_GONE,
    )

    def create(self, session: Session, state: Attributes) -> None:
        name = state["name"] or generated_name()
        session.client("iam").create_role(
            RoleName=name,
            Path=state["path"],
            AssumeRolePolicyDocument=state["assume_role_policy"],
            MaxSessionDuration=state["max_session_duration"],
            **given(
                Description=state["description"],
                PermissionsBoundary=state["permissions_boundary"],
                Tags=tags.pairs(state["tags_all"]),
            ),
        )
        state["id"] = name

    def read(self, session: Session, state: Attributes) -> Attributes:
        role = session.client("iam").get_role(RoleName=state["id"])["Role"]
        return {
            "name": role["RoleName"],
            "arn": role["Arn"],
            "unique_id": role["RoleId"],
            "create_date": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "path": role["Path"],
            "description": role.get("Description"),
            "max_session_duration": role.get("MaxSessionDuration"),
            "assume_role_policy": _text(role["AssumeRolePolicyDocument"]),
            "permissions_boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "tags_all": tags.mapping(role.get("Tags")),
        }

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:
        client, name = session.client("iam"), state["id"]
        if changed(prior, state, "assume_role_policy"):
            client.update_assume_role_policy(RoleName=name, PolicyDocument=state["assume_role_policy"])
        if changed(prior, state, "description", "max_session_duration"):
            client.update_role(
                RoleName=name, Description=state["description"] or "", MaxSessionDuration=state["max_session_duration"]
            )
        if changed(prior, state, "permissions_boundary"):
            if state["permissions_boundary"]:
                client.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=state["permissions_boundary"])
            else:
                client.delete_role_permissions_boundary(RoleName=name)
        if gone := tags.removed(prior, state):
            client.untag_role(RoleName=name, TagKeys=gone)
        if changed(prior, state, "tags_all") and state["tags_all"]:
            client.tag_role(RoleName=name, Tags=tags.pairs(state["tags_all"]))

    def delete(self, session: Session, state: Attributes) -> None:
        client, name = session.client("iam"), state["id"]
        if state["force_detach_policies"]:
            for policy in client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
                client.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
            for policy_name in client.list_role_policies(RoleName=name)["PolicyNames"]:
                client.delete_role_policy(RoleName=name, PolicyName=policy_name)
        client.delete_role(RoleName=name)


class RolePolicy(Handler):
    imitation = Imitation(
        type_name="aws_iam_role_policy",
        arguments=names("role name policy"),
        outputs=names("id"),
        force_new=names("role name"),
        documents=names("policy"),
        gone=_GONE,
    )

    def create(self, session: Session, state: Attributes) -> None:
        state["name"] = state["name"] or generated_name()
        self._put(session, state)
        state["id"] = f"{state['role']}:{state['name']}"

    def read(self, session: Session, state: Attributes) -> Attributes:
        role, _, name = state["id"].partition(":")
        answer = session.client("iam").get_role_policy(RoleName=role, PolicyName=name)
        return {"role": role, "name": name, "policy": _text(answer["PolicyDocument"])}

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:  # noqa: ARG002
        self._put(session, state)

    def delete(self, session: Session, state: Attributes) -> None:
        session.client("iam").delete_role_policy(RoleName=state["role"], PolicyName=state["name"])

    def imported(self, identifier: str) -> Attributes:
        role, _, name = identifier.partition(":")
        if not role or not name:
            raise ProviderError(f"{identifier!r} is no id of an aws_iam_role_policy", "Write it as role:policy-name.")
        return {"id": identifier, "role": role, "name": name}

    def _put(self, session: Session, state: Attributes) -> None:
        session.client("iam").put_role_policy(
            RoleName=state["role"], PolicyName=state["name"], PolicyDocument=state["policy"]
        )


class Policy(Handler):
    imitation = Imitation(
        type_name="aws_iam_policy",
        arguments=names("name path description policy tags"),
        outputs=names("id arn policy_id attachment_count tags_all"),
        defaults={"path": "/"},
        force_new=names("name path description"),
        documents=names("policy"),
        gone=_GONE,
    )

    def create(self, session: Session, state: Attributes) -> None:
        made = session.client("iam").create_policy(
            PolicyName=state["name"] or generated_name(),
            Path=state["path"],
            PolicyDocument=state["policy"],
            **given(Description=state["description"], Tags=tags.pairs(state["tags_all"])),
        )
        state["id"] = made["Policy"]["Arn"]

    def read(self, session: Session, state: Attributes) -> Attributes:
        client, arn = session.client("iam"), state["id"]
        policy = client.get_policy(PolicyArn=arn)["Policy"]
        version = client.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        return {
            "arn": policy["Arn"],
            "policy_id": policy["PolicyId"],
            "attachment_count": policy["AttachmentCount"],
            "name": policy["PolicyName"],
            "path": policy["Path"],
            "description": policy.get("Description"),
            "policy": _text(version["Document"]),
            "tags_all": tags.mapping(policy.get("Tags")),
        }

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:
        client, arn = session.client("iam"), state["id"]
        if changed(prior, state, "policy"):
            others = self._other_versions(client, arn)
            if len(others) == _MOST_POLICY_VERSIONS - 1:
                oldest = min(others, key=lambda version: version["CreateDate"])
                client.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
            client.create_policy_version(PolicyArn=arn, PolicyDocument=state["policy"], SetAsDefault=True)
        if gone := tags.removed(prior, state):
            client.untag_policy(PolicyArn=arn, TagKeys=gone)
        if changed(prior, state, "tags_all") and state["tags_all"]:
            client.tag_policy(PolicyArn=arn, Tags=tags.pairs(state["tags_all"]))

    def delete(self, session: Session, state: Attributes) -> None:
        client, arn = session.client("iam"), state["id"]
        for version in self._other_versions(client, arn):
            client.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        client.delete_policy(PolicyArn=arn)

    def _other_versions(self, client: Client, arn: str) -> list[Attributes]:
        versions = client.list_policy_versions(PolicyArn=arn)["Versions"]
        return [version for version in versions if not version["IsDefaultVersion"]]


def _text(document: str | Attributes) -> str:
    """The SDK decodes the documents that the API encodes for a URL."""
    return document if isinstance(document, str) else json.dumps(document)
