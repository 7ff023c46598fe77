"""The messages of Terraform's plugin protocol 5, built at run time: no compiler, no generated file.

Every message of the table is an attribute of this module (`wire.Diagnostic`). Only numbers and types travel; names are
ours, but a method's request is called by the method's name and `Request`. The numbers are those of
docs/plugin-protocol/tfplugin5.proto in hashicorp/terraform; messages list only the fields we use.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Message: TypeAlias = Any  # protobuf makes its classes at run time; no checker knows them

_PACKAGE = "sandbox_tfplugin5"
_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bytes": _FIELD.TYPE_BYTES,
    "string": _FIELD.TYPE_STRING,
    "bool": _FIELD.TYPE_BOOL,
    "int": _FIELD.TYPE_INT64,
    "enum": _FIELD.TYPE_INT32,  # an enum travels as a varint, so an integer does
}

# One message a line: "name=number:type", "[]" for a repeated field, "|" for one of which only one is sent, even if 0.
_TABLE = """
Value msgpack=1:bytes json=2:bytes
PathStep attribute_name=1:string| element_key_string=2:string| element_key_int=3:int|
Path steps=1:PathStep[]
Diagnostic severity=1:enum summary=2:string detail=3:string attribute=4:Path
Attribute name=1:string type=2:bytes required=4:bool optional=5:bool computed=6:bool sensitive=7:bool write_only=10:bool
NestedBlock type_name=1:string block=2:Block nesting=3:enum min_items=4:int max_items=5:int
Block version=1:int attributes=2:Attribute[] block_types=3:NestedBlock[]
Schema version=1:int block=2:Block
SchemaEntry key=1:string value=2:Schema
Capabilities plan_destroy=1:bool get_provider_schema_optional=2:bool
GetSchemaRequest
ShutdownRequest
ShutdownResponse
SchemaResponse provider=1:Schema resources=2:SchemaEntry[] data=3:SchemaEntry[] capabilities=6:Capabilities
PrepareProviderConfigRequest config=1:Value
PrepareResponse prepared_config=1:Value diagnostics=2:Diagnostic[]
ValidateResourceTypeConfigRequest type_name=1:string config=2:Value
ValidateDataSourceConfigRequest type_name=1:string config=2:Value
ValidateResponse diagnostics=1:Diagnostic[]
RawState json=1:bytes
UpgradeResourceStateRequest type_name=1:string version=2:int raw_state=3:RawState
UpgradeResponse upgraded_state=1:Value diagnostics=2:Diagnostic[]
ConfigureRequest terraform_version=1:string config=2:Value
ConfigureResponse diagnostics=1:Diagnostic[]
ReadResourceRequest type_name=1:string current_state=2:Value
ReadResponse new_state=1:Value diagnostics=2:Diagnostic[]
PlanResourceChangeRequest type_name=1:string prior_state=2:Value config=4:Value
PlanResponse planned_state=1:Value requires_replace=2:Path[] diagnostics=4:Diagnostic[]
ApplyResourceChangeRequest type_name=1:string prior_state=2:Value planned_state=3:Value config=4:Value
ApplyResponse new_state=1:Value diagnostics=3:Diagnostic[]
ImportResourceStateRequest type_name=1:string id=2:string
ImportedResource type_name=1:string state=2:Value
ImportResponse imported_resources=1:ImportedResource[] diagnostics=2:Diagnostic[]
ReadDataSourceRequest type_name=1:string config=2:Value
ReadDataResponse state=1:Value diagnostics=2:Diagnostic[]
StopRequest
StopResponse error=1:string
"""


def _add_field(message: Message, field: str) -> None:
    name, rest = field.split("=")
    number, kind = rest.split(":")
    added = message.field.add(name=name, number=int(number), label=_FIELD.LABEL_OPTIONAL)
    if kind.endswith("[]"):
        added.label = _FIELD.LABEL_REPEATED
    if kind.endswith("|"):
        added.oneof_index = 0
        if not message.oneof_decl:
            message.oneof_decl.add(name="selector")
    kind = kind.rstrip("[]|")
    if kind in _SCALARS:
        added.type = _SCALARS[kind]
    else:
        added.type, added.type_name = _FIELD.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"


def _build() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto3")
    for line in _TABLE.strip().splitlines():
        name, *fields = line.split()
        message = file.message_type.add(name=name)
        for field in fields:
            _add_field(message, field)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    classes = message_factory.GetMessageClassesForFiles([file.name], pool)
    return {name.removeprefix(f"{_PACKAGE}."): message for name, message in classes.items()}


_MESSAGES = _build()


def __getattr__(name: str) -> Message:
    try:
        return _MESSAGES[name]
    except KeyError:
        raise AttributeError(f"plugin protocol 5 has no message called {name} here") from None
