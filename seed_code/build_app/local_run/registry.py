"""Model packages: JSON files in a folder here; whoever has another registry brings another `ModelRegistry`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

ARN = "arn:aws:sagemaker:local:000000000000:model-package/"


class ModelRegistry(Protocol):
    """What a run needs of SageMaker's model registry."""

    def register(self, request: dict[str, Any]) -> str:
        """Do what CreateModelPackage does with a request, and return the ARN of the model package."""

    def describe(self, arn: str) -> dict[str, Any]:
        """Return the request that a model package was made with. Raises `LookupError`."""


class FolderRegistry:
    """A registry as a folder: `<group>/<version>.json` is the request that registered a model."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def register(self, request: dict[str, Any]) -> str:
        """Keep a request as the next version in its group, and return the ARN of the model package."""
        group = self._root / request["ModelPackageGroupName"]
        group.mkdir(parents=True, exist_ok=True)
        version = max((int(path.stem) for path in group.glob("*.json")), default=0) + 1
        (group / f"{version}.json").write_text(json.dumps(request, indent=2))
        return f"{ARN}{group.name}/{version}"

    def describe(self, arn: str) -> dict[str, Any]:
        """Return the request that a model package was made with. Raises `LookupError`."""
        path = self._root / f"{arn.removeprefix(ARN)}.json"
        if not arn.startswith(ARN) or not path.is_file():
            raise LookupError(f"There is no model package {arn} in {self._root}")
        package: dict[str, Any] = json.loads(path.read_text())
        return package

    def newest(self, group: str) -> str:
        """Return the ARN of a group's newest model package, approved or not. Raises `LookupError`."""
        versions = [int(path.stem) for path in (self._root / group).glob("*.json")]
        if not versions:
            raise LookupError(f"No model is registered in {self._root / group}")
        return f"{ARN}{group}/{max(versions)}"
