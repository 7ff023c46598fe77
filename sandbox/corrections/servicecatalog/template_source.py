"""Where a product's template comes from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from botocore.exceptions import ClientError
from moto.cloudformation.models import Stack

from sandbox.corrections.operations import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.corrections.operations import Caller

_URL = re.compile(r"https://(?P<bucket>[a-z0-9.-]+)\.s3\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<key>.+)")


def load_template(
    caller: Caller, info: Mapping[str, str], *, validate: bool, by: str = "servicecatalog"
) -> tuple[str, str]:
    """Return the URL of a template and a copy of it: what is put at the URL later changes nothing.

    `by`: the service that reads it, in the caller's name. Raises `ApiError` for a URL that is no object's that the
    caller may read, and for a text that is no template.
    """
    if set(info) != {"LoadTemplateFromURL"}:
        raise NotImplementedError(f"a provisioning artifact from {', '.join(info)} instead of LoadTemplateFromURL")
    url = info["LoadTemplateFromURL"]
    match = _URL.fullmatch(url)
    if match is None or match["region"] != caller.region:
        raise _invalid(url, f"it is not the https URL of an object in {caller.region}")
    try:
        stored = caller.client("s3", by=by).get_object(Bucket=match["bucket"], Key=unquote(match["key"]))
        template = stored["Body"].read().decode()
        parsed = Stack.parse_template(template) if validate else {}
    except (ClientError, ValueError) as error:
        raise _invalid(url, str(error)) from error
    if validate and not (isinstance(parsed, dict) and isinstance(parsed.get("Resources"), dict)):
        raise _invalid(url, "it has no Resources")
    return url, template


def _invalid(url: str, reason: str) -> ApiError:
    return ApiError("InvalidParametersException", f"No valid template at {url}: {reason}")
