"""Cube's images: really built, on stand-ins of what its makers publish, and run as in a cluster."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import duckdb
import jwt
import pytest
from tools.building import Image

import contained
from built import built
from cube_example import SMALL
from cube_image import LENT, stand_in
from cube_server import WORK, Example, Server
from floe_constructs.cube import CubeSpec
from floe_constructs.kubernetes.user import USER
from loopback import address
from pods import Cluster
from test_dist import ROOT

SECRET = "a secret for tokens of this test only"
HOME = "opt/duckdb"
TMP = "/tmp"  # noqa: S108  the container's own
MODEL = ROOT / "demo" / "cube" / "model"

pytestmark = [pytest.mark.tools, pytest.mark.slow]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Image]:
    """Answer how an image is built, on what stands in for those of Cube's makers."""
    stand_in(tmp_path_factory.mktemp("cube"))
    return built


@pytest.fixture(scope="module")
def api(base: Callable[..., Image]) -> Image:
    return base("cube")


@pytest.fixture(scope="module")
def store(base: Callable[..., Image]) -> Image:
    return base("cube", "store")


@pytest.fixture
def server(api: Image, tmp_path: Path) -> Iterator[Server]:
    """Start what a rendered pod of the API would, with the model that is in the image."""
    tmp_path.chmod(0o755)
    secrets = {"cube-api/value": SECRET, "warehouse/password": "p"}
    example = Example(folder=tmp_path, spec=CubeSpec.model_validate(SMALL), secrets=secrets)
    spec = example.objects["Deployment", "cube-api"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert not {"command", "args"} & container.keys()
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == [TMP]
    pod = contained.pod(
        tmp_path / "pod", spec, api, Cluster(example.texts), {"cubestore": "memory"}
    )
    at = address()
    command = ["/usr/bin/env", "-C", api.config["WorkingDir"], *api.config["Cmd"], at]
    pod = dataclasses.replace(
        pod,
        args=contained.contained(api, command, [(None, TMP), *LENT], pod.user),
        env={name: text for name, text in pod.env.items() if "CUBESTORE" not in name},
    )
    with pod.running() as process:
        yield Server(pod=pod, container=container, address=at, process=process)


@pytest.mark.requirement("FR-005")
def test_cube_answers_with_the_model_of_the_image_as_nobody_who_may_write(server: Server) -> None:
    server.until(lambda: server.pleases("startupProbe"))
    assert server.get("/cubejs-api/v1/meta")[0] == 403
    status, found = server.get("/cubejs-api/v1/meta", jwt.encode({}, SECRET))
    assert status == 200, server.pod.log
    texts = "".join(path.read_text() for path in MODEL.rglob("*.yml"))
    named = re.findall(r"^  - name: (\w+)$", texts, re.MULTILINE)
    assert sorted(cube["name"] for cube in found["cubes"]) == sorted(named)


def test_duckdb_finds_its_extensions_in_the_image_and_needs_no_network(api: Image) -> None:
    """The release that Cube's driver has, in Python: npm's whole Cube is an older one."""
    (home,) = {layer / HOME for layer in api.layers if (layer / HOME).is_dir()}
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as engine:
        engine.execute(f"SET home_directory = '{home}'")
        for extension in ("httpfs", "aws"):
            engine.execute(f"INSTALL {extension} FROM 'http://127.0.0.1:9'; LOAD {extension}")
        loaded = engine.execute(
            "FROM duckdb_extensions() WHERE loaded AND install_path LIKE '%opt/duckdb%'"
        )
        assert len(loaded.fetchall()) == 2


def test_the_store_starts_as_nobody_in_its_folder(store: Image) -> None:
    said = contained.run(
        store, "/usr/bin/env", "-C", store.config["WorkingDir"], *store.config["Cmd"]
    )
    assert said.stdout.split() == ["/cube", str(USER), str(USER), "False"], said.stderr


def test_none_of_them_installs_anything_and_the_store_has_no_shell(
    api: Image, store: Image
) -> None:
    managers = {"apt", "apt-get", "dpkg", "npm", "npx", "yarn", "corepack", "pip", "pip3"}
    shells = {"sh", "bash", "dash", "perl"}
    none = (managers | shells) - {
        "pip",
        "pip3",
    }  # Python's, which the stand-in has and Cube Store not
    for image, forbidden in ((api, managers), (store, none)):
        seen = paths(image)
        assert "/var/lib/dpkg/status" in seen  # what lists of what is in an image are made from
        bad = rf"/usr/(local/)?s?bin/({'|'.join(map(re.escape, forbidden))})"
        assert [path for path in seen if re.fullmatch(bad, path)] == []
        assert "/usr/local/lib/node_modules/npm/bin/npm-cli.js" not in seen


def paths(image: Image) -> set[str]:
    """Answer what a container sees, without what an upper layer has taken away."""
    said = contained.run(image, "/usr/bin/find", "/", "-xdev", "-not", "-type", "d")
    return set(said.stdout.split())


def test_the_refresh_worker_and_others_say_how_they_are_run(api: Image, store: Image) -> None:
    worker = built("cube", "refresh-worker")
    for image in (api, worker, store):
        assert image.config["User"] == f"{USER}:{USER}"
        assert image.config["Labels"]["org.opencontainers.image.version"] == version("floe-deploy")
    assert "CUBEJS_REFRESH_WORKER=true" in worker.config["Env"]
    assert worker.layers == api.layers
    assert (worker.config["Cmd"], worker.config["WorkingDir"]) == (["cubejs", "server"], f"/{WORK}")
    assert f"/{WORK}/model/cubes/orders.yml" in paths(worker)
