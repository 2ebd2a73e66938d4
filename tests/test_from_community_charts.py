"""Whoever comes from the chart of Marquez, Jaeger or Cube finds each of its values.

The names are those of the charts' own `values.yaml` and README; what stands below one name and is
of one kind (`image`, `resources`) is one value. Families that begin with a component's name hold
what the chart lacks, in words: they have no list here.
"""

import re

import pytest

import chart_page
from test_dist import ROOT, manifests

PAGE = "docs/how-to/from-community-charts.md"
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
VALUES = MARQUEZ
"""The values of each table. `className` is read by a template of Marquez' chart, and not in its
values."""

FAMILIES = re.findall(r"^\| (.+?) \| here \| test \|$", (ROOT / PAGE).read_text(), re.MULTILINE)


@pytest.mark.parametrize("family", VALUES)
def test_every_value_of_a_chart_has_one_row(family: str) -> None:
    assert chart_page.values(PAGE, family) == sorted(VALUES[family].split())


def test_every_list_of_values_has_a_table() -> None:
    assert set(VALUES) == {name for name in FAMILIES if "chart has not" not in name}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_row_about_a_chart_names_a_test_and_settings_that_exist(family: str) -> None:
    assert all(re.fullmatch(r"test_\w+", name) for name in chart_page.tests(PAGE, family))
    assert chart_page.paths(PAGE, family)
    assert not chart_page.unknown(PAGE, family)


def test_two_objects_are_called_as_in_the_chart_of_marquez() -> None:
    """So a release that is called `marquez` and ours cannot share a namespace."""
    names = {(found["kind"], found["metadata"]["name"]) for found in manifests("prod")}
    assert {("Deployment", "marquez-web"), ("Service", "marquez-web")} <= names
    assert not {("Deployment", "marquez"), ("Service", "marquez")} & names
