"""Prints the templates of the deploy application, one for each kind of environment that its settings allow.

Run by the application's own Python in its own folder, as `python this-file`: {name of the kind: template}.
"""

# mypy: disable-error-code="import-not-found"
from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))

from deployment import settings
from deployment.names import Names
from deployment.project import from_environment
from deployment.target import Target

from tests.unit.conftest import VARIABLES, account, model
from tests.unit.templates import template_of
from tests.unit.variants import variants

project = from_environment(VARIABLES)
shipped = {
    environment: Target(
        environment=environment,
        names=Names(project_id=project.id, environment=environment),
        project=project,
        settings=wanted,
        account=account(environment),
        model=model(),
        inference_definition=None,
    )
    for environment, wanted in settings.load(Path.cwd() / "config").items()
}
json.dump({name: template_of(target).to_json() for name, target in variants(shipped).items()}, sys.stdout)
