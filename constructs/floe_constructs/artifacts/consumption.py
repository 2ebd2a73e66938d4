"""What the contract says about Cube."""

from typing import Annotated, Literal

from pydantic import Field

from floe_constructs.artifacts.part import IfEnabled, Part, Reference, Said


class CubeStore(Part):
    """Cube Store's object storage."""

    s3_bucket: Said = None
    """Bucket."""

    s3_region: Said = None
    """Region of the bucket."""

    s3_endpoint: Said = None
    """Address of the store; AWS when silent."""

    s3_access_key_ref: Reference | None = None
    """Secret with the access key's id."""

    s3_secret_key_ref: Reference | None = None
    """Secret with the access key."""


class ExportBucket(Part):
    """The bucket through which a warehouse hands over large results."""

    bucket_type: Literal["s3", "gcs", "azure"] | None = None
    """Kind of object store; a text in the contract, and these are all that Cube knows."""

    name: Said = None
    """Name of the bucket."""

    region: Said = None
    """Region of the bucket."""

    access_key_ref: Reference | None = None
    """Secret with the access key's id; with Azure's account key; with Google's credentials."""

    secret_key_ref: Reference | None = None
    """Secret with the access key."""

    integration: Said = None
    """Storage integration of Snowflake."""


class Security(Part):
    """Who sees which rows."""

    row_level: bool = True
    """Whether rows are told apart by who asks."""

    filter_column: str = "organization_id"
    """Dimension, and claim, by which they are."""


class PreAggregations(Part):
    """How pre-aggregations are kept."""

    refresh_schedule: str = "*/30 * * * *"
    """When they are built anew, as cron has it."""

    external: bool = True
    """Whether they are kept in Cube Store, or in the database."""

    timezone: str = "UTC"
    """Time zone that they are built for."""

    cube_store: Annotated[CubeStore | None, IfEnabled] = None
    """Cube Store's object storage, if the data team decides it."""

    export_bucket: Annotated[ExportBucket | None, IfEnabled] = None
    """Bucket for large results, if the data team has one."""


class Consumption(Part):
    """Cube, as the data team wants it."""

    port: Annotated[int, Field(ge=1, le=65535)] = 4000
    """Port of the HTTP API."""

    api_secret_ref: Reference | None = None
    """Secret that tokens of the API are signed with."""

    database_type: Said = None
    """Cube's driver: `trino`, `snowflake`."""

    dev_mode: bool = False
    """Cube without authentication."""

    pre_aggregations: PreAggregations = PreAggregations()
    """How pre-aggregations are kept."""

    security: Security = Security()
    """Who sees which rows; by the organisation when silent, as the contract has it."""
