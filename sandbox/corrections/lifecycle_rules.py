"""How many noncurrent versions a lifecycle rule keeps: stock moto drops NewerNoncurrentVersions of an expiration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

from sandbox.corrections.graft import graft

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = "newer_noncurrent_versions"


def apply() -> None:
    """Put the correction in force."""
    graft(FakeBucket, "set_lifecycle", _remembering(FakeBucket.set_lifecycle))
    graft(S3Response, "get_bucket_lifecycle", _telling(S3Response.get_bucket_lifecycle))


def _remembering(set_lifecycle: Callable[..., None]) -> Callable[..., None]:
    def remember(bucket: FakeBucket, rules: list[dict[str, Any]]) -> None:
        set_lifecycle(bucket, rules)
        for made, rule in zip(bucket.rules, rules, strict=True):
            setattr(made, _KEPT, (rule.get("NoncurrentVersionExpiration") or {}).get("NewerNoncurrentVersions"))

    return remember


def _telling(get_bucket_lifecycle: Callable[[S3Response], Any]) -> Callable[[S3Response], Any]:
    def tell(response: S3Response) -> Any:  # noqa: ANN401  (moto's response)
        rules = response.backend.get_bucket_lifecycle(response.bucket_name)
        if not rules:
            return get_bucket_lifecycle(response)  # which answers that there are none
        serialize = response.serialized
        kept = [getattr(rule, _KEPT) for rule in rules]

        def with_kept(answer: Any) -> Any:  # noqa: ANN401  (moto's response)
            for rule, number in zip(answer.result["Rules"], kept, strict=True):
                if number is not None:
                    rule["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] = number
            return serialize(answer)

        graft(response, "serialized", with_kept)
        return get_bucket_lifecycle(response)

    return tell
