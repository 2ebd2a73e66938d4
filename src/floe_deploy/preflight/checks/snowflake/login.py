"""Logging in to Snowflake by its connector, with its retries, telemetry and logs switched off."""

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from floe_constructs.preflight.targets import Snowflake
from floe_deploy.preflight import layers
from floe_deploy.preflight.check import CONNECT_SECONDS, RESPONSE_SECONDS, Probe
from floe_deploy.preflight.checks.snowflake import faults
from floe_deploy.preflight.checks.snowflake.refusal import refusal
from floe_deploy.preflight.code import Fault, Stage
from floe_deploy.preflight.connection import address_of, reach_url

_DOMAIN = "snowflakecomputing.com"

_QUIET: dict[str, Any] = {
    "application": "floe_preflight",
    "connect_timeout": round(CONNECT_SECONDS),
    "login_timeout": round(RESPONSE_SECONDS),
    "request_timeout": round(RESPONSE_SECONDS),
    "retry_max_attempts": 1,
    "logout_max_attempts": 1,
    "logout_total_timeout_seconds": 1,
    "client_out_of_band_telemetry_enabled": False,
    "client_store_temporary_credential": False,
    "enable_server_session_keep_alive_auto_detection": False,
    "session_parameters": {
        "CLIENT_TELEMETRY_ENABLED": False,
        "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": "JSON",
        "QUERY_TAG": "floe preflight",
    },
}
"""One try, explicit limits, nothing told to anybody, nothing kept on disk."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """An open session."""

    connection: Any
    """The connector's."""

    target: Snowflake
    """What is checked."""

    account: str
    """Account."""

    host: str
    """Host and port that are asked."""

    async def row(self, query: str, seconds: float = RESPONSE_SECONDS) -> Sequence[Any]:
        """Answer the first row of a query.

        Raises:
            Fault: there is none.

        """

        def ask() -> Any:
            with self.connection.cursor() as cursor:
                return cursor.execute(query, timeout=max(round(seconds), 1)).fetchone()

        try:
            row: Sequence[Any] = await asyncio.to_thread(ask)
        except _error() as failure:
            raise refusal(failure, self.target, self.account, self.host, seconds) from None
        return row


async def login(probe: Probe, target: Snowflake) -> Session:
    """Try the layers below, and log in.

    Raises:
        Fault: it is not possible.

    """
    account = probe.text(target.account)
    url = target.url or f"https://{account.lower().replace('_', '-')}.{_DOMAIN}"
    host, port = address_of(url)
    if _DOMAIN in account.lower():
        raise faults.SF_ACCOUNT_WRONG(account=account, host=host)
    options = {
        "account": account,
        "user": probe.text(target.user),
        "host": host,
        "port": port,
        "protocol": urlsplit(url).scheme,
        "role": target.role,
        "warehouse": target.warehouse,
        "database": target.database,
        "schema": target.db_schema,
        **_secret(probe, target),
        **_QUIET,
    }
    try:
        await reach_url(probe, url)
    except Fault as fault:
        if fault.code == layers.DNS_NOT_FOUND and not target.url:
            raise faults.SF_ACCOUNT_WRONG(account=account, host=host) from fault
        raise
    where = f"{host}:{port}"
    probe.at(Stage.AUTH, where)
    try:
        connection = await asyncio.to_thread(lambda: _connected(options))
    except _error() as failure:
        raise refusal(failure, target, account, where, RESPONSE_SECONDS) from None
    probe.resources.push_async_callback(asyncio.to_thread, connection.close)
    return Session(connection=connection, target=target, account=account, host=where)


def _connected(options: dict[str, Any]) -> Any:
    """Open a session; importing alone takes too long for the event loop."""
    # Of 5.2 the option for it is ignored: cloud metadata addresses would be asked who runs it.
    os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"
    from snowflake import connector

    logging.getLogger("snowflake.connector").setLevel(logging.CRITICAL + 1)
    return connector.connect(**{name: it for name, it in options.items() if it is not None})


def _error() -> type[Exception]:
    from snowflake.connector import Error

    found: type[Exception] = Error
    return found


def _secret(probe: Probe, target: Snowflake) -> dict[str, Any]:
    """Answer what the user logs in with.

    Raises:
        Fault: the private key cannot be read.

    """
    from cryptography.hazmat.primitives import serialization

    if target.private_key is None:
        return {"password": probe.text(target.password or "")}
    phrase = target.private_key_passphrase
    password = probe.text(phrase).encode() if phrase else None
    try:
        text = probe.text(target.private_key).encode()
        key = serialization.load_pem_private_key(text, password)
    except TypeError:  # about whether there is a passphrase
        reason = "has no passphrase, while one is configured" if phrase else "needs a passphrase"
    except ValueError:
        reason = "is none, or its passphrase is wrong"
    else:
        return {"authenticator": "SNOWFLAKE_JWT", "private_key": _der(key)}
    raise faults.SF_KEY(place=target.private_key.told, reason=reason)


def _der(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    form = serialization.PrivateFormat.PKCS8
    found: bytes = key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption())
    return found
