"""Who containers run as, and what that user may read."""

USER = 10001
"""User and group of containers whose image allows any."""

SECRET_MODE = 0o440
"""Mode of files out of Secrets: read by the pod's group, which `USER` is in."""
