"""Encrypted Secrets: held to what they have to be, copied as they are, opened by the real tools."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from called import floe
from encryption import Sealing, Sops, like_sealed, like_sops, plain, sealed_value, sops_value
from floe_constructs.kubernetes.phase import Phase
from floe_constructs.kubernetes.secret import SecretKey
from floe_deploy import overlay, wiring
from floe_deploy.environment import Environment
from floe_deploy.errors import InputError
from floe_deploy.secrets import encrypted
from floe_deploy.wiring import Wired
from test_dist import BIN, ROOT, held, kubeconform, run

Manifest = dict[str, Any]
STRATEGIES = ("sealed-secrets", "sops")
CANARY = "canary-5d1f"
NAMESPACE = "data-dev"
LIKE: dict[str, Callable[[Manifest], Manifest]] = {
    "sealed-secrets": like_sealed,
    "sops": like_sops,
}


def project(folder: Path, strategy: str) -> Path:
    """Copy dev with another strategy, whoever applies it; answer its overlay's folder."""
    place = folder / "overlays" / "dev"
    shutil.copytree(ROOT / "overlays" / "dev", place)
    settings = yaml.safe_load((place / "environment.yaml").read_text())
    settings["secrets"] = {"strategy": strategy}
    settings.pop("delivery", None)  # Argo CD takes sops with a plugin only
    (place / "environment.yaml").write_text(yaml.safe_dump(settings))
    (place / "secrets").mkdir(exist_ok=True)
    return place


def needed(place: Path) -> dict[str, Manifest]:
    """Answer the Secrets that an environment needs, in clear."""
    secrets = wiring.wire(overlay.load(place)).secrets
    return {
        name: plain(name, NAMESPACE, {key: f"{CANARY}-{name}-{key}" for key in keys})
        for name, keys in secrets.items()
    }


def told(place: Path) -> str:
    with pytest.raises(InputError) as failure:
        encrypted.copies(wired(place))
    assert CANARY not in str(failure.value)
    return str(failure.value)


def wired(place: Path) -> Wired:
    return wiring.wire(overlay.load(place))


# With the real tools.


@pytest.fixture(scope="module")
def tool(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Sops | Sealing:
    folder = tmp_path_factory.mktemp("keys")
    return Sops(folder) if request.param == "sops" else Sealing(folder)


BOTH_TOOLS = pytest.mark.parametrize(
    ("strategy", "tool"), [(name, name) for name in STRATEGIES], indirect=["tool"]
)


@pytest.mark.tools
@pytest.mark.requirement("FR-014")
@BOTH_TOOLS
def test_every_secret_comes_out_of_dist_as_it_went_in_and_is_nowhere_in_clear(
    strategy: str, tool: Sops | Sealing, tmp_path: Path
) -> None:
    place = project(tmp_path, strategy)
    secrets = needed(place)
    texts = {name: tool.encrypt(secret) for name, secret in secrets.items()}
    for name, text in texts.items():
        (place / "secrets" / f"{name}.yaml").write_text(text)

    said = [floe("synth", cwd=tmp_path), floe("check", cwd=tmp_path)]
    assert [result.returncode for result in said] == [0, 0], said
    assert CANARY not in "".join(result.stdout + result.stderr for result in said)

    foundation = tmp_path / "dist" / "dev" / "10-foundation"
    kind = "secret" if strategy == "sops" else "sealedsecret"
    copies = {path.stem.removeprefix(f"{kind}-"): path for path in foundation.glob(f"{kind}-*")}
    assert {name: path.read_text() for name, path in copies.items()} == texts
    everything = held(tmp_path / "dist") | held(tmp_path / ".floe")
    assert not [path for path, data in everything.items() if CANARY.encode() in data]

    opened = {name: tool.decrypt(path.read_text()) for name, path in copies.items()}
    values = "stringData" if strategy == "sops" else "data"
    assert {name: set(secret[values]) for name, secret in opened.items()} == {
        name: set(keys) for name, keys in wired(place).secrets.items()
    }
    if strategy == "sops":
        assert opened == secrets
    (tmp_path / "opened").mkdir()
    for name, secret in opened.items():
        secret["metadata"].pop("ownerReferences", None)
        (tmp_path / "opened" / f"{name}.yaml").write_text(yaml.safe_dump(secret))
    result = kubeconform(tmp_path / "opened", "1.34")
    assert result.returncode == 0, result.stdout


@pytest.mark.tools
@BOTH_TOOLS
def test_the_copies_are_objects_like_all_others(
    strategy: str, tool: Sops | Sealing, tmp_path: Path
) -> None:
    place = project(tmp_path, strategy)
    for name, secret in needed(place).items():
        (place / "secrets" / f"{name}.yaml").write_text(tool.encrypt(secret))
    assert floe("synth", cwd=tmp_path).returncode == 0
    dist = tmp_path / "dist" / "dev"
    built = run(BIN / "kustomize", "build", dist / Phase.FOUNDATION)
    assert built.returncode == 0, built.stderr
    kinds = {built_object["kind"] for built_object in yaml.safe_load_all(built.stdout)}
    assert ("Secret" if strategy == "sops" else "SealedSecret") in kinds
    if strategy == "sealed-secrets":
        result = kubeconform(dist, "1.34")
        assert result.returncode == 0, result.stdout

    # Without its lock, synth still knows the copies by their bytes; an edited one is called so.
    (dist / "lock.json").unlink()
    assert floe("synth", cwd=tmp_path).returncode == 0
    copy = next(path for path in sorted(dist.rglob("*.yaml")) if "secret-" in path.name)
    copy.write_text(copy.read_text().replace("-50", "-51"))
    assert floe("check", cwd=tmp_path).stdout.startswith(
        f"edited: dist/dev/10-foundation/{copy.name}"
    )


@pytest.mark.tools
@pytest.mark.parametrize("tool", ["sealed-secrets"], indirect=True)
@pytest.mark.parametrize("scope", ["namespace-wide", "cluster-wide"])
def test_a_wider_scope_is_refused(tool: Sealing, scope: str, tmp_path: Path) -> None:
    place = project(tmp_path, "sealed-secrets")
    secret = needed(place)["cube-api"]
    text = tool.encrypt(secret, f"--scope={scope}")
    (place / "secrets" / "cube-api.yaml").write_text(text)
    assert f"found the scope sealedsecrets.bitnami.com/{scope}" in told(place)


@pytest.mark.tools
@pytest.mark.parametrize("tool", ["sealed-secrets"], indirect=True)
def test_an_empty_value_is_refused_although_it_is_sealed(tool: Sealing, tmp_path: Path) -> None:
    place = project(tmp_path, "sealed-secrets")
    text = tool.encrypt(plain("cube-api", NAMESPACE, {"value": ""}))
    (place / "secrets" / "cube-api.yaml").write_text(text)
    assert "spec.encryptedData.value: found an empty value, sealed" in told(place)


@pytest.mark.tools
@pytest.mark.parametrize("tool", ["sops"], indirect=True)
@pytest.mark.parametrize(
    ("values", "arguments", "found"),
    [
        ({"value": ""}, (), "stringData.value: found an empty value"),
        ({"value": 5432}, (), "found what will be no text once it is decrypted (type:int)"),
        ({"value": True}, (), "found what will be no text once it is decrypted (type:bool)"),
        ({"value": CANARY}, ("--encrypted-regex", "^other$"), "stringData.value: found a value in"),
        ({"value": CANARY}, ("--encrypted-regex", ".*"), "found another kind of object"),
    ],
)
def test_what_sops_leaves_readable_or_useless_is_refused(
    tool: Sops, values: dict[str, str], arguments: tuple[str, ...], found: str, tmp_path: Path
) -> None:
    place = project(tmp_path, "sops")
    text = tool.encrypt(plain("cube-api", NAMESPACE, values), *arguments)
    (place / "secrets" / "cube-api.yaml").write_text(text)
    assert found in told(place)


@pytest.mark.tools
@pytest.mark.parametrize("tool", ["sops"], indirect=True)
def test_a_comment_that_sops_has_encrypted_may_stay(tool: Sops, tmp_path: Path) -> None:
    place = project(tmp_path, "sops")
    for name, secret in needed(place).items():
        text = yaml.safe_dump(secret).replace("stringData:", f"stringData:\n  # {CANARY}")
        command = (BIN / "sops", "encrypt", "--age", tool.recipient)
        (place / "plain.yaml").write_text(text)
        regex = ("--encrypted-regex", "^(data|stringData)$")
        result = run(*command, *regex, place / "plain.yaml")
        assert "type:comment" in result.stdout
        (place / "secrets" / f"{name}.yaml").write_text(result.stdout)
    assert len(encrypted.copies(wired(place))) == len(needed(place))


# With stand-ins, so that every mistake can be made.


def written(folder: Path, strategy: str, **change: Any) -> Path:
    """Write a complete set of files, one of which (cube-api) may be another."""
    place = project(folder, strategy)
    for name, secret in needed(place).items():
        manifest = LIKE[strategy](secret)
        if name == "cube-api":
            for path, value in change.items():
                put(manifest, path.split("__"), value)
        (place / "secrets" / f"{name}.yaml").write_text(yaml.safe_dump(manifest))
    return place


def put(manifest: Manifest, path: list[str], value: object) -> None:
    *way, last = path
    for key in way:
        manifest = manifest.setdefault(key, {})
    if value is None:
        del manifest[last]
    else:
        manifest[last] = value


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_what_looks_encrypted_passes(strategy: str, tmp_path: Path) -> None:
    place = written(tmp_path, strategy)
    assert len(encrypted.copies(wired(place))) == len(needed(place))


SEALED_MISTAKES = {
    "plain": ({"spec__encryptedData__value": CANARY}, "spec.encryptedData.value: found a value in"),
    "base64": (
        {"spec__encryptedData__value": "Y2FuYXJ5LTVkMWY="},
        "spec.encryptedData.value: found a value in clear",
    ),
    "padded": ({"spec__encryptedData__value": "AgBh" + "YWFh" * 200}, "found a value in clear"),
    "empty": ({"spec__encryptedData__value": ""}, "found nothing sealed"),
    "sealed empty": ({"spec__encryptedData__value": sealed_value(0)}, "found an empty value"),
    "template": (
        {"spec__template__data": {"value": CANARY}},
        "spec.template.data: found something that is not looked at",
    ),
    "data": ({"spec__data": CANARY}, "spec.data: found something that is not looked at"),
    "status": ({"status": {"message": CANARY}}, "status: found something that is not looked at"),
    "name": (
        {"metadata__name": "cube"},
        "metadata.name: found another one or none; allowed: cube-",
    ),
    "namespace": ({"metadata__namespace": "data"}, "metadata.namespace: found another one or none"),
    "no namespace": ({"metadata__namespace": None}, "metadata.namespace: found another one"),
    "no wave": ({"metadata__annotations": None}, 'sync-wave: "-50"'),
    "last applied": (
        {
            "spec__template__metadata__annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": CANARY
            }
        },
        "found a copy of the object, perhaps with its values",
    ),
    "scope in template": (
        {
            "spec__template__metadata__annotations": {
                "sealedsecrets.bitnami.com/cluster-wide": "true"
            }
        },
        "spec.template.metadata.annotations: found the scope",
    ),
    "more": (
        {"spec__encryptedData__other": sealed_value()},
        "key other: found a key that nobody reads; allowed: the key value",
    ),
    "fewer": ({"spec__encryptedData__value": None}, "key value: found nothing"),
    "sops": (like_sops(plain("cube-api", NAMESPACE, {"value": CANARY})), "found another kind"),
    "clear": (plain("cube-api", NAMESPACE, {"value": CANARY}), "found a Secret in clear"),
    "list": ({"spec__encryptedData": [CANARY]}, "key value: found nothing"),
}

SOPS_MISTAKES = {
    "plain": ({"stringData__value": CANARY}, "stringData.value: found a value in clear"),
    "base64": ({"data__value": "Y2FuYXJ5LTVkMWY="}, "data.value: found a value in clear"),
    "twice": ({"data__value": sops_value()}, "stringData.value: found a key that data has too"),
    "nested": ({"stringData__value": {"a": CANARY}}, "stringData.value: found a value in clear"),
    "half": ({"stringData__value": f"{sops_value()} {CANARY}"}, "found a value in clear"),
    "number": ({"stringData__value": sops_value("int")}, "found what will be no text"),
    "no mac": ({"sops__mac": None}, "sops.mac: found nothing encrypted"),
    "mac in clear": ({"sops__mac": CANARY}, "sops.mac: found nothing encrypted"),
    "nobody": ({"sops__age": []}, "sops: found nobody who could decrypt"),
    "clear": ({"sops": None}, "found a Secret in clear; allowed: one that SOPS has encrypted"),
    "kind": ({"kind": sops_value()}, "found another kind of object, or an encrypted kind"),
    "name": ({"metadata__name": sops_value()}, "metadata.name: found another one or none"),
    "namespace": ({"metadata__namespace": "data"}, "metadata.namespace: found another one or none"),
    "no wave": ({"metadata__annotations": None}, 'sync-wave: "-50"'),
    "last applied": (
        {"metadata__annotations__kubectl.kubernetes.io/last-applied-configuration": CANARY},
        "found a copy of the object, perhaps with its values",
    ),
    "beside": ({"stringdata": {"value": CANARY}}, "Did you mean stringData?"),
    "in metadata": ({"metadata__data": {"value": CANARY}}, "metadata.data: found something"),
    "more": ({"stringData__other": sops_value()}, "key other: found a key that nobody reads"),
    "fewer": ({"stringData__value": None}, "key value: found nothing"),
    "sealed": (like_sealed(plain("cube-api", NAMESPACE, {"value": ""})), "found another kind"),
}


@pytest.mark.requirement("FR-014")
@pytest.mark.parametrize(
    ("strategy", "change", "found"),
    [
        pytest.param(strategy, *mistake, id=f"{strategy}: {name}")
        for strategy, mistakes in (("sealed-secrets", SEALED_MISTAKES), ("sops", SOPS_MISTAKES))
        for name, mistake in mistakes.items()
    ],
)
def test_a_mistake_is_told_by_its_place_and_never_by_its_value(
    strategy: str, change: dict[str, Any], found: str, tmp_path: Path
) -> None:
    place = written(tmp_path, strategy, **({} if "kind" in change and "spec" in change else change))
    if {"apiVersion", "kind"} <= change.keys():
        (place / "secrets" / "cube-api.yaml").write_text(yaml.safe_dump(change))
    message = told(place)
    assert found in message
    assert all("secrets/cube-api.yaml" in line for line in message.splitlines()[1:])


TEXTS = {
    "comment": (f"# {CANARY}\n", "", ":1: found a comment"),
    "comment behind": ("", f"# {CANARY}", "found a comment"),
    "document": ("", f"---\nvalue: {CANARY}\n", "found a second document"),
    "alias": ("", f"x: *{CANARY}\n", "found the alias (not shown)"),
    "anchor": ("", f"x: &{CANARY} 1\n", "found the anchor (not shown)"),
    "tag": ("", f"x: !{CANARY} 1\n", "found the tag (not shown)"),
    "tab": ("", f"x:\n\t{CANARY}: 1\n", "found a tab"),
    "syntax": ("", f"x: {CANARY}: 1\n", "mapping values are not allowed"),
    "key": ("", f"? [{CANARY}]\n: 1\n", "found a mapping or list as a key"),
    "twice": ("", f"kind: {CANARY}\n", "kind: found the key twice"),
    "block": ("", f"x: | # {CANARY}\n  y\n", "found a comment"),
    "number": ("", "x: 98765432109876543210\n", "found a value that is not shown"),
    "infinite": ("", "x: .inf\n", "found a value that is not shown"),
}


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(("before", "after", "found"), TEXTS.values(), ids=TEXTS)
def test_a_file_with_more_than_a_parser_hands_out_is_refused(
    strategy: str, before: str, after: str, found: str, tmp_path: Path
) -> None:
    place = written(tmp_path, strategy)
    path = place / "secrets" / "cube-api.yaml"
    path.write_text(f"{before}{path.read_text()}{after}")
    message = told(place)
    assert found in message
    assert "98765432109876543210" not in message


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_missing_and_needless_files_are_told(strategy: str, tmp_path: Path) -> None:
    place = written(tmp_path, strategy)
    (place / "secrets" / "cube-api.yaml").rename(place / "secrets" / "cube-apl.yaml")
    message = told(place)
    assert "secrets/cube-api.yaml: found no file; allowed: a Secret with the key value" in message
    assert "secrets/cube-apl.yaml: found a Secret that nothing refers to" in message


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("cube-api.yml", b"a: b", "found something else than an encrypted Secret"),
        ("cube-api.yaml", b"\xef\xbb\xbfa: b", "found something else than an encrypted Secret"),
        ("cube-api.yaml", b"\xff\xfea", "found UTF-16"),
        ("cube-api.yaml", b"a: \x00", "found the character U+0000"),
        (".env", b"CUBE=canary-5d1f", "found something else than an encrypted Secret"),
    ],
)
def test_other_files_beside_the_secrets_are_refused(
    name: str, data: bytes, found: str, tmp_path: Path
) -> None:
    place = written(tmp_path, "sops")
    (place / "secrets" / name).write_bytes(data)
    assert found in told(place)


def test_files_that_the_strategy_does_not_read_are_refused(tmp_path: Path) -> None:
    place = project(tmp_path, "existing")
    for name in ("README.md", ".sops.yaml", ".gitignore"):
        (place / "secrets" / name).touch()
    assert wired(place).secret_files is None
    (place / "secrets" / "cube-api.yaml").write_text(f"value: {CANARY}")
    message = told(place)
    assert "secrets/cube-api.yaml: found a file that the strategy existing does not read" in message


def test_line_ends_are_kept(tmp_path: Path) -> None:
    place = written(tmp_path, "sops")
    path = place / "secrets" / "cube-api.yaml"
    text = path.read_text().replace("\n", "\r\n")
    path.write_bytes(text.encode())
    assert text in [copied for copied, _ in encrypted.copies(wired(place))]


def test_another_ciphertext_is_another_input(tmp_path: Path) -> None:
    place = written(tmp_path, "sops")
    before = overlay.load(place).digest
    path = place / "secrets" / "cube-api.yaml"
    path.write_text(path.read_text().replace("3.13.3", "3.13.4"))
    assert overlay.load(place).digest != before


class Own(Environment):
    """An environment with a component of the user's."""

    notebook_token: SecretKey
    """A setting of theirs."""


def test_secrets_that_settings_of_the_users_refer_to_are_needed_too(tmp_path: Path) -> None:
    loaded = overlay.load(project(tmp_path, "sops"))
    token = SecretKey(name="notebook", key="token")
    own = Own(**dict(loaded.environment), notebook_token=token)
    assert wiring.wire(replace(loaded, environment=own)).secrets["notebook"] == ("token",)
