"""A stub of Apache Polaris' management API, which cannot be had here, with a memory.

Its answers are those of the specification of 1.7 (`spec/polaris-management-service.yml`); tokens
are asked for as of the real one, whose answers are in `polaris.py`.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from polaris import Polaris as Catalog
from stub import Asked, Said

BASE = "/api/management/v1/"


@dataclass(kw_only=True)
class Management:
    """What it knows, and how often it was asked to change anything."""

    root: tuple[str, str]
    bootstrapped: bool = True
    changes: list[str] = field(default_factory=list)
    catalogs: dict[str, dict[str, Any]] = field(default_factory=dict)
    principals: dict[str, tuple[str, str]] = field(default_factory=dict)
    named: dict[str, list[str]] = field(default_factory=lambda: {"principal-roles": []})
    """Lists of names, by where they are."""

    broken_after: int | None = None
    """Changes after which it answers none any more."""

    def answer(self, asked: Asked) -> Said:
        if asked.path == "/api/catalog/v1/oauth/tokens":
            return self._token(asked)
        if asked.headers.get("authorization") != "Bearer token-of-polaris-ALL":
            return Said(status=401, headers={"www-authenticate": "Bearer"})
        path = tuple(unquote(part) for part in asked.path.removeprefix(BASE).split("/"))
        if asked.method == "GET":
            return self._shown(path)
        if self.broken_after is not None and len(self.changes) >= self.broken_after:
            return Said(status=503, body="upstream connect error")
        self.changes.append(f"{asked.method} {'/'.join(path)}")
        return self._changed(path, json.loads(asked.body))

    def _token(self, asked: Asked) -> Said:
        known = {self.root, *self.principals.values()}
        given = asked.form["client_id"], asked.form["client_secret"]
        client, secret = given if given in known else self.root
        catalog = Catalog(client=client, secret=secret, bootstrapped=self.bootstrapped)
        return catalog.answer(asked)

    def _shown(self, path: tuple[str, ...]) -> Said:
        if path[0] == "catalogs" and path[1:2] and path[1] not in self.catalogs:
            return _error(404, "NotFoundException", f"Catalog {path[1]} not found")
        match path:
            case ("catalogs", name):
                return Said(body=self.catalogs[name])
            case (*_, "grants"):
                return Said(body={"grants": [json.loads(it) for it in self._at(path)]})
        return Said(body={"roles": [{"name": name} for name in self._at(path)]})

    def _at(self, path: tuple[str, ...]) -> list[str]:
        return self.named.setdefault("/".join(path), [])

    def _changed(self, path: tuple[str, ...], body: dict[str, Any]) -> Said:
        match path:
            case ("catalogs",):
                return self._made(self.catalogs, body["catalog"]["name"], body["catalog"])
            case ("principals",):
                name = body["principal"]["name"]
                return self._made(self.principals, name, (f"id-of-{name}", "random"))
            case ("principals", name, "reset"):
                self.principals[name] = (body["clientId"], body["clientSecret"])
                return Said(body={"principal": {"name": name}})
            case (*_, "grants"):
                self._at(path).append(json.dumps(body["grant"]))
                return Said(status=201)
        (role,) = body.values()
        there = self._at(path)
        if role["name"] in there:
            return _error(409, "AlreadyExistsException", f"{role['name']} already exists")
        there.append(role["name"])
        return Said(status=201)

    @staticmethod
    def _made(there: dict[str, Any], name: str, value: object) -> Said:
        if name in there:
            return _error(409, "AlreadyExistsException", f"{name} already exists")
        there[name] = value
        return Said(status=201, body={"name": name})


def _error(status: int, kind: str, message: str) -> Said:
    return Said(status=status, body={"error": {"message": message, "type": kind, "code": status}})
