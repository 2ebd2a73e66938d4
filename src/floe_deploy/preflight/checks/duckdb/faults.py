"""What can be wrong with DuckDB; told by its words, which are not translated."""

from floe_deploy.preflight.code import Code, Stage

DUCK_PATH_MISSING = Code(
    id="DUCK_PATH_MISSING",
    stage=Stage.OPERATION,
    message="folder {folder} does not exist",
    remediation="Mount the volume that {path} is on, or correct the path",
    detection="No such file or directory",
    definitive=True,
)

DUCK_PERMISSION = Code(
    id="DUCK_PERMISSION",
    stage=Stage.AUTHZ,
    message="{path} cannot be {done}",
    remediation="Give the process' user the right to folder and file: fsGroup of the pod's "
    "securityContext, a volume that is not mounted readOnly",
    detection="Permission denied, or Read-only file system",
    definitive=True,
)

DUCK_LOCKED = Code(
    id="DUCK_LOCKED",
    stage=Stage.OPERATION,
    message="{path} is open in another process",
    remediation="Let one process alone write to it, and close it; as long as it is open to write, "
    "nobody else may even read",
    detection="Conflicting lock",
)

DUCK_CORRUPT = Code(
    id="DUCK_CORRUPT",
    stage=Stage.OPERATION,
    message="{path} is no DuckDB database, or a damaged one",
    remediation="Correct the path, or bring the file back from where it is saved",
    detection="not a valid DuckDB database file, Corrupt database file",
    definitive=True,
)

DUCK_READ_ONLY_MISSING = Code(
    id="DUCK_READ_ONLY_MISSING",
    stage=Stage.OPERATION,
    message="{path} is not there, and read_only lets nobody make it",
    remediation="Let whoever writes it run first, or set read_only: false",
    detection="database does not exist, in read-only mode",
)

DUCK_EXTENSION = Code(
    id="DUCK_EXTENSION",
    stage=Stage.OPERATION,
    message="extension {extension} of DuckDB {version} is not in the image",
    remediation="Install it when the image is built; nothing is downloaded at run time",
    detection="Extension not found, requires the extension",
    definitive=True,
)

DUCK_REFUSED = Code(
    id="DUCK_REFUSED",
    stage=Stage.OPERATION,
    message="DuckDB {version} does not open {path}: {seen}",
    remediation="Look up what it says; a newer DuckDB may have written the file",
    detection="any other error",
)

CODES = (
    DUCK_PATH_MISSING,
    DUCK_PERMISSION,
    DUCK_LOCKED,
    DUCK_CORRUPT,
    DUCK_READ_ONLY_MISSING,
    DUCK_EXTENSION,
    DUCK_REFUSED,
)
"""Codes of DuckDB."""
