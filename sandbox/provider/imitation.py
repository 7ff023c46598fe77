"""What a handler says it imitates of a type. Everything else of the type is refused by name."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox.provider.errors import ProviderError
from sandbox.provider.schema import Attribute, Block, NestedBlock
from sandbox.provider.values import UNKNOWN, Attributes, Value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_CURE = (
    "The sandbox's stand-in for hashicorp/aws refuses what it does not imitate. {cure}, or set"
    " SANDBOX_PROVIDER=registry to use the real provider."
)
_CHOSEN = frozenset({"bucket", "name"})


def names(text: str) -> Mapping[str, str]:
    """Return the words of `text`, names of arguments, and the member of AWS's API that follows a name after "=".

    Both are dotted below a block: `bucket rule.filter.prefix=Rules[].Filter.Prefix` (see members.py).
    """
    rows = (word.partition("=") for word in text.split())
    return {name: member for name, _, member in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imitation:
    """A declaration over the real schema. All names are dotted paths of it.

    Required, optional, types and blocks come from the bindings; what is here is what the bindings do not tell.
    """

    type_name: str  # "aws_s3_bucket", "data aws_region", "provider aws"
    arguments: Mapping[str, str]  # may be set
    outputs: Mapping[str, str] = field(default_factory=dict)  # filled in; other exports cannot be referred to
    identity: str = "{id}"  # how arguments make the id, e.g. "{role}:{name}"; "{id}" when AWS gives one
    defaults: Mapping[str, Value] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    force_new: Collection[str] = ()  # a change replaces the resource
    recomputed: Collection[str] = ()  # what any change but one of tags makes unknown, unless given
    documents: Collection[str] = ()  # JSON policies: compared by what they say
    sensitive: Collection[str] = ()
    gone: Collection[str] = ()  # AWS's error codes for "there is no such thing"

    @property
    def has_tags(self) -> bool:
        return "tags_all" in self.outputs

    def served(self, block: Block, prefix: str = "") -> Block:
        """Return the schema to give Terraform: exported attributes that nobody fills in are left out of it.

        An argument with a default is also computed, as in providers made with HashiCorp's newer framework: that lets
        Terraform itself check that what we plan is what we then make.
        """
        attributes: dict[str, Attribute] = {}
        for name, attribute in block.attributes.items():
            path = prefix + name
            if path in self.arguments:
                computed = not attribute.required and (attribute.computed or path in self.defaults)
                attributes[name] = replace(attribute, computed=computed, sensitive=path in self.sensitive)
            elif path in self.outputs:
                attributes[name] = Attribute(type=attribute.type, computed=True)
            elif attribute.is_argument:
                attributes[name] = replace(attribute, computed=False)
        blocks = {
            name: replace(nested, block=self.served(nested.block, f"{prefix}{name}."))
            for name, nested in block.blocks.items()
        }
        return Block(attributes=attributes, blocks=blocks)

    def problems(
        self, config: Attributes, block: Block, prefix: str = "", at: tuple[str | int, ...] = ()
    ) -> Iterator[ProviderError]:
        """Yield every argument that is set and not imitated, and every value that is none of the choices."""
        for name in block.attributes:
            value = config.get(name)
            if value is None and prefix + name in _CHOSEN & self.arguments.keys():
                yield ProviderError(f"{self.type_name}: {name!r} is missing", "The stand-in makes up no names.")
            if value is None or value is UNKNOWN:
                continue
            if prefix + name not in self.arguments:
                yield self._refusal(prefix + name, (*at, name))
            elif value not in self.choices.get(prefix + name, (value,)):
                yield self._no_choice(prefix + name, value, (*at, name))
        for name, nested in block.blocks.items():
            if not (value := config.get(name)) or value is UNKNOWN:
                continue
            if not self._may_hold(prefix + name):
                yield self._refusal(prefix + name, (*at, name))
                continue
            for step, one in _elements(value, nested):
                yield from self.problems(one, nested.block, f"{prefix}{name}.", (*at, name, *step))

    def _may_hold(self, path: str) -> bool:
        return any(argument.startswith(path + ".") for argument in self.arguments)

    def _refusal(self, path: str, at: tuple[str | int, ...]) -> ProviderError:
        cure = f"Leave {path!r} out, add it to the handler of {self.type_name} in sandbox/provider"
        return ProviderError(f"{self.type_name}: {path!r} is not imitated", _CURE.format(cure=cure), path=at)

    def _no_choice(self, path: str, value: Value, at: tuple[str | int, ...]) -> ProviderError:
        choices = ", ".join(repr(choice) for choice in self.choices[path])
        return ProviderError(f"{self.type_name}: {path!r} is {value!r}", f"It must be one of {choices}.", path=at)


def unknown_type(type_name: str) -> ProviderError:
    """Return the error for a type that AWS has and nobody imitates here."""
    cure = "Add a handler in sandbox/provider/resources (README.md there says how)"
    return ProviderError(f"{type_name} is not imitated by the sandbox's provider", _CURE.format(cure=cure))


def _elements(value: Value, nested: NestedBlock) -> Iterator[tuple[tuple[int, ...], Attributes]]:
    """A path may say which element of a list; an element of a set has no address of its own."""
    if nested.nesting == "single":
        yield (), value
    else:
        for index, one in enumerate(value):
            if one is not UNKNOWN:
                yield ((index,) if nested.nesting == "list" else ()), one
