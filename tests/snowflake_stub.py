"""A stub of Snowflake, which cannot be had here: login and queries as the connector 5.2 takes them.

Run as a program it is asked by `floe preflight`, and answers in JSON what that said, and what was
asked for.
"""

import gzip
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stub import Asked, Said, stub

TOKEN = "token-of-snowflake"
FLOE = Path(sys.executable).with_name("floe")


@dataclass(kw_only=True)
class Account:
    """One account, where all is well if nothing is said."""

    refuses: int = 0
    """Number that the login is refused with; `message` tells why."""

    message: str = "Incorrect username or password was specified."
    status: int = 200
    context: dict[str, str | None] = field(default_factory=dict)
    """What of the session is not as it was asked for: `DATABASE`, `SCHEMA`, `WAREHOUSE`."""

    sleeps: float = 0
    """Seconds that the first query in a warehouse takes."""

    fails: tuple[int, str] = (0, "")
    """Number and message of what a query in a warehouse ends with."""

    logins: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, asked: Asked) -> Said:
        body = asked.body
        if asked.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        match asked.path:
            case "/session/v1/login-request":
                return self._login(asked, json.loads(body)["data"])
            case "/queries/v1/query-request":
                return self._query(json.loads(body)["sqlText"])
        return Said(body={"success": True, "data": None, "code": None, "message": None})

    def _login(self, asked: Asked, data: dict[str, Any]) -> Said:
        self.logins.append(data)
        if self.status != 200:
            return Said(status=self.status, body="<html></html>")
        if self.refuses:
            return _failed(self.refuses, self.message)
        kinds = {"DATABASE": "databaseName", "SCHEMA": "schemaName", "WAREHOUSE": "warehouse"}
        said = {kind: asked.query.get(name) for kind, name in kinds.items()}
        self.context = {"ROLE": asked.query.get("roleName", "PUBLIC")} | said | self.context
        telemetry = data["SESSION_PARAMETERS"]["CLIENT_TELEMETRY_ENABLED"] == "true"
        return _done(
            token=TOKEN,
            masterToken=f"master-{TOKEN}",
            validityInSeconds=3600,
            masterValidityInSeconds=14400,
            sessionId=1,
            parameters=[{"name": "CLIENT_TELEMETRY_ENABLED", "value": telemetry}],
            serverVersion="9.31",
        )

    def _query(self, text: str) -> Said:
        if "GENERATOR" in text:
            time.sleep(self.sleeps)
            number, message = self.fails
            return _failed(number, message) if number else _rows("1")
        names = ("ROLE", "DATABASE", "SCHEMA", "WAREHOUSE")
        context = [self.context[name] for name in names]
        return _rows("9.31.2", *context, str(round(time.time())))


def _done(**data: Any) -> Said:
    return Said(body={"success": True, "code": None, "message": None, "data": data})


def _failed(number: int, message: str) -> Said:
    code = f"{number:06}"
    return Said(body={"success": False, "code": code, "message": message, "data": {}})


def _rows(*row: str | None) -> Said:
    kind = {"type": "text", "nullable": True, "length": 99, "byteLength": 396}
    kind |= {"precision": None, "scale": None, "collation": None}
    return _done(
        queryId="1",
        sqlState="00000",
        rowtype=[{"name": f"C{number}", **kind} for number, _ in enumerate(row)],
        rowset=[row],
        total=1,
        returned=1,
        parameters=[],
        queryResultFormat="json",
        statementTypeId=4096,
        version=1,
    )


def _checked() -> dict[str, Any]:
    account = Account()
    with stub(account.answer) as server, tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        target: dict[str, Any] = {"type": "snowflake", "account": "acme-x", "user": "FLOE"}
        target |= {"password": {"env": "SNOWFLAKE_PASSWORD"}, "warehouse": "WH"}
        target["url"] = server.url
        json.dump({"compute": [target]}, file)
        file.flush()
        command = [str(FLOE), "preflight", "--config", file.name, "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        paths = [asked.path for asked in server.asked]
        told = {"stdout": done.stdout, "stderr": done.stderr, "asked": paths}
        return told | {"logins": account.logins, "returncode": done.returncode}


if __name__ == "__main__":
    print(json.dumps(_checked()))  # noqa: T201
