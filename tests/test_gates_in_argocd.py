"""What Argo CD's own controllers do when a gate passes, fails and is opened, case beside case.

Each case is an environment of its own, and all of them run at once on one cluster: what is waited
for is time, not work. What is played is said in `cluster.py`, `played.py` and `argocd.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from api_server import Body
from argocd import argocd
from argocd_example import HOST, image, revisions
from argocd_story import BEFORE, GATE, LATER, MIGRATION, SUCCEEDED, VERIFICATION, Key, Story
from cluster import Cluster
from floe_constructs.kubernetes.phase import Phase
from git_server import git_server
from played import ends, waits
from test_dist import key

pytestmark = [pytest.mark.tools, pytest.mark.slow, pytest.mark.requirement("FR-015")]


Case = Callable[[Story], None]


def install(story: Story) -> tuple[dict[Key, tuple[str, str]], set[str]]:
    """Release the first revision; answer what there is then."""
    story.ends(SUCCEEDED, story.start("first"))
    story.settle()
    return running(story)


def running(story: Story) -> tuple[dict[Key, tuple[str, str]], set[str]]:
    """Answer which objects of the first revision are there in which state, and its pods."""
    return story.versions(story.objects("first", LATER)), set(story.pods("dagster-"))


def assert_closed(story: Story, before: tuple[dict[Key, tuple[str, str]], set[str]]) -> None:
    """See that what ran runs on with all that it has, and that nothing new has come."""
    assert running(story) == before
    assert story.there(story.objects("first")) == {key(each) for each in story.objects("first")}
    new = {key(each) for each in story.objects("second", LATER)} - before[0].keys()
    assert new
    assert story.there(story.objects("second", LATER)).isdisjoint(new)


def an_installation_goes_phase_by_phase_and_waits_for_a_key_that_a_migration_misses(
    story: Story,
) -> None:
    for job in (GATE, MIGRATION, VERIFICATION):
        story.play(job, lambda _: None)
    commit = story.start("first")
    story.until(lambda: story.pods(GATE))
    assert story.there(story.objects("first", BEFORE)) >= {
        key(each) for each in story.objects("first", (Phase.CLUSTER, Phase.FOUNDATION))
    }
    assert story.there(story.objects("first", LATER)) == set()
    missing = "couldn't find key password in Secret"
    story.play(MIGRATION, waits("CreateContainerConfigError", missing))
    story.play(GATE, ends(0))
    story.until(lambda: story.waiting("CreateContainerConfigError"))
    migration = {key(each) for each in story.objects("first", [Phase.MIGRATE])}
    assert story.there(story.objects("first", LATER)) == migration
    story.play(MIGRATION, ends(0))  # as a kubelet that tries again, and finds the key
    story.until(lambda: story.pods(VERIFICATION))
    assert all(map(story.live, story.objects("first")))
    story.play(VERIFICATION, ends(0))
    story.ends(SUCCEEDED, commit)
    story.settle()


def a_commit_that_changes_nothing_runs_no_job_again(story: Story) -> None:
    before, jobs = running(story), story.jobs("")
    commit = story.release("first")
    story.until(lambda: story.looked_at(commit))
    assert story.argocd.application(story.name)["status"]["sync"]["status"] == "Synced"
    assert names(story.jobs("")) == names(jobs)
    assert running(story) == before


def a_deleted_environment_leaves_its_namespace_and_its_disks(story: Story) -> None:
    space = next(each for each in story.objects("first") if each["kind"] == "Namespace")
    claims = story.claims()
    kept = story.versions([space, *claims])
    story.argocd.delete(story.name)
    assert claims
    assert story.versions([space, *claims]).keys() == kept.keys()
    assert "deletionTimestamp" not in (story.live(space) or {})["metadata"]
    stays = {
        key(each) for each in story.objects("first") if each["kind"] == "PersistentVolumeClaim"
    }
    assert story.there(story.objects("first")) == stays | {key(space)}


def what_a_release_lacks_goes_when_it_is_verified(story: Story) -> None:
    install(story)
    migration, (gate,) = story.jobs(MIGRATION), story.jobs(GATE)
    story.play(VERIFICATION, lambda _: None)
    commit = story.release("third")
    story.until(lambda: len(story.jobs(VERIFICATION)) == 2)
    assert story.image("orders") == image(2)
    assert gate["metadata"]["name"] in names(story.jobs(GATE))
    story.play(VERIFICATION, ends(0))
    story.ends(SUCCEEDED, commit)
    assert names(story.jobs(MIGRATION)) == names(migration)
    assert len(story.pods(MIGRATION)) == 1
    story.until(lambda: gate["metadata"]["name"] not in names(story.jobs(GATE)))


def a_verification_that_fails_keeps_what_was_to_go(story: Story) -> None:
    story.play(VERIFICATION, ends(78))
    story.fails(story.release("second"))
    assert story.image("orders") == image(2)
    assert story.image("returns")
    assert len(story.jobs(GATE)) == 2
    story.play(VERIFICATION, ends(0))
    story.ends(SUCCEEDED, story.release("fixed"))
    assert story.image("orders") == image(3)
    story.until(lambda: story.image("returns") is None)
    story.until(lambda: [len(story.jobs(each)) for each in (GATE, VERIFICATION)] == [1, 1])


def what_is_definitive_keeps_a_gate_closed_until_git_says_otherwise(story: Story) -> None:
    before = install(story)
    story.play(GATE, ends(78))
    commit = story.release("second")
    story.fails(commit)
    assert "exit code 78" in story.results()
    for _ in range(3):
        story.argocd.stop(story.name)
        story.argocd.sync(story.name)
        assert story.argocd.operation(story.name)["phase"] == "Failed"
    assert len(story.pods(GATE)) == 2  # one of each release
    assert_closed(story, before)
    # Whoever changes something by hand has it set right by the next release: not by this one.
    service = next(each for each in story.objects("first") if each["kind"] == "Service")
    story.patch(service, {"metadata": {"labels": {"app.kubernetes.io/component": "another"}}})
    changed = running(story)
    story.argocd.refresh(story.name)
    story.until(lambda: "Failed last sync attempt" in story.told())
    assert_closed(story, changed)
    story.play(GATE, ends(0))
    story.ends(SUCCEEDED, story.release("fixed"))
    story.until(lambda: story.image("returns") is None)


def what_is_mended_elsewhere_opens_a_gate_when_its_job_is_deleted(story: Story) -> None:
    before = install(story)
    story.play(GATE, ends(78))
    commit = story.release("second")
    story.fails(commit)
    assert_closed(story, before)
    story.play(GATE, ends(0))
    story.argocd.stop(story.name)
    story.delete_jobs(GATE)
    story.argocd.sync(story.name)
    story.ends(SUCCEEDED, commit)


def what_passes_by_itself_is_tried_again_and_opens_the_gate(story: Story) -> None:
    story.play(GATE, ends(1, 0))
    story.ends(SUCCEEDED, story.release("second"))
    story.until(lambda: len(story.jobs(GATE)) == 1)
    (gate,) = story.jobs(GATE)
    assert (gate["status"]["failed"], gate["status"]["succeeded"]) == (1, 1)


def a_secret_that_its_store_does_not_have_yet_is_waited_for(story: Story) -> None:
    held = (story.name, "dagster-postgres")
    story.cluster.played.held.add(held)
    commit = story.start("first")
    story.fails(commit)
    assert story.jobs("") == []
    story.cluster.played.held.discard(held)
    story.ends(SUCCEEDED, commit)


def applying_only_what_differs_opens_a_closed_gate(story: Story) -> None:
    """Which is why `delivery/` does not say so: a failed Job is as Git says."""
    story.play(GATE, ends(78))
    commit = story.release("fixed")
    story.fails(commit)
    story.argocd.stop(story.name)
    story.argocd.sync(story.name, "ApplyOutOfSyncOnly=true")
    story.ends(SUCCEEDED, commit)
    assert story.image("orders") == image(3)


def an_image_that_cannot_be_pulled_keeps_a_gate_closed(story: Story) -> None:
    """The Job's deadline is brought nearer in the cluster: its controller is not told of time."""
    before = install(story)
    story.play(GATE, waits("ImagePullBackOff", "Back-off pulling image"))
    commit = story.release("second")

    def pulling() -> Body | None:
        return next((each for each in story.jobs(GATE) if each["status"].get("active")), None)

    story.sooner(story.until(pulling))
    story.fails(commit)
    assert "longer than specified deadline" in story.results()
    assert_closed(story, before)
    story.play(GATE, ends(0))
    story.ends(SUCCEEDED, story.release("fixed"))


def what_argo_cd_waits_for_holds_a_release_and_those_behind_it(story: Story) -> None:
    """No address for an Ingress: the workloads are in, and the verification is not begun."""
    commit = story.start("exposed")
    (way,) = (each for each in story.objects("exposed") if each["kind"] == "Ingress")
    story.until(lambda: "healthy state of networking.k8s.io/Ingress" in story.told())
    later = story.release("exposed again")
    story.until(lambda: story.looked_at(later))
    assert story.argocd.operation(story.name)["phase"] == "Running"
    assert story.argocd.operation(story.name)["syncResult"]["revision"] == commit
    assert story.jobs(VERIFICATION) == []
    assert story.image("orders") == image(1)
    story.patch_status(way, {"loadBalancer": {"ingress": [{"ip": "10.9.9.9"}]}})
    story.ends(SUCCEEDED, later)
    assert story.image("orders") == image(2)


def a_scheduled_job_that_failed_last_fails_the_next_release_once_it_is_in(story: Story) -> None:
    schedule = next(each for each in story.objects("exposed") if each["kind"] == "CronJob")
    ran = {"lastScheduleTime": "2026-01-02T00:00:00Z", "lastSuccessfulTime": "2026-01-01T00:00:00Z"}
    story.patch_status(schedule, ran)
    commit = story.release("exposed")
    story.fails(commit)
    assert "CronJob has not completed its last execution successfully" in story.results()
    assert story.image("orders") == image(1)
    story.until(lambda: len(story.jobs(VERIFICATION)) == 1)
    story.run_now(schedule)
    story.ends(SUCCEEDED, commit)


def names(jobs: list[Body]) -> set[str]:
    return {found["metadata"]["name"] for found in jobs}


STORIES: tuple[tuple[Case, ...], ...] = (
    (
        an_installation_goes_phase_by_phase_and_waits_for_a_key_that_a_migration_misses,
        a_commit_that_changes_nothing_runs_no_job_again,
        a_deleted_environment_leaves_its_namespace_and_its_disks,
    ),
    (
        what_a_release_lacks_goes_when_it_is_verified,
        a_verification_that_fails_keeps_what_was_to_go,
    ),
    (what_is_definitive_keeps_a_gate_closed_until_git_says_otherwise,),
    (what_is_mended_elsewhere_opens_a_gate_when_its_job_is_deleted,),
    (
        a_secret_that_its_store_does_not_have_yet_is_waited_for,
        what_passes_by_itself_is_tried_again_and_opens_the_gate,
        applying_only_what_differs_opens_a_closed_gate,
    ),
    (an_image_that_cannot_be_pulled_keeps_a_gate_closed,),
    (
        what_argo_cd_waits_for_holds_a_release_and_those_behind_it,
        a_scheduled_job_that_failed_last_fails_the_next_release_once_it_is_in,
    ),
)
"""Cases of one environment each, one after the other."""


def tell(story: Story, cases: Sequence[Case]) -> Iterator[Future[None]]:
    """Go through cases, and answer how each ended; one that fails is the end of those behind it."""
    fault: Exception | None = None
    for case in cases:
        ended: Future[None] = Future()
        try:
            if fault is None:
                case(story)
        except Exception as error:  # noqa: BLE001  for the test of the case
            fault = error
        ended.set_exception(fault) if fault else ended.set_result(None)
        yield ended


def test_under_argo_cd(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, subtests: pytest.Subtests
) -> None:
    """One test, because tests may be spread over processes that have a cluster each."""
    releases = revisions(tmp_path_factory.mktemp("revisions"))
    with (
        git_server(tmp_path_factory.mktemp("git")) as git,
        argocd(cluster, git, HOST) as controllers,
        ThreadPoolExecutor(len(STORIES)) as pool,
    ):
        stories = [
            Story(controllers, git.branch(f"story-{number}"), releases)
            for number in range(len(STORIES))
        ]
        told = pool.map(lambda told: list(tell(*told)), zip(stories, STORIES, strict=True))
        for cases, found in zip(STORIES, told, strict=True):
            for case, ended in zip(cases, found, strict=True):
                with subtests.test(case.__name__):
                    ended.result()
    cluster.remove(each for story in stories for name in releases for each in story.objects(name))
