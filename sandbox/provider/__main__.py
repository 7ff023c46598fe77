"""`python -m sandbox.provider`: the plugin process that Terraform starts (see mirror.py)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if "TF_PLUGIN_MAGIC_COOKIE" not in os.environ:
    sys.exit("This is a plugin of Terraform, which starts it. Run terraform with the environment of the sandbox.")

from sandbox.provider.assembly import assemble
from sandbox.provider.server import serve_terraform

serve_terraform(assemble(folder=Path.cwd()))
