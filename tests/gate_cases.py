"""What becomes of a release whose gate passes, fails or is opened, under Flux' own controller."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from api_server import Body
from executed import Executed
from floe_constructs.kubernetes.phase import Phase
from played import MERGE, ends, waits
from postgres import Postgres, postgres
from released import Environment, State
from test_dist import key

GATE = "preflight-services-"
MIGRATION = "dagster-migrate-"
KEPT = (Phase.CLUSTER, Phase.FOUNDATION, Phase.MIGRATE, Phase.PLATFORM, Phase.VERIFY)
"""Phases whose objects a release that does not come in leaves as they are."""

LATER = (Phase.MIGRATE, Phase.PLATFORM, Phase.VERIFY)
"""Phases behind the gate."""


def play(environment: Environment, job: str, how: Callable[[Body], Body | None]) -> None:
    """Have the pods of a Job end so."""
    environment.flux.cluster.played.jobs[environment.name, job] = how


def running(environment: Environment) -> State:
    """Answer what of the first revision is there: its objects, and the pods of workloads."""
    pods = {("pod", name): (uid, "") for name, uid in environment.pods().items()}
    return environment.state("first", *KEPT) | pods


def install(environment: Environment) -> State:
    """Release the first revision; answer what there is then."""
    commit = environment.commit("first")
    environment.install()
    environment.until_released(commit)
    return running(environment)


def assert_closed(environment: Environment, before: State) -> None:
    """See that what ran runs on with all that it has, and that nothing new has come."""
    after = running(environment)
    assert {name for name in before.keys() | after if before.get(name) != after.get(name)} == set()
    for manifest in environment.objects("second", *LATER):
        if key(manifest) not in before:
            assert not environment.flux.cluster.has(manifest), key(manifest)


def fail(environment: Environment) -> State:
    """Install, and release what a gate refuses; answer what there was before."""
    before = install(environment)
    play(environment, GATE, ends(78))
    message = environment.until_failed(environment.commit("second"))
    assert f"Job/{environment.name}/{GATE}" in message
    assert_closed(environment, before)
    return before


def what_is_definitive_keeps_a_gate_closed_until_git_says_otherwise(
    environment: Environment,
) -> None:
    before = fail(environment)
    (gate,) = environment.jobs(GATE)
    for _ in range(10):
        environment.flux.reconcile(environment.kustomization(Phase.PREFLIGHT))
        assert environment.flux.said(environment.kustomization(Phase.PREFLIGHT))[0] == "False"
    assert [job["metadata"]["uid"] for job in environment.jobs(GATE)] == [gate["metadata"]["uid"]]
    assert gate["status"]["failed"] == 1
    assert_closed(environment, before)
    play(environment, GATE, ends(0))
    environment.until_released(environment.commit("fixed"))


def what_is_mended_elsewhere_opens_a_gate_by_another_attempt(environment: Environment) -> None:
    fail(environment)
    play(environment, GATE, ends(0))
    environment.until_released(environment.commit("again"))


def what_is_mended_elsewhere_opens_a_gate_when_its_job_is_deleted(environment: Environment) -> None:
    before = fail(environment)
    play(environment, GATE, ends(0))
    (gate,) = environment.jobs(GATE)
    assert_closed(environment, before)
    plane, name = environment.flux.cluster.plane, environment.kustomization(Phase.PREFLIGHT)
    commit = environment.flux.kustomization(name)["status"]["lastAttemptedRevision"]
    plane.ask("DELETE", environment.job(gate) + "?propagationPolicy=Background")
    environment.flux.reconcile(name)
    environment.until_released(commit)


def what_passes_by_itself_is_tried_again_and_opens_the_gate(environment: Environment) -> None:
    install(environment)
    play(environment, GATE, ends(1, 0))
    environment.until_released(environment.commit("second"))
    (gate,) = environment.jobs(GATE)
    assert (gate["status"]["failed"], gate["status"]["succeeded"]) == (1, 1)


def a_secret_that_its_store_does_not_have_yet_is_waited_for(environment: Environment) -> None:
    held = environment.flux.cluster.played.held
    held.add((environment.name, "dagster-postgres"))
    commit = environment.commit("first")
    environment.install()
    message = environment.until_failed(commit, Phase.FOUNDATION)
    assert f"ExternalSecret/{environment.name}/dagster-postgres" in message
    assert environment.jobs("") == []
    held.clear()
    environment.until_released(commit)


def an_image_that_cannot_be_pulled_keeps_a_gate_closed(environment: Environment) -> None:
    """The Job's deadline is brought nearer in the cluster: its controller is not told of time."""
    before = install(environment)
    play(environment, GATE, waits("ImagePullBackOff", "Back-off pulling image"))
    commit = environment.commit("second")
    plane = environment.flux.cluster.plane

    def pulling() -> Body | None:
        jobs = [job for job in environment.jobs(GATE) if job.get("status", {}).get("active")]
        return jobs[0] if jobs else None

    gate = environment.flux.cluster.until(pulling, environment.told)
    assert gate["spec"]["activeDeadlineSeconds"] > 0
    sooner = {"spec": {"activeDeadlineSeconds": 1}}
    plane.ask("PATCH", environment.job(gate), sooner, MERGE)
    environment.until_failed(commit)
    assert_closed(environment, before)
    play(environment, GATE, ends(0))
    environment.until_released(environment.commit("fixed"))


def a_key_that_a_migration_misses_holds_what_comes_behind_it(environment: Environment) -> None:
    missing = "couldn't find key password in Secret"
    play(environment, MIGRATION, waits("CreateContainerConfigError", missing))
    commit = environment.commit("first")
    environment.install()
    environment.until_released(commit, Phase.PREFLIGHT)
    plane = environment.flux.cluster.plane

    def waiting() -> bool:
        status = plane.ask("GET", f"/api/v1/namespaces/{environment.name}/pods")["items"]
        return "CreateContainerConfigError" in str(status)

    environment.flux.cluster.until(waiting, environment.told)
    assert environment.state("first", Phase.PLATFORM) == {}
    play(environment, MIGRATION, ends(0))  # as a kubelet that tries again, and finds the key
    environment.until_released(commit)


@contextmanager
def database() -> Iterator[tuple[Postgres, Path]]:
    """Run a PostgreSQL whose owner is whom the environment logs in as."""
    with ExitStack() as running:
        folder = Path(running.enter_context(TemporaryDirectory()))
        (folder / "postgres").mkdir()
        for at in (folder, folder / "postgres"):
            at.chmod(0o755)
        found = running.enter_context(postgres(folder / "postgres"))
        found.sql(
            f"create role dagster login password '{found.password}'",
            "alter database postgres owner to dagster",
        )
        yield found, folder


def the_program_of_the_gate_says_what_is_missing_and_what_is_wrong_and_opens(
    environment: Environment,
) -> None:
    """The command of the rendered Job is run, with its files and variables as the API has them."""
    cluster, name = environment.flux.cluster, environment.name

    def keep(**texts: str) -> None:
        metadata = {"name": "dagster-postgres", "namespace": name}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": texts}
        cluster.plane.apply([secret])

    cluster.played.kept[name, "dagster-postgres"] = {"another": "key"}
    with database() as (server, folder):
        edits = {"postgres.example.com": "127.0.0.1", "15432": str(server.port)}
        program = Executed(cluster.plane, folder, edits)
        play(environment, GATE, program)
        commit = environment.commit("first")
        environment.install()
        cluster.until(lambda: program.codes, environment.told)
        keep(password="wrong")
        environment.until_failed(commit)
        assert program.codes == [1, 78], program.said
        missing, wrong = program.said
        assert "Secret dagster-postgres, key password" in missing
        assert "AUTH" in wrong
        keep(password=server.password)
        (gate,) = environment.jobs(GATE)
        cluster.plane.ask("DELETE", environment.job(gate) + "?propagationPolicy=Background")
        environment.flux.reconcile(environment.kustomization(Phase.PREFLIGHT))
        environment.until_released(commit)
        assert program.codes == [1, 78, 0], program.said


GATE_CASES = (
    what_is_definitive_keeps_a_gate_closed_until_git_says_otherwise,
    what_is_mended_elsewhere_opens_a_gate_by_another_attempt,
    what_is_mended_elsewhere_opens_a_gate_when_its_job_is_deleted,
    what_passes_by_itself_is_tried_again_and_opens_the_gate,
    a_secret_that_its_store_does_not_have_yet_is_waited_for,
    an_image_that_cannot_be_pulled_keeps_a_gate_closed,
    a_key_that_a_migration_misses_holds_what_comes_behind_it,
    the_program_of_the_gate_says_what_is_missing_and_what_is_wrong_and_opens,
)
