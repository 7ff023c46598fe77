"""What is kept of a journey: who did what when, what came of it, and what serves at the end.

All of it is plain data: `Journey.to_json` and `Journey.from_json` turn it into text and back without loss.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import TypeAdapter

Kind = Literal["step", "source", "build", "approval", "deployment", "job", "delivery", "decision", "request"]
FAILURES = frozenset({"Failed", "Rejected", "Stopped", "Denied", "Faulted", "TimedOut"})  # in the words of AWS
SAME_ANSWER = 1e-6  # an answer is text of a 32-bit float


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the accounts file; in single-account mode three of them have one id."""

    name: str
    environment: str
    account_id: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happened: it began `at` seconds after the start and took `seconds`."""

    at: float
    seconds: float = 0.0
    account: str  # a name, such as demo-dev
    account_id: str
    kind: Kind
    title: str
    status: str = "Succeeded"
    summary: str = ""

    @property
    def failed(self) -> bool:
        return self.status in FAILURES


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The model package that was deployed, or that would have been."""

    package_arn: str
    version: int
    status: str
    metrics: dict[str, float] = field(default_factory=dict)
    report: str | None = None  # the evaluation report, an HTML page of its own
    approved_by: str | None = None  # a role's ARN


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An endpoint that was asked the sample payload: its predictions, beside those of the model as evaluated."""

    environment: str
    account: str
    account_id: str
    endpoint: str
    stack: str
    model_package_arn: str
    answer: tuple[float, ...]
    evaluated: tuple[float, ...]

    @property
    def difference(self) -> float | None:
        """The largest difference of a prediction; None when the numbers of predictions differ, or there are none."""
        if not self.answer or len(self.answer) != len(self.evaluated):
            return None
        return max(abs(one - other) for one, other in zip(self.answer, self.evaluated, strict=True))

    @property
    def agrees(self) -> bool:
        return self.difference is not None and self.difference <= SAME_ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A resource that exists at the end."""

    account: str
    account_id: str
    stack: str
    logical_id: str
    type: str  # AWS::S3::Bucket, or Terraform's type
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A request of a recorded call that the policies deny, or that could not be put to them."""

    role: str
    action: str
    resource: str
    call: str = ""  # the operation that made the request
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """What a role may do and was not seen doing."""

    role: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The recorded calls, put to a simulator of IAM under the policies as deployed."""

    calls: int
    requests: int
    roles: tuple[str, ...]  # those that made the calls
    denied: tuple[Refused, ...] = ()
    unevaluated: tuple[Refused, ...] = ()
    silent_roles: tuple[str, ...] = ()
    unused: tuple[Unused, ...] = ()

    @property
    def holds(self) -> bool:
        return not (self.denied or self.unevaluated or self.silent_roles) and self.calls > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What the journey was made on, and what it took."""

    cores: int
    seconds: float
    peak_memory_bytes: int | None = None  # None where nobody measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A project from its creation to the answers of its endpoints, or to where it stopped."""

    project_name: str
    project_id: str
    made: str  # date and time, ISO 8601
    accounts: tuple[Account, ...]
    moments: tuple[Moment, ...] = ()
    model: Model | None = None
    served: tuple[Served, ...] = ()
    deployed: tuple[Deployed, ...] = ()
    proof: Proof | None = None
    machine: Machine
    provider: Literal["stand-in", "registry"] = "stand-in"  # Terraform's AWS provider
    stand_ins: tuple[str, ...] = ()  # each other tool that another one stood in for, in a sentence

    @property
    def failures(self) -> tuple[Moment, ...]:
        return tuple(moment for moment in self.moments if moment.failed)

    @property
    def succeeded(self) -> bool:
        """Nothing failed, every account answers as the model evaluated did, and the permissions hold if watched."""
        answered = {one.account for one in self.served if one.agrees} == {one.name for one in self.accounts}
        return answered and not self.failures and (self.proof is None or self.proof.holds)

    def to_json(self) -> str:
        return _JOURNEY.dump_json(self, indent=2).decode()

    @staticmethod
    def from_json(text: str) -> Journey:
        """Read what `to_json` wrote. Raises `ValueError` that names each part that is missing or wrong."""
        return _JOURNEY.validate_json(text)


_JOURNEY: TypeAdapter[Journey] = TypeAdapter(Journey)
