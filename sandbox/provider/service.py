"""Terraform's requests answered: validate, configure, plan, apply, read, import."""

from __future__ import annotations

import functools
import json
import sys
import traceback
from typing import TYPE_CHECKING, TypeVar

from sandbox.provider import wire
from sandbox.provider.engine import Engine, meaning
from sandbox.provider.errors import ProviderError, Refusal
from sandbox.provider.imitation import unknown_type
from sandbox.provider.session import CONFIGURATION, Session, open_session
from sandbox.provider.values import Attributes, decode, encode, is_unknown, known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sandbox.provider.bindings import Extract
    from sandbox.provider.handler import DataSource, Handler
    from sandbox.provider.imitation import Imitation
    from sandbox.provider.schema import Block
    from sandbox.provider.wire import Message

Result = TypeVar("Result")

_ERROR = 1  # Diagnostic.Severity


def _answers(
    response_type: str, doing: Callable[[Message], str]
) -> Callable[[Callable[[Service, Message, Message], None]], Callable[[Service, Message], Message]]:
    """Make a method that fills in a response one that returns it; an error becomes the response's diagnostic."""

    def decorate(fill_in: Callable[[Service, Message, Message], None]) -> Callable[[Service, Message], Message]:
        @functools.wraps(fill_in)
        def answer(service: Service, request: Message) -> Message:
            response = getattr(wire, response_type)()
            try:
                fill_in(service, request, response)
            except Refusal as refusal:
                _report(response, *refusal.problems)
            except ProviderError as error:
                _report(response, error)
            except Exception as error:  # noqa: BLE001 - whatever it is, Terraform must hear of it
                if not error_code(error):
                    traceback.print_exc(file=sys.stderr)  # a fault of ours: TF_LOG=debug shows where
                _report(response, ProviderError(f"{doing(request)}: {error or type(error).__name__}"))
            return response

        return answer

    return decorate


def _to(verb: str) -> Callable[[Message], str]:
    return lambda request: f"{verb} {request.type_name}"


def _deed(request: Message) -> str:
    """Say what is being done to what, for an error in the middle of it."""
    prior, planned = decode(request.prior_state), decode(request.planned_state)
    deed = "deleting" if planned is None else "creating" if prior is None else "updating"
    called = (value for key in ("bucket", "name") if (value := (planned or {}).get(key)) and not is_unknown(value))
    return f"{deed} {request.type_name} {(prior or {}).get('id') or next(called, '')}".strip()


class Service:
    """One provider. Method names are those of tfplugin5.Provider, so that gRPC finds them (see server.py).

    Terraform validates before it configures, so the session is absent until then.
    """

    def __init__(
        self, *, schemas: Extract, handlers: Mapping[str, Handler], data_sources: Mapping[str, DataSource]
    ) -> None:
        self._handlers = handlers
        self._data_sources = data_sources
        self._session: Session | None = None
        self._provider = CONFIGURATION.served(schemas.provider)
        self._imitations = {name: one.imitation for name, one in handlers.items()}
        self._imitations |= {f"data.{name}": one.imitation for name, one in data_sources.items()}
        self._blocks: dict[str, Block] = {
            name: self._imitations[name].served(block) if name in self._imitations else block
            for name, block in schemas.types.items()
        }

    # Schema and validation ------------------------------------------------------------------------------------------

    def GetSchema(self, _request: Message) -> Message:  # noqa: N802
        response = wire.SchemaResponse(provider=wire.Schema(block=self._provider.to_wire()))
        for name, block in sorted(self._blocks.items()):
            entries = response.data if name.startswith("data.") else response.resources
            entries.add(key=name.removeprefix("data."), value=wire.Schema(block=block.to_wire()))
        response.capabilities.get_provider_schema_optional = True
        return response

    @_answers("PrepareResponse", lambda _: "validating the provider's configuration")
    def PrepareProviderConfig(self, request: Message, response: Message) -> None:  # noqa: N802
        response.prepared_config.CopyFrom(request.config)
        _refuse(CONFIGURATION.problems(decode(request.config), self._provider))

    @_answers("ValidateResponse", _to("validating"))
    def ValidateResourceTypeConfig(self, request: Message, _response: Message) -> None:  # noqa: N802
        self._check(request.type_name, decode(request.config))

    @_answers("ValidateResponse", _to("validating data"))
    def ValidateDataSourceConfig(self, request: Message, _response: Message) -> None:  # noqa: N802
        self._check(f"data.{request.type_name}", decode(request.config))

    @_answers("UpgradeResponse", _to("upgrading the state of"))
    def UpgradeResourceState(self, request: Message, response: Message) -> None:  # noqa: N802
        """There is one version of our schemas; an attribute that left them is dropped by encoding."""
        self._put(response.upgraded_state, json.loads(request.raw_state.json), request.type_name)

    @_answers("ConfigureResponse", lambda _: "configuring the provider")
    def Configure(self, request: Message, _response: Message) -> None:  # noqa: N802
        self._session = open_session(decode(request.config))

    # Resources ------------------------------------------------------------------------------------------------------

    @_answers("ReadResponse", _to("reading"))
    def ReadResource(self, request: Message, response: Message) -> None:  # noqa: N802
        state = self._read(request.type_name, decode(request.current_state))
        self._put(response.new_state, state, request.type_name)

    @_answers("PlanResponse", _to("planning"))
    def PlanResourceChange(self, request: Message, response: Message) -> None:  # noqa: N802
        config, prior = decode(request.config), decode(request.prior_state)
        if config is None:  # to be destroyed
            response.planned_state.CopyFrom(request.config)
            return
        self._check(request.type_name, config)
        planned = self._engine(request.type_name).plan(prior=prior, config=config)
        for name in planned.replaces:
            response.requires_replace.add().steps.add(attribute_name=name)
        self._put(response.planned_state, planned.state, request.type_name)

    @_answers("ApplyResponse", _deed)
    def ApplyResourceChange(self, request: Message, response: Message) -> None:  # noqa: N802
        name, handler = request.type_name, self._handler(request.type_name)
        prior, planned = decode(request.prior_state), decode(request.planned_state)
        response.new_state.CopyFrom(request.prior_state)  # until something is made, a failure leaves what was there
        if planned is None:
            _ignoring_absence(handler.imitation, lambda: handler.delete(self._configured, prior))
            self._put(response.new_state, None, name)
            return
        self._check(name, decode(request.config))
        state = known(planned)
        try:
            if prior is None:
                handler.create(self._configured, state)
            else:
                handler.update(self._configured, prior, state)
            self._put(response.new_state, self._read_back(name, state), name)
        except Exception:
            if prior is None and state.get("id"):  # half made: Terraform must know of it, to replace it
                self._put(response.new_state, state, name)
            raise

    @_answers("ImportResponse", _to("importing"))
    def ImportResourceState(self, request: Message, response: Message) -> None:  # noqa: N802
        start = {**self._handler(request.type_name).imported(request.id), "region": self._configured.region}
        imported = response.imported_resources.add(type_name=request.type_name)
        self._put(imported.state, start, request.type_name)  # Terraform then reads it

    @_answers("ReadDataResponse", _to("reading data"))
    def ReadDataSource(self, request: Message, response: Message) -> None:  # noqa: N802
        name, config = f"data.{request.type_name}", decode(request.config)
        self._check(name, config)
        state = {**config, **self._data_sources[request.type_name].read(self._configured, config)}
        self._put(response.state, self._engine(name).settle(written=state, observed={}), name)

    def Stop(self, _request: Message) -> Message:  # noqa: N802
        return wire.StopResponse()

    # Helpers --------------------------------------------------------------------------------------------------------

    @property
    def _configured(self) -> Session:
        if self._session is None:
            raise ProviderError("The provider was asked to work before it was configured")
        return self._session

    def _handler(self, type_name: str) -> Handler:
        if type_name not in self._handlers:
            raise unknown_type(type_name)
        return self._handlers[type_name]

    def _check(self, name: str, config: Attributes) -> None:
        if name not in self._imitations:
            raise unknown_type(name.replace("data.", "data "))
        _refuse(self._imitations[name].problems(config, self._blocks[name]))

    def _put(self, message: Message, value: Attributes | None, name: str) -> None:
        if name not in self._blocks:
            raise unknown_type(name)
        message.msgpack = encode(value, self._blocks[name])

    def _read_back(self, type_name: str, state: Attributes) -> Attributes:
        made = self._read(type_name, state)
        if made is None:
            raise ProviderError(f"{type_name} {state['id']!r} is not there after it was written")
        lost = [
            f"{name!r}, written as {value!r}, is read as {made[name]!r}"
            for name, value in state.items()
            if value is not None and meaning(made[name]) != meaning(value)
        ]
        if lost:
            raise ProviderError(f"The emulator did not keep all of {type_name} {state['id']!r}", "; ".join(lost))
        return made

    def _read(self, type_name: str, state: Attributes) -> Attributes | None:
        handler = self._handler(type_name)
        observed = _ignoring_absence(handler.imitation, lambda: handler.read(self._configured, state))
        return None if observed is None else self._engine(type_name).settle(written=state, observed=observed)

    def _engine(self, name: str) -> Engine:
        session = self._configured
        return Engine(
            imitation=self._imitations[name],
            block=self._blocks[name],
            region=session.region,
            default_tags=session.default_tags,
        )


def _ignoring_absence(imitation: Imitation, call: Callable[[], Result]) -> Result | None:
    try:
        return call()
    except Exception as error:
        if error_code(error) in imitation.gone:
            return None
        raise


def error_code(error: Exception) -> str:
    """Return AWS's code of a botocore ClientError, "" of any other error."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def _refuse(problems: Iterable[ProviderError]) -> None:
    if found := list(problems):
        raise Refusal(found)


def _report(response: Message, *problems: ProviderError) -> None:
    for problem in problems:
        diagnostic = response.diagnostics.add(severity=_ERROR, summary=problem.summary, detail=problem.detail)
        for step in problem.path:
            if isinstance(step, int):
                diagnostic.attribute.steps.add(element_key_int=step)
            else:
                diagnostic.attribute.steps.add(attribute_name=step)
