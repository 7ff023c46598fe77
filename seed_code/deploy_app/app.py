"""Makes one CloudFormation template for each environment: `python app.py`, no CDK command line needed.

Prints what was decided. Exit status 1, with every problem, when something has to be mended first.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deployment.build import build
from deployment.problems import Problems


def main() -> int:
    """Build, and return the exit status."""
    try:
        print(build(folder=Path(__file__).parent, variables=os.environ, session=boto3.Session()))
    except (Problems, ClientError, BotoCoreError) as error:
        print(f"Nothing was built.\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
