"""Which tests stay with one worker, when several of them share the work."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

# What is opened once for a folder is opened by one worker: its tests stay together. The longest come first.
TOGETHER = (
    "tests/journey/",
    "tests/permissions/",
    "tests/seed/",
    "tests/sandbox/deploy/",
    "tests/sandbox/preflight/",
    "tests/sandbox/projects/",
    "tests/synth/",
)


def group(nodeid: str) -> str:
    """Return the folder whose tests share something with this one, or else its file."""
    return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid.partition("::")[0])


def turn(nodeid: str) -> int:
    """Return when a test's group begins, as a number to sort by."""
    return TOGETHER.index(group(nodeid)) if group(nodeid) in TOGETHER else len(TOGETHER)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # has no types
    """Gives a worker one group after the other. The mark `xdist_group` is lost in pytest 9.2 (pytest-xdist 1386)."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
