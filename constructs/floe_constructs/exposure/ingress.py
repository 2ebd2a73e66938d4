"""A way in through an ingress controller."""

from cdk8s_plus_34 import k8s
from constructs import Construct

from floe_constructs.exposure.route import GrpcCalls, Route
from floe_constructs.exposure.spec import (
    CLASS,
    GKE,
    CertManager,
    LoadBalancerTls,
    TlsSecret,
    ViaIngress,
)
from floe_constructs.kubernetes.metadata import metadata

_ISSUER = {"ClusterIssuer": "cert-manager.io/cluster-issuer", "Issuer": "cert-manager.io/issuer"}


class Ingress(Construct):
    """One Ingress: hosts, and the paths that lead on.

    Objects: Ingress/NAME.
    Needs: the controller of its class, the Service, and the Secret of the certificate.
    """

    def __init__(self, scope: Construct, id: str, route: Route, via: ViaIngress) -> None:
        super().__init__(scope, id)
        port = k8s.ServiceBackendPort(number=route.port)
        service = k8s.IngressServiceBackend(name=route.service, port=port)
        path, kind = _path(route)
        paths = [
            k8s.HttpIngressPath(
                path=path, path_type=kind, backend=k8s.IngressBackend(service=service)
            )
        ]
        annotations = dict(route.annotations)
        if isinstance(via.tls, CertManager):
            annotations[_ISSUER[via.tls.kind]] = via.tls.issuer
        of_gke = via.class_name in GKE
        if of_gke:
            annotations[CLASS] = via.class_name
        k8s.KubeIngress(
            self,
            "ingress",
            metadata=metadata(route.labels, route.name, annotations=annotations),
            spec=k8s.IngressSpec(
                ingress_class_name=None if of_gke else via.class_name,
                tls=_tls(route, via),
                rules=[
                    k8s.IngressRule(host=host, http=k8s.HttpIngressRuleValue(paths=paths))
                    for host in route.hosts
                ],
            ),
        )


def _path(route: Route) -> tuple[str, str]:
    requests = route.requests
    if isinstance(requests, GrpcCalls):
        return f"/{requests.service}/{requests.method}", "Exact"
    assert requests is not None  # noqa: S101  only TCP goes without
    return requests.path, "Exact" if requests.exact else "Prefix"


def _tls(route: Route, via: ViaIngress) -> list[k8s.IngressTls] | None:
    match via.tls:
        case CertManager():
            secret = f"{route.name}-tls"
        case TlsSecret():
            secret = via.tls.name
        case LoadBalancerTls():
            return None
    return [k8s.IngressTls(hosts=list(route.hosts), secret_name=secret)]
