"""The provider's schema, read out of the pinned prebuilt bindings (cdktf-cdktf-provider-aws).

The bindings are a jsii archive. Each `lib/<type>/index.js` in it carries an inline source map with the generated
TypeScript, and that source has one exact comment for every attribute:

    // bucket - computed: false, optional: false, required: true

so required, optional and computed are read, not guessed. Types come from the getters and `synthesizeHclAttributes`.
"""

from __future__ import annotations

import base64
import json
import re
import tarfile
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.provider.errors import ProviderError
from sandbox.provider.schema import Attribute, Block, CtyType, NestedBlock

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_PACKAGE = "cdktf_cdktf_provider_aws"
_SOURCE_MAP = re.compile(rb"sourceMappingURL=data:application/json;base64,(\S+)")
_CLASS = re.compile(r"^export class (\w+) extends cdktf\.(\w+) \{", re.MULTILINE)
_ATTRIBUTE = re.compile(
    r"\n  // (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n"
    r"(?:  private _\w+([^\n]*)\n)?  public get \w+\(\)[^\n]*\n    return ([^\n]*)\n"
)
_HCL_ENTRY = re.compile(
    r'^ +(\w+): \{\n\s+value: (.*),\n\s+isBlock: (\w+),\n\s+type: "(\w+)",\n\s+storageClassType: "(\w+)",', re.MULTILINE
)
_HCL_FUNCTION = re.compile(r"^export function (\w+)ToHclTerraform\(.*?\n\}\n", re.MULTILINE | re.DOTALL)
_NEW_OBJECT = re.compile(r"= new (?:cdktf\.)?(\w+)\(this, \"\w+\"(?:, (\w+))?\)")

_GETTER = re.compile(r"get(\w*)Attribute\(")
_MAP_CLASS = re.compile(r"(String|Boolean|Number)Map")


def installed() -> Path:
    """Return the jsii archive of the installed bindings, without importing them (that takes seconds)."""
    spec = find_spec(_PACKAGE)
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    for archive in folder.glob("_jsii/*.jsii.tgz"):
        return archive
    raise ProviderError(f"{_PACKAGE}: no jsii archive is installed", "Install the packages of Pipfile.lock again.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """What was read: the provider's own schema and those asked for (data sources as `data.aws_x`)."""

    version: str  # of hashicorp/aws, e.g. "6.25.0"
    provider: Block
    types: Mapping[str, Block]


def extract(archive: Path, wanted: Collection[str]) -> Extract:
    """Read the provider's own schema and those of the `wanted` types. One pass over the archive, under a second."""
    folders = {_folder_of(name): name for name in wanted}
    sources: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    version = ""
    with tarfile.open(archive, "r|gz") as tar:
        for member in tar:
            parts = member.name.split("/")
            if parts[1:] == ["package.json"]:
                version = json.loads(_content(tar, member))["cdktf"]["provider"]["version"]
            if len(parts) < 4 or parts[1] != "lib" or not member.name.endswith(".js"):  # noqa: PLR2004
                continue
            folder = parts[2]
            if folder == "provider" or folder in folders:
                # A few big types keep classes in folders below their own, so one type may be several files.
                sources[folder].append((len(parts), _typescript(_content(tar, member))))
    typescript = {folder: "\n".join(text for _, text in sorted(files)) for folder, files in sources.items()}
    return Extract(
        version=version,
        provider=_Source(typescript["provider"]).provider(),
        types={folders[folder]: _Source(text).type() for folder, text in typescript.items() if folder in folders},
    )


def _folder_of(name: str) -> str:
    """`aws_s3_bucket` is in lib/s3-bucket, `data.aws_region` in lib/data-aws-region."""
    return name.replace("data.", "data_").removeprefix("aws_").replace("_", "-")


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = tar.extractfile(member)
    return file.read() if file else b""


def _typescript(javascript: bytes) -> str:
    source_map = _SOURCE_MAP.search(javascript)
    if not source_map:
        return ""
    return str(json.loads(base64.b64decode(source_map[1]))["sourcesContent"][0])


@dataclass(frozen=True, slots=True, kw_only=True)
class _HclEntry:
    """What `synthesizeHclAttributes` says about one attribute."""

    value: str
    is_block: bool
    kind: str  # simple, list, set, map, struct
    storage_class: str


class _Source:
    """The generated TypeScript of one type."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _classes(self) -> dict[str, tuple[str, str]]:
        """Class name -> (what it extends, its text)."""
        starts = list(_CLASS.finditer(self._text))
        ends = [match.start() for match in starts[1:]] + [len(self._text)]
        return {match[1]: (match[2], self._text[match.start() : end]) for match, end in zip(starts, ends, strict=True)}

    @cached_property
    def _functions(self) -> dict[str, str]:
        return {match[1]: match[0] for match in _HCL_FUNCTION.finditer(self._text)}

    def type(self) -> Block:
        text = self._class_extending("TerraformResource", "TerraformDataSource")
        return self._block(text, _hcl_entries(text))

    def provider(self) -> Block:
        """The provider's own nested blocks have no class, only a function each; all of their arguments are optional."""
        text = self._class_extending("TerraformProvider")
        entries = _hcl_entries(text)
        attributes = dict(self._block(text, entries).attributes)
        blocks = {}
        for name, entry in entries.items():
            if entry.is_block:
                del attributes[name]
                blocks[name] = self._provider_block(entry)
        attributes.pop("alias")  # Terraform's own
        return Block(attributes=attributes, blocks=blocks)

    def _class_extending(self, *bases: str) -> str:
        return next(text for base, text in self._classes.values() if base in bases)

    def _provider_block(self, entry: _HclEntry) -> NestedBlock:
        function = next(text for name, text in self._functions.items() if f"{name}ToHclTerraform" in entry.value)
        attributes = {
            name: Attribute(type=_entry_type(one), optional=True) for name, one in _hcl_entries(function).items()
        }
        return NestedBlock(nesting=entry.kind, min_items=0, max_items=0, block=Block(attributes=attributes))

    def _block(self, text: str, entries: Mapping[str, _HclEntry]) -> Block:
        attributes: dict[str, Attribute] = {}
        blocks: dict[str, NestedBlock] = {}
        for match in _ATTRIBUTE.finditer(text):
            name, private, getter = match[1], match[5] or "", match[6]
            computed, optional, required = (flag == "true" for flag in match.group(2, 3, 4))
            entry = entries.get(name)
            new = _NEW_OBJECT.search(private)
            if new and entry and entry.is_block:
                nested = self._nested(new[1], entry, required=required)
                if not computed:
                    blocks[name] = nested
                    continue
                kind: CtyType = [nested.nesting, nested.block.type()]
            elif new:
                kind = _type_of_words(new[1]) if _MAP_CLASS.fullmatch(new[1]) else "dynamic"  # of objects: for nobody
            else:
                kind = _getter_type(getter, entry)
            attributes[name] = Attribute(type=kind, required=required, optional=optional, computed=computed)
        return Block(attributes=attributes, blocks=blocks)

    def _nested(self, class_name: str, entry: _HclEntry, *, required: bool) -> NestedBlock:
        is_single = class_name.endswith("OutputReference")
        nesting = "single" if entry.kind == "struct" else entry.kind
        element = class_name if is_single else re.sub(r"(List|Map)$", "OutputReference", class_name)
        struct = element.removesuffix("OutputReference")
        function = self._functions.get(struct[0].lower() + struct[1:], "")
        return NestedBlock(
            nesting=nesting,
            min_items=int(required and nesting != "single"),
            max_items=int(is_single and nesting != "single"),
            block=self._block(self._classes[element][1], _hcl_entries(function)),
        )


def _hcl_entries(text: str) -> dict[str, _HclEntry]:
    return {
        match[1]: _HclEntry(value=match[2], is_block=match[3] == "true", kind=match[4], storage_class=match[5])
        for match in _HCL_ENTRY.finditer(text)
    }


def _getter_type(getter: str, entry: _HclEntry | None) -> CtyType:
    words = _GETTER.search(getter)
    if words:
        kind = _type_of_words(words[1])
        return ["set", kind[1]] if "Fn.tolist" in getter and isinstance(kind, list) else kind
    return _entry_type(entry) if entry else "dynamic"


def _entry_type(entry: _HclEntry) -> CtyType:
    kind = _type_of_words(entry.storage_class)
    return ["set", kind[1]] if entry.kind == "set" and isinstance(kind, list) else kind


def _type_of_words(name: str) -> CtyType:
    """Return the type that a name spells, innermost first: `stringMapList` is a list of maps of strings."""
    first, *families = re.findall("[A-Z]?[a-z]+", name if name != "List" else "stringList")
    kind: CtyType = {"boolean": "bool", "any": "dynamic"}.get(first.lower(), first.lower())
    for family in families:
        kind = [family.lower(), kind]
    return kind
