"""The stack of each account: which modules it gets, with which values, and where its state lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdktf import App, S3Backend, S3BackendAssumeRoleConfig, TerraformOutput, TerraformStack

from baseline import archives, contract, fast_provider, naming
from baseline.modules import (
    DeploymentRoles,
    ProjectPolicies,
    ProjectPortfolio,
    ProjectTemplates,
    SeedBucket,
    SsmContract,
)
from baseline.naming import Offer

fast_provider.install(("provider",))
from cdktf_cdktf_provider_aws.provider import (  # noqa: E402  only after install(): alone, this import takes 10 s
    AwsProvider,
    AwsProviderAssumeRole,
    AwsProviderDefaultTags,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from baseline.accounts import Account, AccountSet, Studio
    from baseline.archives import Archive
    from baseline.releases import Release

__all__ = ["App", "DevStack", "TargetStack"]


class AccountStack(TerraformStack):
    """What every account has: its own state, and a provider that refuses any other account."""

    def __init__(self, app: App, *, account: Account) -> None:
        super().__init__(app, account.name)
        self._add_backend(account)
        self._add_provider(account)

    def _add_backend(self, account: Account) -> None:
        role = account.assume_role_arn
        S3Backend(
            self,
            bucket=account.state.bucket,
            key=account.state.key,
            region=account.state.region,
            encrypt=True,
            profile=account.profile,
            assume_role=S3BackendAssumeRoleConfig(role_arn=role) if role else None,
            allowed_account_ids=[account.account_id],
        )
        # S3Backend of 0.21 does not know use_lockfile (terraform-cdk#3933).
        self.add_override("terraform.backend.s3.use_lockfile", value=True)

    def _add_provider(self, account: Account) -> None:
        role = account.assume_role_arn
        AwsProvider(
            self,
            "aws",
            region=account.region,
            profile=account.profile,
            assume_role=[AwsProviderAssumeRole(role_arn=role)] if role else None,
            allowed_account_ids=[account.account_id],
            default_tags=[AwsProviderDefaultTags(tags=dict(naming.default_tags(account)))],
        )


class TargetStack(AccountStack):
    """PREPROD and PROD: what DEV's deployment pipelines need to deploy there."""

    def __init__(self, app: App, *, account: Account, dev: Account) -> None:
        super().__init__(app, account=account)
        if account.deployment_roles is None:
            DeploymentRoles(
                self,
                name_prefix=naming.prefix(account),
                environment=account.environment,
                dev_account_id=dev.account_id,
                pipeline_role_pattern=naming.DEPLOY_PIPELINE_ROLE_PATTERN,
            )


class DevStack(TargetStack):
    """DEV: a deployment target too, and the home of the seeds, the SSM contract and the project portfolio.

    `seeds`: "build" and "deploy" -> archive. `releases`: release, oldest first -> whether it is deprecated.
    """

    def __init__(
        self, app: App, *, account_set: AccountSet, seeds: Mapping[str, Archive], releases: Mapping[Release, bool]
    ) -> None:
        dev = account_set.dev
        super().__init__(app, account=dev, dev=dev)
        bucket = SeedBucket(self, name=naming.seed_bucket_name(dev), objects=_objects(seeds, releases))
        SsmContract(
            self,
            parameters=contract.parameters(
                account_set=account_set,
                seed_bucket=bucket.bucket_name,
                build_key=bucket.key("build"),
                deploy_key=bucket.key("deploy"),
            ),
        )
        policies = ProjectPolicies(
            self,
            name_prefix=naming.prefix(dev),
            # Two environments may have one role, and jsii knows no tuples.
            deploy_role_arns=sorted({naming.deploy_role_arn(account) for account in account_set.accounts}),
            data_bucket_names=list(dev.studio.data_bucket_names) if dev.studio is not None else [],
        )
        if dev.studio is not None:
            self._offer_projects(
                dev, dev.studio, bucket=bucket, releases=releases, project_policies=policies.arn_prefix
            )

    def _offer_projects(
        self,
        dev: Account,
        studio: Studio,
        *,
        bucket: SeedBucket,
        releases: Mapping[Release, bool],
        project_policies: str,
    ) -> None:
        by_version = {str(release.version): release for release in releases}
        portfolio = ProjectPortfolio(
            self,
            name_prefix=naming.prefix(dev),
            template_bucket=bucket.bucket_name,
            releases={
                version: {"key": bucket.key(version), "deprecated": releases[release]}
                for version, release in by_version.items()
            },
            first_release=next(iter(by_version)),
            studio_role_arns=list(studio.role_arns),
            project_policies=project_policies,
            visible_in_studio=Offer.SERVICE_CATALOG in studio.offered_by,
        )
        if studio.s3_templates_domain is None:
            return
        templates = ProjectTemplates(
            self,
            name_prefix=naming.prefix(dev),
            bucket=bucket.bucket_name,
            prefix=naming.S3_TEMPLATES_PREFIX,
            releases={
                version: {"path": _seen_from_the_stack(release), "deprecated": releases[release]}
                for version, release in by_version.items()
            },
            studio_role_arns=list(studio.role_arns),
            domain_id=studio.s3_templates_domain,
            launch_policy_arns=portfolio.launch_policy_arns,
        )
        TerraformOutput(self, "next_step", value=templates.next_step)


def _objects(seeds: Mapping[str, Archive], releases: Iterable[Release]) -> dict[str, dict[str, str]]:
    """What the seed bucket holds. The paths are as seen from cdktf.out/stacks/<stack>, where Terraform runs."""
    archived = {name: {"key": seed.key, "path": f"../../{archives.FOLDER}/{seed.key}"} for name, seed in seeds.items()}
    templates = {
        str(release.version): {"key": release.key, "path": _seen_from_the_stack(release)} for release in releases
    }
    return archived | templates


def _seen_from_the_stack(release: Release) -> str:
    return f"../../../cfn_product/releases/{release.path.name}"
