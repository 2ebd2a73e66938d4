"""What dbt runs on: its profile out of the artifacts, and DuckDB's way to the lake."""
