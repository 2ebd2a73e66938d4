"""cdk8s constructs of a data platform: Dagster, Cube, Marquez and Jaeger."""
