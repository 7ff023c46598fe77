"""The data source aws_iam_policy_document: the same JSON, byte for byte, as the real provider writes.

Its rules are those of internal/service/iam/policy_model.go in hashicorp/terraform-provider-aws: a fixed order of
elements, values of a set sorted downwards, a single value not in a list, Go's escapes.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from sandbox.provider.errors import ProviderError
from sandbox.provider.imitation import Imitation, names

if TYPE_CHECKING:
    from sandbox.provider.session import Session
    from sandbox.provider.values import Attributes, Value

_GO_ESCAPES = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"}


IMITATION: Final = Imitation(
    type_name="data aws_iam_policy_document",
    arguments=names(
        """
        statement.sid statement.effect statement.actions statement.resources
        statement.principals.type statement.principals.identifiers
        statement.condition.test statement.condition.variable statement.condition.values
        source_policy_documents
        """
    ),
    outputs=names("id json"),
    defaults={"statement.effect": "Allow"},
    choices={"statement.effect": ("Allow", "Deny")},
)


def read(_session: Session, config: Attributes) -> Attributes:
    """Return the document; the id is its checksum."""
    text = json.dumps(policy_document(config), indent=2, ensure_ascii=False)
    text = "".join(_GO_ESCAPES.get(character, character) for character in text)
    return {"id": str(zlib.crc32(text.encode())), "json": text}


def policy_document(config: Attributes) -> Attributes:
    """Return the policy of the source documents' statements and then its own. ProviderError when two have one Sid."""
    sources = [json.loads(text) for text in config.get("source_policy_documents") or ()]
    statements = [statement for source in sources for statement in source["Statement"]]
    statements += [_statement(block) for block in config.get("statement") or ()]
    for sid, count in Counter(one["Sid"] for one in statements if "Sid" in one).items():
        if count > 1:
            raise ProviderError(
                f"aws_iam_policy_document: Sid {sid!r} is in {count} statements", "Remove it or make it unique."
            )
    return {"Version": "2012-10-17", **({"Statement": statements} if statements else {})}


def _statement(block: Attributes) -> Attributes:
    elements = {
        "Sid": block["sid"],
        "Effect": block["effect"] or "Allow",
        "Action": _strings(block["actions"]),
        "Resource": _strings(block["resources"], variables=True),
        "Principal": _principals(block["principals"]),
        "Condition": _conditions(block["condition"]),
    }
    return {name: value for name, value in elements.items() if value}


def _strings(values: list[str] | None, *, variables: bool = False) -> str | list[str] | None:
    """Return the values of a set. HCL has `&{..}` for the policy variables that IAM writes `${..}`."""
    if not values:
        return None
    replaced = [value.replace("&{", "${") for value in values] if variables else values
    ordered = sorted(replaced, key=lambda value: value.encode(), reverse=True)
    return ordered[0] if len(ordered) == 1 else ordered


def _principals(blocks: list[Attributes]) -> Value:
    if [(block["type"], block["identifiers"]) for block in blocks] == [("*", ["*"])]:
        return "*"
    principals: dict[str, Any] = {}
    for block in blocks:
        identifiers = _strings(block["identifiers"], variables=True)
        before = principals.get(block["type"])
        principals[block["type"]] = identifiers if before is None else [*_listed(before), *_listed(identifiers)]
    return dict(sorted(principals.items()))


def _conditions(blocks: list[Attributes]) -> Value:
    conditions: dict[str, dict[str, list[str]]] = {}
    for block in blocks:
        values = [value.replace("&{", "${") for value in block["values"]]
        conditions.setdefault(block["test"], {}).setdefault(block["variable"], []).extend(values)
    return {
        test: {key: values[0] if len(values) == 1 else values for key, values in sorted(variables.items())}
        for test, variables in sorted(conditions.items())
    }


def _listed(value: Value) -> list[Any]:
    return value if isinstance(value, list) else [value]
