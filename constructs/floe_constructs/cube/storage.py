"""Where Cube Store keeps pre-aggregations: the one copy that outlives its pods."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from floe_constructs.kubernetes.endpoint import Endpoint
from floe_constructs.kubernetes.environment import Variable, Variables
from floe_constructs.kubernetes.s3 import Bucket, S3Bucket, SubPath, s3_endpoint
from floe_constructs.kubernetes.secret import SecretKey
from floe_constructs.kubernetes.value import Cidr
from floe_constructs.kubernetes.workload import Storage
from floe_constructs.spec import Spec

KEYS, _KEY = "/etc/floe/store", "key.json"
"""Where Cube Store finds the key of a service account."""

REMOTE_DIR = "/cube/data"
"""Where a volume of pre-aggregations is mounted; Cube Store's own files must be elsewhere."""


class S3Storage(S3Bucket):
    """A bucket of AWS S3, or of a server that speaks its protocol.

    It is not the one that Cube exports to, whose files Cube Store would take for its own.
    """

    type: Literal["s3"]
    """Kind of storage."""

    sub_path: SubPath | None = None
    """Folder in the bucket, where others use it too."""

    @model_validator(mode="after")
    def _identities_are_amazons(self) -> Self:
        if self.endpoint and self.identity:
            msg = "endpoint takes credentials: Cube Store uses an identity with AWS alone"
            raise ValueError(msg)
        if self.identity and self.identity.type == "aws-pod-identity":
            msg = (
                "identity has to be aws-irsa: Cube Store does not know EKS Pod Identity, and would "
                "be whoever the node is"
            )
            raise ValueError(msg)
        return self

    @property
    def variables(self) -> Variables:
        """Cube Store's own names for this: another set of them where the server is not AWS."""
        kind, keys = ("MINIO", "MINIO") if self.endpoint else ("S3", "AWS")
        env: dict[str, Variable] = {
            f"CUBESTORE_{kind}_BUCKET": self.bucket,
            f"CUBESTORE_{kind}_REGION": self.region,
        }
        if self.sub_path:
            env[f"CUBESTORE_{kind}_SUB_PATH"] = self.sub_path
        if self.endpoint:
            env["CUBESTORE_MINIO_SERVER_ENDPOINT"] = self.endpoint
        if self.credentials:
            env[f"CUBESTORE_{keys}_ACCESS_KEY_ID"] = self.credentials.access_key_id
            env[f"CUBESTORE_{keys}_SECRET_ACCESS_KEY"] = self.credentials.secret_access_key
        if self.identity:
            # A session lasts an hour, and Cube Store's default is to ask for another after three.
            # Its CUBESTORE_AWS_WEB_IDENTITY_TOKEN_FILE is no way out: with it, it asks only when
            # the token's file changes, which on EKS is less than once a day.
            env["CUBESTORE_AWS_CREDS_REFRESH_EVERY_MINS"] = "30"
        return env

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where it listens, and where an identity is turned into a session: never regionally."""
        store = s3_endpoint("pre-aggregations", self.region, self.endpoint, self.cidrs)
        if self.identity:
            return (store, *self.identity.endpoints)
        return (store,)


class GcsStorage(Spec):
    """A bucket of Google Cloud Storage."""

    type: Literal["gcs"]
    """Kind of storage."""

    bucket: Bucket
    """Bucket; not the one that Cube exports to, whose files Cube Store would take for its own."""

    sub_path: SubPath | None = None
    """Folder in the bucket, where others use it too."""

    credentials: SecretKey
    """Where a service account's key is kept, the JSON file as Google hands it out. Cube Store takes
    nothing else of Google: neither a workload's identity nor a metadata server."""

    cidrs: tuple[Cidr, ...] = ()
    """Addresses of Google's APIs, for network policies; any but link-local ones when silent."""

    @property
    def variables(self) -> Variables:
        """Cube Store's own names for this."""
        env: dict[str, Variable] = {
            "CUBESTORE_GCS_BUCKET": self.bucket,
            "CUBESTORE_GCP_KEY_FILE": f"{KEYS}/{_KEY}",
        }
        if self.sub_path:
            env["CUBESTORE_GCS_SUB_PATH"] = self.sub_path
        return env

    @property
    def files(self) -> dict[str, SecretKey]:
        """The service account's key."""
        return {_KEY: self.credentials}

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where it listens, and where the key becomes a token."""
        hosts = {
            "pre-aggregations": "storage.googleapis.com",
            "google-login": "oauth2.googleapis.com",
        }
        return tuple(
            Endpoint(name=name, host=host, port=443, cidrs=self.cidrs)
            for name, host in hosts.items()
        )


class LocalStorage(Storage):
    """A volume of the router, which then has to do without workers.

    Its file system must know when a file was made, or what is no longer used stays: XFS does not
    tell (cube-js/cube#7905).
    """

    type: Literal["local"]
    """Kind of storage."""

    @property
    def variables(self) -> Variables:
        """Cube Store's own names for this."""
        return {"CUBESTORE_REMOTE_DIR": REMOTE_DIR}

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Nothing is reached over the network."""
        return ()


StoreStorage = Annotated[S3Storage | GcsStorage | LocalStorage, Field(discriminator="type")]
"""Exactly one storage: of two, Cube Store would silently take one."""
