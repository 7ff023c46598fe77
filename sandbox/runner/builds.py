"""Runs one build as CodeBuild does: phase by phase, with the role of its project, in a folder of its own.

Source: the CodeBuild User Guide, "Build phase transitions" and "Environment variables in build environments". A failed
phase ends the build, but for `build`, after which `post_build` still runs unless ``on-failure: ABORT`` says otherwise.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from sandbox.runner import artifacts, build_cache, buildspec, reports
from sandbox.runner.artifacts import ArtifactError
from sandbox.runner.bench import fault_in
from sandbox.runner.buildspec import Buildspec, BuildspecError, Files, Phase
from sandbox.runner.meanwhile import run_jobs
from sandbox.runner.reports import ReportError
from sandbox.runner.runtimes import RuntimeError_, make_path
from sandbox.runner.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import boto3

    from sandbox.runner.bench import Bench, Item

FAULTS = (ArtifactError, BuildspecError, ClientError, ReportError, RuntimeError_)
MOST_LINES = 1000  # in one PutLogEvents; AWS takes ten thousand
REGISTRIES = (
    *("all_proxy", "curl_ca_bundle", "http_proxy", "https_proxy", "node_extra_ca_certs", "npm_config_", "pip_"),
    *("requests_ca_bundle", "ssl_cert_", "uv_"),
)
CACHES = {"PIP_CACHE_DIR": "pip", "UV_CACHE_DIR": "uv", "npm_config_cache": "npm"}


@dataclass(slots=True, kw_only=True)
class _Build:
    """A build that runs: what the API tells of it, and its folder."""

    bench: Bench
    item: Item
    told: Mapping[str, Any]
    session: boto3.Session
    folder: Path
    log: IO[bytes]
    failed: list[str] = field(default_factory=list)
    """The phases that have failed."""
    exported: dict[str, str] = field(default_factory=dict)

    @property
    def s3(self) -> Any:  # noqa: ANN401  (boto3)
        return self.bench.client(self.session, "s3")

    @property
    def home(self) -> Path:
        return self.folder / "root"

    @property
    def sources(self) -> dict[str, Path]:
        """Where each input artifact is unpacked, the primary one first."""
        names = [artifact["name"] for artifact in self.item["inputs"]]
        primary = self.item["configuration"].get("PrimarySource", names[0])
        return {name: self.folder / name / "src" for name in sorted(names, key=lambda name: name != primary)}

    @property
    def cache_location(self) -> str:
        """``<bucket>/<prefix>``, or nothing."""
        cache = self.told["cache"]
        if cache["type"] == "LOCAL":
            raise BuildspecError("The sandbox does not imitate caches of type LOCAL")
        return str(cache.get("location", ""))

    @property
    def source(self) -> Path:
        return next(iter(self.sources.values()))

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Run a phase and tell how it went. What is wrong with it does not get out: see `failed`."""
        started = time.monotonic()
        self.say(f"Entering phase {name}")
        message = ""
        try:
            yield
        except FAULTS as error:
            message = str(error)
        except Exception as error:  # noqa: BLE001  (a fault of the sandbox is the phase's)
            message = fault_in(error)
        status = "FAILED" if message else "SUCCEEDED"
        self.say(f"Phase complete: {name} State: {status}" + (f" {message}" if message else ""))
        seconds = time.monotonic() - started
        phase = {"phaseType": name, "phaseStatus": status, "seconds": seconds, "message": message}
        self.bench.tell(self.item, phase, kind="build phase")
        self.failed += [name] * bool(message)

    def say(self, line: str) -> None:
        self.log.write(f"[Container] {line}\n".encode())
        self.log.flush()


def run_build(bench: Bench, item: Item, told: Mapping[str, Any]) -> None:
    """Run a build that StartBuild has answered with, and tell the server of it until it is over."""
    item["build_id"] = told["id"]
    build_uuid = told["id"].partition(":")[2]
    session = bench.session(item["account_id"], role_arn=told["serviceRole"], service="codebuild", name=build_uuid)
    with tempfile.TemporaryDirectory(prefix="build-") as made, Path(made, "log").open("w+b") as log:
        build = _Build(bench=bench, item=item, told=told, session=session, folder=Path(made), log=log)
        try:
            _run(build)
        except BaseException:
            build.failed.append("interrupted")
            raise
        finally:
            try:
                _write_log(build)
            finally:
                status = "FAILED" if build.failed else "SUCCEEDED"
                bench.tell(item, {"buildStatus": status, "exported": build.exported}, kind="build")


def _run(build: _Build) -> None:
    prepared: list[tuple[Buildspec, Shell]] = []
    with build.phase("DOWNLOAD_SOURCE"):
        prepared.append(_prepare(build))
    if build.failed:
        return
    ((spec, shell),) = prepared
    is_over = False
    for phase in spec.phases:
        if not is_over:
            with build.phase(phase.name.upper()):
                _run_phase(build, shell, phase)
        is_over = bool(build.failed) and (phase.aborts or phase.name != "build")
    build.exported = {name: shell.environment[name] for name in spec.exported if name in shell.environment}
    with build.phase("UPLOAD_ARTIFACTS"):
        for name, report in spec.reports.items():
            _report(build, name, report)
        if not build.failed:
            _upload(build, spec)
            _save_cache(build, spec)


def _prepare(build: _Build) -> tuple[Buildspec, Shell]:
    """Unpack the input, read the buildspec, and make the environment that its commands run in."""
    if build.told["environment"].get("privilegedMode"):
        raise BuildspecError("The sandbox does not imitate this: privileged mode, in which a build runs Docker")
    sources = build.sources
    for artifact in build.item["inputs"]:
        artifacts.unpack(artifacts.fetch(build.s3, artifact), sources[artifact["name"]])
    spec = buildspec.read(_buildspec_text(build))
    if len(build.item["outputs"]) > 1:
        raise BuildspecError("The sandbox does not imitate secondary artifacts: an action has one output at most")
    build.home.mkdir()
    if build.cache_location and spec.cache_paths:
        places = build_cache.folders(spec.cache_paths, source=build.source, home=build.home)
        is_found = build_cache.restore(build.s3, build.cache_location, places)
        build.say("Cache restored" if is_found else "There is no cache yet")
    path = make_path(build.folder / "bin", spec.runtimes, build.log)
    environment = {**_of_the_machine(), **_of_the_build(build), **spec.variables, **_of_the_project(build)}
    cache = build.bench.package_cache
    environment |= {variable: str(cache / name) for variable, name in CACHES.items()} if cache else {}
    shell = Shell(
        command=spec.shell,
        environment={**environment, "PATH": path, "HOME": str(build.home)},
        folder=build.source,
        log=build.log,
        run_meanwhile=lambda descriptor: run_jobs(build.bench, until=descriptor),
    )
    return spec, shell


def _buildspec_text(build: _Build) -> str:
    given: str = build.told["source"].get("buildspec") or "buildspec.yml"
    if "\n" in given:
        return given
    path = build.source / given
    if not path.is_file():
        raise BuildspecError(f"YAML_FILE_ERROR: stat {given}: no such file in the source")
    return path.read_text()


def _of_the_machine() -> dict[str, str]:
    """How this machine reaches the registries of packages, and its loopback past a proxy."""
    kept = {name: value for name, value in os.environ.items() if name.lower().startswith(REGISTRIES)}
    npm = Path.home() / ".npmrc"
    ignored = ",".join(filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1,localhost"]))
    settings = {"npm_config_userconfig": str(npm)} if npm.is_file() else {}
    return {**kept, **settings, "NO_PROXY": ignored, "no_proxy": ignored, "LANG": "C.UTF-8"}


def _of_the_build(build: _Build) -> dict[str, str]:
    keys = build.session.get_credentials()
    others = list(build.sources.items())[1:]
    return {
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": keys.token,
        "AWS_ENDPOINT_URL": build.bench.sandbox.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": build.item["region"],
        "AWS_DEFAULT_REGION": build.item["region"],
        "CODEBUILD_BUILD_ARN": build.told["arn"],
        "CODEBUILD_BUILD_ID": build.told["id"],
        "CODEBUILD_BUILD_IMAGE": build.told["environment"]["image"],
        "CODEBUILD_BUILD_NUMBER": str(build.told["buildNumber"]),
        "CODEBUILD_INITIATOR": build.told["initiator"],
        "CODEBUILD_LOG_PATH": build.told["logs"]["streamName"].rpartition("/")[2],
        "CODEBUILD_RESOLVED_SOURCE_VERSION": build.told["resolvedSourceVersion"],
        "CODEBUILD_SOURCE_VERSION": build.told["sourceVersion"],
        "CODEBUILD_SRC_DIR": str(build.source),
        **{f"CODEBUILD_SRC_DIR_{name}": str(folder) for name, folder in others},
    }


def _of_the_project(build: _Build) -> dict[str, str]:
    """The project's variables, and over them the action's: both win over the buildspec's."""
    variables = build.told["environment"].get("environmentVariables", [])
    other = sorted(item["name"] for item in variables if item.get("type", "PLAINTEXT") != "PLAINTEXT")
    if other:
        raise BuildspecError(f"The sandbox knows only PLAINTEXT environment variables: {', '.join(other)}")
    return {item["name"]: item["value"] for item in variables}


def _run_phase(build: _Build, shell: Shell, phase: Phase) -> None:
    timeout_seconds = build.told["timeoutInMinutes"] * 60
    problem = shell.run(phase.commands, timeout_seconds=timeout_seconds)
    problem_at_last = shell.run(phase.finally_commands, timeout_seconds=timeout_seconds)
    problem = problem or problem_at_last
    if problem:
        raise BuildspecError(problem)


def _report(build: _Build, name: str, report: Files) -> None:
    """Read a report into its group, which is made when it is missing. CodeBuild's other calls are in no API."""
    found = reports.cases(_matched(build, report).values())
    group = f"{build.told['projectName']}-{name}"
    codebuild = build.bench.client(build.session, "codebuild")
    with contextlib.suppress(codebuild.exceptions.ResourceAlreadyExistsException):
        codebuild.create_report_group(name=group, type="TEST", exportConfig={"exportConfigType": "NO_EXPORT"})
    arn = build.told["arn"].partition(":build/")[0] + f":report-group/{group}"
    actions = ("CreateReport", "BatchPutTestCases", "UpdateReport")
    build.bench.note(build.item, build.session, "codebuild", *actions, reportGroupArn=arn)
    build.bench.tell(build.item, {"reportGroupArn": arn, "cases": found}, kind="report")
    build.say(f"Report {group}: {len(found)} test cases")


def _upload(build: _Build, spec: Buildspec) -> None:
    if not build.item["outputs"]:
        return
    files = _matched(build, spec.artifacts) if spec.artifacts else {}
    if not files:
        raise BuildspecError("CLIENT_ERROR: no matching artifact paths found")
    (output,) = build.item["outputs"]
    artifacts.put(build.s3, output, artifacts.pack(files), key_id=build.told["encryptionKey"])


def _save_cache(build: _Build, spec: Buildspec) -> None:
    if build.cache_location and spec.cache_paths:
        places = build_cache.folders(spec.cache_paths, source=build.source, home=build.home)
        count = build_cache.save(build.s3, build.cache_location, places, key_id=build.told["encryptionKey"])
        build.say(f"Cache saved, {count} files")


def _matched(build: _Build, files: Files) -> dict[str, Path]:
    """Return the files that patterns fit, by their names in the zip."""
    folder = build.source / files.base_directory
    found = {path for pattern in files.patterns for path in folder.glob(pattern) if path.is_file()}
    return {path.name if files.discard_paths else str(path.relative_to(folder)): path for path in found}


def _write_log(build: _Build) -> None:
    """Write the log with the build's own role into the group and stream of its project."""
    build.log.seek(0)
    lines = build.log.read().decode(errors="replace").splitlines()
    logs, place = build.bench.client(build.session, "logs"), build.told["logs"]
    group, stream = place["groupName"], place["streamName"]
    try:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    except logs.exceptions.ResourceNotFoundException:
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(time.time() * 1000)
    for first in range(0, len(lines), MOST_LINES):
        events = [{"timestamp": now, "message": line or " "} for line in lines[first : first + MOST_LINES]]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
