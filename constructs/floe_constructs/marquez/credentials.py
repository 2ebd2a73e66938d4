"""Which of Marquez' pods get which credentials."""

from floe_constructs.kubernetes.secret import Use, uses
from floe_constructs.marquez import config
from floe_constructs.marquez.flows import labels, migration
from floe_constructs.marquez.spec import MarquezSpec


def credentials(spec: MarquezSpec) -> list[Use]:
    """Answer every credential of all that works on the database."""
    pods = [labels(spec, "api"), migration(spec)]
    if spec.retention_days:
        pods.append(labels(spec, "retention"))
    return uses(pods, config.variables(spec), spec.database.files)
