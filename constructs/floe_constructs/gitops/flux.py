"""Flux' objects for an environment: where it reads, and what it applies after what."""

from collections.abc import Mapping, Sequence
from typing import Any

from cdk8s import ApiObject, ApiObjectMetadata, JsonPatch
from constructs import Construct

from floe_constructs.gitops.spec import CosignKey, FluxDelivery, FluxGit, FluxOci
from floe_constructs.gitops.waiting import checks, timeout
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.kubernetes.phase import Phase

Manifest = Mapping[str, Any]


class FluxSource(Construct):
    """What Flux reads: one source for all phases, by which it knows that they are of one revision.

    Objects: GitRepository/NAMESPACE or OCIRepository/NAMESPACE.
    Needs: Flux, and the Secrets that the source names.
    """

    def __init__(
        self, scope: Construct, id: str, labels: Labels, source: FluxGit | FluxOci, name: str
    ) -> None:
        super().__init__(scope, id)
        self.reference = {"kind": kind_of(source), "name": name}
        made = ApiObject(
            self,
            "source",
            api_version="source.toolkit.fluxcd.io/v1",
            kind=kind_of(source),
            metadata=ApiObjectMetadata(name=name, labels=labels.all),
        )
        body: dict[str, Any] = {"url": source.url, "ref": source.reference}
        body["interval"] = source.interval
        if source.secret:
            body["secretRef"] = {"name": source.secret}
        if isinstance(source, FluxOci):
            body["provider"] = source.provider
            body |= _verified(source)
        made.add_json_patch(JsonPatch.add("/spec", body))


def kind_of(source: FluxGit | FluxOci) -> str:
    """Answer what Flux calls a source."""
    return "GitRepository" if isinstance(source, FluxGit) else "OCIRepository"


def _verified(source: FluxOci) -> dict[str, Any]:
    if source.verify is None:
        return {}
    if isinstance(source.verify, CosignKey):
        return {"verify": {"provider": "cosign", "secretRef": {"name": source.verify.secret}}}
    who = {"issuer": source.verify.issuer, "subject": source.verify.subject}
    return {"verify": {"provider": "cosign", "matchOIDCIdentity": [who]}}


class FluxPhases(Construct):
    """One Kustomization for each phase, each after the one before and with all that it waits for.

    The first applies what has no namespace, with Flux' own rights; the others as the environment's
    account. What is deleted with them keeps the namespace and the claims, which say so themselves.

    Objects: Kustomization/NAMESPACE-PHASE.
    Needs: the source, the account, and the Secret that SOPS decrypts by where there is one.
    """

    def __init__(  # noqa: PLR0913  cdk8s' two, and what a release is
        self,
        scope: Construct,
        id: str,
        labels: Labels,
        spec: FluxDelivery,
        *,
        namespace: str,
        path: str,
        source: Mapping[str, str],
        objects: Sequence[tuple[Phase, Manifest]],
    ) -> None:
        super().__init__(scope, id)
        before = None
        for phase in Phase:
            here = [manifest for at, manifest in objects if at is phase]
            body: dict[str, Any] = {"dependsOn": [{"name": before}]} if before else {}
            body |= {"sourceRef": source, "path": f"./{path}/{phase}"}
            if phase is not Phase.CLUSTER:
                body["serviceAccountName"] = namespace
            body |= {
                "interval": spec.interval,
                "retryInterval": spec.retry,
                "timeout": timeout(here),
                "wait": True,
                "prune": True,
                "force": False,
                "deletionPolicy": "MirrorPrune",
            }
            if expressions := checks(here):
                body["healthCheckExprs"] = expressions
            if spec.decryption and phase is Phase.FOUNDATION:  # where encrypted Secrets are
                body["decryption"] = {"provider": "sops", "secretRef": {"name": spec.decryption}}
            before = f"{namespace}-{phase}"
            made = ApiObject(
                self,
                phase,
                api_version="kustomize.toolkit.fluxcd.io/v1",
                kind="Kustomization",
                metadata=ApiObjectMetadata(name=before, labels=labels.all),
            )
            made.add_json_patch(JsonPatch.add("/spec", body))
