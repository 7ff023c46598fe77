"""Corrections of moto 5.2.5, loaded only in the server process.

Each has a canary among the tests: it asserts that stock moto still has the fault, and fails when a newer moto no longer
does, so that the correction can go.
"""

from __future__ import annotations

from sandbox.corrections import bucket_policies, cloudformation, lifecycle_rules, sagemaker, servicecatalog


def apply() -> None:
    """Put every correction in force. Called once, before the server answers."""
    bucket_policies.apply()
    lifecycle_rules.apply()
    cloudformation.apply()
    servicecatalog.apply()
    sagemaker.apply()
