"""Puts a load on an endpoint and says whether it held. Exit status 1 when a limit was passed."""

from __future__ import annotations

import argparse
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.deployed import find
from tests.stress.load import Bounds, Result, report, run


def main(argv: list[str] | None = None) -> int:
    """Run the load, and return the exit status."""
    options = _options(argv)
    try:
        result = _load(options)
    except (ClientError, BotoCoreError) as error:
        print(f"No load was put on {options.stack}: {error}", file=sys.stderr)
        return 1
    print(report(result))
    broken = list(_broken_limits(result, options))
    print("\n".join(broken) or "within the limits")
    return 1 if broken else 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.stress", description=__doc__)
    parser.add_argument("--stack", required=True, help="the endpoint's stack, mlops-<project id>-<environment>")
    parser.add_argument("--requests", type=int, default=500, help="at most so many (500)")
    parser.add_argument("--seconds", type=float, default=60, help="at most so long (60)")
    parser.add_argument("--concurrency", type=int, default=8, help="so many at once (8)")
    parser.add_argument("--p95-ms", type=float, default=500, help="limit of the slowest 5 in 100 (500)")
    parser.add_argument("--errors-percent", type=float, default=1, help="limit of errors in 100 (1)")
    return parser.parse_args(argv)


def _load(options: argparse.Namespace) -> Result:
    session = boto3.Session()
    endpoint = find(options.stack, session=session)
    payload = endpoint.payload()
    # Without retries: a request that had to be sent again is an error here.
    config = Config(max_pool_connections=options.concurrency, retries={"total_max_attempts": 1})
    runtime = session.client("sagemaker-runtime", config=config)
    bodies = payload.bodies
    return run(
        lambda number: endpoint.invoke(payload, bodies[number % len(bodies)], runtime=runtime),
        Bounds(requests=options.requests, seconds=options.seconds, concurrency=options.concurrency),
    )


def _broken_limits(result: Result, options: argparse.Namespace) -> list[str]:
    broken = []
    errors = 100 * len(result.errors) / result.sent if result.sent else 100.0
    if result.percentile(95) > options.p95_ms:
        broken.append(f"p95 is {result.percentile(95):.1f} ms, over the limit of {options.p95_ms:g} ms")
    if errors > options.errors_percent:
        broken.append(f"{errors:.1f} % of the requests failed, over the limit of {options.errors_percent:g} %")
    return broken


if __name__ == "__main__":
    sys.exit(main())
