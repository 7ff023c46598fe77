"""In the place of the deployment application's synthesis: what it has made for another project, with this one's names.

All that decides stays the application's own: which model, the settings' rules, the accounts, the tags, release.json.
The settings themselves are those of the other project. The folder `kept` has its templates, and its names in
`former.json`. The model and the endpoint's configuration are called by a digest of what they are, here as there.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deployment.target import Target  # type: ignore[import-not-found]  # the application's, where this is put

KEPT = Path(__file__).parents[1] / "kept"
DIGEST = "[0-9a-f]{10}"


def write_templates(targets: Sequence[Target], folder: Path) -> None:
    """Write `<environment>.template.json` for every target."""
    former: Mapping[str, str] = json.loads((KEPT / "former.json").read_text())
    for target in targets:
        name = f"{target.environment}.template.json"
        (folder / name).write_text(_rewritten((KEPT / name).read_text(), former, target))


def _rewritten(template: str, former: Mapping[str, str], target: Target) -> str:
    def renamed(found: re.Match[str]) -> str:
        return found[1] + hashlib.sha256((found[2] + target.model.arn).encode()).hexdigest()[:10]

    stack = f"mlops-{former['id']}-{target.environment}"
    template = re.sub(rf"({re.escape(stack)}-)({DIGEST})\b", renamed, template)
    project = target.project
    for mine, yours in (
        (former["model"], target.model.arn),
        (former["key"], project.artifact_key_arn),
        (former["id"], project.id),
    ):
        template = template.replace(mine, yours)
    return re.sub(rf"\b{re.escape(former['name'])}\b", project.name, template)
