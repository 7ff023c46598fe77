"""AWS::CodeCommit::Repository."""

from __future__ import annotations

import io
import stat
import zipfile
from typing import Any

from sandbox.corrections.cloudformation.resource_type import TAGS, VALUE, Call, ResourceType, gone

UNIX_MODE_SHIFT = 16  # in a zip made on a Unix, the upper half of the external attributes is the file's mode


def _create(call: Call) -> str:
    client, name = call.client("codecommit"), call.properties["RepositoryName"]
    description = call.properties.get("RepositoryDescription", "")
    made = client.create_repository(repositoryName=name, repositoryDescription=description, tags=call.tags)
    repository_id: str = made["repositoryMetadata"]["repositoryId"]
    with call.taking_back(_delete, repository_id):
        if "Code" in call.properties:
            _commit(call, call.properties["Code"])
    return repository_id


def _commit(call: Call, code: dict[str, Any]) -> None:
    """Make the first commit from the zip, whose root becomes the repository's root."""
    place = code["S3"]
    version = {"VersionId": place["ObjectVersion"]} if "ObjectVersion" in place else {}
    body = call.client("s3").get_object(Bucket=place["Bucket"], Key=place["Key"], **version)["Body"].read()
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            files = [_file(archive, item) for item in archive.infolist() if not item.is_dir()]
    except zipfile.BadZipFile as error:
        raise ValueError(f"s3://{place['Bucket']}/{place['Key']} is no zip file: {error}") from error
    call.client("codecommit").create_commit(
        repositoryName=call.properties["RepositoryName"],
        branchName=code.get("BranchName", "main"),
        authorName="AWS CloudFormation",
        commitMessage="Initial commit",
        putFiles=files,
    )


def _file(archive: zipfile.ZipFile, item: zipfile.ZipInfo) -> dict[str, Any]:
    mode = item.external_attr >> UNIX_MODE_SHIFT
    if stat.S_ISLNK(mode):
        raise ValueError(f"The sandbox does not imitate symbolic links: {item.filename}")
    file_mode = "EXECUTABLE" if mode & stat.S_IXUSR else "NORMAL"
    return {"filePath": item.filename, "fileContent": archive.read(item), "fileMode": file_mode}


def _update(call: Call, _repository_id: str, old: Call) -> None:
    """Change all but the code: "Changes to this property are ignored after initial resource creation"."""
    client, name = call.client("codecommit"), call.properties["RepositoryName"]
    if name != old.properties["RepositoryName"]:
        raise ValueError(f"The sandbox does not imitate a change of RepositoryName: {old.properties['RepositoryName']}")
    description = call.properties.get("RepositoryDescription", "")
    if description != old.properties.get("RepositoryDescription", ""):
        client.update_repository_description(repositoryName=name, repositoryDescription=description)
    arn = call.arn("codecommit", name)
    call.change_tags(
        old,
        tag=lambda: client.tag_resource(resourceArn=arn, tags=call.tags),
        untag=lambda keys: client.untag_resource(resourceArn=arn, tagKeys=keys),
    )


def _delete(call: Call, _repository_id: str) -> None:
    with gone("RepositoryDoesNotExistException"):
        call.client("codecommit").delete_repository(repositoryName=call.properties["RepositoryName"])


def _clone_url(call: Call, protocol: str) -> str:
    return f"{protocol}://git-codecommit.{call.region}.amazonaws.com/v1/repos/{call.properties['RepositoryName']}"


REPOSITORY = ResourceType(
    name="AWS::CodeCommit::Repository",
    required=frozenset({"RepositoryName"}),
    properties={
        "RepositoryName": VALUE,
        "RepositoryDescription": VALUE,
        "Code": {"BranchName": VALUE, "S3": {"Bucket": VALUE, "Key": VALUE, "ObjectVersion": VALUE}},
        "Tags": TAGS,
    },
    attributes={
        "Arn": lambda call, _id: call.arn("codecommit", call.properties["RepositoryName"]),
        "CloneUrlHttp": lambda call, _id: _clone_url(call, "https"),
        "CloneUrlSsh": lambda call, _id: _clone_url(call, "ssh"),
        "Name": lambda call, _id: str(call.properties["RepositoryName"]),
    },
    create=_create,
    update=_update,
    delete=_delete,
)
