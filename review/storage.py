"""Reviews as JSON files, and back: what is read is held to the data classes, field by field."""

from __future__ import annotations

import json
import types
from dataclasses import MISSING, asdict, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

from review.errors import ReviewError
from review.model import MODEL_VERSION, AccountReview, ProductReview

if TYPE_CHECKING:
    from pathlib import Path

    from review.parsed import Parsed

Stored = TypeVar("Stored", AccountReview, ProductReview)


def read_json(file: Path) -> Parsed:
    """The content of a JSON file. Raises ReviewError naming the file."""
    try:
        return json.loads(file.read_bytes())
    except OSError as error:
        raise ReviewError(f"{file}: cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ReviewError(f"{file}: is not UTF-8 text. Give the output of terraform show -json.") from error
    except (ValueError, RecursionError) as error:
        raise ReviewError(f"{file}: is not JSON: {error}. Give the output of terraform show -json.") from error


def save(review: AccountReview | ProductReview, file: Path) -> None:
    write(file, json.dumps(asdict(review), indent=1, ensure_ascii=True) + "\n")


def write(file: Path, text: str) -> None:
    """Write a file. Raises ReviewError naming it."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ReviewError(f"{file}: cannot be written: {error.strerror}.") from error


def load(kind: type[Stored], file: Path) -> Stored:
    """Read what `save` wrote. Raises ReviewError naming the file and the place in it."""
    content = read_json(file)
    if not isinstance(content, dict) or content.get("version") != MODEL_VERSION:
        made_by = "review product" if kind is ProductReview else "review model"
        raise ReviewError(f"{file}: is no review of version {MODEL_VERSION}. Make it anew with: {made_by}")
    try:
        decoded: Stored = _decoded(kind, content, "")
    except (TypeError, ValueError) as error:
        raise ReviewError(f"{file}: {error}. Make it anew.") from error
    return decoded


def _decoded(kind: Any, value: Parsed, place: str) -> Parsed:  # noqa: ANN401  a type as typing gives it
    if is_dataclass(kind):
        return _decoded_class(kind, value, place)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise TypeError(f"{place} is not a list")
        return tuple(_decoded(get_args(kind)[0], item, f"{place}[{index}]") for index, item in enumerate(value))
    allowed = get_args(kind) if get_origin(kind) is types.UnionType else (kind,)
    if not isinstance(value, allowed):
        raise TypeError(f"{place} has the wrong type")
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _decoded_class(kind: Parsed, value: Parsed, place: str) -> Parsed:
    if not isinstance(value, dict):
        raise TypeError(f"{place} is not an object")
    hints = _hints(kind)
    if unknown := value.keys() - hints.keys():
        raise ValueError(f"{place or 'it'} has the unknown field {min(unknown)}")
    if missing := [one.name for one in fields(kind) if one.name not in value and one.default is MISSING]:
        raise ValueError(f"{place or 'it'} has no {missing[0]}")
    return kind(**{name: _decoded(hints[name], item, f"{place}.{name}".lstrip(".")) for name, item in value.items()})
