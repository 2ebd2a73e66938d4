"""How the index cleaner is told what to delete, and where."""

from floe_constructs.jaeger.backend import CA_FOLDER, CERTIFICATE, CREDENTIALS, KEY, files
from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.jaeger.storage import SearchStorage
from floe_constructs.kubernetes.authority import CA_FILE
from floe_constructs.kubernetes.environment import Variables
from floe_constructs.kubernetes.secret import SecretKey

VARIABLE = "ES_PASSWORD"
"""Environment variable of the password: the program reads no file of it."""


def arguments(storage: SearchStorage) -> list[str]:
    """Answer the program's arguments: days, one of the servers, and how it is reached."""
    told = [str(storage.keep_days), storage.urls[0]]
    if storage.index_prefix:
        told.append(f"--index-prefix={storage.index_prefix}")
    if storage.username:
        told.append(f"--es.username={storage.username}")
    if storage.urls[0].startswith("https:"):
        told.append("--es.tls.enabled=true")
    if storage.ca:
        told.append(f"--es.tls.ca={CA_FOLDER}/{CA_FILE}")
    if storage.client_certificate:
        told.append(f"--es.tls.cert={CREDENTIALS}/{CERTIFICATE}")
        told.append(f"--es.tls.key={CREDENTIALS}/{KEY}")
    return told


def variables(storage: SearchStorage) -> Variables:
    """Answer the program's environment variables."""
    return {VARIABLE: storage.password} if storage.password else {}


def certificates(spec: JaegerSpec) -> dict[str, SecretKey]:
    """Answer what the program shows the servers, by file."""
    return {name: key for name, key in files(spec).items() if name in {CERTIFICATE, KEY}}
