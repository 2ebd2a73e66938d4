"""How commands begin and end: help, progress, signals, faults, and places that cannot be used."""

import errno
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from called import floe
from floe_deploy import cli
from test_dist import ENVIRONMENTS, ROOT, held, run
from unprivileged import as_user, give

COMMANDS = tuple(
    str(command.callback.__name__) for command in cli.app.registered_commands if command.callback
)
GROUPS = tuple(group.name for group in cli.app.registered_groups)
"""Commands that have commands of their own."""
FLOE = (sys.executable, "-m", "floe_deploy")
UID = 10001


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    assert floe("init", folder).returncode == 0
    shutil.copytree(folder / "overlays" / "dev", folder / "overlays" / "test")
    assert floe("synth", cwd=folder).returncode == 0
    return folder


@pytest.fixture
def repo(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "repo")
    return tmp_path / "repo"


# help


def test_help_names_every_command() -> None:
    _, _, commands = floe("--help").stdout.partition("Commands:")
    listed = re.findall(r"^  (\w+)  +\S", commands, re.MULTILINE)
    assert set(listed) == {*COMMANDS, *GROUPS}
    assert floe("-h").stdout == floe("--help").stdout


@pytest.mark.parametrize("command", [*COMMANDS, "demo up", "demo burst"])
def test_help_says_what_every_argument_is(command: str) -> None:
    text = floe(*command.split(), "--help", env={"COLUMNS": "80"}).stdout
    usage = text.splitlines()[0]
    arguments = re.findall(r"[A-Z]{4,}", usage.removeprefix("Usage:"))
    for argument in (*(set(arguments) - {"OPTIONS"}), *re.findall(r"--[a-z]+", text)):
        assert re.search(rf"^  (-h, )?{argument}\b.*  +\S", text, re.MULTILINE), argument


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_not_known_ends_with_2_and_says_what_is(command: str) -> None:
    result = floe(command, "--nothing")
    assert (result.returncode, result.stdout) == (2, "")
    assert "--nothing" in result.stderr
    assert f" {command} -h' for help" in result.stderr


def test_a_misspelt_command_is_told_with_the_nearest() -> None:
    result = floe("snyth")
    assert (result.returncode, result.stdout) == (2, "")
    assert "Did you mean 'synth'?" in result.stderr


# where things are said


def on_terminal(*arguments: str, cwd: Path, **env: str) -> tuple[str, str]:
    """Run with a terminal for standard error; answer standard output, and what it showed."""
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [*FLOE, *arguments],
        cwd=cwd,
        env=os.environ | env,
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
    ) as process:
        os.close(terminal)
        shown = b""
        while chunk := _read(controller):
            shown += chunk
        assert process.stdout
        output = process.stdout.read()
    os.close(controller)
    return output, shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that the last writer has closed it
        return b""


def test_progress_is_shown_on_a_terminal_and_never_among_the_data(repo: Path) -> None:
    output, shown = on_terminal("synth", cwd=repo)
    assert output == "dist/dev: 35 objects\ndist/test: 35 objects\n"
    assert "Synthesizing" in shown
    assert floe("synth", cwd=repo).stdout == output


def test_without_color_nothing_is_coloured(repo: Path) -> None:
    _, shown = on_terminal("synth", cwd=repo, NO_COLOR="1", TERM="xterm-256color")
    assert not re.search(r"\x1b\[[0-9;]*m", shown)


def test_data_goes_to_standard_output_and_all_else_to_standard_error(repo: Path) -> None:
    (repo / "dist" / "dev" / "notes.md").write_text("mine")
    synth = floe("synth", cwd=repo)
    assert all(re.fullmatch(r"dist/\w+: \d+ objects", line) for line in synth.stdout.splitlines())
    assert "notes.md" in synth.stderr
    check = floe("check", cwd=repo)
    assert "notes.md" in check.stdout
    assert "run `floe synth`" in check.stderr


# readers that go away


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run("bash", "-c", command.replace("floe", shlex.join(FLOE), 1), cwd=cwd)


@pytest.mark.parametrize("arguments", ["synth", "check", "schema", "--help", "init new"])
def test_a_reader_that_is_gone_is_no_fault(repo: Path, arguments: str) -> None:
    result = shell(f"floe {arguments} | head -0", repo)
    assert "Traceback" not in result.stderr
    assert "fault" not in result.stderr


def test_synth_finishes_what_it_writes_without_a_reader(repo: Path) -> None:
    before = held(repo / "dist")
    shutil.rmtree(repo / "dist")
    shell("floe synth | head -0", repo)
    assert held(repo / "dist") == before


@pytest.mark.parametrize("arguments", ["synth", "check", "schema"])
def test_a_full_disk_is_told_as_such(repo: Path, arguments: str) -> None:
    result = shell(f"floe {arguments} > /dev/full", repo)
    assert result.returncode == 2
    assert os.strerror(errno.ENOSPC) in result.stderr
    assert "fault" not in result.stderr


# places that cannot be used


def test_a_file_where_an_environment_goes_is_kept_and_told(repo: Path) -> None:
    shutil.rmtree(repo / "dist" / "dev")
    (repo / "dist" / "dev").write_text("mine")
    result = floe("synth", cwd=repo)
    assert (result.returncode, result.stdout) == (2, "")
    assert "dist/dev is in the way" in result.stderr
    assert (repo / "dist" / "dev").read_text() == "mine"
    assert {path.name for path in (repo / "dist").iterdir()} == {"dev", "test"}


def test_a_link_where_an_environment_goes_is_kept_and_told(repo: Path) -> None:
    (repo / "dist" / "dev").rename(repo / "elsewhere")
    (repo / "dist" / "dev").symlink_to("../elsewhere")
    before = held(repo / "elsewhere")
    (repo / "overlays" / "dev" / "environment.yaml").write_text(
        (repo / "overlays" / "dev" / "environment.yaml").read_text().replace("250m", "300m")
    )
    assert floe("synth", cwd=repo).returncode == 2
    assert (repo / "dist" / "dev").is_symlink()
    assert held(repo / "elsewhere") == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["synth"],
        ["synth", "--output", "new/dist"],
        ["schema", "--output", "new.json"],
        ["init", "new"],
    ],
    ids=" ".join,
)
def test_a_folder_without_the_right_to_write_is_told_by_name(
    repo: Path, arguments: list[str]
) -> None:
    overlay = repo / "overlays" / "dev" / "environment.yaml"
    overlay.write_text(overlay.read_text().replace("cpu: 250m", "cpu: 300m"))
    before = held(repo)
    for folder in (repo, repo / "dist"):
        folder.chmod(0o555)
    try:
        result = run(*as_user(UID, [*FLOE, *arguments]), cwd=repo)
    finally:
        for folder in (repo, repo / "dist"):
            folder.chmod(0o755)
    assert result.returncode == 2
    assert re.fullmatch(r"(dist|new)\S*: Permission denied\n", result.stderr)
    assert held(repo) == before


def test_check_needs_no_right_to_write(repo: Path) -> None:
    repo.chmod(0o555)
    try:
        result = run(*as_user(UID, [*FLOE, "check"]), cwd=repo)
    finally:
        repo.chmod(0o755)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("home", ["/nowhere", "/"])
def test_a_user_without_a_home_can_synthesize(tmp_path: Path, home: str) -> None:
    give(tmp_path, UID)
    command = as_user(UID, [*FLOE, "synth", "dev", "--output", str(tmp_path / "dist")])
    result = run(*command, env={"HOME": home})
    assert result.returncode == 0, result.stderr
    assert held(tmp_path / "dist" / "dev") == held(ROOT / "dist" / "dev")


def test_nothing_is_kept_in_a_home_that_others_may_write_to(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o777)
    command = [*FLOE, "synth", "dev", "--output", str(tmp_path / "dist")]
    result = run(*command, env={"HOME": str(home)})
    assert result.returncode == 0, result.stderr
    assert not list(home.iterdir())


# interrupted


@pytest.mark.slow
@pytest.mark.parametrize("environments", [ENVIRONMENTS, ["prod"]], ids=["several", "one"])
def test_ctrl_c_ends_with_130_and_each_environment_is_whole(
    tmp_path: Path, environments: list[str]
) -> None:
    overlays, output = tmp_path / "overlays", tmp_path / "dist"
    (tmp_path / "demo").symlink_to(ROOT / "demo")
    for name in environments:
        shutil.copytree(ROOT / "overlays" / name, overlays / name)
    command = [*FLOE, "synth", "--overlays", str(overlays), "--output"]

    def synth() -> dict[str, dict[str, bytes]]:
        run(*command, output)
        return {name: held(output / name) for name in environments}

    old = synth()
    for overlay in overlays.glob("*/environment.yaml"):
        text = overlay.read_text()
        overlay.write_text(text.replace("registry.example.com", "registry.example.org"))
    shutil.copytree(output, tmp_path / "old")
    began = time.monotonic()
    new = synth()
    whole = time.monotonic() - began
    assert all(old[name] != new[name] for name in environments)
    codes = []
    for part in (0.15, 0.3, 0.45, 0.6, 0.75, 0.9):
        shutil.rmtree(output)
        shutil.copytree(tmp_path / "old", output)
        with subprocess.Popen(
            [*command, str(output)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            time.sleep(whole * part)
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does
            _, errors = process.communicate(timeout=30)
        codes.append(process.returncode)
        # One renders in the process itself: Node may say a last word, with jsii's own traceback.
        assert "floe_deploy" not in errors
        if len(environments) > 1:
            assert re.fullmatch(r"(\d+ warnings?: `floe lint` explains (them|it)\n)?", errors)
        for name in environments:
            assert held(output / name) in (old[name], new[name])
    assert 130 in codes  # which of them: what runs beside it makes it slower or faster
    late = -signal.SIGINT  # Python was ending already; a shell calls this 130 as well
    assert set(codes) <= {0, 130, late}


def test_workers_leave_nothing_behind(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    result = floe("synth", cwd=repo, env={"TMPDIR": str(tmp_path / "temporary")})
    assert result.returncode == 0
    assert list((tmp_path / "temporary").iterdir()) == []


# faults


def fail(monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> int:
    def broken() -> None:
        raise failure

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_fault_shows_where_it_happened_only_when_asked_to(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fail(monkeypatch, LookupError("no such thing")) == 70
    told = capsys.readouterr()
    assert told.out == ""
    assert "Traceback" not in told.err
    assert "FLOE_TRACEBACK=1" in told.err
    monkeypatch.setenv("FLOE_TRACEBACK", "1")
    assert fail(monkeypatch, LookupError("no such thing")) == 70
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback")
    assert shown.endswith(told.err)


@pytest.mark.parametrize(
    "failure",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/somewhere/file"),
        OSError("nothing more is known"),
        TimeoutError(),
    ],
    ids=["no name", "a name", "text", "nothing"],
)
def test_what_the_system_refuses_is_no_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], failure: OSError
) -> None:
    assert fail(monkeypatch, failure) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert told.strip()
    assert "fault" not in told
    assert str(failure.filename or "") in told
