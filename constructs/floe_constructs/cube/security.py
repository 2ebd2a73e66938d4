"""Row-level security: which rows whoever asks may see, in Cube's own configuration file."""

import json
from importlib.resources import files as package_files
from typing import Annotated, Literal

from pydantic import Field

from floe_constructs.kubernetes.files import Files
from floe_constructs.spec import Spec

CONF = "/cube/conf"
"""Folder of Cube's configuration."""

Column = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        max_length=128,
        json_schema_extra={"rule": "a dimension's name: organization_id"},
    ),
]
"""A dimension of a cube."""

Sees = Literal["all"] | Annotated[tuple[str, ...], Field(min_length=1)]
"""Values of the column whose rows somebody sees."""


class RowLevelSecurity(Spec):
    """Every query is narrowed down to the rows that the claims of its token allow.

    Each cube and view that a query names must have the dimension, and the token a claim of that
    name, a text, a number or a list of them; otherwise the query is refused. A measure that sets
    filters aside (`filter` of a multi-stage one) sets this one aside too.
    """

    column: Column
    """Dimension, and claim, by which rows are told apart."""


ByModel = Literal["by-model"]
"""Policies in the model, or a configuration in the image, decide who sees what."""


def configuration(security: RowLevelSecurity, sees: Sees | None) -> Files:
    """Answer Cube's configuration; `sees` is what the user of the SQL API sees."""
    program = package_files("floe_constructs.cube").joinpath("files/cube.js").read_text("utf-8")
    told = json.dumps({"column": security.column, "sqlUserSees": sees})
    text = program.replace("__SETTINGS__", told)
    return Files(name="cube-config", path=CONF, data={"cube.js": text})
