"""Projects by way of S3 templates: objects in DEV's seed bucket, of which Studio shows those with a tag."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from baseline import naming
from projects.releases import Made, Release, Source, ordered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projects.access import Access

VISIBLE = {"Key": "sagemaker:studio-visibility", "Value": "true"}
TEMPLATE_NAME = "mlops-project"
_DNS_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}
_KEY = re.compile(rf"{re.escape(naming.S3_TEMPLATES_PREFIX)}{TEMPLATE_NAME}-(?P<release>[0-9.]+)\.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Templates(Source):
    """The templates of an account set. `bucket` is DEV's seed bucket."""

    bucket: str

    def made(self, described: Mapping[str, Any]) -> Made | None:
        """Return what a project was made into; None for one from a template elsewhere."""
        detail = _detail(described)
        url = detail.get("TemplateURL", "")
        found = _KEY.search(url)
        if found is None or not re.search(rf"[/]{re.escape(self.bucket)}[./]", url):
            return None
        stack = detail.get("StackDetail", {})
        return Made(release=found["release"], stack=stack.get("Id"))

    def problems(self) -> list[str]:
        """Return nothing: SageMaker and CloudFormation decide when they are asked."""
        return []

    def template_url(self, release: Release) -> str:
        """Return the URL of the object."""
        return release.reference

    def update(self, project: str, release: Release, parameters: Mapping[str, str]) -> None:
        """Ask SageMaker to update the project's stack. CloudFormation goes on with the role that it was made with."""
        sagemaker = self.access.in_dev("sagemaker")
        provider = {
            "TemplateName": _detail(sagemaker.describe_project(ProjectName=project))["TemplateName"],
            "TemplateURL": release.reference,
            "Parameters": [{"Key": name, "Value": value} for name, value in parameters.items()],
        }
        sagemaker.update_project(ProjectName=project, TemplateProvidersToUpdate=[{"CfnTemplateProvider": provider}])


def find_s3_templates(access: Access) -> S3Templates:
    """Return the templates that there are; none where the accounts file does not offer projects in this way."""
    dev, s3 = access.account_set.dev, access.in_dev("s3")
    bucket = naming.seed_bucket_name(dev)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=naming.S3_TEMPLATES_PREFIX)
    keys = [(one["Key"], _KEY.fullmatch(one["Key"])) for page in pages for one in page.get("Contents", [])]
    host = f"{bucket}.s3.{dev.region}.{_DNS_SUFFIXES.get(dev.partition, 'amazonaws.com')}"
    releases = [
        Release(
            name=match["release"],
            reference=f"https://{host}/{key}",
            is_deprecated=VISIBLE not in s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"],
        )
        for key, match in keys
        if match is not None
    ]
    return S3Templates(access=access, name=f"Bucket {bucket}", releases=ordered(releases), bucket=bucket)


def _detail(described: Mapping[str, Any]) -> dict[str, Any]:
    for provider in described.get("TemplateProviderDetails", []):
        return dict(provider["CfnTemplateProviderDetail"])
    return {}
