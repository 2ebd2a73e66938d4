"""Images: where they come from, who may pull them, and what `floe images` says of them."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from called import floe
from encryption import Sealing, Sops, like_sealed, like_sops, plain, run
from floe_constructs.kubernetes.image import ImageReference
from floe_constructs.kubernetes.value import Image
from floe_constructs.spec import Spec
from floe_deploy import overlay, walk, wiring
from floe_deploy.built import recipe
from floe_deploy.environment import Environment
from floe_deploy.errors import InputError
from floe_deploy.images import named
from floe_deploy.registry import Images, moved
from floe_deploy.rules.objects import pod_of
from floe_deploy.secrets import encrypted
from test_dist import BIN, ENVIRONMENTS, ROOT, manifests
from test_every_setting import BASE, COMPONENTS

DIGEST = f"sha256:{'a' * 64}"
EXAMPLE = ROOT / "tests" / "contract" / "examples" / "dev.json"


def project(folder: Path, **settings: Any) -> Path:
    """Write an overlay with all components but for these settings; answer its folder."""
    place = folder / "overlays" / "prod"
    place.mkdir(parents=True)
    (place / "environment.yaml").write_text(json.dumps(BASE | COMPONENTS | settings))
    shutil.copy(EXAMPLE, place / "compiled_artifacts.json")
    return place


def told(place: Path) -> str:
    with pytest.raises(InputError) as failure:
        overlay.load(place)
    return str(failure.value)


@pytest.mark.parametrize(
    ("image", "place"),
    [
        ("postgres:17", "r.example.com/m/library/postgres:17"),
        ("docker.io/postgres:17", "r.example.com/m/library/postgres:17"),
        ("index.docker.io/library/postgres:17", "r.example.com/m/library/postgres:17"),
        ("cubejs/cube:v1.7", "r.example.com/m/cubejs/cube:v1.7"),
        ("quay.io/a/b/c:1.2-x", "r.example.com/m/a/b/c:1.2-x"),
        (f"quay.io/a/b@{DIGEST}", f"r.example.com/m/a/b@{DIGEST}"),
        (f"quay.io/a/b:1@{DIGEST}", f"r.example.com/m/a/b:1@{DIGEST}"),
        ("localhost/a:1", "r.example.com/m/a:1"),
        ("registry:5000/a:1", "r.example.com/m/a:1"),
        ("10.1.2.3:5000/a/b:1", "r.example.com/m/a/b:1"),
        ("r.example.com/m/a:1", "r.example.com/m/a:1"),
        ("r.example.com/mirror/a:1", "r.example.com/m/mirror/a:1"),
        ("r.example.com/a:1", "r.example.com/m/a:1"),
        ("r.example.com/floe/a:1", "r.example.com/floe/a:1"),
        ("r.example.com/floe-other/a:1", "r.example.com/m/floe-other/a:1"),
        ("acme/kept:3", "acme/kept:3"),
        ("acme/kept-not:3", "r.example.com/m/acme/kept-not:3"),
    ],
)
def test_a_registry_takes_the_place_of_the_host(image: str, place: str) -> None:
    images = Images(registry="r.example.com/m", keep=("r.example.com/floe", "docker.io/acme/kept"))
    once = images.place_of(ImageReference(image))
    assert once == place
    assert images.place_of(once) == once


def test_without_a_registry_every_image_stays() -> None:
    assert Images().place_of(ImageReference("postgres:17")) == "postgres:17"


def test_images_are_found_by_their_type_however_deep() -> None:
    class Inner(Spec):
        runs_on: Image
        image: str = "a/no-image:1"

    class Outer(Spec):
        by_name: dict[str, Inner]
        maybe: Image | None = None

    settings = Outer(by_name={"a": Inner(runs_on="a/b:1")}, maybe="c:2")
    found = moved(settings, Images(registry="r.io"))
    assert (found.by_name["a"].runs_on, found.maybe) == ("r.io/a/b:1", "r.io/library/c:2")
    assert found.by_name["a"].image == "a/no-image:1"
    assert {at for at, _ in walk.found(found, ImageReference)} == {
        ("by_name", "a", "runs_on"),
        ("maybe",),
    }


def test_everything_that_names_an_image_names_it_where_it_is_pulled_from(tmp_path: Path) -> None:
    project(tmp_path, images={"registry": "mirror.example.net/all"})
    result = floe("synth", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    files = {
        path.relative_to(tmp_path): path.read_text() for path in (tmp_path / "dist").rglob("*.yaml")
    }
    names = ("cube", "dagster", "jaeger", "marquez", "shop", "store")
    for file, text in files.items():
        for name in names:
            assert f"example.com/{name}:" not in text, file
    server = yaml.safe_load(
        files[Path("dist/prod/50-platform/dagster/deployment-dagster-code-shop.yaml")]
    )
    (container,) = server["spec"]["template"]["spec"]["containers"]
    variables = {item["name"]: item.get("value") for item in container["env"]}
    assert variables["DAGSTER_CURRENT_IMAGE"] == "mirror.example.net/all/shop:1"
    written = (tmp_path / "dist/prod/images.txt").read_text().split()
    assert written == sorted(
        f"mirror.example.net/all/{name}:{2 if name == 'jaeger' else 1}" for name in names
    )


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_list_of_images_is_what_pods_are_made_of(environment: str) -> None:
    result = floe("images", environment, "--json")
    (listed,) = json.loads(result.stdout)
    images = [item["image"] for item in listed["images"]]
    assert images == (ROOT / "dist" / environment / "images.txt").read_text().split()
    pods = [pod for manifest in manifests(environment) if (pod := pod_of(manifest))]
    assert {container["image"] for pod in pods for container in pod.containers} == set(images)
    assert all(item["settings"] for item in listed["images"])


def test_labels_and_nodes_called_image_name_none() -> None:
    chosen = {"image": "gpu"}
    pod = {"nodeSelector": chosen, "containers": [{"name": "any", "image": "acme/any:v1"}]}
    template = {"metadata": {"labels": chosen, "annotations": chosen}, "spec": pod}
    assert list(named({"spec": {"template": template}})) == ["acme/any:v1"]


def test_what_is_kept_may_be_absent_but_not_misspelt(tmp_path: Path) -> None:
    keep = ["exmaple.com", "example.com/shop", "quay.io/absent"]
    place = project(tmp_path, images={"registry": "r.example.net", "keep": keep})
    message = told(place)
    assert 'images.keep[0]: found "exmaple.com", which no image is in' in message
    assert "Did you mean example.com?" in message
    assert "images.keep[1]" not in message
    assert "images.keep[2]" not in message


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ({"keep": ["example.com"]}, "keep makes exceptions of registry, which is not there"),
        ({"registry": "https://r.example.com"}, "without https://"),
        ({"registry": "r.example.com/m/"}, "without '/' at the end"),
        ({"registry": "mirror"}, "registry.example.com/mirror"),
        ({"registry": "r.example.com/Mirror"}, "registry.example.com/mirror"),
        ({"pull_secrets": ["login"]}, "pull_secrets[0]"),
    ],
)
def test_a_slip_is_told(tmp_path: Path, images: dict[str, Any], message: str) -> None:
    assert message in told(project(tmp_path, images=images))


def test_two_images_never_meet_at_one_name(tmp_path: Path) -> None:
    cube = COMPONENTS["cube"] | {"image": "quay.io/acme/app:1"}
    jaeger = COMPONENTS["jaeger"] | {"image": "ghcr.io/acme/app:1"}
    images = {"registry": "r.example.net"}
    message = told(project(tmp_path / "a", images=images, cube=cube, jaeger=jaeger))
    assert "jaeger.image: found ghcr.io/acme/app, which would be r.example.net/acme/app" in message
    assert "quay.io/acme/app is" in message
    jaeger["image"] = "ghcr.io/acme/app:2"
    overlay.load(project(tmp_path / "b", images=images, cube=cube, jaeger=jaeger))


# Who may pull them.


def pods(environment: str) -> dict[str, dict[str, Any]]:
    found = {}
    for manifest in manifests(environment):
        if pod := pod_of(manifest):
            found[f"{manifest['kind']}/{manifest['metadata']['name']}"] = pod.spec
    return found


def test_every_pod_gets_the_login_of_the_registry() -> None:
    found = pods("prod")
    assert {name.partition("/")[0] for name in found} >= {"CronJob", "Deployment", "Job"}
    for name, pod in found.items():
        assert pod["imagePullSecrets"] == [{"name": "registry-pull"}], name
    assert not any("imagePullSecrets" in pod for pod in pods("dev").values())


def test_a_workload_may_need_more_logins_than_the_others(tmp_path: Path) -> None:
    login = {"pull_secrets": [{"name": "team"}, {"name": "all"}]}
    dagster = COMPONENTS["dagster"]
    (shop,) = dagster["code_locations"]
    shop = shop | {"server": shop["server"] | login, "runs": shop["runs"] | login}
    settings = {
        "images": {"pull_secrets": [{"name": "all"}]},
        "dagster": dagster | {"code_locations": [shop]},
    }
    wired = wiring.wire(overlay.load(project(tmp_path, **settings)))
    assert wired.dagster
    names = [secret.name for secret in wired.dagster.deployed[0].runs.pull_secrets]
    assert names == ["all", "team"]
    assert wired.secrets["team"] == wired.secrets["all"] == (".dockerconfigjson",)


@pytest.mark.parametrize("part", ["server", "runs"])
def test_server_and_runs_of_a_location_pull_in_the_same_way(tmp_path: Path, part: str) -> None:
    dagster = COMPONENTS["dagster"]
    (shop,) = dagster["code_locations"]
    shop = shop | {part: shop[part] | {"pull_secrets": [{"name": "team"}]}}
    place = project(tmp_path, dagster=dagster | {"code_locations": [shop]})
    wired = wiring.wire(overlay.load(place))
    assert wired.dagster
    (location,) = wired.dagster.deployed
    assert location.server.pull_secrets == location.runs.pull_secrets
    assert [secret.name for secret in location.runs.pull_secrets] == ["team"]
    assert wired.dagster.webserver.pull_secrets == ()


def test_settings_of_a_composition_are_moved_and_get_logins_like_all_others() -> None:
    class Notebook(Spec):
        image: Image

    class Own(Environment):
        notebook: Notebook

    loaded = overlay.load(ROOT / "overlays" / "prod")
    given = dict(loaded.environment) | {"notebook": Notebook(image="jupyter/base:1")}
    own = Own.model_construct(**given)
    wired = wiring.wire(replace(loaded, environment=own))
    assert isinstance(wired.environment, Own)
    assert wired.environment.notebook.image == "registry.example.com/mirror/jupyter/base:1"


# Logins as Secrets.


def test_a_login_is_made_with_its_type_and_a_property_that_every_store_can_find() -> None:
    secrets = {
        manifest["metadata"]["name"]: manifest["spec"]
        for manifest in manifests("prod")
        if manifest["kind"] == "ExternalSecret"
    }
    login = secrets["registry-pull"]
    assert login["target"]["template"] == {"type": "kubernetes.io/dockerconfigjson"}
    (key,) = login["data"]
    assert key["secretKey"] == ".dockerconfigjson"
    assert key["remoteRef"]["property"] == "dockerconfigjson"
    assert "template" not in secrets["cube-api"]["target"]
    result = floe("secrets", "prod", "--template", "-")
    assert json.loads(result.stdout)["floe/prod/registry-pull"] == {"dockerconfigjson": ""}


LOGIN = {"pull_secrets": [{"name": "login"}]}
LIKE = {"sealed-secrets": like_sealed, "sops": like_sops}


@pytest.mark.parametrize("strategy", LIKE)
def test_an_encrypted_login_has_to_have_its_type(tmp_path: Path, strategy: str) -> None:
    place = project(tmp_path, images=LOGIN, secrets={"strategy": strategy})
    (place / "secrets").mkdir()
    for name, keys in wiring.wire(overlay.load(place)).secrets.items():
        secret = plain(name, "data", dict.fromkeys(keys, "x"))
        (place / "secrets" / f"{name}.yaml").write_text(yaml.safe_dump(LIKE[strategy](secret)))
    assert encrypted.copies(wiring.wire(overlay.load(place)))
    file = place / "secrets" / "login.yaml"
    file.write_text(file.read_text().replace("kubernetes.io/dockerconfigjson", "Opaque"))
    with pytest.raises(InputError, match="type: found another type, or none; allowed: kube"):
        encrypted.copies(wiring.wire(overlay.load(place)))


@pytest.mark.tools
@pytest.mark.parametrize("strategy", LIKE)
def test_a_filled_in_template_becomes_a_login(tmp_path: Path, strategy: str) -> None:
    place = project(tmp_path, images=LOGIN, secrets={"strategy": strategy})
    result = floe("secrets", "--template", tmp_path / "plain", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    secret = yaml.safe_load((tmp_path / "plain" / "login.yaml").read_text())
    secret["stringData"][".dockerconfigjson"] = "{}"
    file = place / "secrets" / "login.yaml"
    if strategy == "sops":
        tool = Sops(tmp_path)
        assert tool.decrypt(tool.encrypt(secret))["type"] == "kubernetes.io/dockerconfigjson"
    else:
        sealing = Sealing(tmp_path)
        seal = ("--format=yaml", "--cert", str(sealing.certificate), "--merge-into", str(file))
        run(BIN / "kubeseal", *seal, text=json.dumps(secret))
        made = sealing.decrypt(file.read_text())
        assert made["type"] == "kubernetes.io/dockerconfigjson"
        assert list(made["data"]) == [".dockerconfigjson"]


# What `floe images` says.


def test_an_image_is_listed_with_its_settings_and_where_it_comes_from(tmp_path: Path) -> None:
    cube = COMPONENTS["cube"] | {"image": f"cubejs/cube:v1@{DIGEST}"}
    images = {"registry": "r.example.net", "keep": ["example.com"]}
    project(tmp_path, images=images, cube=cube)
    result = floe("images", cwd=tmp_path)
    first, *lines = result.stdout.splitlines()
    assert first == "prod: 6 images, 1 of r.example.net"
    assert "  r.example.net/cubejs/cube:v1@sha256:aaaaaaaaaaaa…  cube.image (from docker.io)" in (
        lines
    )
    made = "cube.store.image (built: images/cube/Dockerfile, target store)"
    assert any(line.split(maxsplit=1) == ["example.com/store:1", made] for line in lines)


@pytest.mark.parametrize("name", ["dagster/dagster-k8s", "dagster/dagster-celery-k8s"])
def test_dagsters_own_images_are_not_called_built(name: str) -> None:
    assert recipe(ImageReference(f"r.example.net/hub/{name}:1"), ["dagster.image"]) is None
    assert recipe(ImageReference(f"r.example.net/my{name}:1"), ["dagster.image"])


def test_what_is_built_here_is_told_from_what_its_makers_publish(tmp_path: Path) -> None:
    mirror = "r.example.net/hub"
    cube = COMPONENTS["cube"] | {"image": f"{mirror}/cubejs/cube:v1"}
    dagster = COMPONENTS["dagster"]
    (shop,) = dagster["code_locations"]
    runs = shop["runs"] | {"image": "example.com/shop-gpu:1"}
    images = {"registry": mirror, "keep": ["example.com"]}
    project(
        tmp_path,
        images=images,
        cube=cube,
        dagster=dagster | {"code_locations": [shop | {"runs": runs}]},
        gate={"image": "quay.io/acme/preflight:1"},
    )
    (told,) = json.loads(floe("images", "--json", cwd=tmp_path).stdout)
    made = {item["origin"]: item["built"] and item["built"]["target"] for item in told["images"]}
    assert made == {
        "example.com/dagster:1": "webserver",
        "example.com/jaeger:2": None,
        "example.com/marquez:1": None,
        "example.com/shop-gpu:1": None,
        "example.com/shop:1": None,
        "example.com/store:1": "store",
        "quay.io/acme/preflight:1": "preflight",
        f"{mirror}/cubejs/cube:v1": None,
    }
    script = floe("images", "--mirror", "crane", cwd=tmp_path).stdout
    assert "#   example.com/store (images/cube/Dockerfile, target store)\n" in script
    assert f"mirror quay.io/acme/preflight {mirror}/acme/preflight 1 ''\n" in script
    assert "#   quay.io" not in script
    assert "#   example.com/jaeger" not in script


def test_images_are_checked(tmp_path: Path) -> None:
    cube = COMPONENTS["cube"] | {"image": f"example.com/cube:1@{DIGEST}"}
    jaeger = COMPONENTS["jaeger"] | {"image": f"example.com/cube:2@{DIGEST}"}
    place = project(tmp_path, cube=cube, jaeger=jaeger, dagster=None, marquez=None)
    result = floe("images", "--check", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stdout.startswith("prod: 3 findings\n")
    assert "  two-versions: one name in several versions\n" in result.stdout
    assert "    example.com/cube:2@sha256:aaaaaaaaaaaa… (jaeger.image)\n" in result.stdout
    assert "  no-digest: a tag may come to mean another image\n" in result.stdout
    assert "    example.com/store:1 (cube.store.image)\n" in result.stdout
    (told,) = json.loads(floe("images", "--check", "--json", cwd=tmp_path).stdout)
    faults = {item["image"].partition("@")[0]: item["faults"] for item in told["images"]}
    assert faults == {
        "example.com/cube:1": ["two-versions"],
        "example.com/cube:2": ["two-versions"],
        "example.com/store:1": ["no-digest"],
    }
    cube["store"] = cube["store"] | {"image": f"example.com/store@{DIGEST}"}
    place.joinpath("environment.yaml").write_text(json.dumps(BASE | {"cube": cube}))
    result = floe("images", "--check", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "prod: no findings\n")


def test_an_image_that_a_construct_names_by_itself_is_found(tmp_path: Path) -> None:
    place = project(tmp_path, images={"registry": "r.example.net"})
    assert floe("synth", cwd=tmp_path).returncode == 0
    with (tmp_path / "dist/prod/images.txt").open("a") as file:
        file.write("ghcr.io/acme/notebook:4\n")
    result = floe("images", "--check", cwd=tmp_path)
    assert result.returncode == 1
    assert "  elsewhere: not from the registry, because no setting names it\n" in result.stdout
    assert "    ghcr.io/acme/notebook:4 (a construct)\n" in result.stdout
    images = {"registry": "r2.example.net"}  # dist is not of this overlay any more
    (place / "environment.yaml").write_text(json.dumps(BASE | COMPONENTS | {"images": images}))
    assert "notebook" not in floe("images", cwd=tmp_path).stdout


def test_a_script_copies_nothing_without_a_registry(tmp_path: Path) -> None:
    project(tmp_path)
    result = floe("images", "--mirror", "crane", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "prod: nothing to copy. `images.registry` of an overlay says where" in result.stderr
    result = floe("images", "--mirror", "crane", "--check", cwd=tmp_path)
    assert result.returncode == 2
