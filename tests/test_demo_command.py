"""`floe demo`: a folder from nothing to a Dagster that makes batches, and back."""

import fcntl
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from floe_demo import commands, folder, remote
from floe_demo.progress import Progress
from floe_demo.refusal import RefusedError
from floe_demo.warehouse.profile import PROJECT
from postgres import free_port
from test_dist import ROOT, floe

PAGE = (ROOT / "docs" / "tutorial" / "demo.md").read_text("utf-8")


@contextmanager
def begun(home: Path, *args: str) -> Iterator[subprocess.Popen[str]]:
    """Begin a command in a session of its own, as on a terminal of its own."""
    env = os.environ | {"FLOE_DEMO_HOME": str(home), "FLOE_DEMO_SCHEDULE_BATCH_SIZE": "20"}
    env |= {"JSII_NODE": "/nowhere", "FLOE_DEMO_SCHEDULE_CRON": "0 0 1 1 *"}
    with subprocess.Popen(
        [sys.executable, "-m", "floe_deploy", "demo", *args],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            for one in (process.pid, *left(home)):
                with suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)


def left(home: Path) -> list[int]:
    """Answer the processes that work for a folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"FLOE_DEMO_HOME={home}\0".encode() in each.read_bytes():
                found.append(int(each.parent.name))
    return found


def gone(home: Path) -> None:
    """Wait for the last of them to notice that it is over."""
    end = time.monotonic() + 60
    while left(home):
        assert time.monotonic() < end
        time.sleep(0.1)


def until(process: subprocess.Popen[str], text: str) -> list[str]:
    """Read what it says up to a line."""
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if text in line:
            return lines
    raise AssertionError("\n".join(lines))


def answered(url: str, query: str) -> Any:
    return remote._asked(url, query)  # noqa: SLF001  as the command asks


@pytest.mark.slow
@pytest.mark.requirement("FR-025")
def test_a_demo_is_interrupted_goes_on_and_takes_bursts_in_its_dagster(tmp_path: Path) -> None:
    home, port = tmp_path / "shop", free_port()
    with begun(home, "up") as process:
        until(process, "Building and testing the models")
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(120) == 130
        gone(home)
    url = f"http://127.0.0.1:{port}"
    with begun(home, "up", "--ui", "--port", str(port)) as process:
        said = "\n".join(until(process, f"Dagster is at {url}"))
        assert re.search(r"Batch \d+ is served: [\d,]+ rows", said)
        assert re.search(r"EMEA +█+ +[\d,]+\.\d\d\n", said)
        assert re.findall(r"(missing|duplicate|late) .*(✓|✗)", said) == [
            ("missing", "✓"),
            ("duplicate", "✓"),
            ("late", "✓"),
        ]
        assert "\x1b" not in said
        before = told(home)
        assert before["at_work"] == {
            "command": "floe demo up --ui",
            "process": process.pid,
            "url": url,
        }
        busy = floe("demo", "up", "--home", home)
        assert (busy.returncode, busy.stdout) == (2, "")
        assert f"floe demo burst --url {url}" in busy.stderr
        assert floe("demo", "reset", "--yes", "--home", home).returncode == 2

        graph = answered(url, "{assetNodes {assetKey {path} dependencyKeys {path}}}")["assetNodes"]
        parents = {
            tuple(node["assetKey"]["path"]): {tuple(one["path"]) for one in node["dependencyKeys"]}
            for node in graph
        }
        models = json.loads((home / "target" / "manifest.json").read_text())["nodes"].values()
        named = {one["name"] for one in models if one["resource_type"] == "model"}
        assert len(named) == len(list((PROJECT / "models").rglob("*.sql")))
        assert named <= {key[-1] for key in parents}
        assert ("raw", "orders") in parents["staging", "stg_orders"]

        burst = floe("demo", "burst", "300", "--url", url, "--json")
        assert burst.returncode == 0, burst.stderr
        assert told(home)["rows"]["orders"] >= before["rows"]["orders"] + 300
        (line,) = re.findall(r"^(curl .+\\\n.+)$", PAGE, re.MULTILINE)
        line = line.replace("127.0.0.1:3000", f"127.0.0.1:{port}").replace("\\\n", "")
        asked = subprocess.run(shlex.split(line), capture_output=True, text=True, check=True)
        run = json.loads(asked.stdout)["data"]["launchRun"]["run"]["runId"]
        assert remote.ended(url, run)
        assert told(home)["batch"]["number"] > before["batch"]["number"] + 1

        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(120) == 0
        gone(home)
    (home / "notes.txt").write_text("mine")
    reset = floe("demo", "reset", "--yes", "--home", home)
    assert reset.returncode == 0, reset.stderr
    assert [file.name for file in home.iterdir()] == ["notes.txt"]
    assert "notes.txt: kept" in reset.stderr


def told(home: Path) -> Any:
    status = floe("demo", "status", "--json", "--home", home)
    assert status.returncode == 0, status.stderr
    return json.loads(status.stdout)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder of the demo with nothing in it yet."""
    folder.claimed(tmp_path / "shop")
    return tmp_path / "shop"


def test_nothing_is_begun_where_services_are_named_or_a_setting_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLOE_COMPILED_ARTIFACTS", "artifacts.json")
    monkeypatch.setenv("SERVING_PG_HOST", "pg")
    with pytest.raises(RefusedError, match="FLOE_COMPILED_ARTIFACTS, SERVING_PG_HOST"):
        commands.settings(None)
    monkeypatch.delenv("FLOE_COMPILED_ARTIFACTS")
    monkeypatch.delenv("SERVING_PG_HOST")
    monkeypatch.setenv("FLOE_DEMO_SEED", "much")
    monkeypatch.setenv("FLOE_DEMO_SPEED", "1")
    with pytest.raises(RefusedError, match=r"FLOE_DEMO_SEED: .*\n.*FLOE_DEMO_SPEED: "):
        commands.settings(None)


def test_a_folder_of_somebody_else_is_neither_used_nor_deleted(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    with pytest.raises(RefusedError, match="not a folder of the demo"):
        folder.claimed(tmp_path)
    with pytest.raises(RefusedError, match="was not made by"):
        folder.deleted(tmp_path)
    with pytest.raises(RefusedError, match="no demo in"):
        folder.present(tmp_path / "absent")
    assert (tmp_path / "target").exists()


def test_what_the_demo_made_goes_and_a_link_in_it_is_not_followed(
    mine: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "rows").write_text("")
    (mine / "warehouse").symlink_to(elsewhere)
    (mine / "dagster").mkdir()
    for name in ("demo.duckdb", "demo.duckdb.wal", "catalog.db"):
        (mine / name).write_text("four")
    assert folder.sizes(mine)["models"] == 8
    assert folder.deleted(mine) == []
    assert not mine.exists()
    assert (elsewhere / "rows").exists()


def test_one_works_at_a_time_and_the_other_is_told_who_it_is(mine: Path) -> None:
    with folder.alone(mine, "floe demo up"):
        found = folder.worker(mine)
        assert found
        assert found["process"] == os.getpid()
        with pytest.raises(RefusedError, match=f"process {os.getpid()}.*wait until it is done"):
            folder.deleted(mine)
    assert folder.worker(mine) is None
    with (mine / folder.TURN).open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        with pytest.raises(RefusedError, match="a run is on"):
            folder.deleted(mine)
    assert mine.exists()


def test_reset_asks_and_without_an_answer_leaves_all(mine: Path) -> None:
    asked = floe("demo", "reset", "--home", mine)
    assert asked.returncode != 0
    assert "Delete the demo in" in asked.stderr
    assert mine.exists()


def test_without_its_extra_the_command_says_which_one_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['dagster'] = None; sys.argv[1:] = ['demo', 'up'];"
        " from floe_deploy.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'floe-deploy[demo]'" in done.stderr


def test_a_burst_needs_a_dagster() -> None:
    with pytest.raises(RefusedError, match="no URL"):
        remote.burst("shop", 1)
    with pytest.raises(RefusedError, match="no Dagster answers"):
        remote.burst(f"http://127.0.0.1:{free_port()}", 1)


class Terminal(StringIO):
    """A terminal, on which lines are written anew in place."""

    def isatty(self) -> bool:
        return True


def event(kind: str, step: str = "models", **more: Any) -> SimpleNamespace:
    found = SimpleNamespace(event_type_value=kind, step_key=step, **more)
    return SimpleNamespace(dagster_event=found)


def failing() -> None:
    with Progress() as progress:
        progress.step("Loading")
        progress.told(event("ASSET_CHECK_EVALUATION_PLANNED"))
        progress.told(event("ASSET_MATERIALIZATION_PLANNED"))
        progress.told(event("STEP_START"))
        progress.told(event("ASSET_CHECK_EVALUATION"))
        error = SimpleNamespace(cause=None, message="no space\n")
        failed = SimpleNamespace(error=error)
        progress.told(event("STEP_FAILURE", event_specific_data=failed))
        assert progress.failure == "no space"
        raise ZeroDivisionError


def shown() -> str:
    with pytest.raises(ZeroDivisionError):
        failing()
    written = sys.stderr
    assert isinstance(written, StringIO)
    return written.getvalue()


def test_progress_is_in_place_on_a_terminal_in_colour_unless_refused_and_in_lines_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    text = shown()
    assert "\x1b[32m✓\x1b[0m Loading" in text
    assert "1/2" in text
    assert text.rpartition("\r\x1b[K")[2].startswith("  \x1b[31m✗\x1b[0m Building")
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in shown()
    monkeypatch.setattr(sys, "stderr", StringIO())
    assert shown() == "Loading\nBuilding and testing the models\n"
