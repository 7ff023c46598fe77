"""``{{resolve:ssm:name}}`` in a resource's properties. Stock moto leaves it as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

_REFERENCE = re.compile(r"\{\{resolve:(?P<service>[^:}]+):(?P<name>[^}]+)\}\}")


def resolve(value: Any, client: Callable[[str], Any]) -> Any:  # noqa: ANN401  (JSON, boto3)
    """Return `value` with each reference replaced by what the parameter holds now.

    Raises `ValueError` with CloudFormation's words for a parameter that does not exist, and by name for what the
    sandbox does not imitate: other services, and a parameter's version.
    """
    if isinstance(value, dict):
        return {key: resolve(item, client) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, client) for item in value]
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _looked_up(match, client), value)
    return value


def _looked_up(match: re.Match[str], client: Callable[[str], Any]) -> str:
    name = match["name"]
    if match["service"] != "ssm" or ":" in name:
        raise ValueError(f"The sandbox does not imitate {match[0]}")
    try:
        return str(client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        raise ValueError(f"Parameters: [ssm:{name}] cannot be found.") from error
