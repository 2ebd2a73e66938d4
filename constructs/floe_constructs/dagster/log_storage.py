"""What all storage of compute logs has in common."""

from floe_constructs.kubernetes.s3 import SubPath
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.spec import Spec

UPLOAD_SECONDS = 30
"""How often what a step has said so far is copied: what a lost pod can take with it."""


class ComputeLogs(Spec):
    """What all kinds of storage have in common."""

    prefix: SubPath = "dagster"
    """Folder in the bucket or container."""

    @property
    def cloud(self) -> str:
        """Whose client has one login for a whole process: `aws`, `gcp`, or empty for none."""
        return ""

    @property
    def variables(self) -> dict[str, str | SecretKey]:
        """What a process logs in with that has no login of its own to the same cloud."""
        return {}

    @property
    def files(self) -> dict[str, SecretKey]:
        """Such logins that are files, by the variable that holds the path."""
        return {}

    @property
    def instance_variables(self) -> dict[str, str | SecretKey]:
        """What `dagster.yaml` leaves to the environment of every process."""
        return {}
