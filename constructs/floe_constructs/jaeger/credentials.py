"""Which of Jaeger's pods get which credentials."""

from floe_constructs.jaeger import backend, cleaning, pipeline
from floe_constructs.jaeger.flows import collecting, labels
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.jaeger.storage import SearchStorage
from floe_constructs.kubernetes.authority import CA_FILE
from floe_constructs.kubernetes.secret import SecretKey, Use, uses


def credentials(spec: JaegerSpec) -> list[Use]:
    """Answer what pods log in with, show, and verify others by."""
    storage = spec.storage if isinstance(spec.storage, SearchStorage) else None
    verifying = {}
    if storage and isinstance(storage.ca, SecretKey):
        verifying = _in(backend.CA_FOLDER, {CA_FILE: storage.ca})
    logging_in = _in(backend.CREDENTIALS, backend.files(spec))
    found = uses([labels(spec, role) for role in spec.roles], {}, logging_in | verifying)
    found += uses([collecting(spec)], {}, _in(pipeline.TLS, pipeline.tls_files(spec)))
    if spec.index_cleaner and storage:
        shown = _in(backend.CREDENTIALS, cleaning.certificates(spec))
        variables = cleaning.variables(storage)
        found += uses([labels(spec, "index-cleaner")], variables, shown | verifying)
    return found


def _in(folder: str, files: dict[str, SecretKey]) -> dict[str, SecretKey]:
    return {f"{folder}/{name}": key for name, key in files.items()}
