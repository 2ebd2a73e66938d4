"""Asking over HTTP: no retries, every failure a fault with a name."""

import asyncio
import ssl
import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from floe_deploy.preflight import layers
from floe_deploy.preflight.check import CONNECT_SECONDS, RESPONSE_SECONDS, Probe
from floe_deploy.preflight.code import Fault, Stage
from floe_deploy.preflight.connection import address_of, on_the_node, reach_url

_ODD_SECONDS, _WRONG_SECONDS = 60, 300
_MOST_CHARACTERS = 20_000
_MOST_BYTES = 5_000_000
_OF_THE_WAY = {b"content-encoding", b"content-length", b"transfer-encoding"}
_CUT_SHORT = ("disconnected", "peer closed", "incomplete")


async def client(probe: Probe, url: str, ca_file: str | None = None) -> httpx.AsyncClient:
    """Try the layers below an address, and answer what to ask it with.

    Raises:
        Fault: a layer does not work.

    """
    context = await reach_url(probe, url, ca_file)
    probe.at(Stage.OPERATION)
    return await probe.resources.enter_async_context(
        httpx.AsyncClient(
            base_url=url,
            verify=context or _nobody(),
            timeout=httpx.Timeout(RESPONSE_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=not on_the_node(address_of(url)[0]),
            headers={"User-Agent": "floe-preflight"},
        )
    )


def _nobody() -> ssl.SSLContext:
    """What plain HTTP is verified by: making the usual context takes 20 ms."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def ask(
    probe: Probe, http: httpx.AsyncClient, method: str, url: str, **request: Any
) -> httpx.Response:
    """Ask once.

    Raises:
        Fault: no answer, a proxy's refusal, or a clock that is far off.

    """
    full = http.base_url.join(url)
    host, port = address_of(str(full))
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(CONNECT_SECONDS + RESPONSE_SECONDS):
            answer = await _answer(http, method, url, **request)
    except (httpx.TimeoutException, TimeoutError):
        raise layers.RESPONSE_TIMEOUT(host=where, seconds=RESPONSE_SECONDS) from None
    except httpx.ProxyError as failure:
        if "407" in str(failure):
            raise layers.PROXY_REQUIRED(host=host) from failure
        raise layers.CONN_UNREACHABLE(host=host, port=port, reason="the proxy refused") from failure
    except httpx.ConnectError as failure:
        raise layers.CONN_REFUSED(host=host, port=port) from failure
    except (httpx.RemoteProtocolError, httpx.DecodingError) as failure:
        raise _broken(failure, host, port) from failure
    except (httpx.LocalProtocolError, UnicodeEncodeError) as failure:
        raise layers.NOT_SENDABLE(host=host, port=port) from failure
    except httpx.NetworkError as failure:
        raise layers.CONN_CLOSED(host=where) from failure
    if answer.status_code == httpx.codes.PROXY_AUTHENTICATION_REQUIRED:
        raise layers.PROXY_REQUIRED(host=host)
    _compare_clocks(probe, answer, host)
    return answer


def _broken(failure: httpx.HTTPError, host: str, port: int) -> Fault:
    """Answer the fault that an answer is none: it ends too early, or something else is there."""
    if any(words in str(failure) for words in _CUT_SHORT):
        return layers.CONN_CLOSED(host=f"{host}:{port}")
    encoded = isinstance(failure, httpx.DecodingError)
    seen = "its content is not encoded as it says" if encoded else "no HTTP"
    return layers.WRONG_SERVICE(host=host, port=port, service="HTTP", seen=seen)


async def _answer(http: httpx.AsyncClient, method: str, url: str, **request: Any) -> httpx.Response:
    """Answer what a server says, but no more of it than any of those that are asked would say.

    Raises:
        Fault: it says more.

    """
    async with http.stream(method, url, **request) as stream:
        content = bytearray()
        async for part in stream.aiter_bytes():
            content += part
            if len(content) > _MOST_BYTES:
                raise wrong_service(stream, "what was asked for", "more than 5 MB")
    headers = [pair for pair in stream.headers.raw if pair[0].lower() not in _OF_THE_WAY]
    answer = httpx.Response(
        stream.status_code, headers=headers, content=bytes(content), request=stream.request
    )
    answer.encoding = "utf-8"
    return answer


def json_of(answer: httpx.Response, service: str) -> dict[str, Any]:
    """Answer the JSON object that a service has answered with.

    Raises:
        Fault: it is none, so that something else listens there.

    """
    try:
        content = answer.json()
    except (ValueError, RecursionError):
        content = None
    if isinstance(content, dict):
        return content
    raise wrong_service(answer, service)


async def read_json(
    probe: Probe, http: httpx.AsyncClient, url: str, service: str
) -> dict[str, Any]:
    """Answer the JSON object at an address that a service has.

    Raises:
        Fault: there is none, or something else.

    """
    answer = await ask(probe, http, "GET", url)
    if not answer.is_success:
        raise wrong_service(answer, service)
    return json_of(answer, service)


def wrong_service(answer: httpx.Response, service: str, seen: str | None = None) -> Exception:
    """Answer the fault that something else listens there, or that nobody answers there now."""
    host, port = address_of(str(answer.request.url))
    status = answer.status_code
    if answer.is_server_error or status == httpx.codes.TOO_MANY_REQUESTS:
        return layers.NOT_READY(host=host, port=port, status=status)
    seen = seen or f"HTTP {status}, {kind_of(answer)}"
    return layers.WRONG_SERVICE(host=host, port=port, service=service, seen=seen)


def kind_of(answer: httpx.Response) -> str:
    """Answer what an answer calls its content."""
    return str(answer.headers.get("content-type", "nothing").partition(";")[0])


def excerpt(text: object) -> str:
    """Answer what a server says on one line; reports redact it, and show the beginning.

    It is longer than what they show: of a credential that was cut here, the half would be shown.
    """
    return " ".join(str(text)[:_MOST_CHARACTERS].split())


def _compare_clocks(probe: Probe, answer: httpx.Response, host: str) -> None:
    said = answer.headers.get("date")
    if not said:
        return
    try:
        apart = round(time.time() - parsedate_to_datetime(said).timestamp())
    except (ValueError, OverflowError):
        return
    compare(probe, apart, host)


def compare(probe: Probe, apart: int, host: str) -> None:
    """Warn of a clock that is off, and refuse one with which no login can work.

    Raises:
        Fault: it is more than 300 s off.

    """
    if abs(apart) > _WRONG_SECONDS:
        raise layers.CLOCK_SKEW(host=host, seconds=abs(apart))
    if abs(apart) > _ODD_SECONDS:
        probe.warn(layers.CLOCK_SKEW(host=host, seconds=abs(apart)))
