"""Read policies, as CloudFormation and Terraform have them, as statements that can be counted alike.

Nothing is guessed: what cannot be read from the file, such as an action that is computed, raises PolicyError.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import hcl2
from cfnlint.decode import decode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Block = dict[str, Any]

DOCUMENT = re.compile(r"\$\{data\.aws_iam_policy_document\.(\w+)\.json\}")
NEGATIONS = {"NotAction", "NotPrincipal", "NotResource", "not_actions", "not_principals", "not_resources"}
# Of AWS's principals these are one identity; any other may be an account.
ONE_IDENTITY = re.compile(r":(role|user|assumed-role|federated-user)/")


class PolicyError(Exception):
    """A policy that cannot be read: which, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of one policy.

    `address` says where it stands, such as "template.ArtifactKey.OnlyOverTls" or "project_policies.build.PullImages".
    `principals` are those of the kind AWS: services are left out. In the policy of a key the resource `*` is that key.
    """

    address: str
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...] = ()
    conditional: bool = False
    of_key: bool = False

    @property
    def everyone(self) -> bool:
        return "*" in self.principals

    @property
    def accounts(self) -> tuple[str, ...]:
        """The principals that are no single role or user."""
        return tuple(name for name in self.principals if name != "*" and not ONE_IDENTITY.search(name))


def of_template(file: Path) -> list[Statement]:
    """Every statement in a CloudFormation template: of roles, of their trust and of the resources' own policies."""
    return [
        _template_statement(f"template.{name}", raw, of_key=resource["Type"] == "AWS::KMS::Key")
        for name, resource in read_template(file)["Resources"].items()
        for document in _documents(resource.get("Properties", {}))
        for raw in document["Statement"]
    ]


def of_module(folder: Path) -> list[Statement]:
    """Every statement of the policies that a Terraform module makes, each policy with the documents it takes in."""
    blocks = [hcl2.loads(file.read_text()) for file in sorted(folder.glob("*.tf"))]
    documents = {
        _bare(name): body
        for block in blocks
        for data in block.get("data", [])
        for name, body in data.get('"aws_iam_policy_document"', {}).items()
    }
    if '\\"*\\"' in json.dumps([block.get("locals", []) for block in blocks]):
        raise PolicyError(f'{folder.name}: "*" stands in a local value: write it as a resource of a statement')
    return [
        _module_statement(f"{folder.name}.{name}", raw)
        for name in _made(folder.name, blocks, documents)
        for raw in _statements(documents, documents[name])
    ]


def read_template(file: Path) -> Block:
    """A template with its short tags written out. Raises PolicyError when it is none."""
    template, problems = decode(str(file))
    if template is None:
        raise PolicyError(f"{file}: is no template: {problems}")
    found: Block = template
    return found


def aws_managed_policies(file: Path) -> list[str]:
    """Policies of AWS's own that a template or a Terraform file names."""
    return re.findall(r"arn:[\w${}:.-]+:iam::aws:policy/[\w/+=,.@-]+", file.read_text())


# --- CloudFormation ---------------------------------------------------------------------------------------------------


def _documents(value: object) -> Iterator[Block]:
    if isinstance(value, dict):
        if "Statement" in value:
            yield value
            return
        for part in value.values():
            yield from _documents(part)
    elif isinstance(value, list):
        for part in value:
            yield from _documents(part)


def _template_statement(policy: str, raw: Block, *, of_key: bool) -> Statement:
    _refuse_negations(policy, raw)
    principal = raw.get("Principal", {})
    by_kind = principal if isinstance(principal, dict) else {"AWS": principal}
    return Statement(
        address=f"{policy}.{raw.get('Sid', 'trust')}",
        allows=raw["Effect"] == "Allow",
        actions=_texts(raw["Action"]),
        resources=_texts(raw.get("Resource", [])),
        principals=_texts(by_kind.get("AWS", [])),
        conditional=bool(raw.get("Condition")),
        of_key=of_key,
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(_text(item) for item in value) if isinstance(value, list) else (_text(value),)


def _text(value: object) -> str:
    """A string, or the function that makes one as Fn::Sub would have it."""
    match value:
        case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]} | str(text):
            return str(text)
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
    raise PolicyError(f"{value!r} is no text that can be read from the file")


# --- Terraform --------------------------------------------------------------------------------------------------------


def _made(module: str, blocks: list[Block], documents: dict[str, Block]) -> list[str]:
    """The documents that become a policy. One that neither does nor is taken in by another hides what it says."""
    makers = json.dumps([[block.get("resource", []), block.get("locals", [])] for block in blocks])
    made = set(DOCUMENT.findall(makers))
    taken_in = {name for body in documents.values() for name in _sources(body)}
    unused = set(documents) - made - taken_in
    if unused:
        raise PolicyError(f"{module}: no policy is made of {', '.join(sorted(unused))}: remove it or use it")
    return [name for name in documents if name in made]


def _sources(body: Block) -> list[str]:
    return [name for text in body.get("source_policy_documents", []) for name in DOCUMENT.findall(text)]


def _statements(documents: dict[str, Block], body: Block) -> list[Block]:
    own = body.get("statement", [])
    dynamic = [content for block in body.get("dynamic", []) for made in block.values() for content in made["content"]]
    return [*(raw for name in _sources(body) for raw in _statements(documents, documents[name])), *own, *dynamic]


def _module_statement(policy: str, raw: Block) -> Statement:
    _refuse_negations(policy, raw)
    address = f"{policy}.{_bare(raw['sid'])}"
    aws = [block["identifiers"] for block in raw.get("principals", []) if _bare(block["type"]) in {"AWS", "*"}]
    return Statement(
        address=address,
        allows=_bare(raw.get("effect", "Allow")) == "Allow",
        actions=_actions(address, raw["actions"]),
        resources=_resources(address, raw.get("resources", [])),
        principals=tuple(_bare(name) for names in aws for name in names),
        conditional=bool(raw.get("condition")),
    )


def _actions(address: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or any("${" in item for item in value):
        raise PolicyError(f"{address}: its actions are computed: write them out, so that they can be counted")
    return tuple(_bare(item) for item in value)


def _resources(address: str, value: object) -> tuple[str, ...]:
    """Texts or expressions: of an expression only that it holds no `*` of its own."""
    found = tuple(_bare(item) for item in value) if isinstance(value, list) else (str(value),)
    if any('"*"' in item for item in found):
        raise PolicyError(f'{address}: "*" stands inside an expression: write it as a resource of its own')
    return found


def _bare(text: str) -> str:
    """python-hcl2 keeps the quotes of strings."""
    return text[1:-1] if text.startswith('"') else text


# --- both -------------------------------------------------------------------------------------------------------------


def _refuse_negations(policy: str, raw: Block) -> None:
    if raw.keys() & NEGATIONS:
        raise PolicyError(f"{policy}: says who or what is not meant, so nobody can read who or what is")
