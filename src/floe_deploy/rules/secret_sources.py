"""Which objects bring which Secrets."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import yaml

from floe_constructs.services.config.secrets import FILE
from floe_constructs.yaml_text import load
from floe_deploy.rules.objects import Object, Objects
from floe_deploy.rules.shape import entries, inside, mapping, text


@dataclass(frozen=True)
class Source:
    """What brings one Secret."""

    object: Object
    keys: frozenset[str]
    """Its keys; none where they cannot be known."""


def sources(among: Objects) -> dict[str, Source]:
    """Answer what brings each Secret, by its name."""
    return among.once("secrets", lambda: dict(_found(among)))


def _found(among: Objects) -> Iterator[tuple[str, Source]]:
    for it in among.of("Secret"):
        data = mapping(it.manifest.get("data")) | mapping(it.manifest.get("stringData"))
        yield it.name, Source(it, frozenset(data))
    for it in among.of("SealedSecret"):
        template = mapping(it.spec.get("template"))
        name = text(inside(template, "metadata").get("name")) or it.name
        data = mapping(it.spec.get("encryptedData")) | mapping(template.get("data"))
        yield name, Source(it, frozenset(data))
    for it in among.of("ExternalSecret"):
        target = mapping(it.spec.get("target"))
        keys: Iterable[str] = [text(item.get("secretKey")) for item in entries(it.spec.get("data"))]
        if "template" in target:
            keys = inside(target, "template", "data")
        open_ended = "dataFrom" in it.spec or inside(target, "template").get("templateFrom")
        name = text(target.get("name")) or it.name
        yield name, Source(it, frozenset() if open_ended else frozenset(keys))
    for it in among.of("ConfigMap"):
        for secret in _made(text(mapping(it.manifest.get("data")).get(FILE))):
            keys = mapping(secret.get("random")) | mapping(secret.get("composed"))
            yield text(secret.get("name")), Source(it, frozenset(keys))
    for it in among.of("Certificate"):
        keys = frozenset({"tls.crt", "tls.key", "ca.crt"})
        yield text(it.spec.get("secretName")), Source(it, keys)


def _made(told: str) -> list[dict[str, object]]:
    """Answer the Secrets that a Job makes that is told so; none where it is another file."""
    with suppress(yaml.YAMLError):
        return entries(mapping(load(told)).get("secrets"))
    return []
