"""From targets to templates, by AWS CDK.

This import starts Node and takes seconds: it comes after all that can be wrong with settings, accounts and model.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import App

from deployment.environment_stack import EnvironmentStack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deployment.target import Target


def write_templates(targets: Sequence[Target], folder: Path) -> None:
    """Write `<environment>.template.json` for every target, and nothing else of what CDK writes."""
    with tempfile.TemporaryDirectory() as assembly:
        app = App(outdir=assembly, analytics_reporting=False)
        for target in targets:
            EnvironmentStack(app, target=target)
        app.synth()
        for target in targets:
            name = f"{target.environment}.template.json"
            shutil.copyfile(Path(assembly) / name, folder / name)
