"""Generates Python types from the schemas of a contract: typed dicts with the keys of the JSON objects."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final

from seatunnel_openapi import Contract

HEADER: Final = '"""The schemas of the contract of {release}. Generated: don\'t edit."""'


class GeneratorMissing(ImportError):
    """The generator of the types is not installed; `hint` is the command that installs it."""

    hint: Final = "pip install 'seatunnel-v2[stubs]'"

    def __init__(self) -> None:
        super().__init__("datamodel-code-generator is not installed")


def types_of(contract: Contract) -> str:
    """Return the source of a module with one type per component schema, with its name. Raises `GeneratorMissing`."""
    try:
        import datamodel_code_generator as generator  # noqa: PLC0415 - an extra
        from datamodel_code_generator import enums  # noqa: PLC0415 - as above
    except ImportError:
        raise GeneratorMissing from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = generator.generate(
            _document(contract),
            input_file_type=enums.InputFileType.OpenAPI,
            output_model_type=enums.DataModelType.TypingTypedDict,
            target_python_version=generator.PythonVersion.PY_311,
            formatters=[generator.Formatter.BUILTIN],
            builtin_format_line_length=120,
            custom_file_header=HEADER.format(release=contract.release),
            use_schema_description=True,
            use_field_description=True,
            use_closed_typed_dict=False,
            use_standard_collections=True,
            use_union_operator=True,
            disable_timestamp=True,
        )
    return str(text).rstrip() + "\n"


def _document(contract: Contract) -> dict[str, Any]:
    """Return the document without paths: the schemas of all bodies are components."""
    components = contract.document.get("components", {})
    schemas = {name: _whole(schema, contract) for name, schema in components.get("schemas", {}).items()}
    return {**contract.document, "paths": {}, "components": {**components, "schemas": schemas}}


def _whole(schema: Mapping[str, Any], contract: Contract) -> Mapping[str, Any]:
    """Return a schema with its `allOf` merged: a typed dict can't require a member that is optional in its base."""
    if "allOf" not in schema:
        return schema
    parts = [_whole(contract.resolve(part), contract) for part in schema["allOf"]]
    properties = {name: value for part in parts for name, value in part.get("properties", {}).items()}
    required = list(dict.fromkeys(name for part in parts for name in part.get("required", ())))
    rest = {key: value for part in parts for key, value in part.items()}
    own = {key: value for key, value in schema.items() if key != "allOf"}
    return {**rest, **own, "properties": properties, "required": required}
