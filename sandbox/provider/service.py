"""Terraform's requests answered: validate, configure, plan, apply, read, import."""

from __future__ import annotations

import json
import sys
import traceback
from typing import TYPE_CHECKING, TypeVar

from sandbox.provider import wire
from sandbox.provider.engine import Engine, meaning
from sandbox.provider.errors import ProviderError
from sandbox.provider.imitation import Imitation, unknown_type
from sandbox.provider.session import CONFIGURATION, Session, open_session
from sandbox.provider.values import Attributes, decode, encode, is_unknown, known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sandbox.provider.bindings import Extract
    from sandbox.provider.handler import DataSource, Handler
    from sandbox.provider.schema import Block
    from sandbox.provider.wire import Message

Result = TypeVar("Result")

_ERROR = 1  # Diagnostic.Severity


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
        imitations = {name: one.imitation for name, one in handlers.items()}
        imitations |= {f"data.{name}": one.imitation for name, one in data_sources.items()}
        self._blocks: dict[str, Block] = {
            name: imitations[name].served(block) if name in imitations else block
            for name, block in schemas.types.items()
        }

    # Schema and validation ------------------------------------------------------------------------------------------

    def GetSchema(self, _request: Message) -> Message:  # noqa: N802
        response = wire.SchemaResponse(provider=_schema(self._provider))
        for name, block in sorted(self._blocks.items()):
            entries = response.data if name.startswith("data.") else response.resources
            entries.add(key=name.removeprefix("data."), value=_schema(block))
        response.capabilities.get_provider_schema_optional = True
        return response

    def PrepareProviderConfig(self, request: Message) -> Message:  # noqa: N802
        response = wire.PrepareResponse(prepared_config=request.config)
        _report(response, CONFIGURATION.problems(decode(request.config), self._provider))
        return response

    def ValidateResourceTypeConfig(self, request: Message) -> Message:  # noqa: N802
        return self._validated(request, request.type_name, self._handlers.get(request.type_name))

    def ValidateDataSourceConfig(self, request: Message) -> Message:  # noqa: N802
        return self._validated(request, f"data.{request.type_name}", self._data_sources.get(request.type_name))

    def _validated(self, request: Message, name: str, handler: Handler | DataSource | None) -> Message:
        response = wire.ValidateResponse()
        if handler is None:
            _report(response, [unknown_type(name.replace("data.", "data "))])
        else:
            _report(response, handler.imitation.problems(decode(request.config), self._blocks[name]))
        return response

    def UpgradeResourceState(self, request: Message) -> Message:  # noqa: N802
        """There is one version of our schemas; an attribute that left them is dropped by encoding."""
        response = wire.UpgradeResponse()
        state = json.loads(request.raw_state.json)
        return _answer(response, lambda: _put(response.upgraded_state, state, self._block(request.type_name)))

    def Configure(self, request: Message) -> Message:  # noqa: N802
        def configure() -> None:
            self._session = open_session(decode(request.config))

        return _answer(wire.ConfigureResponse(), configure, doing="configuring the provider")

    # Resources ------------------------------------------------------------------------------------------------------

    def ReadResource(self, request: Message) -> Message:  # noqa: N802
        response = wire.ReadResponse()

        def read() -> None:
            state = self._read(request.type_name, decode(request.current_state))
            _put(response.new_state, state, self._block(request.type_name))

        return _answer(response, read, doing=f"reading {request.type_name}")

    def PlanResourceChange(self, request: Message) -> Message:  # noqa: N802
        response = wire.PlanResponse()
        if decode(request.config) is None:  # to be destroyed
            response.planned_state.CopyFrom(request.config)
            return response

        def plan() -> None:
            config, prior = decode(request.config), decode(request.prior_state)
            block, imitation = self._block(request.type_name), self._handler(request.type_name).imitation
            if _report(response, imitation.problems(config, block)):
                return
            planned = self._engine(imitation, block).plan(prior=prior, config=config)
            for name in planned.replaces:
                response.requires_replace.add().steps.add(attribute_name=name)
            _put(response.planned_state, planned.state, block)

        return _answer(response, plan, doing=f"planning {request.type_name}")

    def ApplyResourceChange(self, request: Message) -> Message:  # noqa: N802
        response = wire.ApplyResponse()
        prior, planned = decode(request.prior_state), decode(request.planned_state)
        block = self._block(request.type_name)
        response.new_state.CopyFrom(request.prior_state)  # until something is made, a failure leaves what was there

        def apply() -> None:
            handler = self._handler(request.type_name)
            if planned is None:
                _ignoring_absence(handler.imitation, lambda: handler.delete(self._configured, prior))
                _put(response.new_state, None, block)
                return
            if _report(response, handler.imitation.problems(decode(request.config), block)):
                return
            state = known(planned)
            try:
                if prior is None:
                    handler.create(self._configured, state)
                else:
                    handler.update(self._configured, prior, state)
                _put(response.new_state, self._read_back(request.type_name, state), block)
            except Exception:
                if prior is None and state.get("id"):  # half made: Terraform must know of it, to replace it
                    _put(response.new_state, state, block)
                raise

        return _answer(response, apply, doing=_deed(request.type_name, prior, planned))

    def ImportResourceState(self, request: Message) -> Message:  # noqa: N802
        response = wire.ImportResponse()

        def read() -> None:
            handler = self._handler(request.type_name)
            start = handler.imported(request.id)
            if "region" in handler.imitation.arguments:
                start["region"] = self._configured.region
            imported = response.imported_resources.add(type_name=request.type_name)
            _put(imported.state, start, self._block(request.type_name))  # Terraform then reads it

        return _answer(response, read, doing=f"importing {request.type_name}")

    def ReadDataSource(self, request: Message) -> Message:  # noqa: N802
        response = wire.ReadDataResponse()

        def read() -> None:
            name, config = f"data.{request.type_name}", decode(request.config)
            source = self._data_sources.get(request.type_name)
            if source is None:
                raise unknown_type(name.replace("data.", "data "))
            block = self._block(name)
            if not _report(response, source.imitation.problems(config, block)):
                state = {**config, **source.read(self._configured, config)}
                settled = self._engine(source.imitation, block).settle(written=state, observed={})
                _put(response.state, settled, block)

        return _answer(response, read, doing=f"reading data {request.type_name}")

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

    def _block(self, name: str) -> Block:
        if name not in self._blocks:
            raise unknown_type(name)
        return self._blocks[name]

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
        if observed is None:
            return None
        return self._engine(handler.imitation, self._blocks[type_name]).settle(written=state, observed=observed)

    def _engine(self, imitation: Imitation, block: Block) -> Engine:
        session = self._configured
        return Engine(imitation=imitation, block=block, region=session.region, default_tags=session.default_tags)


def _schema(block: Block) -> Message:
    return wire.Schema(block=block.to_wire())


def _put(message: Message, value: Attributes | None, block: Block) -> None:
    message.msgpack = encode(value, block)


def _deed(type_name: str, prior: Attributes | None, planned: Attributes | None) -> str:
    deed = "deleting" if planned is None else "creating" if prior is None else "updating"
    thing = (prior or {}).get("id") or next(
        (value for key in ("bucket", "name") if (value := (planned or {}).get(key)) and not is_unknown(value)), ""
    )
    return f"{deed} {type_name} {thing}".strip()


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


def _answer(response: Message, work: Callable[[], None], *, doing: str = "") -> Message:
    """Run `work`, which fills the response in; an error becomes the response's diagnostic."""
    try:
        work()
    except ProviderError as error:
        _report(response, [error])
    except Exception as error:  # noqa: BLE001 - whatever it is, Terraform must hear of it
        if not error_code(error):
            traceback.print_exc(file=sys.stderr)  # a fault of ours: TF_LOG=debug shows where
        _report(response, [ProviderError(f"{doing}: {error}" if doing else f"{type(error).__name__}: {error}")])
    return response


def _report(response: Message, problems: Iterable[ProviderError]) -> bool:
    """Add every problem to the response's diagnostics; return whether there was one."""
    for problem in problems:
        diagnostic = response.diagnostics.add(severity=_ERROR, summary=problem.summary, detail=problem.detail)
        for step in problem.path:
            if isinstance(step, int):
                diagnostic.attribute.steps.add(element_key_int=step)
            else:
                diagnostic.attribute.steps.add(attribute_name=step)
    return bool(response.diagnostics)
