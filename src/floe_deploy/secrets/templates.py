"""Secrets without values: to be filled in somewhere safe, encrypted, and thrown away."""

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from floe_constructs.kubernetes.secret import OPAQUE, secret_type
from floe_constructs.problem import Problem
from floe_constructs.secrets.spec import ExternalSecrets, SealedSecrets, SopsSecrets
from floe_constructs.yaml_text import dump
from floe_deploy.errors import InputError
from floe_deploy.manifests import WAVE
from floe_deploy.project import Project
from floe_deploy.secrets import encrypted, sealed
from floe_deploy.wiring import Wired

_MODE = 0o600
"""For the eyes of whoever fills them in."""


def templates(wired: Wired) -> dict[str, str]:
    """Answer what is to be filled in, by file name: Secrets, or JSON for a store."""
    if isinstance(wired.environment.secrets, ExternalSecrets):
        return {
            f"{name}.json": json.dumps(_properties(keys), indent=2) + "\n"
            for name, keys in wired.secrets.items()
        }
    return {f"{name}.yaml": _secret(wired, name) for name in wired.secrets}


def _properties(keys: Iterable[str]) -> dict[str, str]:
    return {ExternalSecrets.property_of(key): "" for key in keys}


def _secret(wired: Wired, name: str) -> str:
    metadata: dict[str, object] = {"name": name, "namespace": wired.environment.namespace}
    if isinstance(wired.environment.secrets, SopsSecrets):  # kubeseal would move it elsewhere
        metadata["annotations"] = {WAVE: encrypted.WAVE_VALUE}
    values = dict.fromkeys(wired.secrets[name], "")
    head = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    return dump(head | {"type": secret_type(values), "stringData": values})


def printed(wired: Wired) -> str:
    """Answer all of them as one text: documents of YAML, or JSON by name in the store."""
    secrets = wired.environment.secrets
    if isinstance(secrets, ExternalSecrets):
        values = {secrets.remote(name): _properties(keys) for name, keys in wired.secrets.items()}
        return json.dumps(values, indent=2) + "\n"
    return "---\n".join(templates(wired).values())


def skeletons(wired: Wired, overlay: Path) -> dict[Path, str]:
    """Answer the SealedSecrets that are not there yet, for `kubeseal --merge-into` to fill in.

    The Secret stays when its SealedSecret goes, as with External Secrets, and follows it while it
    is there (`skip-set-owner-references` alone would end that: sealed-secrets 0.27).
    """
    if not isinstance(wired.environment.secrets, SealedSecrets):
        return {}
    prefix = "sealedsecrets.bitnami.com"
    kept = {f"{prefix}/managed": "true", f"{prefix}/skip-set-owner-references": "true"}
    return {
        overlay / encrypted.path_of(name): dump(
            {
                "apiVersion": sealed.FORM.api_version,
                "kind": sealed.FORM.kind,
                "metadata": {
                    "name": name,
                    "namespace": wired.environment.namespace,
                    "annotations": {WAVE: encrypted.WAVE_VALUE},
                },
                "spec": {
                    "encryptedData": dict.fromkeys(keys, ""),
                    "template": {"metadata": {"annotations": kept}} | _typed(keys),
                },
            }
        )
        for name, keys in wired.secrets.items()
        if encrypted.path_of(name) not in (wired.secret_files or {})
    }


def _typed(keys: Collection[str]) -> dict[str, str]:
    kind = secret_type(keys)
    return {"type": kind} if kind != OPAQUE else {}


def write(wired: Wired, directory: Path, settings: Project) -> list[Path]:
    """Write them into a directory outside of the overlays; answer the files.

    Raises:
        InputError: something of that name is there already; nothing was written.

    """
    if directory.resolve().is_relative_to(settings.overlays.resolve()):
        raise InputError(
            f"{directory} is among the overlays: values in clear do not belong there. "
            "Name a directory outside of the repository, best one in memory (/dev/shm)."
        )
    wanted = {directory / name: text for name, text in templates(wired).items()}
    _refuse_to_overwrite(wanted)
    wanted |= skeletons(wired, settings.overlays / wired.name)
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=_MODE if path.parent == directory else 0o644)
        path.write_text(text, encoding="utf-8")
    return list(wanted)


def _refuse_to_overwrite(wanted: Mapping[Path, str]) -> None:
    fix = "encrypt and delete it, or choose another directory"
    there = [
        Problem(where=str(path), found="a file", allowed="nothing", fix=fix)
        for path in wanted
        if path.exists()
    ]
    if there:
        raise InputError("Templates would overwrite what may have been filled in", there)


_SEAL = """Fill them in, get the certificate (`kubeseal --fetch-cert > sealing.pem`), then:
  for file in {directory}/*.yaml; do
    kubeseal --cert sealing.pem --format yaml --merge-into "{target}/${{file##*/}}" < "$file"
  done
  rm -r {directory}"""

_ENCRYPT = """Fill them in, say for whom to encrypt (.sops.yaml, or SOPS_AGE_RECIPIENTS), then:
  mkdir -p {target}
  for file in {directory}/*.yaml; do
    target="{target}/${{file##*/}}"
    sops encrypt --encrypted-regex '^(data|stringData)$' \\
      --filename-override "$target" "$file" > "$target"
  done
  rm -r {directory}"""

_APPLY = """Fill them in, then:
  kubectl apply --server-side -f {directory}
  rm -r {directory}"""


def next_step(wired: Wired, directory: Path | str, settings: Project) -> str:
    """Answer what to do with filled templates: commands, or words where a store decides them."""
    secrets, target = wired.environment.secrets, settings.overlays / wired.name / "secrets"
    match secrets:
        case ExternalSecrets():
            first = secrets.remote(next(iter(wired.secrets), "NAME"))
            return f"Fill them in, and put each into the store under its name, such as {first}."
        case SealedSecrets():
            text = _SEAL
        case SopsSecrets():
            text = _ENCRYPT
        case _:
            text = _APPLY
    return text.format(directory=directory, target=target)
