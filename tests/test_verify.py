"""The verification: whom it asks, what it is given for it, and how it is left out."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from conftest import Objects, Synth, opens
from floe_constructs.kubernetes.endpoint import Flow
from floe_constructs.kubernetes.labels import Labels
from floe_constructs.preflight.flows import endpoints
from floe_constructs.preflight.flows import flows as of_spec
from floe_constructs.preflight.preflight import Preflight
from floe_constructs.preflight.spec import VerifySpec
from floe_constructs.preflight.targets import Answering, Otlp, Platform
from floe_deploy.errors import InputError
from floe_deploy.preflight import gate as words
from floe_deploy.rules import gate as gate_rules
from floe_deploy.wiring import Wired
from jaeger_example import LARGE as JAEGER
from rule_cases import POD_RULES, PROD, broken
from test_dist import ENVIRONMENTS, ROOT
from test_gate import command, job, option
from test_gating import wired
from test_marquez import container, names, pod
from test_overlay import wired as changed

pytestmark = pytest.mark.requirement("FR-015")

CONFIG, JOB = (f"60-verify/{kind}-preflight-verify.yaml" for kind in ("configmap", "job"))


def asked(found: Wired) -> dict[str, dict[str, Any]]:
    """Answer what the ConfigMap says, by what the ids of its checks begin with."""
    assert found.verification
    (suite,) = found.verification.suites
    return {
        target.root("platform"): target.model_dump(exclude_unset=True)
        for target in suite.config.platform
    }


def flows(found: Wired) -> dict[str, set[int]]:
    """Answer whom the verification may talk to."""
    reached: dict[str, set[int]] = {}
    for flow in found.flows:
        if isinstance(flow.source, Labels) and opens(flow).object_name == "preflight-verify":
            assert isinstance(flow.target, Labels)
            reached.setdefault(flow.target.object_name, set()).add(flow.port)
    return reached


def test_in_prod_every_service_is_asked_by_its_name_and_port() -> None:
    urls = {root: target["url"] for root, target in asked(wired("prod")).items()}
    assert urls == {
        "platform.dagster": "http://dagster-webserver:3000",
        "platform.cube": "http://cube-api:4000",
        "platform.marquez": "http://marquez-api:5000",
        "platform.marquez-web": "http://marquez-web:3000",
        "platform.jaeger": "http://jaeger-query:16686",
        "platform.otlp": "http://jaeger-collector:4318",
        "platform.login-dagster": "http://login-dagster:4180",
        "platform.login-jaeger": "http://login-jaeger:4180",
        "platform.login-marquez": "http://login-marquez:4180",
    }
    dagster = asked(wired("prod"))["platform.dagster"]
    assert (dagster["locations"], dagster["daemon"]) == (("analytics", "finance"), True)


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_each_address_is_a_service_of_dist_that_leads_to_pods_that_let_it_in(
    environment: str,
) -> None:
    folder = ROOT / "dist" / environment
    objects = [yaml.safe_load(path.read_text()) for path in folder.glob("50-platform/*/*.yaml")]
    services = {it["metadata"]["name"]: it["spec"] for it in objects if it["kind"] == "Service"}
    found = wired(environment)
    may = {(pods, port) for pods, ports in flows(found).items() for port in ports}
    assert found.verification
    (suite,) = found.verification.suites
    led = set()
    for target in suite.config.platform:
        (at,) = endpoints(target)
        assert at.port in [port["port"] for port in services[str(at.host)]["ports"]]
        selector = services[str(at.host)]["selector"]
        name, component = (selector[f"app.kubernetes.io/{key}"] for key in ("name", "component"))
        led.add((f"{name}-{component}", at.port))
    assert led == may


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_that_says_nothing_of_it_has_none(environment: str, tmp_path: Path) -> None:
    found = changed(tmp_path, environment, lambda settings, _: settings.pop("verify", None))
    assert found.verification is None
    assert flows(found) == {}
    assert found.verify().platform  # by hand it can be asked all the same


def verify(folder: Path, *, settings: Any = None, **parts: Any) -> Wired:
    said = json.loads(json.dumps({"verify": settings or {}} | parts))  # YAML has no aliases here
    return changed(folder, "prod", lambda overlay, _: overlay.update(said))


def refused(folder: Path, **more: Any) -> str:
    with pytest.raises(InputError) as failure:
        verify(folder, **more)
    return str(failure.value)


NOTHING = dict.fromkeys(("dagster", "cube", "marquez", "jaeger", "exposure", "monitoring"))
IMAGE = {"image": "registry.example.com/mirror/floe:1"}


def test_its_image_is_the_gates_unless_it_says_its_own(tmp_path: Path) -> None:
    own = verify(tmp_path / "a", settings=IMAGE).verification
    gates = verify(tmp_path / "b").verification
    alone = verify(tmp_path / "c", settings=IMAGE, gate=None)
    assert own
    assert gates
    assert alone.verification
    assert {str(own.image), str(alone.verification.image)} == {IMAGE["image"]}
    assert str(gates.image).startswith("registry.example.com/floe/preflight:0.1.0")
    assert alone.gate is None


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"gate": None}, "verify.image is missing: there is no gate whose image it could take"),
        (NOTHING, "verify: found no component that is deployed here"),
        ({"settings": {"skip": ["platform.dagstr"]}}, "Did you mean platform.dagster?"),
        ({"settings": {"skip": ["cluster"]}}, "verify.skip: found no check cluster"),
        ({"settings": {"skip": ["platform"]}}, "verify.skip: found every check there is"),
        ({"settings": {"ignore": ["CUBE_OPN"]}}, "Did you mean CUBE_OPEN?"),
        ({"settings": {"schedule": "5 4 * * *"}}, "schedule: found an unknown setting"),
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, Any], told: str, tmp_path: Path) -> None:
    assert told in refused(tmp_path, **more)


def cube(**changes: Any) -> dict[str, Any]:
    overlay = yaml.safe_load((ROOT / "overlays" / "prod" / "environment.yaml").read_text())
    return {"cube": overlay["cube"] | changes}


def test_the_secret_of_cubes_tokens_is_given_where_it_opens_the_model_and_nowhere_else(
    tmp_path: Path,
) -> None:
    found = verify(tmp_path / "a")
    assert found.verification
    (suite,) = found.verification.suites
    assert {name: key.name for name, key in suite.variables.items()} == {
        "CUBEJS_API_SECRET": "cube-api"
    }
    jwt = {"key": {"name": "idp", "key": "pem"}, "audience": "cube", "issuer": ["https://idp"]}
    changes: list[dict[str, Any]] = [{"api_scopes": ["data"]}, {"jwt": jwt}]
    for number, change in enumerate(changes):
        found = verify(tmp_path / str(number), **cube(**change))
        assert asked(found)["platform.cube"]["api_secret"] is None
        assert found.verification
        assert found.verification.suites[0].variables == {}


def jaeger(**changes: Any) -> dict[str, Any]:
    return {"jaeger": {k: v for k, v in (JAEGER | changes).items() if k != "instance"}}


def test_spans_by_tls_are_verified_and_a_certificate_of_senders_is_not_had(tmp_path: Path) -> None:
    tls = JAEGER["receiver_tls"]
    plain = verify(tmp_path / "a", **jaeger(receiver_tls=tls | {"clients": None}))
    otlp = asked(plain)["platform.otlp"]
    assert (otlp["url"], otlp["ca_file"]) == (
        "https://jaeger-collector:4318",
        "/etc/floe/preflight/otlp-ca.crt",
    )
    assert plain.verification
    assert plain.verification.suites[0].files.keys() == {otlp["ca_file"]}
    mutual = asked(verify(tmp_path / "b", **jaeger()))
    assert (mutual["platform.otlp"]["type"], mutual["platform.otlp"]["host"]) == (
        "other",
        "jaeger-collector",
    )


def test_paths_of_interfaces_and_read_only_webservers_are_asked_as_they_are(
    tmp_path: Path,
) -> None:
    overlay = yaml.safe_load((ROOT / "overlays" / "prod" / "environment.yaml").read_text())
    dagster, resources = overlay["dagster"], {"resources": {"cpu": "1", "memory": "1Gi"}}
    webserver = dagster["webserver"] | {"path_prefix": "/dagster"}
    changes = {"webserver": webserver, "webserver_read_only": resources}
    traces = overlay["jaeger"] | {"base_path": "/jaeger"}
    found = asked(verify(tmp_path, dagster=dagster | changes, jaeger=traces))
    assert found["platform.dagster"]["url"] == "http://dagster-webserver:3000/dagster"
    assert found["platform.jaeger"]["url"] == "http://jaeger-query:16686/jaeger"
    second = found["platform.dagster-read-only"]
    assert (second["url"], second["daemon"]) == ("http://dagster-webserver-read-only:3000", False)


@pytest.fixture
def objects(synth: Synth) -> Objects:
    verification = wired("prod").verification
    assert verification
    return synth(lambda chart: Preflight(chart, "verify", verification))


def test_it_is_a_job_with_what_it_is_told_after_everything_else(objects: Objects) -> None:
    assert names(objects) == {
        ("ServiceAccount", "preflight-verify"),
        ("ConfigMap", "preflight-verify"),
        ("Job", "preflight-verify-HASH"),
    }
    for (kind, _), manifest in objects.items():
        if kind != "ServiceAccount":
            assert manifest["metadata"]["annotations"]["floe.dev/phase"] == "60-verify"
    one = pod(job(objects, "verify"))["spec"]
    assert one["automountServiceAccountToken"] is False
    assert one["serviceAccountName"] == "preflight-verify"
    for variable in container(job(objects, "verify"))["env"]:
        assert variable.get("valueFrom", {"secretKeyRef": {"optional": True}})["secretKeyRef"][
            "optional"
        ]


def test_it_breaks_no_rule_of_pods_and_is_over_before_its_job_is(objects: Objects) -> None:
    files = {f"60-verify/{kind}-{name}": manifest for (kind, name), manifest in objects.items()}
    assert broken(files, (*POD_RULES, *gate_rules.RULES)) == []
    manifest = job(objects, "verify")
    told = command(manifest)
    run = option(told, "deadline") + option(told, "wait")
    one = pod(manifest)["spec"]["activeDeadlineSeconds"]
    assert manifest["spec"]["backoffLimit"] == 1
    assert option(told, "timeout") < option(told, "deadline") < run < one
    assert 2 * run + 10 < manifest["spec"]["activeDeadlineSeconds"]
    assert {"--gate", "--verify"} <= {*told}


def test_it_is_called_after_the_release_as_the_gate_is() -> None:
    gate = PROD["30-preflight/job-preflight-services.yaml"]["metadata"]["name"]
    assert PROD[JOB]["metadata"]["name"] == f"preflight-verify-{gate.rpartition('-')[2]}"


def test_a_construct_of_its_own_reaches_the_services_that_it_names() -> None:
    target = Otlp(type="otlp", url="https://collector.tracing.svc:4318")
    suite = {"name": "verify", "config": {"platform": [target]}}
    said = {"instance": "shop", "image": "acme/floe:1", "suites": [suite]}
    spec = VerifySpec.model_validate(said)
    (flow,) = of_spec(spec)
    assert isinstance(flow, Flow)
    assert (opens(flow).object_name, flow.port) == ("preflight-verify", 4318)


def listed(*args: str) -> list[str]:
    program = [sys.executable, "-m", "floe_deploy", "preflight", "--list", "--json", *args]
    done = subprocess.run(program, check=True, capture_output=True, text=True, cwd=ROOT)
    return [check["id"] for check in json.loads(done.stdout)]


def test_by_hand_the_same_is_asked_of_an_environment(tmp_path: Path) -> None:
    config = tmp_path / "preflight.yaml"
    config.write_text(PROD[CONFIG]["data"]["preflight.yaml"])
    by_file = listed("--verify", f"--config={config}")
    assert listed("--verify", "--env=prod") == by_file
    assert {"platform.dagster.code-finance", "platform.cube.model"} <= {*by_file}
    assert not [one for one in listed("--env=prod") if one.startswith("platform")]


def test_it_says_that_nothing_waits_for_it_and_how_it_is_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "TERMINATION_LOG", log := tmp_path / "log")
    monkeypatch.setattr("socket.gethostname", lambda: "preflight-verify-2f9b982276-x7x2p")
    log.touch()
    words.last_words(["it failed"], 1, verify=True)
    said = log.read_text()
    assert "the sync fails, and prunes nothing" in said
    assert said.endswith("kubectl delete job preflight-verify-2f9b982276")
    assert "gate" not in said
    words.last_words(["all is well"], 0, verify=True)
    assert log.read_text() == "all is well"


def test_the_page_names_every_kind_of_check_and_how_long_the_job_takes() -> None:
    page = (ROOT / "docs" / "how-to" / "verify.md").read_text()
    kinds = [get_args(one.model_fields["type"].annotation)[0] for one in _kinds()]
    named = set(re.findall(r"^\| `(platform\.[a-z]+(?:-[a-z]+)*)(?:-NAME)?`", page, re.MULTILINE))
    assert named == {f"platform.{kind}" for kind in kinds} | {"platform.dagster-read-only"}
    assert f"{PROD[JOB]['spec']['activeDeadlineSeconds']} seconds" in page


def _kinds() -> list[type[Answering]]:
    return [kind for kind in get_args(get_args(Platform)[0]) if issubclass(kind, Answering)]
