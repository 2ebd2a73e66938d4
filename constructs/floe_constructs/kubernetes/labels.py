"""The names and labels of a workload, fixed for the life of the platform."""

from dataclasses import dataclass

from floe_constructs.kubernetes.phase import Phase


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Who a pod is: `app.kubernetes.io/name`, `instance` and `component`."""

    name: str
    """The application: `dagster`."""

    instance: str
    """The installation: the environment's name."""

    component: str
    """The role within the application: `webserver`."""

    phase: Phase = Phase.PLATFORM
    """When its objects are applied, but for those whose kind belongs to an earlier phase."""

    @property
    def object_name(self) -> str:
        """Name of the workload's objects: the namespace says which environment they belong to."""
        return f"{self.name}-{self.component}"

    @property
    def selector(self) -> dict[str, str]:
        """What selects exactly these pods. Immutable in a Deployment, so it never grows."""
        return {
            "app.kubernetes.io/name": self.name,
            "app.kubernetes.io/instance": self.instance,
            "app.kubernetes.io/component": self.component,
        }

    @property
    def all(self) -> dict[str, str]:
        """What every object of the workload carries; a version would change all at once."""
        return {
            "app.kubernetes.io/name": self.name,
            "app.kubernetes.io/instance": self.instance,
            "app.kubernetes.io/component": self.component,
            "app.kubernetes.io/part-of": "floe",
            "app.kubernetes.io/managed-by": "floe-deploy",
        }
