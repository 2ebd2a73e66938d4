"""How Jaeger reaches its storage: the block of its configuration, and what it reads for it."""

from typing import Any

from floe_constructs.jaeger.spec import JaegerSpec
from floe_constructs.jaeger.storage import BadgerStorage, MemoryStorage, SearchStorage
from floe_constructs.kubernetes.authority import CA_FILE
from floe_constructs.kubernetes.secret import SecretKey

DATA = "/badger"
"""Where Badger's volume is mounted; its files go one level below, which the pod may create."""

CREDENTIALS = "/etc/jaeger-storage"
"""Folder of what Jaeger logs in with. In `${env:NAME}` it would be read as YAML."""

CA_FOLDER = "/etc/jaeger-storage-ca"
"""Folder of the authorities' certificates."""

PASSWORD, _API_KEY, _TOKEN, CERTIFICATE, KEY = (
    "password",
    "api-key",
    "bearer-token",
    "tls.crt",
    "tls.key",
)

RELOAD = "10s"
"""How long what a file says is believed. Secrets are rotated, the kubelet exchanges their files,
and what silence means has been another thing from version to version: never, at once, ten seconds.
"""

_INDICES = ("spans", "services", "dependencies", "sampling")
_HOURLY = {"date_layout": "2006-01-02-15", "rollover_frequency": "hour"}


def files(spec: JaegerSpec) -> dict[str, SecretKey]:
    """Answer the files of `CREDENTIALS` and where each is kept."""
    if not isinstance(spec.storage, SearchStorage):
        return {}
    storage, shown = spec.storage, spec.storage.client_certificate
    found = {
        PASSWORD: storage.password,
        _API_KEY: storage.api_key,
        _TOKEN: storage.bearer_token,
        CERTIFICATE: shown.certificate if shown else None,
        KEY: shown.key if shown else None,
    }
    return {name: secret for name, secret in found.items() if secret}


def backend(spec: JaegerSpec) -> dict[str, Any]:
    """Answer the block of the storage, by its kind."""
    storage = spec.storage
    if isinstance(storage, MemoryStorage):
        return {"memory": {"max_traces": storage.max_traces}}
    if isinstance(storage, BadgerStorage):
        return {
            "badger": {
                "directories": {"keys": f"{DATA}/data/keys", "values": f"{DATA}/data/values"},
                "ephemeral": False,
                "ttl": {"spans": storage.keep},
            }
        }
    block: dict[str, Any] = {"server_urls": list(storage.urls), "indices": _indices(storage)}
    if storage.keep_days:
        block["max_span_age"] = f"{storage.keep_days * 24}h"
    if login := _login(storage):
        block["auth"] = login
    if tls := _tls(storage):
        block["tls"] = tls
    return {storage.type: block}


def _indices(storage: SearchStorage) -> dict[str, Any]:
    each: dict[str, Any] = {"shards": storage.shards, "replicas": storage.replicas}
    if storage.rotation == "hour":
        each["rotation"] = {"periodic": _HOURLY}
    indices: dict[str, Any] = {name: dict(each) for name in _INDICES}
    if storage.index_prefix:
        indices["index_prefix"] = storage.index_prefix
    return indices


def _login(storage: SearchStorage) -> dict[str, Any]:
    if storage.username:
        file = {"username": storage.username, "password_file": f"{CREDENTIALS}/{PASSWORD}"}
        return {"basic": file | {"reload_interval": RELOAD}}
    if storage.api_key:
        key = {"file_path": f"{CREDENTIALS}/{_API_KEY}", "reload_interval": RELOAD}
        return {"api_key": key}
    if storage.bearer_token:
        token = {"file_path": f"{CREDENTIALS}/{_TOKEN}", "reload_interval": RELOAD}
        return {"bearer_token": token}
    return {}


def _tls(storage: SearchStorage) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if storage.ca:
        told["ca_file"] = f"{CA_FOLDER}/{CA_FILE}"
    if storage.client_certificate:
        told |= {"cert_file": f"{CREDENTIALS}/{CERTIFICATE}", "key_file": f"{CREDENTIALS}/{KEY}"}
    return told | ({"reload_interval": RELOAD} if told else {})
