"""The reference page of what preflight can find wrong."""

import re
from collections.abc import Iterator
from string import Formatter

from floe_deploy.preflight.code import Code, Stage
from floe_deploy.preflight.codes import codes

SERVICES = {
    "layers": "every service",
    "aws": "identity in AWS",
    "profile": "profile of AWS",
    "gcp": "identity in Google Cloud",
    "azure": "identity in Azure",
    "postgres": "PostgreSQL",
    "objects": "object store",
    "s3": "S3",
    "gcs": "Google Cloud Storage",
    "adls": "Azure's object storage",
    "catalog": "Iceberg catalog",
    "trino": "Trino",
    "snowflake": "Snowflake",
    "bigquery": "BigQuery",
    "duckdb": "DuckDB",
    "cluster": "the cluster",
    "secrets": "other Secrets",
    "dagster": "Dagster",
    "cube": "Cube",
    "jaeger": "Jaeger",
    "marquez": "Marquez",
    "login": "login",
}
"""What a module's codes are about, in the order of the page."""

PROVISIONED = {
    "postgres": "postgres",
    **dict.fromkeys(("s3", "gcs", "adls"), "storage"),
    "catalog": "catalog",
    **dict.fromkeys(("trino", "snowflake", "bigquery", "duckdb"), "compute"),
}
"""Where each service is given its users and rights, by module."""


def page() -> str:
    """Answer the page: a table, and a heading for each code that links lead to."""
    found = codes()
    order = [*SERVICES, *sorted(found.keys() - SERVICES)]
    every = [(name, code) for name in order for code in found.get(name, ())]
    lines = [
        "# Preflight: what can be wrong",
        "",
        "Made by `python -m tools.reference` out of the checks. Each code is one way in which a",
        "service does not work, with the words that a report has for it; values that it fills in",
        "are *slanted*. [How to use preflight](../how-to/preflight.md), and [what it cannot",
        "know](../explanation/preflight-passed.md).",
        "",
        "*Stage* is the layer of the connection at which it shows: config, dns, tcp, tls, auth,",
        "authz, operation. They are tried in this order, and the first that is broken names the",
        "fault. A *definitive* fault stays until somebody changes something: the gate does not try",
        "again. A *warning* is of a service that works all the same; `--strict` fails at it.",
        "",
        "| code | service | stage | what it is |",
        "| --- | --- | --- | --- |",
        *(
            f"| [`{code.id}`](#{code.id.lower()}) | {SERVICES.get(name, name)} | {code.stage} | "
            f"{_kind(code)} |"
            for name, code in every
        ),
        "",
    ]
    for name, code in every:
        lines += _described(name, code)
    return "\n".join(lines)


def _described(name: str, code: Code) -> Iterator[str]:
    service = SERVICES.get(name, name)
    yield f"## {code.id}"
    yield ""
    yield f"*{service[0].upper()}{service[1:]}, stage {code.stage}, {_kind(code)}.*"
    message = _sentence(code.message)
    yield f"{message[0].upper()}{message[1:]}."
    yield ""
    yield f"**What to do:** {_sentence(code.remediation)}."
    if name in PROVISIONED and code.stage in {Stage.AUTH, Stage.AUTHZ}:
        yield f"[What it has to be given](../how-to/provision/{PROVISIONED[name]}.md)."
    yield ""
    yield f"**How it is told:** {_escaped(code.detection)}."
    yield ""
    if code.source:
        yield "No real service was asked about it: checked against the [vendor's"
        yield f"documentation]({code.source})."
        yield ""


def _kind(code: Code) -> str:
    if code.warning:
        return "warning"
    return "error, definitive" if code.definitive else "error"


def _sentence(text: str) -> str:
    """Answer a message with its values slanted: `no answer from *host*`."""
    parts = [
        _escaped(literal) + (f"*{name}*" if name else "")
        for literal, name, _, _ in Formatter().parse(text)
    ]
    return "".join(parts)


def _escaped(text: str) -> str:
    return re.sub(r"([*<|])", r"\\\1", text)
