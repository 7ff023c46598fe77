"""Test reports of a build: JUnit files, read into report groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

STATUSES = {"failure": "FAILED", "error": "ERROR", "skipped": "SKIPPED"}


class ReportError(Exception):
    """A report that cannot be read."""


def cases(files: Iterable[Path]) -> list[dict[str, Any]]:
    """Return the test cases in JUnit files, as DescribeTestCases tells them. Raises `ReportError`."""
    found = []
    for path in files:
        try:
            root = ET.parse(path).getroot()  # noqa: S314  (the build's own file)
        except ET.ParseError as error:
            raise ReportError(f"{path.name} is no JUnit file: {error}") from error
        found += [_case(element) for element in root.iter("testcase")]
    return found


def _case(element: ET.Element) -> dict[str, Any]:
    outcome = next((child for child in element if child.tag in STATUSES), None)
    message = "" if outcome is None else outcome.get("message") or outcome.text or ""
    return {
        "name": element.get("name", ""),
        "prefix": element.get("classname", ""),
        "status": "SUCCEEDED" if outcome is None else STATUSES[outcome.tag],
        "durationInNanoSeconds": int(float(element.get("time", "0")) * 1e9),
        "message": message,
    }
