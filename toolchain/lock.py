"""Write Pipfile.lock and package-lock.json without any address.

pipenv fills in an index when the Pipfile names none. The lock would then send every user to that index instead of
the one their pip is configured with, which a closed network does not reach. npm notes where to send its authors money.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

LOCK = pathlib.Path("Pipfile.lock")
NODE_LOCK = pathlib.Path("package-lock.json")


def main() -> None:
    lock_python()
    lock_node()


def lock_python() -> None:
    subprocess.run([sys.executable, "-m", "pipenv", "lock", "--dev"], check=True)
    lock = json.loads(LOCK.read_text())
    lock["_meta"]["sources"] = []
    for section in ("default", "develop"):
        for package in lock[section].values():
            package.pop("index", None)
    LOCK.write_text(json.dumps(lock, indent=4, sort_keys=True) + "\n")


def lock_node() -> None:
    subprocess.run(["npm", "install", "--package-lock-only"], check=True)
    lock = json.loads(NODE_LOCK.read_text())
    for package in lock["packages"].values():
        package.pop("funding", None)
    NODE_LOCK.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
