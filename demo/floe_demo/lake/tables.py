"""The tables of a domain: made where there are none."""

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import TableAlreadyExistsError
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import DayTransform
from pyiceberg.types import (
    DecimalType,
    IcebergType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestamptzType,
)

from floe_demo.generators import Generator
from floe_demo.generators.batch import LEDGER, LEDGER_SCHEMA
from floe_demo.generators.columns import DECIMAL, TIME

PROPERTIES = {
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "5",
    "commit.retry.num-retries": "0",
    "write.parquet.compression-codec": "zstd",
}
SEED = "floe.seed"
TYPES: dict[pa.DataType, IcebergType] = {
    pa.string(): StringType(),
    pa.int32(): IntegerType(),
    pa.int64(): LongType(),
    DECIMAL: DecimalType(DECIMAL.precision, DECIMAL.scale),
    TIME: TimestamptzType(),
}


def order(generator: Generator) -> tuple[str, ...]:
    """Answer the tables in the order in which a batch is written: what says of it comes first."""
    return (LEDGER, *generator.schemas)


def made(catalog: Catalog, namespace: str, generator: Generator) -> dict[str, Table]:
    """Answer the tables, with those made that are missing."""
    catalog.create_namespace_if_not_exists(namespace)
    return {
        name: _made(catalog, f"{namespace}.{name}", _schema(generator, name), generator.seed)
        for name in order(generator)
    }


def _schema(generator: Generator, name: str) -> pa.Schema:
    return LEDGER_SCHEMA if name == LEDGER else generator.schemas[name]


def _made(catalog: Catalog, name: str, columns: pa.Schema, seed: int) -> Table:
    if catalog.table_exists(name):
        return catalog.load_table(name)
    schema = Schema(
        *(
            NestedField(number, field.name, TYPES[field.type], required=not field.nullable)
            for number, field in enumerate(columns, 1)
        )
    )
    day = PartitionField(
        source_id=schema.find_field("updated_at").field_id,
        field_id=PARTITION_FIELD_ID_START,
        transform=DayTransform(),
        name="updated_day",
    )
    try:
        return catalog.create_table(
            name,
            schema,
            partition_spec=PartitionSpec(day),
            properties={**PROPERTIES, SEED: str(seed)},
        )
    except TableAlreadyExistsError:  # another one made it meanwhile
        return catalog.load_table(name)
