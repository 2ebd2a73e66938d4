"""What an overlay of Acme's may say beside what floe-deploy knows."""

from floe_constructs.kubernetes.value import Image
from floe_constructs.kubernetes.workload import Workload
from floe_deploy.environment import Environment


class Notebook(Workload):
    """A notebook server."""

    image: Image
    """Image of the server."""


class AcmeEnvironment(Environment):
    """An environment of Acme's."""

    notebook: Notebook | None = None
    """The notebook server; none, when silent."""
