"""Which of Jaeger's pods get which credentials."""

from floe_constructs.jaeger import config
from floe_constructs.jaeger.flows import labels
from floe_constructs.jaeger.spec import JaegerSpec, SearchStorage
from floe_constructs.kubernetes.secret import Use, uses


def credentials(spec: JaegerSpec) -> list[Use]:
    """Answer the storage's password, which only a storage elsewhere has."""
    if not isinstance(spec.storage, SearchStorage) or not spec.storage.password:
        return []
    pods = [labels(spec, role) for role in ("collector", "query")]
    path = f"{config.CREDENTIALS}/{config.PASSWORD}"
    return uses(pods, {}, {path: spec.storage.password})
