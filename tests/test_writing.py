"""Putting an environment's files in place: all of them or none."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from floe_deploy import lock, writing
from floe_deploy.errors import InputError
from floe_deploy.manifests import MARK


def a_release(word: str, count: int = 40) -> dict[str, str]:
    files = {f"50-platform/{number}.yaml": f"{MARK}\nword: {word}\n" for number in range(count)}
    return files | {lock.FILE: lock.write("0" * 64, files, {})}


def held(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(params=["exchange", "two renames"])
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "two renames":  # what is left where a file system refuses to exchange
        monkeypatch.setattr(writing, "_swap", lambda _one, _other: False)


@pytest.mark.usefixtures("_both_ways")
def test_a_folder_holds_exactly_the_files_of_the_last_release(tmp_path: Path) -> None:
    writing.replace(tmp_path / "prod", a_release("old", 50))
    writing.replace(tmp_path / "prod", a_release("new"))
    assert held(tmp_path / "prod") == a_release("new")
    assert [path.name for path in tmp_path.iterdir()] == ["prod"]


@pytest.mark.usefixtures("_both_ways")
def test_files_that_synth_did_not_write_are_kept_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "prod"
    writing.replace(folder, a_release("old"))
    (folder / "notes.md").write_text("by hand")
    (folder / "link").symlink_to("notes.md")
    assert writing.replace(folder, a_release("new")) == ["link", "notes.md"]
    assert (folder / "notes.md").read_text() == "by hand"
    assert (folder / "link").readlink() == Path("notes.md")


def test_a_file_in_the_way_is_an_error_and_nothing_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "prod"
    writing.replace(folder, a_release("old", 1))
    (folder / "50-platform" / "1.yaml").write_text("by hand")
    before = held(folder)
    with pytest.raises(InputError, match=r"50-platform/1\.yaml"):
        writing.replace(folder, a_release("new"))
    assert held(folder) == before


def test_a_folder_that_is_right_already_is_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "prod"
    writing.replace(folder, a_release("same"))
    inode = folder.stat().st_ino
    writing.replace(folder, a_release("same"))
    assert folder.stat().st_ino == inode


def test_what_was_written_is_known_without_its_lock(tmp_path: Path) -> None:
    folder = tmp_path / "prod"
    writing.replace(folder, a_release("old"))
    (folder / lock.FILE).write_text("not json")
    assert writing.foreign(folder) == []
    writing.replace(folder, a_release("new"))
    assert held(folder) == a_release("new")


def test_a_killed_exchange_is_undone_when_the_new_folder_is_not_in_place(tmp_path: Path) -> None:
    writing.replace(tmp_path / "prod", a_release("old"))
    (tmp_path / "prod").rename(tmp_path / ".prod.old")
    (tmp_path / ".prod.new").mkdir()
    writing.repair(tmp_path)
    assert held(tmp_path / "prod") == a_release("old")
    assert [path.name for path in tmp_path.iterdir()] == ["prod"]


def test_a_killed_exchange_is_finished_when_the_new_folder_is_in_place(tmp_path: Path) -> None:
    writing.replace(tmp_path / "prod", a_release("new"))
    (tmp_path / ".prod.old").mkdir()
    writing.repair(tmp_path)
    assert held(tmp_path / "prod") == a_release("new")
    assert [path.name for path in tmp_path.iterdir()] == ["prod"]


def test_a_second_run_waits_for_the_first(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from floe_deploy import writing\n"
        "with writing.exclusive(Path(sys.argv[1])):\n"
        "    begin = time.monotonic(); time.sleep(1); print(begin, time.monotonic())\n"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    spans = sorted(tuple(map(float, run.communicate(timeout=30)[0].split())) for run in runs)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
