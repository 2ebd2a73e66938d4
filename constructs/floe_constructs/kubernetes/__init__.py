"""What every workload shares; modules without Kubernetes objects in them load without Node."""

PREFIX = "floe.dev"
"""Prefix of the labels and annotations that are this project's own."""
