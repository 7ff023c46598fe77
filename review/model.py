"""What a review knows about one account. Made from a plan, redacted at once, kept as JSON.

Texts of values are JSON, shortened; None is a value that is not there. No text holds anything marked sensitive.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MODEL_VERSION = 1
LEVELS = ("low", "medium", "high", "critical")
MUST_READ = ("critical", "high")

SENSITIVE = "(sensitive)"
UNKNOWN = "(known after apply)"

# What happens to a resource. Import and move come on top of one of these and are counted apart.
ACTIONS = ("create", "update", "replace", "destroy", "forget", "read", "no-op", "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChange:
    """One value that changes: `path` such as `rule[0].days`. `forces`: it is why the resource is replaced."""

    path: str
    before: str | None
    after: str | None
    forces: bool = False
    lines: tuple[str, ...] = ()
    """For texts of several lines: their difference, each line with its "+", "-" or " "."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Widening:
    """Access that was not there before: what one statement now allows, or a denial no longer denies.

    `kind` is a key of `policies.PHRASES`. `flags`: "public" (anyone), "foreign" (another account), "administrator"
    (everything, or every role). `principals`: who gains, where the policy says so.
    """

    kind: str
    statement: str
    items: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementChange:
    """One statement of a policy: "added", "removed" or "changed", and its elements with "+" or "-" before them."""

    statement: str
    change: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """A policy compared as a policy. `state`: "compared", "unknown" before the apply, or "hidden" as sensitive."""

    path: str
    state: str = "compared"
    statements: tuple[StatementChange, ...] = ()
    widenings: tuple[Widening, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A risk rule that fits a change. `because`: the attributes that made it fit."""

    rule: str
    level: str
    reason: str
    cure: str
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one resource. `order` of a replacement: "create first", "destroy first" or "forget the old"."""

    address: str
    type: str
    action: str
    order: str = ""
    reason: str = ""
    previous_address: str | None = None
    import_id: str | None = None
    deposed: str | None = None
    attributes: tuple[AttributeChange, ...] = ()
    policies: tuple[PolicyChange, ...] = ()
    findings: tuple[Finding, ...] = ()
    literal: str = ""
    """Digest of all that changes, before anything is shortened."""
    digest: str = ""
    """The same without what only says which account it is: its name and its id."""

    def is_like(self, other: Change) -> bool:
        """Whether the same happens in another account, to the letter or but for the account's own name and id."""
        return self.action == other.action and (self.literal == other.literal or self.digest == other.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputChange:
    """An output of the root module."""

    name: str
    action: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A check, precondition or postcondition that did not pass: "fail", "error" or "unknown"."""

    address: str
    status: str
    messages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReview:
    """One account's plan. `fingerprint` is the same for two plans that would be reviewed alike."""

    account: str
    terraform_version: str
    complete: bool
    errored: bool
    fingerprint: str
    changes: tuple[Change, ...]
    drift: tuple[Change, ...] = ()
    deferred: tuple[Change, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    checks: tuple[Check, ...] = ()
    not_analysed: tuple[str, ...] = ()
    hidden_values: int = 0
    """Values hidden although they carry no mark: they hold something marked elsewhere."""
    version: int = field(default=MODEL_VERSION)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChange:
    """What an update does to one resource of every existing project.

    `effect`: "create", "update", "replace", "remove", "refused"; with `perhaps`, only in some projects. `kept`: what
    is replaced or removed stays in the account, by its policy.
    """

    logical_id: str
    type: str
    effect: str
    perhaps: bool = False
    kept: bool = False
    because: tuple[str, ...] = ()
    attributes: tuple[AttributeChange, ...] = ()
    policies: tuple[PolicyChange, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductReview:
    """The product template, old and new. `projects` and `affected` are None where no list of projects was given."""

    old: str
    new: str
    changes: tuple[ProductChange, ...]
    parameters: tuple[str, ...] = ()
    """Changes of parameters, as sentences."""
    required: tuple[str, ...] = ()
    """New parameters without a default: no project can be updated before it answers them."""
    projects: int | None = None
    affected: int | None = None
    not_analysed: tuple[str, ...] = ()
    version: int = field(default=MODEL_VERSION)


def worst(levels: list[str]) -> str:
    """The highest of some levels; "low" of none."""
    return max(levels, key=LEVELS.index, default="low")
