"""Buildspecs, read strictly: what the runner does not do is refused by name.

Source: the CodeBuild User Guide, "Build specification reference for CodeBuild".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

VERSION = "0.2"
PHASES = ("install", "pre_build", "build", "post_build")
SHELLS = {"sh": ["bash", "--posix"], "bash": ["bash"]}  # Amazon Linux's sh is a bash
JUNIT = "JUNITXML"
_KEYS: Mapping[str, set[str]] = {
    "the buildspec": {"artifacts", "cache", "env", "phases", "reports", "version"},
    "env": {"exported-variables", "shell", "variables"},
    "artifacts": {"base-directory", "discard-paths", "files", "name"},
    "cache": {"paths"},
    "report": {"base-directory", "discard-paths", "file-format", "files"},
    "phase": {"commands", "finally", "on-failure"},
    "install": {"commands", "finally", "on-failure", "runtime-versions"},
}


class BuildspecError(Exception):
    """A buildspec that cannot be run. All that is wrong with it, in the words of whoever writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A phase's commands, those that run whatever becomes of them, and whether its failure ends the build."""

    name: str
    commands: Sequence[str] = ()
    finally_commands: Sequence[str] = ()
    aborts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Files by patterns in a folder; `format` is a report's."""

    patterns: Sequence[str]
    base_directory: str = "."
    discard_paths: bool = False
    format: str = JUNIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildspec:
    """What a build does."""

    shell: Sequence[str]
    variables: Mapping[str, str]
    exported: Sequence[str]
    runtimes: Mapping[str, str]
    phases: Sequence[Phase]
    artifacts: Files | None = None
    cache_paths: Sequence[str] = ()
    reports: Mapping[str, Files] = field(default_factory=dict)


def read(text: str) -> Buildspec:
    """Read a buildspec. Raises `BuildspecError` with every problem of it."""
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BuildspecError(f"YAML_FILE_ERROR: {error}") from error
    if not isinstance(given, dict):
        raise BuildspecError("YAML_FILE_ERROR: a buildspec is a mapping")
    env = given.get("env") or {}
    phases = {name: phase or {} for name, phase in (given.get("phases") or {}).items()}
    found = [*_problems(given, env), *_phase_problems(phases)]
    if found:
        raise BuildspecError(f"The sandbox does not run this buildspec: {'; '.join(found)}")
    runtimes = phases.get("install", {}).get("runtime-versions", {})
    return Buildspec(
        shell=SHELLS[env.get("shell", "sh")],
        variables={name: str(value) for name, value in env.get("variables", {}).items()},
        exported=env.get("exported-variables", []),
        runtimes={name: str(version) for name, version in runtimes.items()},
        phases=[_phase(name, phases[name]) for name in PHASES if name in phases],
        artifacts=_files(given["artifacts"]) if given.get("artifacts") else None,
        cache_paths=(given.get("cache") or {}).get("paths", []),
        reports={name: _files(report) for name, report in (given.get("reports") or {}).items()},
    )


def _problems(given: Mapping[str, Any], env: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown(given, "the buildspec")
    if str(given.get("version")) != VERSION:
        yield f"version {given.get('version')}, where the sandbox runs {VERSION}"
    yield from _unknown(env, "env")
    if env.get("shell", "sh") not in SHELLS:
        yield f"shell {env['shell']}"
    exported = env.get("exported-variables", [])
    yield from (f"exported variable {name}, which AWS keeps to itself" for name in exported if name.startswith("AWS_"))
    for key in ("artifacts", "cache"):
        yield from _unknown(given.get(key) or {}, key)
    for name, report in (given.get("reports") or {}).items():
        yield from _unknown(report, "report", place=f"report {name}")
        if report.get("file-format", JUNIT) != JUNIT:
            yield f"file-format {report['file-format']} of report {name}"


def _phase_problems(phases: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"phase {name}" for name in phases if name not in PHASES)
    for name, phase in phases.items():
        yield from _unknown(phase, "install" if name == "install" else "phase", place=f"phase {name}")
        if phase.get("on-failure", "ABORT") != "ABORT":
            yield f"on-failure {phase['on-failure']} of phase {name}"
    if not any(phase.get("commands") for phase in phases.values()):
        yield "no phase with commands"


def _unknown(given: Mapping[str, Any], kind: str, *, place: str = "") -> Iterator[str]:
    yield from (f"{key} in {place or kind}" for key in sorted(given.keys() - _KEYS[kind], key=str))


def _phase(name: str, given: Mapping[str, Any]) -> Phase:
    return Phase(
        name=name,
        commands=given.get("commands", []),
        finally_commands=given.get("finally", []),
        aborts="on-failure" in given,
    )


def _files(given: Mapping[str, Any]) -> Files:
    files = given.get("files", [])
    return Files(
        patterns=[files] if isinstance(files, str) else files,
        base_directory=given.get("base-directory", "."),
        discard_paths=str(given.get("discard-paths", "no")).lower() in {"yes", "true"},
    )
