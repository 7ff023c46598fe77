"""Every policy of the deployed accounts, read back through their APIs.

A snapshot holds what IAM would decide by, and nothing of how it came to be: roles with their policies, boundaries and
trust, and the policies of buckets, keys, image repositories, model groups and topics.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Document = dict[str, Any]
ClientMaker = Any  # account name, service -> boto3 client, which has no static type

# Whatever looks like this was never filled in. IAM's own variables are: by IAM, with each request.
UNRESOLVED = re.compile(r"\$\{[^}]*\}?|\{\{resolve|Fn::\w+|<computed>")
# What S3, ECR and SageMaker answer for a resource that has none.
NO_POLICY = frozenset({"NoSuchBucketPolicy", "RepositoryPolicyNotFoundException", "ValidationException"})
POLICY_VARIABLES = frozenset({"${aws:PrincipalTag/mlops-project-id}"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a principal carries: names of policies of the snapshot, and its tags."""

    policies: tuple[str, ...]
    boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Policies by name, who carries them, and which resources do.

    A name says where the policy stands: an ARN for a managed policy, ``<role ARN> inline <name>``, ``<ARN> trust``,
    ``<ARN> policy``. `tags` are those of resources that conditions ask for.
    """

    documents: Mapping[str, Document]
    identities: Mapping[str, Identity]
    resource_policies: Mapping[str, str]
    tags: Mapping[str, Mapping[str, str]]

    def merged(self, other: Snapshot) -> Snapshot:
        """Both together."""
        return Snapshot(
            documents={**self.documents, **other.documents},
            identities={**self.identities, **other.identities},
            resource_policies={**self.resource_policies, **other.resource_policies},
            tags={**self.tags, **other.tags},
        )

    def with_identity(self, arn: str, identity: Identity, documents: Mapping[str, Document] | None = None) -> Snapshot:
        """The same with one principal more, and the documents that it brings."""
        return replace(
            self,
            identities={**self.identities, arn: identity},
            documents={**self.documents, **(documents or {})},
        )

    def with_guard(self, arn: str, document: Document, tags: Mapping[str, str] | None = None) -> Snapshot:
        """The same with one resource more, its policy, and its tags."""
        name = f"{arn} policy"
        return replace(
            self,
            documents={**self.documents, name: document},
            resource_policies={**self.resource_policies, arn: name},
            tags={**self.tags, arn: tags or {}},
        )

    def without_boundaries(self) -> Snapshot:
        """The same, in which every identity stands by its own policies alone."""
        identities = {arn: replace(identity, boundary=None) for arn, identity in self.identities.items()}
        return replace(self, identities=identities)

    def policy_of(self, resource: str) -> str | None:
        """Name of the policy that guards a resource, by the ARN of it or of what lies in it."""
        for holder in _holders(resource):
            if holder in self.resource_policies:
                return self.resource_policies[holder]
        return None


def read_back(client: Callable[[str, str], ClientMaker], accounts: Mapping[str, str]) -> Snapshot:
    """Read every policy of the accounts, given as name -> account id.

    Raises `ValueError` with all that is wrong: policies that hold something unresolved.
    """
    found = Snapshot(documents={}, identities={}, resource_policies={}, tags={})
    for name in accounts:
        for part in (_roles(client(name, "iam")), *_resources(partial(client, name))):
            found = found.merged(part)
    problems = unresolved(found.documents)
    if problems:
        raise ValueError("\n".join(problems))
    return found


def unresolved(documents: Mapping[str, Document]) -> list[str]:
    """What in policies was never filled in, one line for each find."""
    return [
        f"{name}: {text}"
        for name, document in documents.items()
        for text in UNRESOLVED.findall(json.dumps(document))
        if text not in POLICY_VARIABLES
    ]


def statements(document: Document) -> list[Document]:
    """The statements of a policy, which may be one or a list."""
    found = document["Statement"]
    return [found] if isinstance(found, dict) else list(found)


def listed(value: str | list[str]) -> list[str]:
    """A value of a statement as a list."""
    return [value] if isinstance(value, str) else list(value)


def actions(documents: Mapping[str, Document]) -> set[str]:
    """Every action that any policy names."""
    return {a for document in documents.values() for s in statements(document) for a in listed(s["Action"])}


def _holders(resource: str) -> Iterator[str]:
    """The ARNs that may carry the policy which guards a resource, the resource's own first."""
    yield resource
    if resource.startswith("arn:aws:s3:::"):
        yield resource.partition("/")[0]
    elif ":model-package/" in resource:
        yield resource.replace(":model-package/", ":model-package-group/").rpartition("/")[0]


def _pages(client: ClientMaker, operation: str, key: str, **arguments: str) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]


def _tags(items: list[dict[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str]:
    return {item[key]: item[value] for item in items}


# --- roles ------------------------------------------------------------------------------------------------------------


def _roles(iam: ClientMaker) -> Snapshot:
    documents: dict[str, Document] = {}
    identities: dict[str, Identity] = {}
    trust: dict[str, str] = {}
    for policy in _pages(iam, "list_policies", "Policies", Scope="Local"):
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        documents[policy["Arn"]] = version["PolicyVersion"]["Document"]
    for listed_role in _pages(iam, "list_roles", "Roles"):
        role = iam.get_role(RoleName=listed_role["RoleName"])["Role"]
        arn = role["Arn"]
        inline = {
            f"{arn} inline {name}": iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
            for name in _pages(iam, "list_role_policies", "PolicyNames", RoleName=role["RoleName"])
        }
        attached = _pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=role["RoleName"])
        documents |= {**inline, f"{arn} trust": role["AssumeRolePolicyDocument"]}
        trust[arn] = f"{arn} trust"
        identities[arn] = Identity(
            policies=(*inline, *(policy["PolicyArn"] for policy in attached)),
            boundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            tags=_tags(role.get("Tags", [])),
        )
    tags = {arn: identity.tags for arn, identity in identities.items()}
    return Snapshot(documents=documents, identities=identities, resource_policies=trust, tags=tags)


# --- resources that carry a policy ------------------------------------------------------------------------------------


def _resources(client: Callable[[str], ClientMaker]) -> Iterator[Snapshot]:
    yield _guarded(_buckets(client("s3")))
    yield _guarded(_keys(client("kms")), tags=dict(_key_tags(client("kms"))))
    yield _guarded(_image_repositories(client("ecr")))
    yield _guarded(_model_groups(client("sagemaker")))
    yield _guarded(_topics(client("sns")))


def _guarded(found: Iterator[tuple[str, str]], tags: Mapping[str, Mapping[str, str]] | None = None) -> Snapshot:
    texts = dict(found)
    return Snapshot(
        documents={f"{arn} policy": json.loads(text) for arn, text in texts.items()},
        identities={},
        resource_policies={arn: f"{arn} policy" for arn in texts},
        tags=tags or {},
    )


def _unless_missing(ask: Callable[..., Any], member: str, **named: str) -> Iterator[str]:
    """The policy of a resource, if it has one. Each service refuses the question for one that has none."""
    try:
        yield ask(**named)[member]
    except ClientError as error:
        if error.response["Error"]["Code"] not in NO_POLICY:
            raise


def _buckets(s3: ClientMaker) -> Iterator[tuple[str, str]]:
    for bucket in s3.list_buckets()["Buckets"]:
        for policy in _unless_missing(s3.get_bucket_policy, "Policy", Bucket=bucket["Name"]):
            yield f"arn:aws:s3:::{bucket['Name']}", policy


def _keys(kms: ClientMaker) -> Iterator[tuple[str, str]]:
    for key in _pages(kms, "list_keys", "Keys"):
        yield key["KeyArn"], kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]


def _key_tags(kms: ClientMaker) -> Iterator[tuple[str, dict[str, str]]]:
    for key in _pages(kms, "list_keys", "Keys"):
        tags = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
        yield key["KeyArn"], _tags(tags, "TagKey", "TagValue")


def _image_repositories(ecr: ClientMaker) -> Iterator[tuple[str, str]]:
    for repository in _pages(ecr, "describe_repositories", "repositories"):
        name = repository["repositoryName"]
        for policy in _unless_missing(ecr.get_repository_policy, "policyText", repositoryName=name):
            yield repository["repositoryArn"], policy


def _model_groups(sagemaker: ClientMaker) -> Iterator[tuple[str, str]]:
    for group in sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]:
        name = group["ModelPackageGroupName"]
        ask = sagemaker.get_model_package_group_policy
        for policy in _unless_missing(ask, "ResourcePolicy", ModelPackageGroupName=name):
            yield group["ModelPackageGroupArn"], policy


def _topics(sns: ClientMaker) -> Iterator[tuple[str, str]]:
    for topic in _pages(sns, "list_topics", "Topics"):
        yield topic["TopicArn"], sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]["Policy"]
