"""Cases of names, labels, images and sizes."""

from typing import Any

from rule_cases import Cases, Change, add, put, thing

WEB, POD = "Deployment/marquez-web", "spec template spec"
IMAGE = f"{POD} containers 0 image"
DIGEST = f"sha256:{'a' * 64}"
MIB = 1024 * 1024


def config(name: str, **metadata: Any) -> tuple[Change, ...]:
    return (add("50-platform/a.yaml", thing("ConfigMap", name, metadata=metadata)),)


def data(**parts: Any) -> tuple[Change, ...]:
    return (add("50-platform/a.yaml", thing("ConfigMap", "a", **parts)),)


def named(kind: str, name: str) -> tuple[Change, ...]:
    return (add("50-platform/a.yaml", thing(kind, name)),)


BROKEN: Cases = {
    "name-dns": [
        *[config(name) for name in ("a_b", "-a", ".".join(["a" * 63] * 4))],
        *[named("Service", name) for name in ("a.b", "A", "a" * 64)],
        named("CronJob", "a" * 53),
        named("StatefulSet", "a" * 53),
        named("Job", "a" * 64),
    ],
    "label-value": [
        config("a", labels={"app.kubernetes.io/name": "a" * 64}),
        *[config("a", labels={"a": value}) for value in ("-a", "a/b", "../x", 1, True, None)],
        *[config("a", labels={key: "a"}) for key in ("a/b/c", "-a", "A/b")],
        (put(WEB, "spec template metadata labels version", 1.5),),
    ],
    "image-version": [
        *[
            (put(WEB, IMAGE, image),)
            for image in ("a.io:5000/web", "web", "a.io/web:latest", "a.io/b/web")
        ],
        data(data={"config.yaml": "job_image: a.io/runs:latest\n"}),
    ],
    "image-digest": [
        *[(put(WEB, IMAGE, image),) for image in ("a.io:5000/web:1", "web:latest-1")],
        data(data={"config.yaml": "job_image: a.io/runs:1\n"}),
    ],
    "config-size": [
        data(data={"a": "é" * (MIB // 2), "b": "x"}),
        data(binaryData={"a": "A" * (MIB // 3 * 4 + 8)}),
    ],
}

KEPT: Cases = {
    "name-dns": [
        config("a.b"),
        named("Service", "a" * 63),
        named("ClusterRole", "system:Node"),
        named("Job", "a" * 63),
    ],
    "label-value": [
        config("a", labels={"a": "", "b": "a.B_c-1", "c": "a" * 63, "example.com/d": "1"}),
    ],
    "image-version": [
        *[
            (put(WEB, IMAGE, image),)
            for image in (
                f"a.io:5000/web:1@{DIGEST}",
                f"web:latest-1@{DIGEST}",
                f"a.io/web@{DIGEST}",
            )
        ],
        data(data={"config.yaml": f"job_image: a.io/runs:1@{DIGEST}\n", "notes": "image: a.io/b"}),
    ],
    "image-digest": [(put(WEB, IMAGE, f"a.io/web:2@{DIGEST}"),)],
    "config-size": [data(data={"a": "é" * (MIB // 2)})],
}
