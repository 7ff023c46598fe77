"""Holds a parsed TOML file against its schema: what fits becomes a `Document`, what does not becomes a `Problem`."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from baseline._accounts_schema import Table, Text, TextList

if TYPE_CHECKING:
    from collections.abc import Iterator

    from baseline._accounts_schema import Field

Path = tuple[str, ...]  # ("demo", "dev", "region") is the key `region` of the table [demo.dev]
_LONGEST_SHOWN = 120  # characters; an ARN with a path fits


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in an accounts file, where, and how to mend it."""

    file: str
    table: Path = ()
    key: str | None = None
    message: str

    @property
    def path(self) -> Path:
        """Where in the file: the table's path, and the key if there is one."""
        return self.table if self.key is None else (*self.table, self.key)

    def __str__(self) -> str:
        """`accounts.toml: [demo.dev] region: what is wrong; how to mend it`."""
        header = f"[{dotted(self.table)}]" if self.table else ""
        place = f"{header} {bare(self.key)}".lstrip() if self.key is not None else header
        return ": ".join(part for part in (self.file, place, self.message) if part)


@dataclass(slots=True, kw_only=True)
class Document:
    """The well-formed values of an accounts file by their path; what is malformed or missing is simply not in it."""

    file: str
    tables: dict[Path, list[str]] = field(default_factory=dict)  # with the keys of each, in file order
    texts: dict[Path, str] = field(default_factory=dict)
    lists: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    order: dict[Path, int] = field(default_factory=dict)

    def tables_below(self, *path: str) -> list[str]:
        """Return the names of the tables in a table, in file order."""
        return [key for key in self.tables[path] if (*path, key) in self.tables]

    def report(self, *, table: Path = (), key: str | None = None, message: str) -> None:
        """Note one problem of the file, of a table in it, or of a key in that table."""
        self.problems.append(Problem(file=self.file, table=table, key=key, message=message))

    def problems_in_file_order(self) -> tuple[Problem, ...]:
        """Return the problems sorted by place; one about something absent stands where its table begins."""
        return tuple(sorted(self.problems, key=lambda problem: self._position(problem.path)))

    def _position(self, path: Path) -> int:
        while path and path not in self.order:
            path = path[:-1]
        return self.order.get(path, -1)


def read(*, file: str, content: dict[str, object], schema: Table) -> Document:
    """Return the document that `content` (as tomllib gives it) makes under `schema`, with every problem of form."""
    document = Document(file=file)
    _read_table(document, (), content, schema)
    return document


def shown(value: object) -> str:
    """Return a TOML value as a person would recognise it in the file."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str) and len(value) > _LONGEST_SHOWN:
        value = f"{value[:_LONGEST_SHOWN]}..."
    if isinstance(value, (str, bool)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def bare(key: str) -> str:
    """Return a key as TOML writes it: in quotes only where it must be."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def dotted(path: Path) -> str:
    """Return a table's name as its header writes it."""
    return ".".join(bare(key) for key in path)


def _read_table(document: Document, path: Path, content: dict[str, object], schema: Table) -> None:
    document.order.setdefault(path, len(document.order))
    document.tables[path] = list(content)
    missing = {key: form for key, form in schema.fields.items() if form.required and key not in content}
    for key, value in content.items():
        document.order.setdefault((*path, key), len(document.order))
        form = schema.fields.get(key, schema.every)
        if key in schema.misplaced:
            _report_misplaced(document, path, key, value, schema)
        elif form is not None:
            _read_value(document, (*path, key), value, form)
        else:
            meant = _report_unknown(document, path, key, schema)
            missing.pop(meant, None)
    for key, form in missing.items():
        _report_missing(document, path, key, form)


def _read_value(document: Document, path: Path, value: object, form: Field) -> None:
    table, key = path[:-1], path[-1]
    if isinstance(form, Table):
        if isinstance(value, dict):
            _read_table(document, path, value, form)
        else:
            message = f"{shown(value)} must be a table, with the header [{dotted(path)}]"
            document.report(table=table, key=key, message=message)
    elif isinstance(form, TextList):
        _read_list(document, path, value, form)
    elif _fits(value, form):
        document.texts[path] = str(value)
    else:
        document.report(table=table, key=key, message=_wrong_text(value, form))


def _read_list(document: Document, path: Path, value: object, form: TextList) -> None:
    items = value if isinstance(value, list) else []
    document.lists[path] = tuple(item for item in items if _fits(item, form.item))
    for message in _wrong_list(value, form):
        document.report(table=path[:-1], key=path[-1], message=message)


def _fits(value: object, form: Text) -> bool:
    return isinstance(value, str) and re.fullmatch(form.pattern, value, re.ASCII) is not None


def _wrong_text(value: object, form: Text) -> str:
    return f'{shown(value)} must be {form.form}, such as "{form.example}"'


def _wrong_list(value: object, form: TextList) -> Iterator[str]:
    if not isinstance(value, list):
        yield f'{shown(value)} must be a list such as ["{form.item.example}"]'
        return
    if not value:
        yield f'is empty; name at least one, such as ["{form.item.example}"]'
    if form.at_most is not None and len(value) > form.at_most:
        yield f"has {len(value)} items and AWS takes {form.at_most}; remove some"
    for index, item in enumerate(value):
        if not _fits(item, form.item):
            yield _wrong_text(item, form.item)
        elif item in value[:index]:
            yield f"{shown(item)} is named more than once; keep one"


def _report_misplaced(document: Document, path: Path, key: str, value: object, schema: Table) -> None:
    if isinstance(value, dict):
        document.report(table=(*path, key), message=schema.misplaced[key])
    else:
        document.report(table=path, key=key, message=schema.misplaced[key])


def _report_unknown(document: Document, path: Path, key: str, schema: Table) -> str:
    """Return the key that was probably meant, or an empty string."""
    meant = next(iter(difflib.get_close_matches(key, schema.fields, n=1)), "")
    cure = f"; did you mean {meant}?" if meant else f", which may hold {', '.join(schema.fields)}"
    document.report(table=path, key=key, message=f"is not a key of this table{cure}")
    return meant


def _report_missing(document: Document, path: Path, key: str, form: Field) -> None:
    if isinstance(form, Table):
        document.report(table=(*path, key), message="is missing; add this table")
    elif isinstance(form, TextList):
        document.report(table=path, key=key, message=f'is missing; add {key} = ["{form.item.example}"]')
    else:
        document.report(table=path, key=key, message=f'is missing; add {key} = "{form.example}"')
