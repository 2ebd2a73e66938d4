"""What Dagster makes of an environment's settings: the pods of runs and of steps."""
