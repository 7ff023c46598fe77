"""The checks, in the order in which they are told. docs/preflight.md says what each is for."""

from __future__ import annotations

from preflight.checks.contract import CONTRACT
from preflight.checks.drift import DRIFT
from preflight.checks.names import NAMES
from preflight.checks.network import NETWORK
from preflight.checks.product import OFFER
from preflight.checks.quotas import INSTANCES, RESOURCES
from preflight.checks.region import CODECOMMIT, REGION
from preflight.checks.roles import DEPLOYMENT_ROLES
from preflight.checks.state_bucket import STATE_BUCKET
from preflight.checks.studio import DATA_BUCKETS, DOMAIN, PROJECTS, S3_TEMPLATES, STUDIO_ROLES

__all__ = ["CHECKS", "DRIFT"]

CHECKS = (
    REGION,
    CODECOMMIT,
    STATE_BUCKET,
    NAMES,
    DOMAIN,
    STUDIO_ROLES,
    PROJECTS,
    S3_TEMPLATES,
    DATA_BUCKETS,
    NETWORK,
    DEPLOYMENT_ROLES,
    CONTRACT,
    OFFER,
    RESOURCES,
    INSTANCES,
)
