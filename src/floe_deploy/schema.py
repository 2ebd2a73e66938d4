"""The JSON Schema of `environment.yaml`."""

import json
from typing import Any

from pydantic import BaseModel


def text(environment: type[BaseModel]) -> str:
    """Answer the schema, with the specs' own descriptions."""
    schema: dict[str, Any] = environment.model_json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(head | schema, indent=2, ensure_ascii=False) + "\n"
