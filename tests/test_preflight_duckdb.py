"""What preflight says about DuckDB: real files, with each fault made in them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest

from floe_constructs.preflight.targets import DuckDb
from floe_deploy.preflight.checks.duckdb import checks
from floe_deploy.preflight.code import Fault
from floe_deploy.preflight.finding import Finding
from preflight import preflight, told
from unprivileged import as_user

pytestmark = [pytest.mark.requirement("FR-016"), pytest.mark.requirement("FR-019")]

NOBODY = 65534
MADE = f"DuckDB {duckdb.__version__}"


def ask(path: Path | str, **more: Any) -> list[Finding]:
    return preflight({"compute": [{"type": "duckdb", "path": str(path)} | more]})


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "lake.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create table orders (id int)")
    return path


def test_files_that_work_stay_as_they_are(database: Path) -> None:
    before, folder = database.read_bytes(), sorted(database.parent.iterdir())
    for more in ({}, {"read_only": True}):
        (opens,) = ask(database, **more)
        assert (opens.status, opens.message) == ("ok", f"{MADE} opens {database}")
    assert database.read_bytes() == before
    (opens,) = ask(database.parent / "new.duckdb")
    assert (opens.status, opens.message) == (
        "ok",
        f"{MADE} can make {database.parent / 'new.duckdb'}",
    )
    assert sorted(database.parent.iterdir()) == folder
    (opens,) = ask(":memory:")
    assert opens.status == "ok"


def test_what_a_crash_has_left_stays_for_its_owner(database: Path) -> None:
    program = (
        "import duckdb, os, sys; it = duckdb.connect(sys.argv[1]);"
        "it.execute('insert into orders values (1)'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", program, str(database)], check=True)
    before = {path.name: path.read_bytes() for path in database.parent.iterdir()}
    assert set(before) == {"lake.duckdb", "lake.duckdb.wal"}
    (opens,) = ask(database)
    assert opens.status == "ok"
    assert {path.name: path.read_bytes() for path in database.parent.iterdir()} == before


def test_a_folder_that_is_not_mounted(tmp_path: Path) -> None:
    (opens,) = ask(tmp_path / "data" / "lake.duckdb")
    assert told(opens) == (
        "DUCK_PATH_MISSING",
        "operation",
        f"folder {tmp_path / 'data'} does not exist",
        f"Mount the volume that {tmp_path / 'data' / 'lake.duckdb'} is on, or correct the path",
    )
    assert opens.definitive


PERMISSION = (
    "Give the process' user the right to folder and file: fsGroup of the pod's securityContext, a "
    "volume that is not mounted readOnly"
)


@pytest.mark.parametrize("name", ["lake.duckdb", "new.duckdb"])
def test_a_folder_of_another_user(name: str) -> None:
    with TemporaryDirectory() as text:
        folder = Path(text)
        folder.chmod(0o755)
        if name == "lake.duckdb":
            duckdb.connect(folder / name).close()
        config = {"compute": [{"type": "duckdb", "path": str(folder / name)}]}
        program = (
            "import sys, json; sys.path[:0] = json.loads(sys.argv[1]);"
            "from preflight import preflight;"
            "(it,) = preflight(json.loads(sys.argv[2]));"
            "print(json.dumps([it.code, it.stage, it.message, it.remediation]))"
        )
        command = [sys.executable, "-c", program, json.dumps(sys.path), json.dumps(config)]
        result = subprocess.run(
            as_user(NOBODY, command), check=True, capture_output=True, text=True, cwd=folder
        )
    assert json.loads(result.stdout) == [
        "DUCK_PERMISSION",
        "authz",
        f"{folder / name} cannot be written",
        PERMISSION,
    ]


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a database open in another process."""
    program = f"import duckdb; it = duckdb.connect({str(path)!r}); print('open'); input()"
    command = [sys.executable, "-uc", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        try:
            yield
        finally:
            holder.communicate(b"\n")


def test_a_file_that_another_process_writes(database: Path) -> None:
    with held(database):
        for more in ({}, {"read_only": True}):
            (opens,) = ask(database, **more)
            assert told(opens) == (
                "DUCK_LOCKED",
                "operation",
                f"{database} is open in another process",
                (
                    "Let one process alone write to it, and close it; as long as it is open to "
                    "write, nobody else may even read"
                ),
            )
            assert not opens.definitive


@pytest.mark.parametrize("damaged", [False, True])
def test_a_file_of_something_else(database: Path, *, damaged: bool) -> None:
    content = bytearray(database.read_bytes())
    content[100] ^= 1
    database.write_bytes(content if damaged else b"id,region\n" * 1000)
    (opens,) = ask(database)
    assert told(opens) == (
        "DUCK_CORRUPT",
        "operation",
        f"{database} is no DuckDB database, or a damaged one",
        "Correct the path, or bring the file back from where it is saved",
    )
    assert opens.definitive


def test_a_file_that_is_read_before_it_is_made(tmp_path: Path) -> None:
    (opens,) = ask(tmp_path / "lake.duckdb", read_only=True)
    assert told(opens) == (
        "DUCK_READ_ONLY_MISSING",
        "operation",
        f"{tmp_path / 'lake.duckdb'} is not there, and read_only lets nobody make it",
        "Let whoever writes it run first, or set read_only: false",
    )
    assert not opens.definitive  # whoever makes it may be about to


def test_what_has_no_name_of_its_own_is_told_in_the_words_of_duckdb(tmp_path: Path) -> None:
    (opens,) = ask(tmp_path)
    assert (opens.code, opens.stage) == ("DUCK_REFUSED", "operation")
    assert opens.message.startswith(f"{MADE} does not open {tmp_path}: IO Error: ")
    assert opens.message.endswith("Is a directory")
    assert opens.remediation == "Look up what it says; a newer DuckDB may have written the file"


def test_extensions_are_in_the_image_or_nowhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    opens, extensions = ask(":memory:", extensions=["json", "parquet"])
    assert (opens.status, extensions.status) == ("ok", "ok")
    assert extensions.message == "in the image: json, parquet"
    _, extensions = ask(":memory:", extensions=["json", "httpfs"])
    assert told(extensions) == (
        "DUCK_EXTENSION",
        "operation",
        f"extension httpfs of {MADE} is not in the image",
        "Install it when the image is built; nothing is downloaded at run time",
    )
    assert extensions.definitive
    assert not list(tmp_path.iterdir())


def test_a_database_elsewhere_needs_its_extension(tmp_path: Path) -> None:
    (opens,) = ask("s3://lake/lake.duckdb", read_only=True)
    assert (opens.code, opens.status) == ("DUCK_EXTENSION", "error")
    assert "httpfs" in opens.message
    assert not list(tmp_path.iterdir())


def test_without_the_extra_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(Fault) as caught:
        checks(DuckDb(type="duckdb"))
    assert str(caught.value) == (
        "EXTRA_MISSING: DuckDB needs the extra [duckdb]. pip install 'floe-deploy[duckdb]', or "
        "take the image that has it"
    )
