"""Which of Marquez' pods get which credentials."""

from floe_constructs.kubernetes.secret import SecretKey, Use, uses
from floe_constructs.marquez import command
from floe_constructs.marquez.flows import working
from floe_constructs.marquez.java import TRUST_FILE, TRUST_FOLDER
from floe_constructs.marquez.spec import MarquezSpec


def credentials(spec: MarquezSpec) -> list[Use]:
    """Answer every credential of all that works on the database, and of who searches."""
    found = []
    for pods, settings in working(spec):
        files = dict(spec.database.files)
        store = spec.search.trust_store if spec.search and settings is spec.api else None
        if isinstance(store, SecretKey):
            files[f"{TRUST_FOLDER}/{TRUST_FILE}"] = store
        found += uses([pods], command.variables(spec, settings), files)
    return found
