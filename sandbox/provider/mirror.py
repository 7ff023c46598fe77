"""A filesystem mirror for Terraform that holds the stand-in in the place of hashicorp/aws."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

from sandbox.provider import catalogue
from sandbox.provider.assembly import IMITATED
from sandbox.provider.errors import ProviderError

_ADDRESS = "registry.terraform.io/hashicorp/aws"
_SCRIPT = """\
#!/bin/sh
PYTHONPATH={root}${{PYTHONPATH:+:$PYTHONPATH}} exec {python} -m sandbox.provider "$@"
"""
_CONFIGURATION = """\
disable_checkpoint = true

provider_installation {{
  filesystem_mirror {{
    path    = {mirror}
    include = ["{address}"]
  }}
  direct {{
    exclude = ["{address}"]
  }}
}}
"""


def write_mirror(directory: Path, *, python: Path) -> Path:
    """Write the mirror below `directory` and return the path of a CLI configuration for TF_CLI_CONFIG_FILE.

    `python` is the interpreter that has the project's packages. The version is the one the prebuilt bindings were made
    from, so the constraint in the synthesised configuration is met. ProviderError when Terraform does not answer.
    """
    version = catalogue.load(IMITATED).version
    folder = directory.absolute() / "mirror" / _ADDRESS / version / _platform()
    folder.mkdir(parents=True, exist_ok=True)
    plugin = folder / f"terraform-provider-aws_v{version}"
    root = Path(__file__).resolve().parents[2]
    plugin.write_text(_SCRIPT.format(root=shlex.quote(str(root)), python=shlex.quote(str(python.absolute()))))
    plugin.chmod(0o755)
    configuration = directory.absolute() / "terraformrc"
    mirror = json.dumps(str(directory.absolute() / "mirror"))
    configuration.write_text(_CONFIGURATION.format(mirror=mirror, address=_ADDRESS))
    return configuration


def _platform() -> str:
    """Return Terraform's own name of this platform, e.g. "linux_amd64"."""
    command = ["terraform", "version", "-json"]
    try:
        answer = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ProviderError(f"`{' '.join(command)}` failed: {error}", "Install Terraform 1.10 or newer.") from error
    return str(json.loads(answer)["platform"])
