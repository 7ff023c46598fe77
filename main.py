"""Synthesise one Terraform stack for each account of accounts.toml.

Run by `cdktf synth`, `cdktf deploy` and the like, or alone: `python main.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from baseline import accounts, archives, releases

ROOT = Path(__file__).resolve().parent


def main() -> None:
    account_sets = accounts.load()
    seeds = {app: archives.pack(ROOT / "seed_code" / f"{app}_app") for app in ("build", "deploy")}
    published = releases.published(ROOT / "cfn_product" / "releases")
    offers = {account_set.name: releases.offered(published, dev=account_set.dev) for account_set in account_sets}

    from baseline.stacks import App, DevStack, TargetStack  # noqa: PLC0415  jsii starts once the files are known good

    app = App()
    for account_set in account_sets:
        DevStack(app, account_set=account_set, seeds=seeds, releases=offers[account_set.name])
        TargetStack(app, account=account_set.preprod, dev=account_set.dev)
        TargetStack(app, account=account_set.prod, dev=account_set.dev)
    app.synth()
    archives.write_all(seeds.values(), directory=Path(app.outdir) / archives.FOLDER)


if __name__ == "__main__":
    try:
        main()
    except (accounts.AccountsError, archives.ArchiveError, releases.ReleaseError) as error:
        sys.exit(str(error))
