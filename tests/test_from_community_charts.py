"""Whoever comes from the chart of Marquez, Jaeger or Cube finds each of its values.

The names are those of the charts' own `values.yaml`, templates and README; what stands below one
name and is of one kind (`image`, `resources`), and a value beside its `…FromSecret`, is one value.
Tables of what a chart has not are in words: they have no list here.
"""

import re

import pytest

import chart_page
from test_dist import ROOT, manifests

PAGE = "docs/how-to/from-community-charts.md"
PROBES = "livenessProbe readinessProbe customLivenessProbe customReadinessProbe"
MARQUEZ = {
    "marquez": """serviceAccount replicaCount image existingSecretName db.host db.port db.name
        db.user db.password dbRetention.enabled dbRetention.frequencyMins
        dbRetention.numberOfRowsPerBatch dbRetention.retentionDays migrateOnStartup hostname port
        adminPort resources podAnnotations extraContainers""",
    "web": "enabled replicaCount image port resources",
    "postgresql": """enabled image.tag auth.username auth.password auth.database
        auth.existingSecret""",
    "Marquez: all objects": """global.imageRegistry commonLabels commonAnnotations affinity
        tolerations nodeSelector service.type service.port service.annotations ingress.enabled
        ingress.annotations ingress.hosts ingress.tls ingress.className""",
}
JAEGER = {
    "Jaeger: files": "userconfig uiconfig",
    "jaeger": """enabled replicas strategy image extraEnv args serviceAccount service.type
        service.loadBalancerSourceRanges service.labels service.annotations service.extraPorts
        ingress httproute oAuthSidecar resources nodeSelector tolerations affinity
        topologySpreadContraints podSecurityContext securityContext podLabels extraVolumes
        extraVolumeMounts""",
    "storage": """type cassandra elasticsearch.url elasticsearch.user elasticsearch.password
        elasticsearch.tls""",
    "esIndexCleaner": """enabled numberOfDays image schedule activeDeadlineSeconds cmdlineParams
        extraEnv extraSecretMounts extraConfigmapMounts concurrencyPolicy
        successfulJobsHistoryLimit failedJobsHistoryLimit ttlSecondsAfterFinished resources
        serviceAccount securityContext podSecurityContext annotations podAnnotations podLabels
        nodeSelector tolerations affinity""",
    "Jaeger: all objects": """global.imageRegistry tag nameOverride fullnameOverride commonLabels
        commonAnnotations networkPolicy.enabled spark esRollover esLookback extraObjects""",
}
CUBE = {
    "cube": """nameOverride fullnameOverride commonLabels commonAnnotations extraEnvVars
        extraEnvVarsFromConfigMap extraEnvVarsFromSecret image securityContext cubestore.host
        cubestore.port redis""",
    "config": """apiPort sqlPort pgSqlPort sqlUser sqlPassword devMode debug logLevel telemetry
        apiSecret playgroundAuthSecret schemaPath app rollupOnly scheduledRefreshTimezones
        scheduledRefreshConcurrency preAggregationsSchema webSockets cacheAndQueueDriver concurrency
        topicName touchPreAggTimeout dropPreAggWithoutTouch queryLimit queryDefaultLimit volumes
        volumeMounts initContainers""",
    "jwt": "jwkUrl key audience issuer subject algs claimsNamespace",
    "datasources": """type url host port schema name user pass domain socketPath catalog maxPool
        queryTimeout ssl.enabled ssl.rejectUnAuthorized ssl.ca ssl.cert ssl.key ssl.ciphers
        ssl.serverName ssl.passPhrase export.name export.type export.integration export.gcs
        export.aws export.redshift athena bigquery hive snowFlake databricks clickhouse firebolt
        materialize presto elasticsearch trino duckdb""",
    "api, worker": f"""enabled serviceAccount apiCount affinity spreadConstraints resources {PROBES}
        tolerations nodeSelector""",
    "Cube's ingress": "enabled hostname path pathType ingressClassName annotations tls",
}
CUBE_STORE = {
    "cubestore": """nameOverride fullnameOverride commonLabels commonAnnotations image
        securityContext config.logLevel config.noUpload config.jobRunners config.telemetry
        config.queryTimeout config.selectWorkers config.walSplitThreshold remoteDir.persistence
        cloudStorage.gcp cloudStorage.aws cloudStorage.minio metrics""",
    "router, workers": f"""serviceAccount httpPort metaPort mysqlPort statusPort port metaHost
        workersCount persistence affinity spreadConstraints resources {PROBES} tolerations
        nodeSelector service.annotations extraEnvVars initRouter""",
}
VALUES = MARQUEZ | JAEGER | CUBE | CUBE_STORE
"""The values of each table. Some are read by templates of a chart alone: `className` of Marquez',
`httproute`, `oAuthSidecar`, `podLabels` and what is said of the Service of Jaeger's."""

FAMILIES = re.findall(r"^\| (.+?) \| here \| test \|$", (ROOT / PAGE).read_text(), re.MULTILINE)


@pytest.mark.parametrize("family", VALUES)
def test_every_value_of_a_chart_has_one_row(family: str) -> None:
    assert chart_page.values(PAGE, family) == sorted(VALUES[family].split())


def test_every_list_of_values_has_a_table() -> None:
    assert set(VALUES) == {
        name for name in FAMILIES if "have not" not in name and "has not" not in name
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_every_row_about_a_chart_names_a_test_and_settings_that_exist(family: str) -> None:
    assert all(re.fullmatch(r"test_\w+", name) for name in chart_page.tests(PAGE, family))
    assert not chart_page.unknown(PAGE, family)


def test_two_objects_are_called_as_in_the_chart_of_marquez() -> None:
    """So a release that is called `marquez` and ours cannot share a namespace."""
    names = {(found["kind"], found["metadata"]["name"]) for found in manifests("prod")}
    assert {("Deployment", "marquez-web"), ("Service", "marquez-web")} <= names
    assert not {("Deployment", "marquez"), ("Service", "marquez")} & names
