"""What the services are called, and where they keep what only they have to know."""

from floe_constructs.kubernetes.secret import SecretKey

S3, ICEBERG, POLARIS_API, POLARIS_MANAGEMENT, POSTGRES_PORT = 8333, 8181, 8181, 8182, 5432

SEAWEEDFS, POLARIS, POSTGRES = "seaweedfs", "polaris", "postgres"
"""Services, by which they are reached."""

SUPERUSER = "postgres"
"""Role that makes the others; it owns the database of this name."""

ADMIN_KEY = SecretKey(name="seaweedfs-admin", key="access-key-id")
ADMIN_SECRET = SecretKey(name="seaweedfs-admin", key="secret-access-key")
"""The object store's administrator."""

POLARIS_KEY = SecretKey(name="polaris-s3", key="access-key-id")
POLARIS_SECRET = SecretKey(name="polaris-s3", key="secret-access-key")
"""Polaris, as the object store knows it."""

POLARIS_PASSWORD = SecretKey(name="polaris-postgres", key="password")
"""Polaris, as PostgreSQL knows it."""

ROOT_ID = SecretKey(name="polaris-root", key="client-id")
ROOT_SECRET = SecretKey(name="polaris-root", key="client-secret")
ROOT_FILE = SecretKey(name="polaris-root", key="credentials.json")
"""Polaris' root, and the same as the admin tool reads it."""

TOKEN_KEY = SecretKey(name="polaris-token", key="key")
"""What Polaris signs tokens with, and knows them again by."""

SUPERUSER_PASSWORD = SecretKey(name="postgres-admin", key="password")
"""PostgreSQL's superuser."""


def s3_url() -> str:
    """Answer where the object store is, as pods of the namespace see it."""
    return f"http://{SEAWEEDFS}:{S3}"


def iceberg_url() -> str:
    """Answer where the object store's own catalog is."""
    return f"http://{SEAWEEDFS}:{ICEBERG}"


def polaris_url() -> str:
    """Answer where Polaris is."""
    return f"http://{POLARIS}:{POLARIS_API}"
