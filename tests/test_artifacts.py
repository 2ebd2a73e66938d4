"""CompiledArtifacts, as the compiler wrote them and as it may write them one day."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from floe_constructs.artifacts import CompiledArtifacts, ContractError, canonical, read
from floe_constructs.artifacts.credentials import (
    BUNDLES,
    EXPORT_BUCKET,
    Credential,
    contradictions,
    credentials,
    cube_credentials,
    variable_of,
)
from floe_constructs.artifacts.part import SecretReference

CONTRACT = Path(__file__).parent / "contract"
SCHEMA = json.loads((CONTRACT / "compiled_artifacts.v1.1.0.schema.json").read_text())
EXAMPLES = {path.stem: path.read_bytes() for path in sorted((CONTRACT / "examples").iterdir())}


def example(name: str = "local") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(EXAMPLES[name])
    return content


def reading(content: object) -> CompiledArtifacts:
    return read(json.dumps(content).encode())


def changed(name: str, **parts: Any) -> CompiledArtifacts:
    """Read an example in which parts are others; `__` goes down a level."""
    content = example(name)
    for path, value in parts.items():
        *above, last = path.split("__")
        inner = content
        for key in above:
            inner = inner[key]
        inner[last] = value
    return reading(content)


def told(data: bytes | dict[str, Any]) -> list[str]:
    with pytest.raises(ContractError) as caught:
        read(data if isinstance(data, bytes) else json.dumps(data).encode())
    assert str(caught.value).count("\n") == len(caught.value.problems) - 1
    return [str(problem) for problem in caught.value.problems]


def early() -> dict[str, Any]:
    """What a compiler of contract 1.0.0 would have written."""
    content = example()
    for part in ("orchestration", "resolved_profiles", "resolved_layers"):
        del content[part]
    content |= {
        "version": "1.0.0",
        "compute": {"target": "snowflake", "connection_secret_ref": "snowflake-login"},
        "catalog": {
            "type": "polaris",
            "uri": "https://polaris.example.com/api/catalog",
            "warehouse": "lake",
            "scope": "PRINCIPAL_ROLE:ALL",
            "credential_secret_ref": "polaris-login",
        },
    }
    return content


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_the_real_compiler_wrote_is_read(name: str) -> None:
    jsonschema.validate(example(name), SCHEMA)
    artifacts, said = read(EXAMPLES[name]), example(name)
    assert artifacts.storage
    assert artifacts.catalog
    assert artifacts.compute
    profiles = said["resolved_profiles"]
    assert artifacts.storage.bucket == profiles["storage"]["bucket"]
    assert artifacts.catalog.uri == profiles["catalog"]["uri"]
    assert artifacts.compute.properties == profiles["compute"]["properties"]
    assert (artifacts.consumption is not None) == said["consumption"]["enabled"]
    assert set(artifacts.layers) == set(said["resolved_layers"] or ())


def test_layers_keep_their_own_storage_and_retention() -> None:
    said = example()["resolved_layers"]
    assert {
        name: layer.storage.bucket for name, layer in read(EXAMPLES["local"]).layers.items()
    } == {name: layer["storage"]["bucket"] for name, layer in said.items()}
    assert {layer.retention_days for layer in read(EXAMPLES["local"]).layers.values()} == {
        layer["retention_days"] for layer in said.values()
    }


def test_contract_1_0_0_is_read_from_its_own_blocks() -> None:
    jsonschema.validate(early(), SCHEMA)
    artifacts = reading(early())
    assert artifacts.storage is None
    assert artifacts.layers == {}
    assert artifacts.compute
    assert artifacts.compute.type == "snowflake"
    assert artifacts.catalog
    assert artifacts.catalog.warehouse == "lake"
    assert artifacts.catalog.credentials.scope == "PRINCIPAL_ROLE:ALL"
    assert {where for where, _ in artifacts.services()} == {"compute", "catalog"}
    assert {found.reference for found in credentials(artifacts)} == {
        "snowflake-login",
        "polaris-login",
    }


def test_contract_1_0_0_may_say_nothing_of_services() -> None:
    artifacts = reading(early() | {"compute": None, "catalog": None})
    assert (artifacts.storage, artifacts.catalog, artifacts.compute) == (None, None, None)
    assert credentials(artifacts) == ()


def test_resolved_profiles_win_over_the_blocks_of_contract_1_0() -> None:
    artifacts = changed("local", compute={"target": "snowflake"})
    assert artifacts.compute
    assert artifacts.compute.type == "duckdb"


def test_keys_that_a_newer_minor_adds_are_ignored_everywhere() -> None:
    def extended(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: extended(inner) for key, inner in value.items()} | {"added_in_1_7": [1]}
        return [extended(inner) for inner in value] if isinstance(value, list) else value

    content = extended(example()) | {"version": "1.7.0"}
    properties = content["resolved_profiles"]["compute"]["properties"]
    attributes = content["observability"]["attributes"]
    for by_name in (content["resolved_layers"], properties, attributes):
        del by_name["added_in_1_7"]  # there it would be a layer, a property or an attribute
    assert reading(content) == reading(example() | {"version": "1.7.0"})


@pytest.mark.parametrize("version", ["2.0.0", "0.9.0", "10.0.0"])
def test_another_major_version_is_refused_by_name(version: str) -> None:
    (text,) = told({"version": version})
    assert version in text


@pytest.mark.parametrize("version", ["1", "1.1", "v1.1.0", "01.1.0", "1.1.0\n", "", None, 1.1, []])
def test_what_is_no_version_is_refused(version: object) -> None:
    (text,) = told(example() | {"version": version})
    assert text.startswith("version: ")


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0", "1.1.9", "1.22.0", "1.2.0-rc.1", "1.2.0+x"])
def test_every_1_x_is_accepted(version: str) -> None:
    assert reading(example() | {"version": version}).version == version


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (b"", "line 1, column 1", "an empty file"),
        (b'{"a": 1,\n "b" 2}', "line 2, column 6", "delimiter"),
        (b'{"a": "\xff"}', "line 1", "UTF-8"),
        (b"[]", "", "a list"),
        (b'"text"', "", '"text"'),
        (b'{"a": {"b": 1, "b": 2}}', "a.b", "the key twice"),
        (b'{"a": [NaN]}', "a[0]", "nan"),
        (b'{"a": -Infinity}', "a", "-inf"),
        (b'{"a": 1e999}', "a", "inf"),
        (b'{"a": "\\ud800"}', "a", "half of a character"),
        (b'{"a": ' + b"9" * 5000 + b"}", "", "thousands of digits"),
        (b'{"a":' * 150 + b"1" + b"}" * 150, "", "too many levels"),
        (b"[" * 100_000, "", "too many levels"),
    ],
)
def test_broken_json_is_one_clear_error(data: bytes, where: str, what: str) -> None:
    (text,) = told(data)
    assert text.startswith(where)
    assert what in text


def test_all_duplicate_keys_and_numbers_that_are_none_are_told_together() -> None:
    texts = told(b'{"a": 1, "a": 2, "b": {"c": NaN, "d": 1, "d": 1, "d": 2}}')
    assert {text.split(":")[0] for text in texts} == {"a", "b.c", "b.d"}


def test_missing_and_impossible_parts_are_told_together() -> None:
    content = example()
    del (
        content["metadata"],
        content["transforms"],
        content["resolved_profiles"]["storage"]["bucket"],
    )
    content["resolved_profiles"]["catalog"]["uri"] = "polaris"
    content["resolved_profiles"]["compute"]["type"] = "duckdbb"
    content["resolved_layers"]["gold"]["storage"]["credentials"]["secret_ref"] = "a b"
    texts = told(content)
    assert {text.split(": ")[0] for text in texts} == {
        "metadata",
        "transforms",
        "resolved_profiles.storage.bucket",
        "resolved_profiles.catalog.uri",
        "resolved_profiles.compute.type",
        "resolved_layers.gold.storage.credentials.secret_ref",
    }
    assert "Did you mean duckdb?" in " ".join(texts)


@pytest.mark.requirement("SC-004")
def test_a_secret_in_place_of_a_reference_is_refused_and_not_shown() -> None:
    content = example()
    content["resolved_profiles"]["catalog"]["credentials"]["client_secret"] = "hunter2"
    content["resolved_profiles"]["storage"]["endpoint"] = "https://me:hunter2@s3.example.com"
    texts = told(content)
    assert len(texts) == 2
    assert "hunter2" not in " ".join(texts)


def test_the_compilers_defaults_are_silence() -> None:
    artifacts = read(EXAMPLES["prod"])
    assert artifacts.storage
    assert artifacts.storage.endpoint is None
    silent = (
        artifacts.consumption,
        artifacts.lineage_endpoint,
        artifacts.otlp_endpoint,
        artifacts.lineage_namespace,
        artifacts.sampling,
        artifacts.compute_logs,
    )
    assert set(silent) == {None}


def test_what_is_switched_off_is_not_read() -> None:
    nonsense = {"enabled": False, "port": "many", "pre_aggregations": 7}
    assert changed("local", consumption=nonsense).consumption is None
    artifacts = changed(
        "spark-s3-cube",
        consumption__pre_aggregations__cube_store={"enabled": False, "s3_bucket": 5},
        consumption__pre_aggregations__export_bucket={"bucket_type": "tape"},
    )
    assert artifacts.consumption
    assert artifacts.consumption.pre_aggregations.cube_store is None
    assert artifacts.consumption.pre_aggregations.export_bucket is None


def test_a_value_is_not_bent_into_another_type() -> None:
    content = example("spark-s3-cube")
    content["consumption"]["port"] = "4000"
    content["resolved_profiles"]["storage"]["path_style_access"] = "no"
    assert {text.split(":")[0] for text in told(content)} == {
        "consumption.port",
        "resolved_profiles.storage.path_style_access",
    }


def test_an_unknown_value_in_a_block_that_is_switched_on_is_an_error() -> None:
    content = example("spark-s3-cube") | {"version": "1.7.0"}
    content["consumption"]["pre_aggregations"]["export_bucket"]["bucket_type"] = "tape"
    (text,) = told(content)
    assert "allowed: s3 or gcs or azure or null" in text


@pytest.mark.parametrize("switch", ["observability__lineage", "governance__emit_lineage"])
def test_either_switch_turns_lineage_off(switch: str) -> None:
    there = {"observability__lineage_endpoint": "http://marquez:5000"}
    assert changed("local", **there).lineage_endpoint == "http://marquez:5000"
    off = changed("local", **there, **{switch: False})
    assert (off.lineage, off.lineage_endpoint) == (False, None)


def test_traces_have_an_endpoint_and_a_sampling_only_when_they_are_on() -> None:
    said = {
        "observability__otlp_endpoint": "http://jaeger:4318",
        "observability__tracing": {"sampling": {"sampling_type": "probabilistic"}},
    }
    on, off = changed("local", **said), changed("local", **said, observability__traces=False)
    assert on.sampling
    assert on.sampling.sampling_type == "probabilistic"
    assert on.otlp_endpoint == "http://jaeger:4318"
    assert (off.traces, off.otlp_endpoint, off.sampling) == (False, None, None)


def test_compute_logs_that_are_switched_off_are_said() -> None:
    logs = changed("local", observability__compute_logs={"enabled": False}).compute_logs
    assert logs
    assert not logs.enabled


def test_attributes_are_data_and_not_templates() -> None:
    assert read(EXAMPLES["dev"]).attributes == example("dev")["observability"]["attributes"]


def test_roles_are_told_with_the_place_that_names_them() -> None:
    content = example()
    arns = {
        "bronze": "arn:aws:iam::123456789012:role/a",
        "gold": "arn:aws:iam::123456789012:role/b",
    }
    for name, arn in arns.items():
        content["resolved_layers"][name]["storage"]["credentials"]["role_arn"] = arn
    assert reading(content).role_arns == {
        f"resolved_layers.{name}.storage.credentials.role_arn": arn for name, arn in arns.items()
    }
    assert set(read(EXAMPLES["prod"]).role_arns) == {
        "resolved_profiles.storage.credentials.role_arn"
    }


def test_an_address_has_a_scheme_and_a_host() -> None:
    for address in ("jaeger:4317", "http://", "http://a:b", "//a", "http://[::1"):
        with pytest.raises(ContractError):
            changed("local", observability__otlp_endpoint=address)


def test_artifacts_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        read(EXAMPLES["dev"]).version = "2"


@pytest.mark.requirement("FR-007")
@pytest.mark.parametrize("name", EXAMPLES)
def test_canonical_text_is_the_same_but_for_the_time_of_compilation(name: str) -> None:
    text, said = canonical(EXAMPLES[name]), example(name)
    kept = json.loads(text)
    assert list(kept) == sorted(said)
    assert text.endswith("}\n")
    assert kept["metadata"].pop("compiled_at") == "1970-01-01T00:00:00Z"
    del said["metadata"]["compiled_at"]
    assert kept == said
    assert canonical(text.encode()) == text


def test_compiling_again_changes_no_canonical_byte() -> None:
    again = example()
    again["metadata"]["compiled_at"] = "2031-01-01T00:00:00Z"
    reordered = dict(reversed(again.items()))
    assert canonical(json.dumps(reordered).encode()) == canonical(EXAMPLES["local"])


def test_canonical_text_keeps_what_nobody_here_knows() -> None:
    data = (
        '{"z": 1.0, "a": 123456789012345678901234567890, "ä": "\u2028\\u0000日", "m": [1e5, -0.0]}'
    )
    assert canonical(data.encode()) == (
        '{\n  "a": 123456789012345678901234567890,\n  "m": [\n    100000.0,\n    -0.0\n  ],\n'
        '  "z": 1.0,\n  "ä": "\u2028\\u0000日"\n}\n'
    )


def found(artifacts: CompiledArtifacts) -> set[tuple[str, str, str, bool]]:
    return {(c.reference, c.key, c.variable, c.file) for c in credentials(artifacts)}


POLARIS = {
    ("polaris-client-id", "value", "POLARIS_CLIENT_ID", False),
    ("polaris-client-secret", "value", "POLARIS_CLIENT_SECRET", False),
}


@pytest.mark.requirement("FR-008")
def test_a_reference_is_a_variable_of_its_name_and_repeated_ones_are_one() -> None:
    assert found(read(EXAMPLES["dev"])) == POLARIS
    assert found(read(EXAMPLES["local"])) == POLARIS | {
        ("aws-credentials", name, name, False)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    }


@pytest.mark.requirement("FR-008")
def test_a_bundle_has_a_key_for_each_variable() -> None:
    artifacts = read(EXAMPLES["snowflake-adls"])
    assert found(artifacts) - POLARIS == {
        ("adls-credentials", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCOUNT_KEY", False),
        ("snowflake-credentials", "SNOWFLAKE_PASSWORD", "SNOWFLAKE_PASSWORD", False),
    }


def test_a_user_that_the_properties_name_is_not_asked_of_the_secret() -> None:
    path = "resolved_profiles__compute__properties"
    silent = changed("snowflake-adls", **{path: {"account": "A"}})
    variables = {c.variable for c in credentials(silent)}
    assert variables - {c.variable for c in credentials(read(EXAMPLES["snowflake-adls"]))} == {
        "SNOWFLAKE_USER"
    }


def test_a_login_of_no_fixed_form_is_one_value() -> None:
    assert found(read(EXAMPLES["spark-s3-cube"])) - POLARIS == {
        ("spark-credentials", "value", "SPARK_CREDENTIALS", False)
    }


def test_google_gets_a_file() -> None:
    storage = {"type": "gcs", "bucket": "lake", "credentials": {"secret_ref": "google"}}
    artifacts = changed("dev", resolved_profiles__storage=storage)
    assert found(artifacts) - POLARIS == {
        ("google", "credentials.json", "GOOGLE_APPLICATION_CREDENTIALS", True)
    }


def test_an_address_may_be_kept_in_a_secret() -> None:
    artifacts = changed("dev", resolved_profiles__catalog__uri={"secret_ref": "polaris-uri"})
    assert found(artifacts) - POLARIS == {("polaris-uri", "value", "POLARIS_URI", False)}
    assert artifacts.catalog
    assert artifacts.catalog.uri == SecretReference(secret_ref="polaris-uri")


@pytest.mark.requirement("FR-008")
def test_cube_gets_its_own_and_user_code_does_not() -> None:
    artifacts = read(EXAMPLES["spark-s3-cube"])
    assert {(c.service, c.reference, c.variable) for c in cube_credentials(artifacts)} == {
        ("cube", "cube-api", "CUBEJS_API_SECRET"),
        ("cube-store", "cubestore-access-key", "CUBESTORE_AWS_ACCESS_KEY_ID"),
        ("cube-store", "cubestore-secret-key", "CUBESTORE_AWS_SECRET_ACCESS_KEY"),
        ("export-bucket", "export-access-key", "CUBEJS_DB_EXPORT_BUCKET_AWS_KEY"),
        ("export-bucket", "export-secret-key", "CUBEJS_DB_EXPORT_BUCKET_AWS_SECRET"),
    }
    assert not {c.variable for c in credentials(artifacts)} & {
        c.variable for c in cube_credentials(artifacts)
    }
    assert cube_credentials(read(EXAMPLES["prod"])) == ()


@pytest.mark.parametrize("kind", EXPORT_BUCKET)
def test_an_export_bucket_uses_the_variables_of_its_type(kind: str) -> None:
    path = "consumption__pre_aggregations__export_bucket__bucket_type"
    made = cube_credentials(changed("spark-s3-cube", **{path: kind}))
    assert {c.variable for c in made if c.service == "export-bucket"} == set(EXPORT_BUCKET[kind])


def test_every_place_that_refers_to_a_secret_is_named() -> None:
    for name, data in EXAMPLES.items():
        artifacts = read(data)
        for credential in (*credentials(artifacts), *cube_credentials(artifacts)):
            value: Any = example(name)
            for key in credential.where.split("."):
                value = value[key]
            assert value in (credential.reference, {"secret_ref": credential.reference})


def test_two_secrets_for_one_variable_are_told_with_both_places() -> None:
    path = "resolved_layers__gold__storage__credentials__secret_ref"
    problems = contradictions(credentials(changed("local", **{path: "other-credentials"})))
    assert len(problems) == 2
    for text in map(str, problems):
        assert "aws-credentials" in text
        assert "other-credentials" in text
        assert "resolved_layers.gold.storage" in text
    for data in EXAMPLES.values():
        assert contradictions(credentials(read(data))) == []


def test_a_reference_that_makes_no_variable_is_told() -> None:
    path = "resolved_profiles__catalog__credentials__client_id"
    (problem,) = contradictions(credentials(changed("dev", **{path: {"secret_ref": "1st-id"}})))
    assert "1st-id" in problem.found


@pytest.mark.parametrize(
    ("reference", "needed"),
    [
        *((name, False) for name in ("a", "polaris-client-id", "0-a", "a" * 253)),
        *((name, True) for name in ("a" * 254, "a_b", "Abc", "a-")),
    ],
)
def test_a_reference_that_no_secret_can_be_called_needs_a_mapping(
    reference: str, *, needed: bool
) -> None:
    credential = Credential(
        reference=reference, key="value", variable="A", service="storage", where="x"
    )
    assert credential.needs_mapping is needed


@pytest.mark.parametrize(
    ("reference", "variable"),
    [("polaris-client-id", "POLARIS_CLIENT_ID"), ("aB_c", "AB_C"), ("x--y", "X__Y")],
)
def test_a_variable_is_named_as_the_compilers_resolver_does(reference: str, variable: str) -> None:
    assert variable_of(reference) == variable


def test_keys_of_bundles_are_called_like_their_variables_unless_they_are_files() -> None:
    entries = [entry for bundle in BUNDLES.values() for entry in bundle]
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", entry.variable) for entry in entries)
    assert {entry.file for entry in entries if entry.key} == {True}


def unbroken(data: bytes) -> None:
    for reader in (read, canonical):
        try:
            result = reader(data)
        except ContractError as failure:
            problems = failure.problems
        else:
            assert result
            continue
        assert all(str(problem).isprintable() for problem in problems)


@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    unbroken(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@settings(max_examples=200)
@given(st.sampled_from(sorted(EXAMPLES)), st.data())
def test_any_part_may_be_anything_and_is_read_or_refused(name: str, data: st.DataObject) -> None:
    content = example(name)
    for _ in range(data.draw(st.integers(1, 3))):
        inner: Any = content
        while True:
            key = data.draw(st.sampled_from(sorted(inner)))
            if not (isinstance(inner[key], dict) and inner[key] and data.draw(st.booleans())):
                break
            inner = inner[key]
        if data.draw(st.booleans()):
            inner[key] = data.draw(JSON)
        else:
            del inner[key]
        if not content:
            break
    unbroken(json.dumps(content).encode())
