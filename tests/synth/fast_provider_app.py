"""A tiny app that uses the provider as the real one does: `python fast_provider_app.py [fault ...]`.

Each fault is put in place, `install` is called, and the fault is taken away; then one stack is synthesised into
CDKTF_OUTDIR with whatever import is left. What `install` left behind each time goes to standard output, as JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING
from unittest import mock

import jsii

from baseline import fast_provider

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

FAULTS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "kernel has no load": lambda: mock.patch.object(jsii, "kernel", object()),
    "tarball has no manifest": lambda: mock.patch.object(fast_provider, "_MANIFEST", "package/elsewhere"),
    "child is refused": lambda: mock.patch.object(fast_provider, "_TRIAL", "raise SystemExit('no such luck')"),
    "unknown submodule": nullcontext,
}


def main(faults: list[str]) -> None:
    reports = [_install(FAULTS[fault](), modules=_modules(fault)) for fault in faults]
    if not faults:
        reports = [_install(nullcontext(), modules=("provider",))]
    _synthesise()
    if reports[-1]["fast"]:
        reports[-1]["undeclared submodule is refused"] = _is_refused("s3_bucket")
    print(json.dumps(reports))


def _is_refused(module: str) -> bool:
    try:
        importlib.import_module(f"{fast_provider.PACKAGE}.{module}")
    except ImportError as error:
        return f'add "{module}"' in str(error)
    return False


def _modules(fault: str) -> tuple[str, ...]:
    return ("provider", "no_such_service") if fault == "unknown submodule" else ("provider",)


def _install(fault: AbstractContextManager[object], *, modules: tuple[str, ...]) -> dict[str, bool]:
    with fault:
        fast = fast_provider.install(modules)
    return {
        "fast": fast,
        "package is registered": fast_provider.PACKAGE in sys.modules,
        "kernel is patched": "load" in vars(jsii.kernel),
    }


def _synthesise() -> None:
    from cdktf import App, S3Backend, TerraformHclModule, TerraformStack  # noqa: PLC0415 - after install, like the app
    from cdktf_cdktf_provider_aws.provider import (  # noqa: PLC0415
        AwsProvider,
        AwsProviderAssumeRole,
        AwsProviderDefaultTags,
    )

    app = App()
    stack = TerraformStack(app, "demo-dev")
    S3Backend(stack, bucket="mlops-state", key="demo-dev/terraform.tfstate", region="eu-west-1", encrypt=True)
    AwsProvider(
        stack,
        "aws",
        region="eu-west-1",
        allowed_account_ids=["111111111111"],
        assume_role=[AwsProviderAssumeRole(role_arn="arn:aws:iam::111111111111:role/mlops-terraform")],
        default_tags=[AwsProviderDefaultTags(tags={"mlops:set": "demo", "mlops:environment": "dev"})],
    )
    TerraformHclModule(
        stack,
        "seed_bucket",
        source="../../../modules/seed_bucket",
        skip_asset_creation_from_local_modules=True,
        variables={"name": "mlops-demo-dev-seed"},
    )
    app.synth()


if __name__ == "__main__":
    main(sys.argv[1:])
