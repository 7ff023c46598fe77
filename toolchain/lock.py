"""Write Pipfile.lock without the address of any package index.

pipenv fills in an index when the Pipfile names none. The lock would then send every user to that index instead of
the one their pip is configured with, which a closed network does not reach.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

LOCK = pathlib.Path("Pipfile.lock")


def main() -> None:
    subprocess.run([sys.executable, "-m", "pipenv", "lock", "--dev"], check=True)
    lock = json.loads(LOCK.read_text())
    lock["_meta"]["sources"] = []
    for section in ("default", "develop"):
        for package in lock[section].values():
            package.pop("index", None)
    LOCK.write_text(json.dumps(lock, indent=4, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
