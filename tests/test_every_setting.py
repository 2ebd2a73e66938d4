"""Every setting of an overlay, at every place, changes what is written.

The places are enumerated from the JSON Schema, each member of each union by itself. At each place
the value is changed, or given where there is none, until an overlay comes out that is valid; then
the files must differ. A setting that nobody reads cannot pass, and neither can one that is read
for one workload and forgotten for another.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from encryption import like_sealed, like_sops, plain
from floe_deploy import lock, overlay, wiring
from floe_deploy.environment import Environment
from floe_deploy.errors import InputError
from floe_deploy.project import Project
from floe_deploy.synth import render
from test_dist import ROOT

Path_ = tuple[str | int, ...]
SCHEMA = Environment.model_json_schema()
RESOURCES = {"resources": {"cpu": "100m", "memory": "1Gi", "cpu_limit": "2", "memory_limit": "4Gi"}}
POSTGRES = {
    "host": "db.example.com",
    "database": "main",
    "user": "floe",
    "password": {"name": "db", "key": "password"},
}
COMPONENTS: dict[str, Any] = {
    "dagster": {
        "image": "example.com/dagster:1",
        "database": POSTGRES,
        "webserver": RESOURCES,
        "daemon": RESOURCES,
        "migration": RESOURCES,
        "code_locations": [
            {
                "name": "shop",
                "image": "example.com/shop:1",
                "module": "shop",
                "server": RESOURCES,
                "runs": RESOURCES,
            }
        ],
    },
    "cube": {
        "image": "example.com/cube:1",
        "api_secret": {"name": "cube", "key": "value"},
        "api": RESOURCES,
        "refresh_worker": RESOURCES,
        "source": POSTGRES | {"type": "postgres"},
        "store": {
            "image": "example.com/store:1",
            "storage": {"type": "local", "size": "1Gi"},
            "router": RESOURCES | {"cache": "1Gi"},
        },
    },
    "marquez": {
        "image": "example.com/marquez:1",
        "database": POSTGRES,
        "api": RESOURCES,
        "migration": RESOURCES,
    },
    "jaeger": {
        "image": "example.com/jaeger:2",
        "storage": {"type": "memory"},
        "all_in_one": RESOURCES,
    },
}
BASE: dict[str, Any] = {
    "namespace": "data",
    "cluster": {"kubernetes": "1.34", "api_server_cidrs": ["10.0.0.1/32"]},
    "secrets": {"strategy": "existing"},
    "dagster": None,
    "cube": None,
    "marquez": None,
    "jaeger": None,
}
"""The least that an overlay says; each place is tried on as few components as it needs."""

SECRET = {"name": "floe", "key": "value"}
FLUX = {"type": "flux"}
GIT = {"type": "git", "url": "https://git.example.com/floe"}
OCI = {"type": "oci", "url": "oci://registry.example.com/floe"}
REVISIONS: tuple[dict[str, Any], ...] = ({"branch": "main"}, {"tag": "v1"}, {"semver": "1.x"})
TAGS: tuple[dict[str, Any], ...] = (
    {"tag": "v1", "verify": {"type": "key", "secret": "cosign"}},
    {"semver": "1.x", "verify": {"type": "keyless", "issuer": "a", "subject": "b"}},
    {"digest": f"sha256:{'a' * 64}"},
)
SOPS = {"secrets": {"strategy": "sops"}}
ARGOCD = {"type": "argocd", "source": {"url": GIT["url"], "revision": "main"}}
PAIR = {"certificate": SECRET, "key": SECRET}
S3 = {
    "type": "s3",
    "bucket": "floe",
    "region": "eu-west-1",
    "credentials": {"access_key_id": SECRET, "secret_access_key": SECRET},
}
ACCOUNT = {"type": "azure", "storage_account": "floe", "container": "floe"}
APPLICATION = {"client_id": "floe", "client_secret": SECRET, "tenant_id": "floe"}
LOGS: tuple[dict[str, Any], ...] = (
    {"type": "gcs", "bucket": "floe", "credentials": SECRET},
    ACCOUNT | {"access_key_or_sas_token": SECRET},
    ACCOUNT | {"secret_credential": APPLICATION},
    ACCOUNT | {"secret_credential": APPLICATION | {"client_id": SECRET, "tenant_id": SECRET}},
)
CLOUDS = {
    "gcp": {"type": "gcp"},
    "azure": {"type": "azure", "client_id": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f8"},
}
SEARCH = {"type": "opensearch", "urls": ["https://search.example.com"]}
STORE = COMPONENTS["cube"]["store"] | {"storage": S3, "workers": None}
WORKERS = RESOURCES | {"cache": "1Gi", "replicas": 2}
ELSEWHERE = {"external": "https://floe.example.com", "cidrs": ["10.7.0.0/24"]}
CLUSTER = BASE["cluster"]
PEERS = [{"namespace": "monitoring", "pods": {"app": "prometheus"}}]
IDENTITY = {"type": "aws-irsa", "role_arn": "arn:aws:iam::123456789012:role/floe"}
MAP = {"polaris-client-id": {"name": "polaris", "keys": {"POLARIS_CLIENT_ID": "id"}}}
TWICE = RESOURCES | {"replicas": 2}
LOCATION = COMPONENTS["dagster"]["code_locations"][0]
SCRATCH = {"volumes": [{"name": "a", "path": "/a", "size": "1Gi"}]}
NOWHERE = {key: value for key, value in LOCATION.items() if key != "module"}
LOGIN = {
    "image": "example.com/oauth2-proxy:v7.15.3",
    "issuer": "https://login.example.com",
    "client_id": "floe",
    "client_secret": SECRET,
    "cookie_secret": SECRET,
    "email_domains": ["example.com"],
    "replicas": 2,
}
VIA = {"type": "gateway", "name": "web"}
GRPC = {
    "hosts": ["otlp.example.com"],
    "authenticated_by": "mutual TLS there",
    "annotations": {"backend-protocol": "GRPC"},
}
EXPOSED: dict[str, dict[str, Any]] = {
    "jaeger": {"login": LOGIN, "jaeger": {"hosts": ["a.example.com"]}, "otlp_grpc": GRPC},
    "dagster": {
        "login": LOGIN,
        "dagster": {"hosts": ["b.example.com"]},
        "dagster_read_only": {"hosts": ["d.example.com"]},
    },
    "marquez": {"login": LOGIN, "marquez": {"hosts": ["c.example.com"]}},
    "cube": {},
}
SQL = {"user": "cube", "password": SECRET}
EXPOSING = COMPONENTS | {
    "dagster": COMPONENTS["dagster"] | {"webserver_read_only": RESOURCES},
    "cube": COMPONENTS["cube"] | {"sql_api": SQL},
    "marquez": COMPONENTS["marquez"] | {"web": RESOURCES | {"image": "example.com/web:1"}},
}


def logging(logs: dict[str, Any], cloud: str = "") -> dict[str, Any]:
    """Answer a Dagster that keeps logs, and whose runs are somebody to a cloud."""
    location = LOCATION | ({"identity": CLOUDS[cloud]} if cloud else {})
    return {"dagster": COMPONENTS["dagster"] | {"compute_logs": logs, "code_locations": [location]}}


def exposing(component: str, **peer: Any) -> dict[str, Any]:
    """Answer what is beside the exposure of one component, with no other one to be rendered."""
    return {
        **dict.fromkeys(COMPONENTS),
        component: EXPOSING[component],
        "cluster": CLUSTER | {"ingress": [peer or PEERS[0]]},
        "exposure": {"via": VIA, **EXPOSED[component]},
    }


TRINO = {"type": "trino", "host": "a.example.com", "catalog": "a", "schema": "a", "user": "a"}
SNOWFLAKE = {"type": "snowflake", "account": "a", "warehouse": "a", "database": "a", "user": "a"}
BIGQUERY = {"type": "bigquery", "project": "a", "location": "a"}
DUCKDB = {"type": "duckdb", "memory_limit": "100Mi"}
EXPORT = {"type": "s3", "bucket": "floe-export", "region": "eu-west-1"}
GOOGLES = {"type": "gcs", "bucket": "floe-export"}
SIGNER = CLOUDS["gcp"] | {"service_account": "floe-cube@floe.iam.gserviceaccount.com"}
AZURES = {"type": "azure", "account": "floe", "container": "export", "integration": "floe"}
JWT = {"jwk_url": "https://login.example.com", "audience": "floe", "issuer": ["floe"]}
ROWS = {"row_level_security": {"column": "a"}}
CUBES: tuple[dict[str, Any], ...] = (
    {"jwt": JWT},
    {"jwt": JWT | {"jwk_url": None, "key": SECRET}},
    ROWS,
    ROWS | {"sql_api": SQL | {"sees": "all"}},
    ROWS | {"sql_api": SQL | {"sees": ["a"]}},
    {"source": TRINO | {"export_bucket": EXPORT}, "identity": IDENTITY},
    {"source": TRINO | {"export_bucket": GOOGLES}, "identity": SIGNER},
    {"source": SNOWFLAKE | {"private_key": SECRET}},
    {
        "source": SNOWFLAKE | {"password": SECRET, "export_bucket": EXPORT | {"integration": "a"}},
        "identity": IDENTITY,
    },
    {
        "source": SNOWFLAKE
        | {
            "password": SECRET,
            "export_bucket": GOOGLES | {"integration": "a", "credentials": SECRET},
        },
    },
    {
        "source": SNOWFLAKE | {"password": SECRET, "export_bucket": AZURES},
        "identity": CLOUDS["azure"],
    },
    {"source": BIGQUERY | {"export_bucket": GOOGLES}, "identity": SIGNER},
    {"source": DUCKDB | {"s3": {"region": "a"}}, "identity": IDENTITY},
    {"source": DUCKDB | {"s3": {"region": "a", "credentials": S3["credentials"]}}},
    {"sources": {"a": SNOWFLAKE | {"password": SECRET}}},
    {"sources": {"a": BIGQUERY | {"credentials": SECRET}}},
    {"store": STORE | {"storage": {"type": "gcs", "bucket": "floe", "credentials": SECRET}}},
)
"""Cubes in front of each database, that are somebody to a cloud, or that tell rows apart."""
VERIFIED = POSTGRES | {
    "sslmode": "verify-full",
    "ca": {"config_map": "authorities", "key": "ca.crt"},
}
TOKENS = {name: value for name, value in POSTGRES.items() if name != "password"}
BY_TOKEN = (
    TOKENS | {"identity": IDENTITY, "region": "eu-west-1"},
    TOKENS | {"identity": {"type": "gcp"}},
)
GATE = {
    **dict.fromkeys(COMPONENTS),
    "gate": RESOURCES
    | {"image": "example.com/gate:1", "schedule": "5 4 * * *", "skip": ["cluster.kinds"]},
    "marquez": COMPONENTS["marquez"],
}
VERIFY = {
    **dict.fromkeys(COMPONENTS),
    "verify": RESOURCES | {"image": "example.com/gate:1", "skip": ["platform.marquez-web"]},
    "marquez": COMPONENTS["marquez"] | {"web": RESOURCES | {"image": "example.com/web:1"}},
}
VOLUME_OF = {"storage": {"size": "1Gi"}}
SERVICES = {
    **dict.fromkeys(COMPONENTS),
    "services": {
        "preparation": RESOURCES | {"image": "example.com/gate:1"},
        "object_store": RESOURCES | VOLUME_OF | {"image": "example.com/seaweedfs:4"},
        "catalog": RESOURCES
        | {"type": "polaris", "image": "example.com/polaris:1", "admin_tool": "example.com/tool:1"},
        "postgres": RESOURCES | VOLUME_OF | {"image": "example.com/postgres:17"},
    },
}
VARIANTS: tuple[dict[str, Any], ...] = (
    {},
    {"dagster": COMPONENTS["dagster"] | {"database": VERIFIED}},
    {"marquez": COMPONENTS["marquez"] | {"database": VERIFIED}},
    {"cube": COMPONENTS["cube"] | {"source": VERIFIED | {"type": "postgres"}}},
    *({"dagster": COMPONENTS["dagster"] | {"database": database}} for database in BY_TOKEN),
    {"dagster": COMPONENTS["dagster"] | {"code_locations": [LOCATION | {"executor": "k8s_job"}]}},
    {
        "dagster": COMPONENTS["dagster"]
        | {
            "webserver": TWICE,
            "webserver_read_only": TWICE,
            "code_locations": [LOCATION | {"server": TWICE}],
        }
    },
    *(
        {"dagster": COMPONENTS["dagster"] | {"code_locations": [NOWHERE | source]}}
        for source in (
            {"module": "shop", "runs": RESOURCES | SCRATCH},
            {"package": "shop"},
            {"python_file": "shop.py"},
            {"autoload_defs_module": "s"},
        )
    ),
    {"cube": COMPONENTS["cube"] | {"api": TWICE}},
    *({"cube": COMPONENTS["cube"] | cube} for cube in CUBES),
    {"cube": COMPONENTS["cube"] | {"api": TWICE | {"autoscale": {"max_replicas": 9}}}},
    {
        "marquez": COMPONENTS["marquez"]
        | {"api": TWICE, "web": TWICE | {"image": "example.com/web:1"}}
    },
    {
        "jaeger": COMPONENTS["jaeger"]
        | {"storage": SEARCH, "all_in_one": None, "collector": TWICE, "query": TWICE}
    },
    {"dagster": COMPONENTS["dagster"] | {"compute_logs": S3}},
    {
        "dagster": COMPONENTS["dagster"]
        | {"compute_logs": S3 | {"credentials": None, "identity": IDENTITY}}
    },
    *({"dagster": COMPONENTS["dagster"] | {"compute_logs": logs}} for logs in LOGS),
    logging({"type": "gcs", "bucket": "floe", "identity": CLOUDS["gcp"]}, "gcp"),
    logging(ACCOUNT | {"identity": CLOUDS["azure"]}, "azure"),
    logging({"type": "artifacts"}) | {"artifacts": "spark"},
    logging({"type": "artifacts", "identity": IDENTITY}) | {"artifacts": "spark"},
    *(
        logging({"type": "artifacts", "identity": identity}, cloud) | {"artifacts": cloud}
        for cloud, identity in CLOUDS.items()
    ),
    {"cube": COMPONENTS["cube"] | {"store": STORE | {"workers": WORKERS}}},
    {
        "cube": COMPONENTS["cube"]
        | {"store": STORE | {"storage": S3 | {"credentials": None, "identity": IDENTITY}}}
    },
    {
        "jaeger": COMPONENTS["jaeger"]
        | {"storage": SEARCH, "all_in_one": None, "collector": RESOURCES, "query": RESOURCES}
    },
    {
        "jaeger": COMPONENTS["jaeger"]
        | {
            "storage": SEARCH | {"username": "jaeger", "password": SECRET},
            "all_in_one": None,
            "collector": RESOURCES,
            "query": RESOURCES,
        }
    },
    *(
        {"jaeger": COMPONENTS["jaeger"] | {"all_in_one": None} | given}
        for given in (
            {"storage": SEARCH, "all_in_one": TWICE},
            {"storage": SEARCH | {"api_key": SECRET}, "all_in_one": RESOURCES},
            {"storage": SEARCH | {"bearer_token": SECRET}, "all_in_one": RESOURCES},
            {
                "storage": SEARCH | {"keep_days": 7},
                "collector": TWICE | {"autoscale": {"max_replicas": 9}},
                "query": RESOURCES,
                "index_cleaner": RESOURCES | {"image": "example.com/cleaner:2"},
            },
        )
    ),
    *(
        {"jaeger": COMPONENTS["jaeger"] | {"clients": PEERS, "remote_sampling": told}}
        for default in ({"probability": 0.5}, {"per_second": 5})
        for told in ({"default": default, "services": {"shop": default}},)
    ),
    {
        "dagster": COMPONENTS["dagster"],
        "jaeger": COMPONENTS["jaeger"]
        | {"receiver_tls": PAIR | {"ca": SECRET, "clients": PAIR | {"ca": SECRET}}},
    },
    {
        "cluster": CLUSTER | {"monitoring": PEERS},
        "monitoring": {},
        "jaeger": COMPONENTS["jaeger"]
        | {"performance": {"prometheus": "http://prometheus.example.com"}},
    },
    {"addresses": {}, "artifacts": "spark", "cube": None, "jaeger": None, "marquez": None},
    {"dagster": COMPONENTS["dagster"], "artifacts": "spark"},
    {
        "capacity": {
            "quota": {
                "cpu": "800",
                "memory": "800Gi",
                "cpu_limit": "800",
                "memory_limit": "800Gi",
                "pods": 800,
            },
            "container_defaults": RESOURCES["resources"],
        }
    },
    GATE,
    VERIFY,
    {
        "demo": {"serving": POSTGRES, "schedule": {"cron": "*/7 * * * *"}},
        "dagster": COMPONENTS["dagster"]
        | {"code_locations": [LOCATION | {"module": "floe_demo.definitions"}]},
    },
    SERVICES,
    {"marquez": ELSEWHERE, "dagster": COMPONENTS["dagster"]},
    {"jaeger": ELSEWHERE, "dagster": COMPONENTS["dagster"]},
    {
        "cluster": CLUSTER | {"monitoring": PEERS},
        "monitoring": {"dashboards": {"grafana_dashboard": "1"}},
    },
    {
        "cluster": CLUSTER | {"monitoring": PEERS},
        "monitoring": {},
        "dagster": COMPONENTS["dagster"] | {"hours_between_runs": 26},
    },
    *(exposing(component) for component in EXPOSED),
    exposing("jaeger", cidrs=["10.1.0.0/24"]),
    {"cluster": CLUSTER | {"monitoring": [{"cidrs": ["10.1.0.0/24"]}]}},
    {"cluster": CLUSTER | {"dns": PEERS}},
    {"cluster": CLUSTER | {"dns": [{"cidrs": ["10.1.0.0/24"]}]}},
    {"images": {"registry": "mirror.example.com", "keep": ["example.com/shop"]}},
    {"images": {"pull_secrets": [{"name": "registry"}]}},
    {"secrets": {"strategy": "existing", "map": MAP}},
    {"secrets": {"strategy": "external-secrets", "store": {"name": "store"}, "map": MAP}},
    {"secrets": {"strategy": "sealed-secrets", "map": MAP}},
    {"secrets": {"strategy": "sops", "map": MAP}},
    *({"delivery": FLUX | {"source": GIT | said}} for said in REVISIONS),
    *({"delivery": FLUX | {"source": OCI | said}} for said in TAGS),
    {"delivery": FLUX | {"source": GIT | REVISIONS[0]} | {"decryption": "key"}, **SOPS},
    {"delivery": ARGOCD | {"cluster": {"server": "https://west.example.com"}}},
    {"delivery": ARGOCD | {"cluster": {"name": "west"}}},
    {"delivery": ARGOCD, "secrets": {"strategy": "sops", "argocd_plugin": "sops"}},
)
"""What is beside a setting where the least does not do; `artifacts` names what is compiled."""

EXAMPLES = ROOT / "tests" / "contract" / "examples"
ARTIFACTS: dict[str, Any] = {
    name: json.loads((EXAMPLES / f"{file}.json").read_text())
    for name, file in {"dev": "dev", "spark": "spark-s3-cube"}.items()
}
ARTIFACTS["spark"]["consumption"] = ARTIFACTS["dev"]["consumption"]
ARTIFACTS["spark"]["observability"] |= {
    "otlp_endpoint": "http://otlp.example.com:4318",
    "lineage_endpoint": "https://lineage.example.com",
}
ARTIFACTS["spark"]["resolved_profiles"]["storage"]["credentials"] |= {
    "mode": "static", "role_arn": None, "secret_ref": "aws-credentials",
}  # fmt: skip
for cloud, storage in (
    ("gcp", {"type": "gcs"}),
    ("azure", {"type": "azure", "endpoint": "https://lake.dfs.core.windows.net"}),
):
    ARTIFACTS[cloud] = json.loads(json.dumps(ARTIFACTS["spark"]))
    ARTIFACTS[cloud]["resolved_profiles"]["storage"] |= storage

UNREAD = {
    "dagster<External>.external", "dagster<External>.cidrs[]",
    "cube<External>.external", "cube<External>.cidrs[]",
    *(f"exposure.{name}.authenticated_by" for name in (
        "dagster", "dagster_read_only", "marquez", "jaeger", "openlineage", "otlp", "otlp_grpc"
    )),
    "exceptions[].rule", "exceptions[].object", "exceptions[].reason",
}  # fmt: skip
"""Where a component runs that nothing here talks to, what may break a rule, who vouches for what:
said for people and checks alone."""

TEXTS = (
    "https://other.example.com", "https://others.example.com", "https://other.example.com/other",
    "oci://registry.example.com/other", f"sha256:{'b' * 64}",  "new.example.com", "other",
    "others/x", "example.com/other:2", "example.com/cube", "10.9.0.0/24", "10.8.0.0/24", "2Gi",
    "3Gi", "900Gi", "7", "900", "3h", "48h", "30 4 * * 0",
    "Europe/Berlin", "1.35", "us-west-2", "arn:aws:iam::123456789012:role/other", "/srv/other",
    "because it installs at start", "other.py", "cluster.kinds", "platform.marquez",
    "cluster.server", "CERT_EXPIRES_SOON", "PLAIN_TRAFFIC",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
    "1a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "other@acme-data.iam.gserviceaccount.com",
    "others@acme-data.iam.gserviceaccount.com",
)  # fmt: skip
"""One of these suits any text; the schema says which."""


@dataclass(frozen=True)
class Place:
    """A setting, as it is reached through one member of each union on the way."""

    name: str
    path: Path_
    schema: dict[str, Any]
    document: dict[str, Any]
    """An overlay in which everything around the setting is there."""


VOLUME = {"name": "a", "path": "/a"}
ADDED = {"name": "proxy", "image": "example.com/proxy:1", **RESOURCES}
ALIKE = {
    "sidecars": {"name"},
    "init_containers": {"name"},
    "reaches": {"port"},
    "sources": {"host", "account", "project", "memory_limit"},
}
"""What all workloads take alike: looked into where Dagster makes the pods, which then are compared
with those of code servers (`test_dagster_config.py`), and known by one setting elsewhere. So are
Cube's further sources, which are told as the one that is looked into (`test_cube_sources.py`)."""

SAMPLES: dict[str, Any] = {
    "Sidecar": ADDED,
    "AddedContainer": ADDED,
    "ClaimVolume": VOLUME | {"claim": "a"},
    "ConfigMapVolume": VOLUME | {"config_map": "a"},
    "SecretVolume": VOLUME | {"files": {"a": SECRET}},
    "ScratchVolume": VOLUME | {"size": "1Gi"},
    "NodeTerm": {"key": "pool", "values": ["batch"]},
    "Priorities": {"platform": 20, "runs": 10},
    "LinkPattern": {"type": "tags", "key": "a", "url": "/a", "text": "a"},
}
"""What fits where the least that has to be there does not."""


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def members(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer the members of a union but null, themselves without unions."""
    schema = resolved(schema)
    given = schema.get("anyOf") or schema.get("oneOf")
    if not given:
        return [] if schema.get("type") == "null" else [schema]
    return [member for inner in given for member in members(inner)]


def entry(schema: dict[str, Any]) -> dict[str, Any]:
    """Answer what a mapping takes as values."""
    inner: dict[str, Any]
    (inner,) = schema.get("patternProperties", {"": schema.get("additionalProperties")}).values()
    return inner


def sample(schema: dict[str, Any]) -> Any:
    """Answer something that the schema takes: of an object what it must have."""
    (schema, *_) = members(schema)
    if made := SAMPLES.get(schema.get("title", "")):
        return made
    if schema.get("type") == "object":
        if "properties" not in schema:
            (pattern,) = schema.get("patternProperties", {"": None})
            key = next(text for text in ("a", *TEXTS) if re.search(pattern, text))
            return {key: sample(entry(schema))}
        return {key: sample(schema["properties"][key]) for key in schema.get("required", [])}
    if schema.get("type") == "array":
        return [sample(schema["items"])]
    return next(iter(others(schema, None)))


def others(schema: dict[str, Any], value: Any) -> Iterator[Any]:
    """Answer plain values that the schema may take instead of one."""
    if "const" in schema:
        yield schema["const"]
    elif "enum" in schema:
        yield from (item for item in schema["enum"] if item != value)
    elif schema.get("type") == "boolean":
        yield from (item for item in (True, False) if item is not value)
    elif schema.get("type") in ("integer", "number"):
        base = value if value is not None else schema.get("default", schema.get("minimum", 1))
        yield from (base + 1, base - 1, base * 2)
    else:
        pattern = schema.get("pattern", "")
        texts = [text for text in (*TEXTS, f"{value or 'x'}x") if text != value]
        yield from (text for text in texts if re.search(pattern, text))


def at(document: Any, path: Path_) -> Any:
    """Answer what stands at a path; None where nothing does."""
    for part in path:
        try:
            document = document[part]
        except (KeyError, IndexError, TypeError):
            return None
    return document


def with_value(document: dict[str, Any], path: Path_, value: Any) -> dict[str, Any]:
    """Answer the document with another value at a path."""
    document = json.loads(json.dumps(document))
    inner: Any = document
    for part in path[:-1]:
        inner = inner.setdefault(part, {}) if isinstance(inner, dict) else inner[part]
    inner[path[-1]] = value
    return document


def places(
    name: str, path: Path_, schema: dict[str, Any], document: dict[str, Any]
) -> Iterator[Place]:
    """Answer every setting at or below a path, and an overlay in which it can be told apart."""
    options = members(schema)
    for member in options:
        label = f"{name}<{member.get('title', member.get('type'))}>" if options[1:] else name
        there = at(document, path)
        if there is None or not jsonschema.Draft202012Validator(
            member | {"$defs": SCHEMA["$defs"]}
        ).is_valid(there):
            made = with_value(document, path, sample(member)) if _is_nested(member) else document
        else:
            made = document
        there = at(made, path)
        if member.get("type") == "array":
            made = made if there else with_value(made, path, sample(member))
            yield from places(f"{label}[]", (*path, 0), member["items"], made)
        elif "properties" in member:
            known = None if "runs" in path else ALIKE.get(str(path[-2:][0]))
            for key, inner in member["properties"].items():
                if known is None or key in known:
                    yield from places(f"{label}.{key}", (*path, key), inner, made)
        elif member.get("type") == "object":
            made = made if there else with_value(made, path, sample(member))
            key = next(iter(at(made, path)))
            yield from places(f"{label}{{}}", (*path, key), entry(member), made)
        elif "const" not in member:
            yield Place(label, path, member, made)


def _is_nested(member: dict[str, Any]) -> bool:
    return member.get("type") in ("object", "array")


def every_place(key: str) -> dict[str, list[Place]]:
    """Answer every place below a key of the overlay, in each overlay in which it may be.

    Overlays that say the setting themselves come first: most of the others do not read it.
    """
    found: dict[str, list[Place]] = {}
    for variant in VARIANTS:
        parts = COMPONENTS | variant
        alone = key in COMPONENTS and not any(name in variant for name in COMPONENTS if name != key)
        names = ({key, *variant} if alone else parts.keys()) - {"artifacts"}
        document = BASE | {name: parts[name] for name in names if name in parts}
        if "artifacts" in variant:
            document["artifacts"] = variant["artifacts"]
        if key in variant or (
            not variant and key not in {"gate", "services", "verify"}
        ):  # which have one for themselves
            for place in places(key, (key,), SCHEMA["properties"][key], document):
                among = found.setdefault(place.name, [])
                said = at(document, place.path) is not None
                among.insert(0 if said else len(among), place)
    return found


class Renderer:
    """Renders overlays, each once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[str, dict[str, str] | str] = {}

    def files(self, document: dict[str, Any]) -> dict[str, str] | str:
        """Answer the files of an overlay, or why it is not valid."""
        text = json.dumps(document)
        if text not in self.known:
            said = {key: value for key, value in document.items() if key != "artifacts"}
            (self.folder / "environment.yaml").write_text(json.dumps(said))
            artifacts = ARTIFACTS[document.get("artifacts", "dev")]
            (self.folder / "compiled_artifacts.json").write_text(json.dumps(artifacts))
            try:
                self._encrypt(document["secrets"]["strategy"])
                rendering = render(self.folder, Project())
                files = rendering.files | rendering.delivery
                self.known[text] = {k: v for k, v in files.items() if k != lock.FILE}
            except InputError as failure:
                self.known[text] = str(failure)
        return self.known[text]

    def _encrypt(self, strategy: str) -> None:
        """Write what looks like the encrypted Secrets that the overlay needs."""
        place = self.folder / "secrets"
        shutil.rmtree(place, ignore_errors=True)
        if like := {"sealed-secrets": like_sealed, "sops": like_sops}.get(strategy):
            place.mkdir()
            wired = wiring.wire(overlay.load(self.folder))
            for name, keys in wired.secrets.items():
                secret = plain(name, wired.environment.namespace, dict.fromkeys(keys, ""))
                (place / f"{name}.yaml").write_text(json.dumps(like(secret)))


@pytest.fixture
def renderer(tmp_path: Path) -> Renderer:
    for name in ("other", "others"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.yml").write_text("cubes: []\n")
    return Renderer(tmp_path)


TRIED = 3
"""Values that are tried in one overlay before it is the next one's turn."""


def fault(found: list[Place], renderer: Renderer) -> str | None:
    """Answer what is wrong with a setting: nothing, if another value makes other files."""
    told = set()
    attempts = [
        (number // TRIED, place, value)
        for place in found
        for number, value in enumerate(others(place.schema, at(place.document, place.path)))
    ]
    for _, place, value in sorted(attempts, key=itemgetter(0)):
        before = renderer.files(place.document)
        after = (
            before
            if isinstance(before, str)
            else renderer.files(with_value(place.document, place.path, value))
        )
        if isinstance(after, str):
            told.add(after)
        elif after == before:
            told.add("changes nothing")
        else:
            return None
    return " | ".join(sorted(told)) or "no other value to try"


@pytest.mark.slow
@pytest.mark.parametrize("key", sorted(SCHEMA["properties"]))
def test_every_setting_changes_what_is_written(key: str, renderer: Renderer) -> None:
    read = {name: found for name, found in every_place(key).items() if name not in UNREAD}
    faults = {name: told for name, found in read.items() if (told := fault(found, renderer))}
    assert not faults, "\n".join(f"{name}: {told}" for name, told in faults.items())
