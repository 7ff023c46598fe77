"""The data source aws_iam_policy_document: the same JSON, byte for byte, as the real provider writes.

Its rules are those of internal/service/iam/policy_model.go in hashicorp/terraform-provider-aws: a fixed order of
elements, values of a set sorted downwards, a single value not in a list, Go's escapes.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from sandbox.provider.errors import ProviderError
from sandbox.provider.handler import DataSource
from sandbox.provider.imitation import Imitation, names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.provider.session import Session
    from sandbox.provider.values import Attributes, Value

_ELEMENTS = (
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition",
)  # fmt: skip
_GO_ESCAPES = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class PolicyDocument(DataSource):
    imitation = Imitation(
        type_name="data aws_iam_policy_document",
        arguments=names(
            """
            policy_id version source_policy_documents override_policy_documents
            statement.sid statement.effect statement.actions statement.not_actions
            statement.resources statement.not_resources
            statement.principals.type statement.principals.identifiers
            statement.not_principals.type statement.not_principals.identifiers
            statement.condition.test statement.condition.variable statement.condition.values
            """
        ),
        outputs=names("id json minified_json"),
        defaults={"version": "2012-10-17", "statement.effect": "Allow"},
        choices={"version": ("2008-10-17", "2012-10-17"), "statement.effect": ("Allow", "Deny")},
    )

    def read(self, session: Session, config: Attributes) -> Attributes:  # noqa: ARG002
        document = policy_document(config)
        text = _go_json(document, indent=2)
        return {"id": str(zlib.crc32(text.encode())), "json": text, "minified_json": _go_json(document, indent=None)}


def policy_document(config: Attributes) -> Attributes:
    """Return the merged document: the sources, then the statements written here, then the overrides."""
    merged: Attributes = {"Version": "", "Id": "", "Statement": []}
    sources = _parsed(config, "source_policy_documents")
    _refuse_repeated_sids((statement for source in sources for statement in source["Statement"]), "source documents")
    own = [_statement(block) for block in config.get("statement") or ()]
    if config.get("version") == "2008-10-17" and "&{" in json.dumps(config.get("statement")):
        raise ProviderError("aws_iam_policy_document: variables (&{..}) do not exist in version 2008-10-17")
    _refuse_repeated_sids(own, "statements")
    here = {"Version": config.get("version") or "2012-10-17", "Id": config.get("policy_id") or "", "Statement": own}
    for document in (*sources, here, *_parsed(config, "override_policy_documents")):
        _merge(merged, document)
    return {key: value for key, value in merged.items() if value}


def _merge(merged: Attributes, document: Attributes) -> None:
    """A statement replaces the earlier one with the same Sid, in its place."""
    merged["Id"] = document.get("Id") or merged["Id"]
    merged["Version"] = max(merged["Version"], document.get("Version") or "")
    statements = merged["Statement"]
    for statement in document["Statement"]:
        sid = statement.get("Sid")
        place = next((index for index, one in enumerate(statements) if sid and one.get("Sid") == sid), None)
        if place is None:
            statements.append(statement)
        else:
            statements[place] = statement


def _refuse_repeated_sids(statements: Iterable[Attributes], where: str) -> None:
    seen = set()
    for statement in statements:
        sid = statement.get("Sid")
        if sid and sid in seen:
            raise ProviderError(
                f"aws_iam_policy_document: Sid {sid!r} is in two {where}", "Remove it or make it unique."
            )
        seen.add(sid)


def _statement(block: Attributes) -> Attributes:
    elements = {
        "Sid": block["sid"],
        "Effect": block["effect"] or "Allow",
        "Action": _strings(block["actions"], variables=False),
        "NotAction": _strings(block["not_actions"], variables=False),
        "Resource": _strings(block["resources"]),
        "NotResource": _strings(block["not_resources"]),
        "Principal": _principals(block["principals"]),
        "NotPrincipal": _principals(block["not_principals"]),
        "Condition": _conditions(block["condition"]),
    }
    return {name: value for name, value in elements.items() if value}


def _strings(values: list[str] | None, *, variables: bool = True) -> str | list[str] | None:
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
        identifiers = _strings(block["identifiers"])
        before = principals.get(block["type"])
        principals[block["type"]] = identifiers if before is None else [*_listed(before), *_listed(identifiers)]
    return dict(sorted(principals.items()))


def _conditions(blocks: list[Attributes]) -> Value:
    conditions: dict[str, dict[str, list[str]]] = {}
    for block in blocks:
        values = [value.replace("&{", "${") for value in block["values"]]
        conditions.setdefault(block["test"], {}).setdefault(block["variable"], []).extend(values)
    return _collapsed(conditions)


def _collapsed(conditions: dict[str, dict[str, list[str]]]) -> Value:
    return {
        test: {key: values[0] if len(values) == 1 else values for key, values in sorted(variables.items())}
        for test, variables in sorted(conditions.items())
    }


def _parsed(config: Attributes, argument: str) -> list[Attributes]:
    documents = []
    for index, text in enumerate(config.get(argument) or ()):
        if not text:
            continue
        where = f"aws_iam_policy_document: {argument}[{index}]"
        try:
            document = json.loads(text)
        except ValueError as error:
            raise ProviderError(f"{where} is not JSON: {error}", path=(argument, index)) from error
        statements = document.get("Statement") or []
        if not isinstance(statements, list):
            raise ProviderError(f"{where} has a Statement that is no list", path=(argument, index))
        documents.append({**document, "Statement": [_reread(statement, where) for statement in statements]})
    return documents


def _reread(statement: Attributes, where: str) -> Attributes:
    """A statement that was JSON already keeps its lists, but for the order of principals and conditions."""
    reread = {name: statement[name] for name in _ELEMENTS if statement.get(name)}
    for name in ("Principal", "NotPrincipal"):
        if isinstance(reread.get(name), dict):
            reread[name] = {
                kind: sorted(value, reverse=True) if isinstance(value, list) else value
                for kind, value in sorted(reread[name].items())
            }
        elif name in reread:
            reread[name] = "*"
    if "Condition" in reread:
        reread["Condition"] = _collapsed(
            {
                test: {
                    key: [_condition_value(one, where) for one in _listed(value)] for key, value in variables.items()
                }
                for test, variables in reread["Condition"].items()
            }
        )
    return reread


def _condition_value(value: Value, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):  # the real provider drops the condition without a word
        raise ProviderError(f"{where} has a condition value that is no string: {value!r}", "Put it in quotes.")
    return value


def _listed(value: Value) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _go_json(document: Attributes, *, indent: int | None) -> str:
    separators = (",", ": ") if indent else (",", ":")
    text = json.dumps(document, indent=indent, ensure_ascii=False, separators=separators)
    return "".join(_GO_ESCAPES.get(character, character) for character in text)
