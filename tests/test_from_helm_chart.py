"""Whoever comes from the official Helm chart finds each of its values, and moves as the page says.

The names of values are those of the chart's own schema, 1.12 with what 1.13 adds.
"""

import logging
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.storage.dagster_run import DagsterRunStatus, RunsFilter
from dagster._daemon.monitoring.run_monitoring import monitor_started_run

import chart_page
from launching import BATCH, launcher, run
from test_dist import ENVIRONMENTS, ROOT, manifests

PAGE = "docs/how-to/from-helm-chart.md"
POD = """
    nodeSelector affinity tolerations schedulerName podSecurityContext securityContext resources
    annotations labels deploymentLabels env envConfigMaps envSecrets volumes volumeMounts
    livenessProbe readinessProbe startupProbe
"""
VALUES = {
    "global": """postgresqlSecretName dagsterHome serviceAccountName celeryConfigSecretName
        dagsterInstanceConfigMap postgresqlAuthWifEnabled""",
    "dagsterWebserver": f"""{POD} replicaCount image nameOverride service workspace enableReadOnly
        pathPrefix dbStatementTimeout dbPoolRecycle dbPoolMaxOverflow logLevel logFormat
        extraContainers extraPrependedInitContainers checkDbReadyInitContainer
        initContainerResources""",
    "dagsterDaemon": f"""{POD} enabled image heartbeatTolerance runCoordinator runMonitoring
        runRetries sensors schedules extraContainers extraPrependedInitContainers
        checkDbReadyInitContainer initContainerResources""",
    "dagster-user-deployments": f"""{POD} enabled enableSubchart imagePullSecrets name image port
        dagsterApiGrpcArgs codeServerArgs includeConfigInLaunchedRuns includeInstance
        initContainers sidecarContainers deploymentStrategy deploymentNamespace replicaCount
        service""",
    "runLauncher": """type image imagePullPolicy imagePullSecrets jobNamespace loadInclusterConfig
        kubeconfigFile envConfigMaps envSecrets envVars volumeMounts volumes labels resources
        schedulerName securityContext runK8sConfig failPodOnRunFailure customRunLauncher
        celeryK8sRunLauncher""",
    "postgresql": """enabled image postgresqlHost postgresqlUsername postgresqlPassword
        postgresqlDatabase postgresqlParams postgresqlScheme service.port authProvider""",
    "computeLogManager": """type noOpComputeLogManager localComputeLogManager s3ComputeLogManager
        gcsComputeLogManager azureBlobComputeLogManager customComputeLogManager""",
    "ingress": """enabled apiVersion annotations labels ingressClassName host path pathType tls
        precedingPaths succeedingPaths readOnlyDagsterWebserver flower""",
    "top level": """nameOverride fullnameOverride rbacEnabled imagePullSecrets
        generatePostgresqlPasswordSecret generateCeleryConfigSecret rabbitmq redis flower scheduler
        pipelineRun pythonLogs busybox migrate telemetry serviceAccount retention concurrency
        additionalInstanceConfig extraManifests""",
}


@pytest.mark.parametrize("family", VALUES)
def test_every_value_of_the_chart_has_one_row(family: str) -> None:
    assert chart_page.values(PAGE, family) == sorted(VALUES[family].split())


@pytest.mark.parametrize("family", VALUES)
def test_every_row_names_a_test(family: str) -> None:
    assert all(name.startswith("test_") for name in chart_page.tests(PAGE, family))


@pytest.mark.parametrize("family", VALUES)
def test_every_path_that_a_row_names_is_a_setting(family: str) -> None:
    assert chart_page.paths(PAGE, family) or family == "global"
    assert not chart_page.unknown(PAGE, family)


def test_nothing_of_celery_is_deployed() -> None:
    for environment in ENVIRONMENTS:
        texts = [path.read_text() for path in (ROOT / "dist" / environment).rglob("*.yaml")]
        assert not [text for text in texts if re.search("celery|rabbitmq|redis|flower", text)]


# Moving.


def test_two_objects_are_called_as_in_the_chart() -> None:
    names = {(found["kind"], found["metadata"]["name"]) for found in manifests("prod")}
    assert ("Deployment", "dagster-daemon") in names
    assert ("ConfigMap", "dagster-instance") in names
    assert ("ConfigMap", "dagster-workspace-yaml") not in names
    assert ("Deployment", "dagster-dagster-webserver") not in names


@pytest.mark.parametrize("status", [403, 404])
def test_a_daemon_calls_a_run_failed_whose_job_it_does_not_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """So no run may be in progress, in the namespace of before, when a new daemon starts."""

    def missing(*_: object, **__: object) -> None:
        raise import_module("kubernetes.client.rest").ApiException(status)

    monkeypatch.setattr(BATCH, "read_namespaced_job_status", missing)
    started = run("training", {})._replace(status=DagsterRunStatus.STARTED)
    workspace: Any = None
    with launcher(tmp_path) as launching:
        instance = launching.instance
        instance.add_run(started)
        (before,) = instance.get_run_records(RunsFilter(run_ids=[started.run_id]))
        monitor_started_run(instance, workspace, before, logging.getLogger())
        after = instance.get_run_by_id(started.run_id)
    assert after
    assert after.status == DagsterRunStatus.FAILURE


def test_a_schedule_is_known_by_its_location_and_not_by_the_address_of_its_server() -> None:
    def known(host: str, location: str = "shop") -> str:
        server = GrpcServerCodeLocationOrigin(host, 4000, None, location)
        origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(server, "__repository__"), "nightly")
        return str(origin.get_selector().get_id())

    assert known("shop") == known("dagster-code-shop")
    assert known("shop") != known("shop", "store")
