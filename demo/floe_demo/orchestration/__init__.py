"""How it runs: Dagster's assets, checks, jobs and schedules, and what they tell others."""
