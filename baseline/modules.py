"""One typed class for each HCL module: the only place that knows their sources.

`TerraformHclModule` takes any variables and checks none of them, so a misspelt input would synthesise in silence.
tests/synth/test_modules_contract.py holds these classes to each module's variables.tf and outputs.tf.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdktf import TerraformHclModule, Token

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

# Seen from cdktf.out/stacks/<stack>, where Terraform runs. A relative source is emitted as it stands; without
# skip_asset_creation_from_local_modules cdktf would copy each module into each stack, under a hash that changes in
# every account's plan with any edit of any module.
MODULES = "../../../modules"


class _HclModule(TerraformHclModule):
    def __init__(self, scope: Construct, *, name: str, variables: Mapping[str, Any]) -> None:
        given = {key: value for key, value in variables.items() if value is not None}
        super().__init__(
            scope,
            name,
            source=f"{MODULES}/{name}",
            skip_asset_creation_from_local_modules=True,
            variables=given,
        )
        # The address in state is module.<name>: unhashed, because every module stands directly under its stack.
        self.override_logical_id(name)


class SeedBucket(_HclModule):
    """Bucket with the seed archives. `objects`: name -> {"key": object key, "path": file as seen from the stack}."""

    def __init__(self, scope: Construct, *, name: str, objects: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(scope, name="seed_bucket", variables={"name": name, "objects": objects})

    @property
    def bucket_name(self) -> str:
        return self.get_string("name")

    def key(self, name: str) -> str:
        """Key of an uploaded object; whatever uses it waits for the upload."""
        return Token.as_string(self.interpolation_for_output(f'keys["{name}"]'))


class SsmContract(_HclModule):
    """SSM parameters. `parameters`: path -> {"value": ..., "description": ...}."""

    def __init__(self, scope: Construct, *, parameters: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(scope, name="ssm_contract", variables={"parameters": parameters})


class DeploymentRoles(_HclModule):
    """Deploy role, cloudformation role and permissions boundary of one account."""

    def __init__(
        self, scope: Construct, *, name_prefix: str, environment: str, dev_account_id: str, pipeline_role_pattern: str
    ) -> None:
        super().__init__(
            scope,
            name="deployment_roles",
            variables={
                "name_prefix": name_prefix,
                "environment": environment,
                "dev_account_id": dev_account_id,
                "pipeline_role_pattern": pipeline_role_pattern,
            },
        )


class ProjectPolicies(_HclModule):
    """What the roles of a project may do in DEV, and their permissions boundary."""

    def __init__(
        self,
        scope: Construct,
        *,
        name_prefix: str,
        deploy_role_arns: Sequence[str],
        data_bucket_names: Sequence[str],
    ) -> None:
        super().__init__(
            scope,
            name="project_policies",
            variables={
                "name_prefix": name_prefix,
                "deploy_role_arns": deploy_role_arns,
                "data_bucket_names": data_bucket_names,
            },
        )

    @property
    def arn_prefix(self) -> str:
        return self.get_string("arn_prefix")


class ProjectPortfolio(_HclModule):
    """Service Catalog portfolio and product. `releases`: version -> {"key": object key, "deprecated": bool}."""

    def __init__(  # noqa: PLR0913  one argument an input
        self,
        scope: Construct,
        *,
        name_prefix: str,
        template_bucket: str,
        releases: Mapping[str, Mapping[str, str | bool]],
        first_release: str,
        studio_role_arns: Sequence[str],
        project_policies: str,
        visible_in_studio: bool,
    ) -> None:
        super().__init__(
            scope,
            name="project_portfolio",
            variables={
                "name_prefix": name_prefix,
                "template_bucket": template_bucket,
                "releases": releases,
                "first_release": first_release,
                "studio_role_arns": studio_role_arns,
                "project_policies": project_policies,
                "visible_in_studio": visible_in_studio,
            },
        )

    @property
    def launch_policy_arns(self) -> str:
        """A map, of which nobody here reads the entries."""
        return self.get_string("launch_policy_arns")


class ProjectTemplates(_HclModule):
    """S3 templates. `releases`: version -> {"path": file as seen from the stack, "deprecated": bool}."""

    def __init__(  # noqa: PLR0913  one argument an input
        self,
        scope: Construct,
        *,
        name_prefix: str,
        bucket: str,
        prefix: str,
        releases: Mapping[str, Mapping[str, str | bool]],
        studio_role_arns: Sequence[str],
        domain_id: str,
        launch_policy_arns: str,
    ) -> None:
        super().__init__(
            scope,
            name="project_templates",
            variables={
                "name_prefix": name_prefix,
                "bucket": bucket,
                "prefix": prefix,
                "releases": releases,
                "studio_role_arns": studio_role_arns,
                "domain_id": domain_id,
                "launch_policy_arns": launch_policy_arns,
            },
        )

    @property
    def next_step(self) -> str:
        return self.get_string("next_step")
