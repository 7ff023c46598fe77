"""CodeCommit's repositories are real: plain git clones them and pushes to them."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.delivery_project import SEED, archive, put_seed, repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.running_sandbox import RunningSandbox, Stacks

Client = Any  # boto3 clients have no static type
ADDRESS = "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/p1-build"
AUTHOR = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com"}
COMMITTER = {"GIT_COMMITTER_NAME": "c", "GIT_COMMITTER_EMAIL": "c@example.com"}


def template(**properties: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"Resources": {"Repository": repository(**properties)}}


@pytest.fixture(autouse=True)
def codecommit(sandbox: RunningSandbox) -> Iterator[Client]:
    """CodeCommit in DEV, where the seed waits; afterwards no repository is left."""
    put_seed(sandbox)
    client = sandbox.client("dev", "codecommit")
    yield client
    for left in client.list_repositories()["repositories"]:
        client.delete_repository(repositoryName=left["repositoryName"])


def git(sandbox: RunningSandbox, *arguments: str, folder: Path, account: str = "dev") -> str:
    """Run git as a person would after ``sandbox env``, with no settings but the sandbox's."""
    environment = sandbox.environment(account) | AUTHOR | COMMITTER | {"GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True, timeout=60
    )
    return done.stdout.strip()


def head(codecommit: Client) -> str:
    branch = codecommit.get_branch(repositoryName="p1-build", branchName="main")["branch"]
    return str(branch["commitId"])


def test_a_clone_has_the_files_of_the_zip(sandbox: RunningSandbox, stacks: Stacks, tmp_path: Path) -> None:
    stacks.create("stack", template())
    git(sandbox, "clone", "--quiet", ADDRESS, folder=tmp_path)
    tracked = git(sandbox, "ls-files", "-z", folder=tmp_path / "p1-build").strip("\0").split("\0")
    assert {path: (tmp_path / "p1-build" / path).read_text() for path in tracked} == SEED


def test_an_executable_of_the_zip_stays_one(sandbox: RunningSandbox, stacks: Stacks, tmp_path: Path) -> None:
    stacks.create("stack", template())
    git(sandbox, "clone", "--quiet", ADDRESS, "clone", folder=tmp_path)
    executable = {path for path in SEED if (tmp_path / "clone" / path).stat().st_mode & stat.S_IXUSR}
    assert executable == {"scripts/run.sh"}


def test_the_same_zip_makes_the_same_commit(codecommit: Client, stacks: Stacks) -> None:
    made = set()
    for name in ("first", "second"):
        stacks.create(name, template(RepositoryName=name))
        made.add(codecommit.get_branch(repositoryName=name, branchName="main")["branch"]["commitId"])
    assert len(made) == 1


@pytest.mark.parametrize(
    "prefix", ["https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/", "codecommit::eu-west-1://"]
)
def test_a_push_arrives(
    sandbox: RunningSandbox, stacks: Stacks, codecommit: Client, tmp_path: Path, prefix: str
) -> None:
    stacks.create("stack", template())
    git(sandbox, "clone", "--quiet", f"{prefix}p1-build", "clone", folder=tmp_path)
    clone = tmp_path / "clone"
    git(sandbox, "commit", "--quiet", "--allow-empty", "--message", "Change", folder=clone)
    git(sandbox, "push", "--quiet", folder=clone)
    assert head(codecommit) == git(sandbox, "rev-parse", "HEAD", folder=clone)


def test_a_pushed_commit_is_told(sandbox: RunningSandbox, stacks: Stacks, codecommit: Client, tmp_path: Path) -> None:
    stacks.create("stack", template())
    seed = head(codecommit)
    git(sandbox, "clone", "--quiet", ADDRESS, "clone", folder=tmp_path)
    git(sandbox, "commit", "--quiet", "--allow-empty", "--message", "Change\n\nof mind", folder=tmp_path / "clone")
    git(sandbox, "push", "--quiet", folder=tmp_path / "clone")
    commit = codecommit.get_commit(repositoryName="p1-build", commitId=head(codecommit))["commit"]
    assert (commit["parents"], commit["message"], commit["committer"]["email"]) == (
        [seed],
        "Change\n\nof mind",
        "c@example.com",
    )


def test_a_pushed_branch_is_listed(sandbox: RunningSandbox, stacks: Stacks, codecommit: Client, tmp_path: Path) -> None:
    stacks.create("stack", template())
    git(sandbox, "clone", "--quiet", ADDRESS, "clone", folder=tmp_path)
    git(sandbox, "push", "--quiet", "origin", "HEAD:refs/heads/feature/x", folder=tmp_path / "clone")
    assert codecommit.list_branches(repositoryName="p1-build")["branches"] == ["feature/x", "main"]


def test_the_address_of_a_clone_is_that_of_aws(stacks: Stacks, codecommit: Client) -> None:
    stacks.create("stack", template())
    assert codecommit.get_repository(repositoryName="p1-build")["repositoryMetadata"]["cloneUrlHttp"] == ADDRESS


def test_a_repository_is_not_found_in_another_account(sandbox: RunningSandbox, stacks: Stacks, tmp_path: Path) -> None:
    stacks.create("stack", template())
    with pytest.raises(subprocess.CalledProcessError):
        git(sandbox, "clone", "--quiet", ADDRESS, folder=tmp_path, account="prod")


def test_another_branch_may_be_the_first_one(stacks: Stacks, codecommit: Client) -> None:
    code = {"BranchName": "trunk", "S3": {"Bucket": "delivery-seed", "Key": "seed.zip"}}
    stacks.create("stack", template(Code=code))
    assert codecommit.get_repository(repositoryName="p1-build")["repositoryMetadata"]["defaultBranch"] == "trunk"


def test_a_repository_without_code_is_empty(stacks: Stacks, codecommit: Client) -> None:
    stacks.create("stack", template(Code={"Ref": "AWS::NoValue"}))
    assert codecommit.list_branches(repositoryName="p1-build")["branches"] == []


def test_an_older_version_of_the_zip_is_taken_by_its_id(
    sandbox: RunningSandbox, stacks: Stacks, codecommit: Client
) -> None:
    s3 = sandbox.client("dev", "s3")
    s3.put_bucket_versioning(Bucket="delivery-seed", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="delivery-seed", Key="v.zip", Body=archive())["VersionId"]
    put_seed(sandbox, key="v.zip", body=archive({"other": "file"}))
    old = {"S3": {"Bucket": "delivery-seed", "Key": "v.zip", "ObjectVersion": first}}
    stacks.create("stack", template(Code=old))
    stacks.create("other", template(RepositoryName="p2-build"))
    other = codecommit.get_branch(repositoryName="p2-build", branchName="main")["branch"]["commitId"]
    assert head(codecommit) == other


@pytest.mark.parametrize(
    ("key", "reason"), [("nothing.zip", "NoSuchKey"), ("broken.zip", "s3://delivery-seed/broken.zip is no zip file")]
)
def test_a_seed_that_cannot_be_read_leaves_no_repository(
    sandbox: RunningSandbox,
    stacks: Stacks,
    codecommit: Client,
    key: str,
    reason: str,
) -> None:
    put_seed(sandbox, key="broken.zip", body=b"broken")
    stacks.create("stack", template(Code={"S3": {"Bucket": "delivery-seed", "Key": key}}))
    assert reason in stacks.reasons("stack")
    assert codecommit.list_repositories()["repositories"] == []


def test_an_update_of_the_code_changes_no_commit(sandbox: RunningSandbox, stacks: Stacks, codecommit: Client) -> None:
    stacks.create("stack", template())
    before = head(codecommit)
    put_seed(sandbox, key="new.zip", body=archive({"new": "file"}))
    stacks.update("stack", template(Code={"S3": {"Bucket": "delivery-seed", "Key": "new.zip"}}))
    assert head(codecommit) == before


def test_description_and_tags_are_changed_in_place(stacks: Stacks, codecommit: Client) -> None:
    tags = [{"Key": "old", "Value": "1"}]
    stacks.create("stack", template(RepositoryDescription="Old", Tags=tags))
    before = head(codecommit)
    stacks.update("stack", template(Tags=[{"Key": "new", "Value": "2"}]))
    metadata = codecommit.get_repository(repositoryName="p1-build")["repositoryMetadata"]
    found = codecommit.list_tags_for_resource(resourceArn=metadata["Arn"])["tags"]
    assert (metadata["repositoryDescription"], found, head(codecommit)) == ("", {"new": "2"}, before)


def test_another_name_is_refused(stacks: Stacks) -> None:
    stacks.create("stack", template())
    stacks.update("stack", template(RepositoryName="renamed"))
    assert "does not imitate a change of RepositoryName" in stacks.reasons("stack")


def test_a_deleted_repository_is_gone_from_the_disk(sandbox: RunningSandbox, stacks: Stacks) -> None:
    stacks.create("stack", template())
    folder = Path(sandbox.sandbox.repositories, "111111111111", "eu-west-1", "p1-build")
    before = folder.exists()
    stacks.client.delete_stack(StackName="stack")
    assert (before, folder.exists()) == (True, False)


def test_a_repository_that_is_there_already_fails_the_stack(stacks: Stacks, codecommit: Client) -> None:
    codecommit.create_repository(repositoryName="p1-build")
    stacks.create("stack", template())
    assert "Repository named p1-build already exists" in stacks.reasons("stack")


@pytest.mark.parametrize(
    ("operation", "arguments", "code"),
    [
        ("get_repository", {"repositoryName": "nobody"}, "RepositoryDoesNotExistException"),
        ("get_branch", {"repositoryName": "p1-build", "branchName": "no"}, "BranchDoesNotExistException"),
        ("get_commit", {"repositoryName": "p1-build", "commitId": "0" * 40}, "CommitIdDoesNotExistException"),
        ("list_pull_requests", {"repositoryName": "p1-build"}, "NotImitated"),
    ],
)
def test_what_is_not_there_is_refused(
    stacks: Stacks,
    codecommit: Client,
    operation: str,
    arguments: dict[str, str],
    code: str,
) -> None:
    stacks.create("stack", template())
    with pytest.raises(ClientError) as refused:
        getattr(codecommit, operation)(**arguments)
    assert refused.value.response["Error"]["Code"] == code


def test_a_second_commit_by_the_api_is_refused(stacks: Stacks, codecommit: Client) -> None:
    stacks.create("stack", template())
    with pytest.raises(ClientError, match="ParentCommitIdRequired"):
        codecommit.create_commit(
            repositoryName="p1-build", branchName="main", putFiles=[{"filePath": "x", "fileContent": b""}]
        )
