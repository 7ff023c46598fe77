"""The shape of a handler: one per imitated type."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.provider.errors import ProviderError
from sandbox.provider.members import from_aws, to_aws

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.provider.imitation import Imitation
    from sandbox.provider.session import Session
    from sandbox.provider.values import Attributes


class Handler(ABC):
    """Makes, reads, changes and destroys one type of resource through the AWS API.

    Handlers keep no state and know nothing of plans: the engine compares, settles defaults and merges tags. Errors of
    AWS pass through; a code in `imitation.gone` means the resource does not exist.
    """

    imitation: Imitation

    @abstractmethod
    def create(self, session: Session, state: Attributes) -> None:
        """Make what `state` describes (unknowns are None). Set `state["id"]` as soon as there is something to lose."""

    @abstractmethod
    def read(self, session: Session, state: Attributes) -> Attributes | None:
        """Return what AWS says of the resource, None when it is gone; what AWS does not know may be left out."""

    @abstractmethod
    def delete(self, session: Session, state: Attributes) -> None:
        """Destroy it."""

    def update(self, session: Session, prior: Attributes, state: Attributes) -> None:
        """Change what is described by `prior` into `state`, in place. Left as it is where any change replaces."""
        raise NotImplementedError(f"{self.imitation.type_name} is replaced by every change of {prior} to {state}")

    def written(self, state: Attributes) -> Attributes:
        """Return the arguments of a call that writes `state`."""
        return to_aws(self.imitation.arguments, state)

    def observed(self, answer: Attributes) -> Attributes:
        """Return what an answer says of arguments and outputs."""
        return from_aws({**self.imitation.arguments, **self.imitation.outputs}, answer)

    def identity(self, state: Attributes) -> str:
        """Return the id that arguments make."""
        return self.imitation.identity.format(**state)

    def imported(self, identifier: str) -> Attributes:
        """Return what `terraform import` starts from: the arguments in the id. ProviderError when it is malformed."""
        identity = self.imitation.identity
        match = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(identity)), identifier)
        if match is None:
            raise ProviderError(f"{identifier!r} is no id of an {self.imitation.type_name}", f"Write it as {identity}.")
        return {**match.groupdict(), "id": identifier}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """One type of data source: `read` returns the outputs for a configuration."""

    imitation: Imitation
    read: Callable[[Session, Attributes], Attributes]
