"""What a pod gets for the credentials that the contract refers to."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from floe_constructs.artifacts.compute import Compute
from floe_constructs.artifacts.consumption import Consumption
from floe_constructs.artifacts.contract import CompiledArtifacts, Service
from floe_constructs.artifacts.part import SecretReference
from floe_constructs.problem import Problem
from floe_constructs.variables import VARIABLES

SINGLE_KEY = "value"
"""Key of a Secret that holds one value."""

_SECRET_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, kw_only=True)
class Credential:
    """One environment variable of a pod, and the secret that it comes from."""

    reference: str
    """The contract's `secret_ref`: the name of the Secret, unless the overlay maps it."""

    key: str
    """Key in the Secret."""

    variable: str
    """Environment variable that holds the value, or the path of a file with the value."""

    service: str
    """Who asks for it: `storage`, `catalog`, `compute`, `cube`, `cube-store`, `export-bucket`."""

    where: str
    """Path in the contract that refers to it."""

    file: bool = False
    """Whether the value is mounted as a file, because its users read it from a path."""

    @property
    def needs_mapping(self) -> bool:
        """Whether no Secret can be called so: lower case, digits and '-' are allowed (RFC 1123)."""
        return not _SECRET_NAME.fullmatch(self.reference)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One key of a bundle: a Secret with more than one value, or with a value of a fixed name."""

    variable: str
    """Environment variable, and the key in the Secret unless `key` is another one."""

    key: str = ""
    """Key in the Secret, where it is not the variable."""

    file: bool = False
    """Whether the value is a file, whose path is in the variable."""

    unless: str = ""
    """Property of the compute engine that makes the entry needless, because it says the value."""


_S3, _SNOWFLAKE = VARIABLES["s3"], VARIABLES["snowflake"]
_AWS = (Entry(variable=_S3["access_key_id"]), Entry(variable=_S3["secret_access_key"]))
_GOOGLE = (Entry(variable=VARIABLES["gcs"]["credentials_file"], key="credentials.json", file=True),)

BUNDLES: dict[tuple[str, str], tuple[Entry, ...]] = {
    ("storage", "s3"): _AWS,
    ("storage", "gcs"): _GOOGLE,
    ("storage", "azure"): (Entry(variable=VARIABLES["adls"]["account_key"]),),
    ("catalog", "glue"): _AWS,
    ("compute", "snowflake"): (
        Entry(variable=_SNOWFLAKE["user"], unless="user"),
        Entry(variable=_SNOWFLAKE["password"]),
    ),
    ("compute", "bigquery"): _GOOGLE,
    ("compute", "redshift"): (
        Entry(variable="REDSHIFT_USER", unless="user"),
        Entry(variable="REDSHIFT_PASSWORD"),
    ),
    ("compute", "postgres"): (
        Entry(variable="POSTGRES_USER", unless="user"),
        Entry(variable="POSTGRES_PASSWORD"),
    ),
    ("compute", "databricks"): (Entry(variable="DATABRICKS_TOKEN"),),
}
"""What the `secret_ref` of a service and its type stands for.

The names are the providers' own, which their libraries read; preflight reads the same. Azure's
account is no secret: it is in the storage's endpoint. A service that is not in the table, Spark,
DuckDB and the other catalogs among them, has no login of a fixed form: its reference is one value
under the key `value`, in the variable called like the reference (`spark-credentials`:
`SPARK_CREDENTIALS`), which is also what `client_id` and `client_secret` are.
"""

CUBE_STORE = ("CUBESTORE_AWS_ACCESS_KEY_ID", "CUBESTORE_AWS_SECRET_ACCESS_KEY")
"""Variables of Cube Store for the two references of its bucket."""

EXPORT_BUCKET: dict[str, tuple[str, ...]] = {
    "s3": ("CUBEJS_DB_EXPORT_BUCKET_AWS_KEY", "CUBEJS_DB_EXPORT_BUCKET_AWS_SECRET"),
    "gcs": ("CUBEJS_DB_EXPORT_GCS_CREDENTIALS",),
    "azure": ("CUBEJS_DB_EXPORT_BUCKET_AZURE_KEY",),
}
"""Variables of Cube for the references of the export bucket, by its type.

With Google and Azure `access_key_ref` is all that there is; Google's credentials are in Base64.
"""


def variable_of(reference: str) -> str:
    """Answer the variable of a single value, as the compiler's resolver derives it."""
    return re.sub(r"[^A-Z0-9]", "_", reference.upper())


def credentials(artifacts: CompiledArtifacts) -> tuple[Credential, ...]:
    """Answer what code servers, run pods and the gate get, each once, by variable."""
    return _once(
        credential
        for where, service in artifacts.services()
        for credential in of_service(where, service)
    )


def cube_credentials(artifacts: CompiledArtifacts) -> tuple[Credential, ...]:
    """Answer what Cube and Cube Store get besides the login to their database, by variable."""
    return _once(_of_cube(artifacts.consumption)) if artifacts.consumption else ()


def contradictions(found: Iterable[Credential]) -> list[Problem]:
    """Tell which variables would have two values, and which no container can have."""
    problems: list[Problem] = []
    by_variable: dict[str, Credential] = {}
    for credential in found:
        first = by_variable.setdefault(credential.variable, credential)
        if (first.reference, first.key) != (credential.reference, credential.key):
            problems.append(
                Problem(
                    where=credential.where,
                    found=f"{credential.variable} from {credential.reference}, "
                    f"but from {first.reference} in {first.where}",
                    allowed="one secret for one variable",
                    fix="let both refer to the same secret, and compile again",
                )
            )
        if not _VARIABLE.fullmatch(credential.variable):
            problems.append(
                Problem(
                    where=credential.where,
                    found=f"{credential.reference}, whose variable would be {credential.variable}",
                    allowed="a name that begins with a letter",
                    fix="rename the secret, and compile again",
                )
            )
    return problems


def of_service(where: str, service: Service) -> Iterator[Credential]:
    """Answer what one service takes, and where the contract says so."""
    login, kind = service.credentials, type(service).__name__.lower()
    at = f"{where}.credentials"
    single = {
        f"{at}.client_id": login.client_id,
        f"{at}.client_secret": login.client_secret,
        f"{where}.endpoint": getattr(service, "endpoint", None),
        f"{where}.uri": getattr(service, "uri", None),
    }
    for place, value in single.items():
        if isinstance(value, SecretReference):
            yield _single(value.secret_ref, kind, place)
    if login.secret_ref is None:
        return
    place = f"{at}.secret_ref"
    bundle = BUNDLES.get((kind, service.type))
    if bundle is None:
        yield _single(login.secret_ref, kind, place)
    known = service.properties if isinstance(service, Compute) else {}
    for entry in bundle or ():
        if not known.get(entry.unless):
            yield Credential(
                reference=login.secret_ref,
                key=entry.key or entry.variable,
                variable=entry.variable,
                service=kind,
                where=place,
                file=entry.file,
            )


def _of_cube(consumption: Consumption) -> Iterator[Credential]:
    if secret := consumption.api_secret_ref:
        yield _single(secret, "cube", "consumption.api_secret_ref", "CUBEJS_API_SECRET")
    at = "consumption.pre_aggregations"
    if store := consumption.pre_aggregations.cube_store:
        place = f"{at}.cube_store.s3_"
        said = {
            "access_key_ref": store.s3_access_key_ref,
            "secret_key_ref": store.s3_secret_key_ref,
        }
        yield from _keys("cube-store", place, said, CUBE_STORE)
    if bucket := consumption.pre_aggregations.export_bucket:
        place = f"{at}.export_bucket."
        said = {"access_key_ref": bucket.access_key_ref, "secret_key_ref": bucket.secret_key_ref}
        variables = EXPORT_BUCKET[bucket.bucket_type or "s3"]
        yield from _keys("export-bucket", place, said, variables)


def _keys(
    service: str, place: str, said: dict[str, str | None], variables: tuple[str, ...]
) -> Iterator[Credential]:
    for (field, reference), variable in zip(said.items(), variables, strict=False):
        if reference:
            yield _single(reference, service, f"{place}{field}", variable)


def _single(reference: str, service: str, where: str, variable: str = "") -> Credential:
    return Credential(
        reference=reference,
        key=SINGLE_KEY,
        variable=variable or variable_of(reference),
        service=service,
        where=where,
    )


def _once(found: Iterable[Credential]) -> tuple[Credential, ...]:
    """Answer each variable, reference and key once: layers repeat what the profiles say."""
    first: dict[tuple[str, str, str], Credential] = {}
    for credential in found:
        place = (credential.variable, credential.reference, credential.key)
        first.setdefault(place, credential)
    return tuple(first[place] for place in sorted(first))
