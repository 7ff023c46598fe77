"""The shape of a handler: one per imitated type."""

from __future__ import annotations

import itertools
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from sandbox.provider.imitation import Imitation
    from sandbox.provider.session import Session
    from sandbox.provider.values import Attributes, Value

_SERIAL = itertools.count()


class Handler(ABC):
    """Makes, reads, changes and destroys one type of resource through the AWS API.

    Handlers keep no state and know nothing of plans: the engine compares, settles defaults and merges tags. Errors of
    AWS pass through; a code in `imitation.gone` means the resource does not exist.
    """

    imitation: ClassVar[Imitation]

    @abstractmethod
    def create(self, session: Session, state: Attributes) -> None:
        """Make what `state` describes (unknowns are None). Set `state["id"]` as soon as there is something to lose."""

    @abstractmethod
    def read(self, session: Session, state: Attributes) -> Attributes:
        """Return what AWS says of the resource `state["id"]`; what AWS does not know may be left out."""

    @abstractmethod
    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:
        """Change what is described by `prior` into `state`, in place."""

    @abstractmethod
    def delete(self, session: Session, state: Attributes) -> None:
        """Destroy it."""

    def imported(self, identifier: str) -> Attributes:
        """Return what `terraform import` starts from: enough for `read`. ProviderError when the id is malformed."""
        return {"id": identifier}


class DataSource(ABC):
    """Reads one type of data source."""

    imitation: ClassVar[Imitation]

    @abstractmethod
    def read(self, session: Session, config: Attributes) -> Attributes:
        """Return the outputs."""


def generated_name(prefix: str = "terraform-") -> str:
    """Return a name nobody chose, as the real provider does for a resource without one: 26 digits after the prefix."""
    return f"{prefix}{time.strftime('%Y%m%d%H%M%S')}{time.time_ns() // 1000 % 10**4:04}{next(_SERIAL):08x}"


def given(**arguments: Value) -> Attributes:
    """Return the arguments of an API call that have something to say."""
    return {name: value for name, value in arguments.items() if value}


def changed(prior: Attributes, state: Attributes, *arguments: str) -> bool:
    """Whether any of the arguments differs."""
    return any(prior.get(argument) != state.get(argument) for argument in arguments)
