"""The lake: Iceberg tables that batches are appended to, each once."""
