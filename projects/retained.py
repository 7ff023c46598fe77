"""What stays when a project is deleted, in its three accounts, and how each of it is removed for good.

Keys are found by their tag, since their aliases go with the project. Everything else is found by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from baseline.naming import ENVIRONMENTS, Environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from projects.access import Access

PROJECT_TAG = "sagemaker:project-id"
KEY_WINDOW_DAYS = 7  # the shortest time that KMS gives one to think again
KEY, MODEL = "key", "model"
_GOING = {"PendingDeletion", "PendingReplicaDeletion"}
_ABSENT = {"404", "RepositoryDoesNotExistException", "RepositoryNotFoundException"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """One thing that outlives a project. `remove` removes it with all that it holds."""

    account_id: str
    environment: Environment
    kind: str
    name: str
    remove: Callable[[], object]


def find_retained(access: Access, project_id: str) -> tuple[list[Retained], list[str]]:
    """Return what there is of what a project's deletion keeps, keys last, and what could not be asked.

    One account may serve several environments: what is found there several times is told once.
    """
    found: dict[tuple[str, str, str], Retained] = {}
    problems = []
    for environment in ENVIRONMENTS:
        search = _Search(access=access, environment=environment, project_id=project_id)
        for look_for in (*_IN_DEV, *_EVERYWHERE) if environment is Environment.DEV else _EVERYWHERE:
            try:
                for one in look_for(search):
                    found.setdefault((one.account_id, one.kind, one.name), one)
            except ClientError as error:
                problems.append(f"{access.account(environment).name}: {error}")
    return sorted(found.values(), key=lambda one: one.kind == KEY), problems


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """Looks for a project's things in the account of an environment."""

    access: Access
    environment: Environment
    project_id: str

    @property
    def account_id(self) -> str:
        return self.access.account(self.environment).account_id

    @property
    def group(self) -> str:
        """The name of what there is one of in DEV: model group and image repository."""
        return f"mlops-{self.project_id}"

    @property
    def prefix(self) -> str:
        """What other names begin with. In DEV that is true of what the project itself made, too."""
        if self.environment is Environment.DEV:
            return f"{self.group}-"
        return f"{self.group}-{self.environment}"

    def client(self, service: str) -> Any:  # noqa: ANN401  (boto3)
        return self.access.client(self.environment, service)

    def found(self, kind: str, name: str, remove: Callable[[], object]) -> Retained:
        return Retained(account_id=self.account_id, environment=self.environment, kind=kind, name=name, remove=remove)


def _buckets_of_dev(search: _Search) -> Iterator[Retained]:
    for use in ("artifacts", "pipeline"):
        yield from _bucket(search, f"{search.group}-{use}-{search.account_id}")


def _data_bucket(search: _Search) -> Iterator[Retained]:
    yield from _bucket(search, f"{search.group}-{search.environment}-capture-{search.account_id}")


def _bucket(search: _Search, name: str) -> Iterator[Retained]:
    s3 = search.client("s3")
    if _exists(s3.head_bucket, Bucket=name):
        yield search.found("bucket", name, partial(_remove_bucket, s3, name))


def _remove_bucket(s3: Any, name: str) -> None:  # noqa: ANN401  (boto3)
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):  # a page is what one request deletes
        versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if not versions:
            continue
        objects = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in versions]
        answer = s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
        for refused in answer.get("Errors", [])[:1]:
            error = {"Code": refused["Code"], "Message": f"{refused['Key']}: {refused['Message']}"}
            raise ClientError({"Error": error}, "DeleteObjects")
    s3.delete_bucket(Bucket=name)


def _code_repositories(search: _Search) -> Iterator[Retained]:
    codecommit = search.client("codecommit")
    for name in (f"{search.group}-build", f"{search.group}-deploy"):
        if _exists(codecommit.get_repository, repositoryName=name):
            yield search.found("code repository", name, partial(codecommit.delete_repository, repositoryName=name))


def _image_repository(search: _Search) -> Iterator[Retained]:
    ecr, name = search.client("ecr"), search.group
    if _exists(ecr.describe_repositories, repositoryNames=[name]):
        yield search.found("image repository", name, partial(ecr.delete_repository, repositoryName=name, force=True))


def _model_group(search: _Search) -> Iterator[Retained]:
    sagemaker, name = search.client("sagemaker"), search.group
    groups = sagemaker.list_model_package_groups(NameContains=name)["ModelPackageGroupSummaryList"]
    if name in {group["ModelPackageGroupName"] for group in groups}:
        yield search.found("model package group", name, partial(_remove_model_group, sagemaker, name))


def _remove_model_group(sagemaker: Any, name: str) -> None:  # noqa: ANN401  (boto3)
    pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=name)
    for package in [package for page in pages for package in page["ModelPackageSummaryList"]]:
        sagemaker.delete_model_package(ModelPackageName=package["ModelPackageArn"])
    sagemaker.delete_model_package_group(ModelPackageGroupName=name)


def _training_pipelines(search: _Search) -> Iterator[Retained]:
    """Yield the SageMaker pipelines of DEV: the build makes them, so that no stack holds them."""
    sagemaker = search.client("sagemaker")
    ours = {f"{search.group}-training", f"{search.group}-inference"}
    pages = sagemaker.get_paginator("list_pipelines").paginate(PipelineNamePrefix=search.group)
    for name in [one["PipelineName"] for page in pages for one in page["PipelineSummaries"]]:
        if name in ours:
            yield search.found("training pipeline", name, partial(sagemaker.delete_pipeline, PipelineName=name))


def _models(search: _Search) -> Iterator[Retained]:
    """Yield the models that batch inference made."""
    sagemaker = search.client("sagemaker")
    pages = sagemaker.get_paginator("list_models").paginate(NameContains=search.prefix)
    for name in [model["ModelName"] for page in pages for model in page["Models"]]:
        if name.startswith(search.prefix):
            yield search.found(MODEL, name, partial(sagemaker.delete_model, ModelName=name))


def _endpoint_logs(search: _Search) -> Iterator[Retained]:
    logs = search.client("logs")
    pages = logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=f"/aws/sagemaker/Endpoints/{search.prefix}"
    )
    for name in [group["logGroupName"] for page in pages for group in page["logGroups"]]:
        yield search.found("log group", name, partial(logs.delete_log_group, logGroupName=name))


def _keys(search: _Search) -> Iterator[Retained]:
    kms = search.client("kms")
    pages = (
        search.client("resourcegroupstaggingapi")
        .get_paginator("get_resources")
        .paginate(TagFilters=[{"Key": PROJECT_TAG, "Values": [search.project_id]}], ResourceTypeFilters=["kms"])
    )
    for arn in [one["ResourceARN"] for page in pages for one in page["ResourceTagMappingList"]]:
        described = kms.describe_key(KeyId=arn)["KeyMetadata"]
        if described["KeyState"] not in _GOING:
            yield search.found(
                KEY,
                arn,
                partial(kms.schedule_key_deletion, KeyId=described["KeyId"], PendingWindowInDays=KEY_WINDOW_DAYS),
            )


def _exists(ask: Callable[..., object], **arguments: object) -> bool:
    try:
        ask(**arguments)
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if code in _ABSENT:
            return False
        asked = {"Error": {"Code": code, "Message": f"{message} ({', '.join(map(str, arguments.values()))})"}}
        raise ClientError(asked, error.operation_name) from error  # S3 does not say which bucket it is about
    return True


_IN_DEV = (_buckets_of_dev, _code_repositories, _image_repository, _model_group, _training_pipelines)
_EVERYWHERE = (_data_bucket, _models, _endpoint_logs, _keys)
