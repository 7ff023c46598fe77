"""What a build hands to the pipeline: templates, their stack tags, and `release.json`, which says what was decided.

`python -m deployment.release DEPLOY` prints one of the build's two exported variables.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployment.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deployment.model_registry import Model
    from deployment.project import Project
    from deployment.target import Target

FILE = "release.json"
OURS = ("*.template.json", "*.configuration.json", FILE)
NO_MODEL = "none"  # a pipeline variable cannot be empty
MODEL_TAG = "mlops:model-package-arn"


def output_folder(variables: Mapping[str, str]) -> Path:
    """Return the folder that everything is written to."""
    return Path(variables.get("CDK_OUTDIR") or "cdk.out")


def clear(folder: Path) -> None:
    """Make the folder, without what an earlier build left there."""
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in OURS:
        for path in folder.glob(pattern):
            path.unlink()


def write(folder: Path, *, project: Project, model: Model | None, targets: Sequence[Target]) -> None:
    """Write the stack tags of every target, and what was decided."""
    for target in targets:
        tags = project.tags(target.environment) | {MODEL_TAG: target.model.arn}
        _write(folder / f"{target.environment}.configuration.json", {"Tags": tags})
    release = {
        "DEPLOY": "true" if model else "false",
        "MODEL_PACKAGE_ARN": model.arn if model else NO_MODEL,
        "model_package_group": project.model_package_group,
        "model_package_version": model.version if model else None,
        "commit": project.commit,
        "stacks": {target.environment: target.names.stack for target in targets},
    }
    _write(folder / FILE, release)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def exported(variable: str, folder: Path) -> str:
    """Return the value of an exported variable. Raises `Problems` when nothing was decided yet."""
    path = folder / FILE
    if not path.is_file():
        raise Problems([f"there is no {path}: run `python app.py` first"])
    value: str = json.loads(path.read_text("utf-8"))[variable]
    return value


if __name__ == "__main__":
    try:
        print(exported(sys.argv[1], output_folder(os.environ)))
    except Problems as problems:
        sys.exit(str(problems))
