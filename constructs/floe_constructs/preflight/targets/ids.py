"""Ids of checks: parts with dots between, of which the first say what is asked."""

SECRETS = "secrets"
"""Id of the check whether Secrets are there."""

CLUSTER = "cluster"
"""What the pod is called that asks the cluster, and what the ids of its checks begin with."""

VERIFY = "verify"
"""What the pod is called that asks what has been rolled out."""


def begins(id: str, beginning: str) -> bool:
    """Tell whether an id is another one, or goes on where that ends."""
    return f"{id}.".startswith(f"{beginning}.")


def alike(one: str, other: str) -> bool:
    """Tell whether an id is the beginning of another, in either order."""
    return begins(one, other) or begins(other, one)
