"""What the files in `config/` may say.

To add a setting: a field here, a line in each of the three files, and its use in the stack. The rules between settings
are in `rules.py`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from deployment import typed_toml
from deployment.problems import Problems
from deployment.rules import broken_rules
from deployment.typed_toml import Between, Matches

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENVIRONMENTS = ("dev", "preprod", "prod")

InstanceType = Annotated[str, Matches(r"ml\.[a-z0-9-]+\.[a-z0-9]+", 'an instance type such as "ml.m5.large"')]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Instances that are always on. `count` is how many at least."""

    type: InstanceType
    count: Annotated[int, Between(1, 100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Serverless:
    """Billed by request instead. SageMaker has six sizes of memory, in MB."""

    memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144]
    maximum_concurrency: Annotated[int, Between(1, 200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """More instances, up to a maximum, while each gets more requests a minute than this."""

    maximum_count: Annotated[int, Between(2, 200)]
    requests_per_instance_per_minute: Annotated[int, Between(1, 1_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """How a new model takes over: first the canary's share of the instances, then all, then the old ones go.

    An alarm within `canary_minutes` and `watch_minutes` puts the former model back. A canary of 0 per cent means all at
    once.
    """

    canary_percent: Annotated[int, Between(0, 50)]
    canary_minutes: Annotated[int, Between(0, 60)]
    watch_minutes: Annotated[int, Between(0, 60)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """`isolation`: the container reaches no network. `vpc`: the endpoint stands in the account's own network."""

    isolation: bool
    vpc: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Requests and answers are kept, so many in a hundred."""

    percent: Annotated[int, Between(1, 100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """More than this is an alarm: server errors in a minute, milliseconds of the slowest 5 in 100 requests."""

    errors_per_minute: Annotated[int, Between(0, 1_000_000)]
    latency_ms: Annotated[int, Between(1, 60_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A real-time endpoint: on instances, or serverless."""

    alarms: Alarms
    network: Network
    instance: Instance | None = None
    serverless: Serverless | None = None
    scaling: Scaling | None = None
    rollout: Rollout | None = None
    capture: Capture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The build repository's inference pipeline, on a schedule.

    `input` may use {data_bucket}, the project's bucket in this account, and {artifact_bucket}, its bucket in DEV.
    """

    schedule: Annotated[str, Matches(r"(rate|cron|at)\(.+\)", 'a schedule such as "cron(0 3 * * ? *)"')]
    timezone: Annotated[str, Matches(r"[A-Za-z_]+(/[A-Za-z_+-]+\d*)*", 'a time zone such as "Europe/Dublin"')]
    enabled: bool
    input: Annotated[
        str,
        Matches(
            r"s3://\{(data|artifact)_bucket\}/.+/",
            'a folder of the project, "s3://{data_bucket}/.../" or "s3://{artifact_bucket}/.../"',
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One environment: an endpoint, batch inference, or both. What is captured and inferred is kept so many days."""

    keep_data_days: Annotated[int, Between(1, 3650)]
    endpoint: Endpoint | None = None
    batch: Batch | None = None


def load(folder: Path) -> Mapping[str, Settings]:
    """Read every environment's file. Raises `Problems` with all that is wrong in any of them."""
    problems = [
        f"{folder.name}/{path.name}: there is no environment of this name; "
        f"the files are {', '.join(f'{name}.toml' for name in ENVIRONMENTS)}"
        for path in sorted(folder.glob("*.toml"))
        if path.stem not in ENVIRONMENTS
    ]
    found = {name: _load_one(folder / f"{name}.toml", problems) for name in ENVIRONMENTS}
    if problems:
        raise Problems(problems)
    return {name: settings for name, settings in found.items() if settings is not None}


def _load_one(path: Path, problems: list[str]) -> Settings | None:
    file = f"{path.parent.name}/{path.name}"
    own: list[str] = []
    settings = None
    try:
        settings = typed_toml.read(tomllib.loads(path.read_text("utf-8")), Settings, name="", problems=own)
    except FileNotFoundError:
        own.append("there is no such file, and no environment takes another's settings; copy one and edit it")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        own.append(f"is not TOML: {error}")
    if settings is not None:
        own.extend(broken_rules(settings))
    problems.extend(f"{file}: {problem}" for problem in own)
    return settings
