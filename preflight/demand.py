"""What one project needs: by the newest release, and by the seed code as it stands in this folder."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from baseline import releases
from baseline.naming import Environment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RESOURCE_TYPE = re.compile(r"^    Type: (AWS::[\w:]+)", re.MULTILINE)
DEPLOY_CONFIGURATION = "seed_code/deploy_app/config"
BUILD_SETTINGS = "seed_code/build_app/ml_pipelines/settings.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Instances of one type that are on at the same time."""

    instance_type: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one project needs in an account, with every option, and with as many instances as it may scale to.

    `resources` is by CloudFormation type. `endpoints` is by environment.
    """

    resources: Counter[str]
    endpoints: tuple[Fleet, ...]
    jobs: dict[str, Fleet]


def demand_of_a_project(root: Path, environments: Iterable[Environment]) -> Demand:
    """Return what one project needs in an account that is these environments. Raises `ReleaseError`."""
    resources: Counter[str] = Counter()
    endpoints: list[Fleet] = []
    jobs: dict[str, Fleet] = {}
    defaults = _build_defaults(root)
    for environment in environments:
        configuration = tomllib.loads((root / DEPLOY_CONFIGURATION / f"{environment}.toml").read_text("utf-8"))
        if environment is Environment.DEV:
            resources += _resources_of_the_template(root)
            jobs |= {kind: _fleet_of_jobs(defaults, kind) for kind in ("training", "processing")}
        # The model's role and the bucket for what it captures; the schedule's role, where inference runs in batches.
        resources += Counter({"AWS::IAM::Role": 1, "AWS::S3::Bucket": 1})
        if "batch" in configuration:
            resources += Counter({"AWS::IAM::Role": 1})
            jobs["transform"] = _fleet_of_jobs(defaults, "transform")
        if "instance" in configuration.get("endpoint", {}):
            endpoints.append(_fleet_of_an_endpoint(configuration["endpoint"]))
    return Demand(resources=resources, endpoints=tuple(endpoints), jobs=jobs)


def _resources_of_the_template(root: Path) -> Counter[str]:
    newest = releases.published(root / "cfn_product" / "releases")[-1]
    return Counter(RESOURCE_TYPE.findall(newest.path.read_text("utf-8")))


def _fleet_of_an_endpoint(endpoint: dict[str, Any]) -> Fleet:
    instance = endpoint["instance"]
    count = endpoint.get("scaling", {}).get("maximum_count", instance["count"])
    return Fleet(instance_type=instance["type"], count=count)


def _fleet_of_jobs(defaults: dict[str, Any], kind: str) -> Fleet:
    return Fleet(instance_type=defaults[f"{kind}_instance_type"], count=defaults[f"{kind}_instance_count"])


def _build_defaults(root: Path) -> dict[str, Any]:
    """Read the class `Defaults` without importing the application, which lives in a repository of its own."""
    module = ast.parse((root / BUILD_SETTINGS).read_text("utf-8"))
    [defaults] = [node for node in module.body if isinstance(node, ast.ClassDef) and node.name == "Defaults"]
    return {
        node.target.id: ast.literal_eval(node.value)
        for node in defaults.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
    }
