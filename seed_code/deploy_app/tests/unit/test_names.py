"""Every name fits AWS's limit with the longest project id and environment."""

from __future__ import annotations

import pytest

from deployment.names import Names

LONGEST = Names(project_id="p-" + "x" * 18, environment="preprod")


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        (LONGEST.stack, 128),
        (LONGEST.model_role, 64),
        (LONGEST.schedule_role, 64),
        (LONGEST.inference_pipeline, 64),
        (LONGEST.build_inference_pipeline, 256),
        (LONGEST.endpoint(serverless=True), 63),
        (LONGEST.data_bucket("1" * 12), 63),
        (LONGEST.replaceable("0" * 64), 63),
    ],
)
def test_the_longest_name_fits(name: str, limit: int) -> None:
    assert len(name) <= limit
