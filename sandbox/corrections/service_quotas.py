"""Service Quotas: the quotas that bound how many projects an account has. Stock moto knows those of VPC alone.

The values are those of an account that has asked for what it needs: a new one of AWS's may have no instance at all.
What is asked for is granted at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.servicequotas.models import ServiceQuotasBackend, servicequotas_backends
from moto.servicequotas.responses import ServiceQuotasResponse

from sandbox.corrections.graft import keep, kept
from sandbox.corrections.operations import ApiError, Caller, Record, serve

if TYPE_CHECKING:
    from sandbox.corrections.operations import Operations

QUOTAS = (
    ("codebuild", "L-ACCF6C0D", "Build projects", 5000),
    ("codepipeline", "L-78D200AD", "Total pipelines", 1000),
    ("events", "L-244521F2", "Number of rules", 300),
    ("iam", "L-FE177D64", "Roles per account", 1000),
    ("s3", "L-DC2B2D3D", "General purpose buckets", 10000),
    ("sagemaker", "L-4EA4796A", "ml.m5.large for processing job usage", 20),
    ("sagemaker", "L-611FA074", "ml.m5.large for training job usage", 20),
    ("sagemaker", "L-236AE59F", "ml.m5.large for transform job usage", 20),
    ("sagemaker", "L-2BD5F1F6", "ml.m5.large for endpoint usage", 60),
)
PAGE = "NextToken MaxResults"
QUOTA = "ServiceCode QuotaCode"


def list_quotas(caller: Caller, given: Record) -> Record:
    return {"Quotas": [quota for (service, _), quota in _quotas(caller).items() if service == given["ServiceCode"]]}


def get_quota(caller: Caller, given: Record) -> Record:
    quota = _quotas(caller).get((given["ServiceCode"], given["QuotaCode"]))
    if quota is None:
        raise ApiError("NoSuchResourceException", f"There is no quota {given['QuotaCode']} of {given['ServiceCode']}.")
    return {"Quota": quota}


def request_increase(caller: Caller, given: Record) -> Record:
    quota = get_quota(caller, given)["Quota"]
    quota["Value"] = given["DesiredValue"]
    return {"RequestedQuota": {**quota, "DesiredValue": given["DesiredValue"], "Status": "APPROVED"}}


OPERATIONS: Operations = {
    "GetServiceQuota": (get_quota, QUOTA),
    "ListServiceQuotas": (list_quotas, f"ServiceCode {PAGE}"),
    "RequestServiceQuotaIncrease": (request_increase, f"{QUOTA} DesiredValue"),
}


def apply() -> None:
    """Put the correction in force."""
    keep(ServiceQuotasBackend, "quotas", _as_granted)
    serve(ServiceQuotasResponse, "service-quotas", OPERATIONS, alone=True)


def _as_granted() -> dict[tuple[str, str], Record]:
    return {
        (service, code): {"ServiceCode": service, "QuotaCode": code, "QuotaName": name, "Value": float(value)}
        for service, code, name, value in QUOTAS
    }


def _quotas(caller: Caller) -> dict[tuple[str, str], Record]:
    quotas: dict[tuple[str, str], Record] = kept(servicequotas_backends[caller.account_id][caller.region], "quotas")
    return quotas
