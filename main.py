"""Synthesise one Terraform stack for each account of accounts.toml.

Run by `cdktf synth`, `cdktf deploy` and the like, or alone: `python main.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from baseline import accounts, archives

SEED_CODE = Path(__file__).resolve().parent / "seed_code"


def main() -> None:
    account_sets = accounts.load()
    seeds = {"build": archives.pack(SEED_CODE / "build_app"), "deploy": archives.pack(SEED_CODE / "deploy_app")}

    from baseline.stacks import App, DevStack, TargetStack  # noqa: PLC0415  jsii starts once the files are known good

    app = App()
    for account_set in account_sets:
        DevStack(app, account_set=account_set, seeds=seeds)
        TargetStack(app, account=account_set.preprod, dev=account_set.dev)
        TargetStack(app, account=account_set.prod, dev=account_set.dev)
    app.synth()
    archives.write_all(seeds.values(), directory=Path(app.outdir) / archives.FOLDER)


if __name__ == "__main__":
    try:
        main()
    except (accounts.AccountsError, archives.ArchiveError) as error:
        sys.exit(str(error))
