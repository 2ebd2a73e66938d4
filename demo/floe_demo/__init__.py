"""A data team's project: live data through Iceberg, dbt and Dagster to whoever asks.

It knows the platform by the mounted CompiledArtifacts and by environment variables alone.
"""
