"""`floe promote`: versions go from one environment to the next, and nothing else does."""

import codecs
import io
import json
import os
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from floe_deploy import cli
from test_dist import ROOT, floe, held

EXAMPLE = ROOT / "tests" / "contract" / "examples" / "dev.json"
OLD, NEW = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
SIZE = {"resources": {"cpu": "100m", "memory": "512Mi"}}


def code(name: str, image: str, **settings: Any) -> dict[str, Any]:
    return {
        "name": name,
        "image": image,
        "module": name.replace("-", "_"),
        "server": SIZE,
        "runs": SIZE,
    } | settings


def overlay(*locations: dict[str, Any], registry: str = "r.example.com", **more: Any) -> Any:
    database = {"host": "db", "database": "d", "user": "d", "password": {"name": "d", "key": "p"}}
    return {
        "namespace": "data",
        "cluster": {"kubernetes": "1.34", "api_server_cidrs": ["10.0.0.0/16"]},
        "secrets": {"strategy": "existing"},
        "dagster": {
            "image": f"{registry}/dagster:1.13.27",
            "database": database,
            "webserver": SIZE,
            "daemon": SIZE,
            "code_locations": list(locations),
        },
        "cube": None,
        "marquez": None,
        "jaeger": None,
    } | more


def jaeger(image: str) -> dict[str, Any]:
    return {"image": image, "storage": {"type": "memory"}, "all_in_one": SIZE}


class Told(NamedTuple):
    """What the command said."""

    returncode: int
    stdout: str
    stderr: str


class Repo:
    """Two environments of one repository."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.patch = patch

    def file(self, name: str) -> Path:
        return self.folder / "overlays" / name / "environment.yaml"

    def say(self, name: str, said: Any) -> None:
        self.file(name).parent.mkdir(parents=True)
        shutil.copy(EXAMPLE, self.file(name).with_name("compiled_artifacts.json"))
        self.file(name).write_bytes(said if isinstance(said, bytes) else json.dumps(said).encode())

    def promote(self, *arguments: str) -> Told:
        """Run the command in this process: another one would take seconds to start."""
        out, err = io.StringIO(), io.StringIO()
        with self.patch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.chdir(self.folder)
            patch.setattr(sys, "path", [*sys.path])
            patch.setattr(sys, "argv", ["floe", "promote", *arguments])
            with pytest.raises(SystemExit) as ended:
                cli.main()
        return Told(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    def images(self) -> dict[str, str]:
        dagster = yaml.safe_load(self.file("prod").read_text())["dagster"]
        return {it["name"]: it["image"] for it in dagster["code_locations"] if "image" in it}


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    return Repo(tmp_path, monkeypatch)


def test_a_version_goes_to_the_code_location_of_that_name_wherever_it_stands(repo: Repo) -> None:
    shop, sales = code("shop", "r.example.com/shop:2"), code("sales", "r.example.com/sales:4")
    repo.say("staging", overlay(shop, sales))
    there = (code("sales", "r.example.com/sales:3"), code("shop", "r.example.com/shop:1"))
    repo.say("prod", overlay(*there))
    result = repo.promote("staging", "prod")
    assert (result.returncode, result.stdout.splitlines()) == (
        0,
        [
            "dagster.code_locations.shop.image: r.example.com/shop:1 -> r.example.com/shop:2",
            "dagster.code_locations.sales.image: r.example.com/sales:3 -> r.example.com/sales:4",
        ],
    )
    assert repo.images() == {"sales": "r.example.com/sales:4", "shop": "r.example.com/shop:2"}
    assert "Next: floe diff prod, and floe synth prod" in result.stderr


@pytest.mark.parametrize(
    ("given", "old", "meant"),
    [
        ("shop:2", "shop:1", "shop:2"),
        (f"shop:2@{NEW}", "shop:1", f"shop:2@{NEW}"),
        (f"shop:2@{NEW}", f"shop:1@{OLD}", f"shop:2@{NEW}"),
        (f"shop:1@{NEW}", f"shop:1@{OLD}", f"shop:1@{NEW}"),
        (f"shop@{NEW}", f"shop:1@{OLD}", f"shop@{NEW}"),
        ("shop:1", f"shop:1@{OLD}", f"shop:1@{OLD}"),
        (
            "acme/shop:2",
            "r.example.com:5000/mirror/acme/shop:1",
            "r.example.com:5000/mirror/acme/shop:2",
        ),
        ("dev.example.com/d/shop:2", "prod.example.com/p/shop:1", "prod.example.com/p/shop:2"),
        ("library/shop:2", "shop:1", "shop:2"),
        ("docker.io/library/shop:2", "index.docker.io/shop:1", "index.docker.io/shop:2"),
    ],
)
def test_tag_and_digest_move_and_the_name_stays(
    repo: Repo, given: str, old: str, meant: str
) -> None:
    repo.say("staging", overlay(code("shop", given)))
    repo.say("prod", overlay(code("shop", old)))
    assert repo.promote("staging", "prod").returncode == 0
    assert repo.images() == {"shop": meant}
    again = held(repo.folder)
    result = repo.promote("staging", "prod")
    assert (result.returncode, result.stdout) == (0, "")
    assert "has these versions already" in result.stderr
    assert held(repo.folder) == again


def test_every_other_byte_stays_with_mode_mark_and_line_ends(repo: Repo) -> None:
    log = {"name": "log", "image": "log:2", **SIZE}
    shop = code("shop", f"r.example.com/shop:2@{NEW}", server=SIZE | {"sidecars": [log]})
    repo.say("staging", overlay(shop, jaeger=jaeger("jaegertracing/jaeger:2.20.0")))
    written = """\
# überall  [
"namespace":   'data'   # here: {image: shop:1}
cluster: {kubernetes: "1.34", api_server_cidrs: [10.0.0.0/16]}
secrets: {strategy: existing}
dagster:
    image: "r.example.com/dagster:1.13.27"


    database: {host: db, database: d, user: d, password: {name: d, key: p}}
    webserver: {resources: {cpu: 100m, memory: 512Mi}}
    daemon: {resources: {cpu: 100m, memory: 512Mi}}
    code_locations:
    - {name: shop, 'image': "p.example.com/shop:1",   # image: shop:1
       server: {resources: {cpu: 100m, memory: 512Mi},
                sidecars: [{image:  log:1, name: log, resources: {cpu: 100m, memory: 512Mi}}]},
       module: shop,
       runs: {resources: {cpu: 100m, memory: 512Mi}} }
cube: ~
marquez: null
jaeger:
  storage: {type: memory}
  image: >-
    jaegertracing/jaeger:2.19.0

  all_in_one: {resources: {cpu: 100m, memory: 512Mi}}
# the end"""
    before = codecs.BOM_UTF8 + written.replace("\n", "\r\n").encode()
    repo.say("prod", before)
    repo.file("prod").chmod(0o640)
    assert repo.promote("staging", "prod").returncode == 0
    meant = before
    for old, new in (
        (b"image:  log:1,", b"image:  log:2,"),
        (b'"p.example.com/shop:1"', f'"p.example.com/shop:2@{NEW}"'.encode()),
        (b"jaeger:2.19.0", b"jaeger:2.20.0"),
    ):
        assert meant.count(old) == 1
        meant = meant.replace(old, new)
    assert repo.file("prod").read_bytes() == meant
    assert repo.file("prod").stat().st_mode & 0o777 == 0o640
    assert {it.name for it in repo.file("prod").parent.iterdir()} == {
        "environment.yaml",
        "compiled_artifacts.json",
    }


def test_a_dry_run_shows_the_edit_and_makes_none(repo: Repo) -> None:
    repo.say("staging", overlay(code("shop", "shop:2")))
    repo.say("prod", overlay(code("shop", "shop:1")))
    before = held(repo.folder)
    result = repo.promote("staging", "prod", "--dry-run")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert lines[:2] == [f"{mark * 3} overlays/prod/environment.yaml" for mark in "-+"]
    assert [line[0] for line in lines if "shop:" in line] == ["-", "+"]
    assert held(repo.folder) == before


def test_what_either_does_not_have_is_left_and_told(repo: Repo) -> None:
    given = overlay(
        code("shop", "shop:2"),
        code("new", "new:1"),
        jaeger=jaeger("jaegertracing/jaeger:2.20.0"),
        gate={"image": "preflight:0.1.0"},
    )
    repo.say("staging", given)
    taken = overlay(
        code("shop", "shop:1"), code("own", "own:1"), jaeger={"external": "http://j:4318"}
    )
    repo.say("prod", taken)
    result = repo.promote("staging", "prod")
    assert result.returncode == 0
    assert [line for line in result.stderr.splitlines() if line.startswith("left: ")] == [
        "left: dagster.code_locations.new.image: prod has no dagster.code_locations.new",
        "left: jaeger.image: jaeger runs elsewhere in prod",
        "left: gate.image: prod has no gate",
        "left: dagster.code_locations.own.image: prod alone has it",
    ]
    assert repo.images() == {"shop": "shop:2", "own": "own:1"}


def test_parts_are_promoted_by_themselves(repo: Repo) -> None:
    repo.say("staging", overlay(code("shop", "shop:2"), code("shop-b", "two:2")))
    repo.say("prod", overlay(code("shop", "shop:1"), code("shop-b", "two:1")))
    result = repo.promote("staging", "prod", "--only", "dagster.code_locations.shop")
    assert result.returncode == 0
    assert repo.images() == {"shop": "shop:2", "shop-b": "two:1"}


def test_what_is_not_plain_is_told_all_together_and_nothing_is_written(repo: Repo) -> None:
    repo.say("staging", overlay(code("shop", "shop:2"), code("sales", "sales:2"), code("a", "a:2")))
    prod = overlay(code("shop", f"shop:1@{OLD}"), code("sales", "turnover:1"), code("a", "a:1"))
    repo.say("prod", prod)
    before = held(repo.folder)
    result = repo.promote("staging", "prod")
    assert (result.returncode, result.stdout) == (2, "")
    told = result.stderr.splitlines()
    assert told[0] == "overlays/staging cannot be promoted to overlays/prod:"
    assert "dagster.code_locations.shop.image: found shop:2 in staging, without a digest" in told[1]
    assert "docker.io/library/sales in staging, docker.io/library/turnover in prod" in told[2]
    assert len(told) == 3
    assert held(repo.folder) == before
    assert repo.promote("staging", "prod", "--only", "dagster.code_locations.a").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("staging", "staging"), "staging cannot be promoted to itself"),
        (("staging", "overlays/staging"), "staging cannot be promoted to itself"),
        (("staging", "prdo"), "Did you mean prod?"),
        (("stagign", "prdo"), "Did you mean staging?"),
        (("stagign", "prdo"), "Did you mean prod?"),
        (("staging", "prod", "--only", "jaeger"), "allowed: these, or what they begin with: "),
        (
            ("staging", "prod", "--only", "dagster.code_location"),
            "Did you mean dagster.code_locations?",
        ),
        (
            ("staging", "prod", "--only", "dagster.code_locations.new"),
            "dagster.code_locations.new: prod has no dagster.code_locations.new: add it there",
        ),
    ],
)
def test_what_cannot_be_meant_is_told(repo: Repo, arguments: tuple[str, ...], told: str) -> None:
    repo.say("staging", overlay(code("shop", "shop:2"), code("new", "new:2")))
    repo.say("prod", overlay(code("shop", "shop:1")))
    before = held(repo.folder)
    result = repo.promote(*arguments)
    assert result.returncode == 2
    assert told in result.stderr
    assert held(repo.folder) == before


def test_both_overlays_are_told_when_neither_is_valid(repo: Repo) -> None:
    repo.say("staging", {"namspace": "staging"})
    repo.say("prod", {"namspace": "prod"})
    result = repo.promote("staging", "prod")
    assert result.returncode == 2
    assert "overlays/staging is not a valid overlay:" in result.stderr
    assert "overlays/prod is not a valid overlay:" in result.stderr
    assert result.stderr.count("namspace: found an unknown setting") == 2


def test_what_would_not_be_valid_there_is_told_and_not_written(repo: Repo) -> None:
    """Two images that a registry would hold under one name: alike but for their hosts."""
    repo.say(
        "staging",
        overlay(code("shop", "a.example.com/shop:2"), code("two", "b.example.com/shop:2")),
    )
    prod = overlay(
        code("shop", "a.example.com/shop:1"),
        code("two", "b.example.com/shop:3"),
        images={"registry": "m.example.com"},
    )
    repo.say("prod", prod)
    before = held(repo.folder)
    result = repo.promote("staging", "prod")
    assert result.returncode == 2
    assert "which would be m.example.com/shop as a.example.com/shop is" in result.stderr
    assert held(repo.folder) == before


def test_anchors_are_refused_with_their_line(repo: Repo) -> None:
    repo.say("staging", overlay(code("shop", "shop:2")))
    text = yaml.safe_dump(overlay(code("shop", "shop:1"))).replace(
        "image: shop:1", "image: &i shop:1"
    )
    repo.say("prod", text.encode())
    result = repo.promote("staging", "prod")
    assert result.returncode == 2
    assert 'the anchor "i"' in result.stderr


def test_a_link_stays_a_link(repo: Repo) -> None:
    repo.say("staging", overlay(code("shop", "shop:2")))
    repo.say("prod", overlay(code("shop", "shop:1")))
    real = repo.file("prod").rename(repo.folder / "prod.yaml")
    repo.file("prod").symlink_to(os.path.relpath(real, repo.file("prod").parent))
    assert repo.promote("staging", "prod").returncode == 0
    assert repo.file("prod").is_symlink()
    assert repo.images() == {"shop": "shop:2"}


def test_a_default_of_a_composition_is_left_where_the_file_does_not_say_it(repo: Repo) -> None:
    (repo.folder / "cdk8s.yaml").write_text("environment: acme:Acme\n")
    (repo.folder / "acme.py").write_text(
        "from floe_constructs.kubernetes.image import ImageReference\n"
        "from floe_constructs.kubernetes.value import Image\n"
        "from floe_deploy.environment import Environment\n\n"
        "class Acme(Environment):\n"
        "    notebook: Image = ImageReference('notebook:1')\n"
    )
    repo.say("staging", overlay(code("shop", "shop:2"), notebook="notebook:2"))
    repo.say("prod", overlay(code("shop", "shop:1")))
    result = floe("promote", "staging", "prod", cwd=repo.folder)
    assert result.returncode == 0, result.stderr
    assert "left: notebook: prod says no image there" in result.stderr
    assert repo.images() == {"shop": "shop:2"}
