"""IAM's verdict on requests, by the simulator @cloud-copilot/iam-simulate, all of them in one start of Node.

The simulator is under the AGPL. It is a program of its own (``simulator.mjs``), which is started here and talked to in
JSON, and nothing of it is shipped.

Three ways in which the simulator would fool us are mended here, before it sees a policy:

- It splits the resource part of an ARN at the first ``/`` or ``:`` and looks for wildcards only behind it:
  ``mlops-*-deploy/*/*`` never matches an action of a pipeline.
- It splits before it fills in policy variables, and ``${aws:PrincipalTag/mlops-project-id}`` holds a ``/``.
- It knows no key of KMS's encryption context (``kms:EncryptionContext:aws:s3:arn``), nor audience and subject of
  GitHub's tokens, and leaves them all out.

So variables are filled in first, a pattern of the first kind that matches as IAM matches is replaced by the ARN asked
for, and keys of the last kind go under a name that the simulator takes, in policy and request alike.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.permissions.snapshot import Identity, listed, statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sandbox.permissions.snapshot import Document, Snapshot

PROGRAM = Path(__file__).with_name("simulator.mjs")
NODE = Path(sys.executable).with_name("node")
ALLOWED = "Allowed"
VARIABLE = re.compile(r"\$\{([^}]+)\}")
ACCOUNT_ID = re.compile(r"\d{12}")
WILDCARD_BEFORE_SEPARATOR = re.compile(r"[^/:]*[*?][^/:]*[/:]")
NOT_KNOWN = ("kms:EncryptionContext:", "token.actions.githubusercontent.com:")
TAKEN_AS = "aws:PrincipalTag/"  # a key that any request may carry, with one value
UNKNOWN = ("invalid.action", "invalid.service")


class SimulatorError(Exception):
    """Requests that cannot be judged; the text says why, one line for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to AWS. `context` is (key, value) pairs beside what every request carries."""

    who: str
    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        when = "".join(f", {key} = {value}" for key, value in self.context)
        return f"{self.who} {self.action} {self.resource}{when}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a request is allowed, and the keys of its context that AWS does not send with such a request."""

    allowed: bool
    not_sent: frozenset[str]

    def sent(self, context: Mapping[str, str]) -> dict[str, str]:
        """What of a context AWS does send."""
        return {key: value for key, value in context.items() if key not in self.not_sent}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request with the policies, by name, that decide it. The names are those of a `Batch`'s documents."""

    request: Request
    account: str
    context: Mapping[str, str]
    identity: tuple[str, ...]
    boundary: str | None
    guard: str | None


class Batch:
    """Questions that are asked together.

    Given the verdicts of an earlier batch, requests that are among them are not checked again, which is much faster.
    """

    def __init__(self, known: Mapping[Request, Verdict] | None = None) -> None:
        self._known = known
        self._documents: dict[str, Document] = {}
        self._questions: list[Question] = []

    def ask(self, snapshot: Snapshot, request: Request, replaced: Mapping[str, Document] | None = None) -> None:
        """Add a request as the snapshot stands, but for the policies in `replaced`."""
        documents = {**snapshot.documents, **(replaced or {})}
        if request.who not in snapshot.identities and request.who.startswith("arn:"):
            raise SimulatorError(f"there is no principal {request.who}")
        identity = snapshot.identities.get(request.who, Identity(policies=()))
        context = _context(snapshot, request, identity)
        if self._known is not None:
            context = self._known[request].sent(context)

        def added(name: str | None) -> str | None:
            return name and self._add(_readable(documents[name], request.resource, context))

        # A role's trust is asked about nothing but assuming the role.
        is_guarded = request.action.startswith("sts:") or ":role/" not in request.resource
        question = Question(
            request=request,
            account=_account(request),
            context=context,
            identity=tuple(self._add(_readable(documents[n], request.resource, context)) for n in identity.policies),
            boundary=added(identity.boundary),
            guard=added(snapshot.policy_of(request.resource)) if is_guarded else None,
        )
        self._questions.append(question)

    def answers(self) -> list[dict[str, Any]]:
        """What the simulator answers, in the order asked."""
        batch = {"batch": uuid.uuid4().hex, "checked": self._known is not None, "documents": self._documents}
        given = json.dumps(batch | {"questions": [_as_json(question) for question in self._questions]})
        done = subprocess.run([NODE, PROGRAM], input=given, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SimulatorError(done.stderr)
        output = json.loads(done.stdout)
        answers: list[dict[str, Any]] = output["answers"]
        if output["batch"] != batch["batch"] or len(answers) != len(self._questions):
            raise SimulatorError("the simulator answered something else than it was asked")
        return answers

    def verdicts(self) -> list[Verdict]:
        """What IAM says of each request. Raises `SimulatorError` when one cannot be judged."""
        answers = self.answers()
        asked = zip(self._questions, answers, strict=True)
        errors = {f"{q.request}: {answer['error']}" for q, answer in asked if "error" in answer}
        if errors:
            raise SimulatorError("\n".join(sorted(errors)))
        return [_verdict(answer) for answer in answers]

    def _add(self, document: Document) -> str:
        name = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]
        self._documents[name] = document
        return name


def verdicts(snapshot: Snapshot, requests: Iterable[Request]) -> dict[Request, Verdict]:
    """Request -> what IAM says of it. Raises `SimulatorError` when one of them cannot be judged."""
    asked = list(dict.fromkeys(requests))
    batch = Batch()
    for request in asked:
        batch.ask(snapshot, request)
    return dict(zip(asked, batch.verdicts(), strict=True))


def unknown_actions(snapshot: Snapshot, requests: Sequence[Request]) -> set[str]:
    """The actions among requests that AWS does not have."""
    batch = Batch()
    for request in requests:
        batch.ask(snapshot, request)
    answered = zip(requests, batch.answers(), strict=True)
    return {request.action for request, answer in answered if any(word in answer.get("error", "") for word in UNKNOWN)}


def matches(pattern: str, arn: str) -> bool:
    """Whether a resource of a policy matches an ARN as IAM does it: each of the six parts by itself."""
    if pattern == "*":
        return True
    patterns, texts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(texts) and all(map(_matches_part, patterns, texts))


def _matches_part(pattern: str, text: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _context(snapshot: Snapshot, request: Request, identity: Identity) -> dict[str, str]:
    """What AWS sends with every request, then what the request itself says."""
    resource = _without_key(request.resource)
    always = {"aws:SecureTransport": "true", "aws:ResourceAccount": _account(request)}
    if request.who.startswith("arn:"):
        always |= {"aws:PrincipalArn": request.who, "aws:PrincipalAccount": request.who.split(":")[4]}
    always |= {f"aws:PrincipalTag/{key}": value for key, value in identity.tags.items()}
    always |= {f"aws:ResourceTag/{key}": value for key, value in snapshot.tags.get(resource, {}).items()}
    return always | dict(request.context)


def _without_key(resource: str) -> str:
    return resource.partition("/")[0] if resource.startswith("arn:aws:s3:::") else resource


def _account(request: Request) -> str:
    """The account of the resource. A bucket's ARN has none: our buckets' names end in it."""
    account = f"{request.resource}:::::".split(":", 5)[4]
    if account:
        return account
    found = ACCOUNT_ID.findall(_without_key(request.resource)) or ACCOUNT_ID.findall(request.who)
    return str(found[-1]) if found else "000000000000"


def _readable(document: Document, resource: str, context: Mapping[str, str]) -> Document:
    """A policy as the simulator reads it right, for one request."""
    return {
        **document,
        "Statement": [_readable_statement(statement, resource, context) for statement in statements(document)],
    }


def _readable_statement(statement: Document, resource: str, context: Mapping[str, str]) -> Document:
    readable = dict(statement)
    if "Resource" in statement:
        patterns = listed(statement["Resource"])
        readable["Resource"] = [_readable_pattern(pattern, resource, context) for pattern in patterns]
    if "Condition" in statement:
        readable["Condition"] = {
            operator: {_readable_key(key): value for key, value in keys.items()}
            for operator, keys in statement["Condition"].items()
        }
    return readable


def _readable_key(key: str) -> str:
    return f"{TAKEN_AS}{key}" if key.startswith(NOT_KNOWN) else key


def _readable_pattern(pattern: str, resource: str, context: Mapping[str, str]) -> str:
    # A variable without a value matches nothing; IAM has no such resource either.
    filled = VARIABLE.sub(lambda found: context.get(found[1], found[0]), pattern)
    last = filled.split(":", 5)[-1]
    if WILDCARD_BEFORE_SEPARATOR.match(last) and matches(filled, resource):
        return resource
    return filled


def _verdict(answer: Mapping[str, Any]) -> Verdict:
    return Verdict(allowed=answer["verdict"] == ALLOWED, not_sent=frozenset(answer["ignored"]))


def _as_json(question: Question) -> dict[str, Any]:
    request = question.request
    return {
        "principal": request.who,
        "action": request.action,
        "resource": request.resource,
        "account": question.account,
        "context": {_readable_key(key): value for key, value in question.context.items()},
        "identity": question.identity,
        "boundary": question.boundary,
        "guard": question.guard,
    }
