"""Metrics, alerts and dashboards of what runs in an environment."""
