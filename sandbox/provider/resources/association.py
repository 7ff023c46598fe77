"""What joins two things: made and unmade by one call each, and known by being in a list. Any change replaces it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.provider.handler import Handler

if TYPE_CHECKING:
    from sandbox.provider.imitation import Imitation
    from sandbox.provider.session import Client, Session
    from sandbox.provider.values import Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Association(Handler):
    """`listing` is an operation that takes `of`, one member of the association, and lists the others.

    `found` says where: the list in its answer, the member in an element of it, the argument that this is the value of.
    """

    imitation: Imitation
    service: str
    make: str
    unmake: str
    listing: str
    of: str
    found: tuple[str, str, str]

    def create(self, session: Session, state: Attributes) -> None:
        getattr(self._client(session, state), self.make)(**self.written(state))
        state["id"] = self.identity(state)

    def read(self, session: Session, state: Attributes) -> Attributes | None:
        elements, member, argument = self.found
        pages = self._client(session, state).get_paginator(self.listing)
        answers = pages.paginate(**{self.of: self.written(state)[self.of]})
        listed = {element[member] for answer in answers for element in answer[elements]}
        return {} if state[argument] in listed else None

    def delete(self, session: Session, state: Attributes) -> None:
        getattr(self._client(session, state), self.unmake)(**self.written(state))

    def _client(self, session: Session, state: Attributes) -> Client:
        return session.client(self.service, state.get("region"))
