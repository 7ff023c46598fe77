"""What a plan marks as sensitive, found again wherever it turns up.

`terraform show -json` holds sensitive values in clear, and what a provider computes from them loses the mark. So every
marked value is collected from the whole plan first, and any text that holds one, in clear or encoded, is hidden.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from review.model import SENSITIVE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from review.parsed import Parsed

# Shorter values ("a", "80", "dev") would hide half of every plan: they are found only as a word of their own.
SHORTEST_PART = 4
# Long enough lines of a marked text of several lines, such as a private key, are secrets too.
SHORTEST_LINE = 16
# base64 of base64 and a little more: each layer multiplies the work.
LAYERS = 3

# The provider marks `value` in its schema. Where the author wrote `insecure_value`, `value` is a computed copy of it,
# and without this exception an account id in a parameter would hide that id in every ARN.
DECLARED_PUBLIC = {"aws_ssm_parameter": {"value": "insecure_value"}}

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{6,}")
_HEX = re.compile(r"[0-9A-Fa-f]{8,}")
_SPACE = re.compile(r"\s+")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


class Secrets:
    """The values that must not be shown. `hidden` counts the unmarked texts that held one."""

    def __init__(self, values: set[str]) -> None:
        parts = {value for value in values if len(value) >= SHORTEST_PART}
        parts |= {line.strip() for value in parts for line in value.splitlines() if len(line.strip()) >= SHORTEST_LINE}
        parts |= {_SPACE.sub("", value) for value in parts}
        self._by_head: dict[str, list[str]] = {}
        for part in sorted(parts, key=len, reverse=True):
            if len(part) >= SHORTEST_PART:
                self._by_head.setdefault(part[:SHORTEST_PART], []).append(part)
        words = sorted(map(re.escape, values - parts - {""}), key=len, reverse=True)
        self._words = re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)") if words else None
        self._known: dict[str, bool] = {}
        self.hidden = 0

    def holds_one(self, text: str) -> bool:
        """Whether a text is, contains or encodes a secret."""
        if text not in self._known:
            self._known[text] = self._search(text)
        return self._known[text]

    def value(self, text: str) -> str:
        """A value, or "(sensitive)" in its place."""
        if not self.holds_one(text):
            return text
        self.hidden += 1
        return SENSITIVE

    def name(self, text: str) -> str:
        """An address or a path: only what is secret in it is replaced, so that it can still be told from others."""
        if not self.holds_one(text):
            return text
        shown = text
        while (found := next(self._found(shown), None)) is not None:
            shown = shown.replace(found, SENSITIVE)
        if self._words:
            shown = self._words.sub(SENSITIVE, shown)
        return shown if not self._search(shown.replace(SENSITIVE, " ")) else SENSITIVE

    def _search(self, text: str) -> bool:
        if self._words and self._words.search(text):
            return True
        return bool(self._by_head) and any(next(self._found(view), None) is not None for view in _views(text, LAYERS))

    def _found(self, text: str) -> Iterator[str]:
        by_head = self._by_head
        for start in range(len(text) - SHORTEST_PART + 1):
            for part in by_head.get(text[start : start + SHORTEST_PART], ()):
                if text.startswith(part, start):
                    yield part


def _views(text: str, layers: int) -> Iterator[str]:
    """A text as it stands and as it reads once decoded, as often as `layers` says."""
    seen = {text}
    layer = [text]
    yield text
    for _ in range(layers):
        layer = [view for outer in layer for view in _decoded(outer)]
        layer = [view for view in dict.fromkeys(layer) if view not in seen]
        seen.update(layer)
        yield from layer


def _decoded(text: str) -> Iterator[str]:
    if "%" in text or "+" in text:
        yield unquote_plus(text)
    if "&" in text:
        yield html.unescape(text)
    if "\\" in text:
        yield _ESCAPE.sub(_unescaped, text)
    squeezed = _SPACE.sub("", text)
    yield squeezed
    for found in _HEX.finditer(squeezed):
        digits = found.group()
        for skipped in (0, 1):
            usable = len(digits) - (len(digits) - skipped) % 2
            yield _readable(binascii.unhexlify(digits[skipped:usable]))
    for found in _BASE64.finditer(squeezed):
        # What stands before the encoded part may shift it by one to three characters.
        for skipped in range(4):
            token = found.group()[skipped:].replace("-", "+").replace("_", "/")
            token = token[:-1] if len(token) % 4 == 1 else token
            yield _readable(base64.b64decode(token + "=" * (-len(token) % 4)))


def _unescaped(found: re.Match[str]) -> str:
    code, character = found.groups()
    return chr(int(code, 16)) if code else _ESCAPED.get(character, character)


def _readable(raw: bytes) -> str:
    return raw.replace(b"\0", b"").decode("utf-8", "replace")  # without zeros, UTF-16 of ASCII reads as well


def collect(plan: Mapping[str, Any]) -> Secrets:
    """Every value that a plan marks as sensitive, anywhere in it."""
    found: set[str] = set()
    for change in _changes(plan):
        public = DECLARED_PUBLIC.get(str(change.get("type")), {})
        found |= _marked_in(change.get("change"), public)
    outputs = plan.get("output_changes")
    for output in outputs.values() if isinstance(outputs, dict) else ():
        found |= _marked_in(output, {})
    for part in ("prior_state", "planned_values"):
        found |= set(_state(plan.get(part)))
    found |= set(_variables(plan))
    return Secrets(found)


def _changes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for part in ("resource_changes", "resource_drift", "deferred_changes"):
        entries = plan.get(part)
        for entry in entries if isinstance(entries, list) else ():
            change = entry.get("resource_change", entry) if isinstance(entry, dict) else None
            if isinstance(change, dict):
                yield change


def _marked_in(change: Parsed, public: Mapping[str, str]) -> set[str]:
    if not isinstance(change, dict):
        return set()
    found: set[str] = set()
    for side in ("before", "after"):
        value, marks = change.get(side), change.get(f"{side}_sensitive")
        found |= set(_marked(_without_public(value, public), marks))
    return found


def _without_public(value: Parsed, public: Mapping[str, str]) -> Parsed:
    if not isinstance(value, dict):
        return value
    copies = {name for name, source in public.items() if value.get(source) and value[source] == value.get(name)}
    return {name: item for name, item in value.items() if name not in copies}


def _state(part: Parsed) -> Iterator[str]:
    """Marked values of `prior_state` and `planned_values`: resources by module, and outputs."""
    pending = [part]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending += node
        elif isinstance(node, dict):
            if "sensitive_values" in node:
                public = DECLARED_PUBLIC.get(str(node.get("type")), {})
                yield from _marked(_without_public(node.get("values"), public), node["sensitive_values"])
            elif node.get("sensitive") is True:
                yield from _leaves(node.get("value"))
            else:
                pending += node.values()


def _variables(plan: Mapping[str, Any]) -> Iterator[str]:
    configuration, given = plan.get("configuration"), plan.get("variables")
    root = configuration.get("root_module") if isinstance(configuration, dict) else None
    declared = root.get("variables") if isinstance(root, dict) else None
    if not isinstance(declared, dict):
        return
    for name, declaration in declared.items():
        if isinstance(declaration, dict) and declaration.get("sensitive"):
            yield from _leaves(declaration.get("default"))
            value = given.get(name) if isinstance(given, dict) else None
            yield from _leaves(value.get("value") if isinstance(value, dict) else None)


def _marked(value: Parsed, marks: Parsed) -> Iterator[str]:
    """Leaves of `value` under a true mark. Marks are `true`, `false`, or a tree of the value's own shape."""
    if marks is True:
        yield from _leaves(value)
    elif isinstance(marks, dict) and isinstance(value, dict):
        for key, mark in marks.items():
            if key in value:
                yield from _marked(value[key], mark)
    elif isinstance(marks, list) and isinstance(value, list):
        for item, mark in zip(value, marks, strict=False):
            yield from _marked(item, mark)


def _leaves(value: Parsed) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield json.dumps(value)
