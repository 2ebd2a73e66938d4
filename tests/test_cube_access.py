"""Who may ask Cube what: tokens that somebody else signs, and rows that a claim allows."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from conftest import opens
from cube_example import LARGE, SMALL, spec
from floe_constructs.cube import CubeSpec, config
from floe_constructs.cube.flows import flows
from floe_constructs.cube.security import RowLevelSecurity, Sees, configuration
from floe_constructs.kubernetes.endpoint import Endpoint
from object_stores import NODE
from test_overlay import refused as refused_overlay
from test_overlay import wired

JWT: dict[str, Any] = {
    "jwk_url": "https://login.example.com/keys",
    "audience": "cube",
    "issuer": ["https://login.example.com/"],
}
ROWS = RowLevelSecurity(column="organization_id")


def node(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(NODE), "-e", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


@pytest.fixture
def cube_js(tmp_path: Path) -> Path:
    return written(tmp_path, None)


def written(folder: Path, sees: Sees | None) -> Path:
    (text,) = configuration(ROWS, sees).data.values()
    path = folder / "cube.js"
    path.write_text(text)
    return path


def rewritten(
    cube_js: Path, query: dict[str, Any], claims: object, api: str | None = None
) -> dict[str, Any] | str:
    """Answer the query that Cube would run, or why it refuses, as a fault of whoever asks."""
    found = node(
        "const { queryRewrite } = require(process.argv[1]);"
        "const [query, context] = process.argv.slice(2).map(JSON.parse);"
        "try { console.log(JSON.stringify(queryRewrite(query, context))) }"
        "catch (e) { console.log(JSON.stringify(e.type === 'UserError' ? e.message : e.stack)) }",
        str(cube_js),
        json.dumps(query),
        json.dumps({"securityContext": claims} | ({"apiType": api} if api else {})),
    )
    assert found.returncode == 0, found.stderr
    answer: dict[str, Any] | str = json.loads(found.stdout)
    return answer


def narrowed(answer: dict[str, Any] | str) -> dict[str, list[str]]:
    assert isinstance(answer, dict), answer
    return {one["member"]: one["values"] for one in answer["filters"] if "member" in one}


def test_keys_that_a_login_publishes_take_the_place_of_the_secret() -> None:
    told = config.api(CubeSpec.model_validate(SMALL | {"api_secret": None, "jwt": JWT}))
    assert told["CUBEJS_JWK_URL"] == JWT["jwk_url"]
    assert told["CUBEJS_JWT_AUDIENCE"] == "cube"
    assert told["CUBEJS_JWT_ISSUER"] == "https://login.example.com/"
    assert told["CUBEJS_JWT_ALGS"] == "RS256"
    assert "CUBEJS_API_SECRET" not in told


def test_who_publishes_keys_is_reached_and_may_have_an_authority_of_its_own() -> None:
    jwt = JWT | {"cidrs": ["10.7.0.0/24"], "ca": {"config_map": "company", "key": "ca.pem"}}
    cube = spec(jwt=jwt)
    reaching = {
        opens(flow).component: flow.target.cidrs
        for flow in flows(cube)
        if isinstance(flow.target, Endpoint) and flow.target.host == "login.example.com"
    }
    assert reaching == {"api": ("10.7.0.0/24",), "refresh-worker": ("10.7.0.0/24",)}
    assert config.api(cube)["NODE_EXTRA_CA_CERTS"] == "/etc/floe/tokens/ca.crt"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"audience": None}, "audience"),
        ({"issuer": []}, "issuer"),
        ({"algorithms": ["HS256"]}, "algorithms"),
        ({"key": {"name": "jwt", "key": "pem"}}, "exactly one of jwk_url and key"),
        ({"jwk_url": None}, "exactly one of jwk_url and key"),
    ],
)
def test_tokens_for_others_or_signed_by_anybody_are_never_accepted(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(jwt=JWT | changes)


def test_only_published_keys_make_the_secret_needless() -> None:
    key = {name: value for name, value in JWT.items() if name != "jwk_url"}
    with pytest.raises(ValidationError, match="api_secret is missing"):
        spec(api_secret=None, jwt=key | {"key": {"name": "jwt", "key": "pem"}})
    with pytest.raises(ValidationError, match="api_secret is missing"):
        spec(api_secret=None)


@pytest.mark.parametrize(
    ("query", "cubes"),
    [
        ({"measures": ["orders.count"]}, {"orders"}),
        (
            {"measures": ["orders.count"], "dimensions": ["customers.region"]},
            {"orders", "customers"},
        ),
        ({"segments": ["orders.paid"]}, {"orders"}),
        ({"timeDimensions": [{"dimension": "orders.at", "granularity": "day"}]}, {"orders"}),
        (
            {"filters": [{"or": [{"member": "a.x"}, {"and": [{"dimension": "b.y"}]}]}]},
            {"a", "b"},
        ),
        ({"measures": ["orders.count"], "joinHints": [["orders", "secret"]]}, {"orders", "secret"}),
    ],
)
def test_every_cube_that_a_query_names_is_narrowed_down(
    cube_js: Path, query: dict[str, Any], cubes: set[str]
) -> None:
    found = narrowed(rewritten(cube_js, query, {"organization_id": "acme"}))
    own = {
        member: values for member, values in found.items() if member.endswith(".organization_id")
    }
    assert own == {f"{cube}.organization_id": ["acme"] for cube in cubes}


def test_what_the_query_filters_itself_stays(cube_js: Path) -> None:
    given = {"member": "orders.organization_id", "operator": "equals", "values": ["other"]}
    query = {"measures": ["orders.count"], "filters": [given]}
    answer = rewritten(cube_js, query, {"organization_id": "acme"})
    assert isinstance(answer, dict)
    assert answer["filters"][0] == given
    assert answer["filters"][1]["values"] == ["acme"]


@pytest.mark.parametrize(
    ("claim", "values"),
    [("acme", ["acme"]), (7, ["7"]), (["a", 2], ["a", "2"]), ("' OR 1=1 --", ["' OR 1=1 --"])],
)
def test_a_claim_is_a_value_or_several_and_never_a_piece_of_sql(
    cube_js: Path, claim: object, values: list[str]
) -> None:
    answer = rewritten(cube_js, {"measures": ["orders.count"]}, {"organization_id": claim})
    assert narrowed(answer) == {"orders.organization_id": values}


@pytest.mark.parametrize(
    "claims",
    [
        None,
        {},
        {"organization_id": None},
        {"organization_id": ""},
        {"organization_id": []},
        {"organization_id": ["acme", None]},
        {"organization_id": {"in": "acme"}},
        {"organization_id": True},
        {"everything": "everything"},
        {"everything": True, "u": {"organization_id": "acme"}},
    ],
)
def test_a_token_without_a_usable_claim_sees_nothing(cube_js: Path, claims: object) -> None:
    answer = rewritten(cube_js, {"measures": ["orders.count"]}, claims)
    assert answer == "Refused by row-level security: the token has no claim organization_id"


def expression(*parts: str, **changes: object) -> dict[str, Any]:
    """A member as the SQL API sends it, after the gateway has read it."""
    function = [*parts, "return `...`"]
    return {"cubeName": "orders", "name": "x", "expressionName": "x", "expression": function} | (
        changes
    )


def patched(**changes: object) -> dict[str, Any]:
    """A measure that the SQL API has made another one of."""
    patch: dict[str, object] = {
        "type": "PatchMeasure",
        "sourceMeasure": "items.total",
        "replaceAggregationType": None,
        "addFilters": [],
    }
    return expression(expression=patch | changes)


def test_an_expression_is_narrowed_down_in_all_cubes_that_it_is_made_of(cube_js: Path) -> None:
    measure = patched(addFilters=[["products", "return `...`"]])
    query = {"measures": [measure], "dimensions": [expression("orders", "customers")]}
    found = narrowed(rewritten(cube_js, query, {"organization_id": "acme"}, "sql"))
    cubes = {member.partition(".")[0] for member in found}
    assert cubes == {"orders", "customers", "items", "products"}


@pytest.mark.parametrize("member", [expression("orders"), patched()])
@pytest.mark.parametrize("place", ["measures", "dimensions", "segments"])
def test_expressions_that_a_request_brings_along_are_refused(
    cube_js: Path, member: dict[str, Any], place: str
) -> None:
    query = {place: ["orders.count", member]}
    answer = rewritten(cube_js, query, {"organization_id": "acme"})
    assert isinstance(answer, str)
    assert "elsewhere than the SQL API" in answer


def test_what_an_expression_says_of_itself_is_not_believed(cube_js: Path) -> None:
    query = {"measures": [patched() | {"definition": '{"expr": {"cubeParams": ["orders"]}}'}]}
    found = narrowed(rewritten(cube_js, query, {"organization_id": "acme"}, "sql"))
    assert "items.organization_id" in found


def test_claims_are_looked_for_in_their_namespace_alone(
    cube_js: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUBEJS_JWT_CLAIMS_NAMESPACE", "https://example.com/claims")
    query = {"measures": ["orders.count"]}
    claims = {"https://example.com/claims": {"organization_id": "acme"}}
    assert narrowed(rewritten(cube_js, query, claims)) == {"orders.organization_id": ["acme"]}
    assert "no claim" in rewritten(cube_js, query, {"organization_id": "acme"})


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"measures": []},
        {"measures": [{"unknown": 1}]},
        {"measures": [{"cubeName": "orders"}]},
        {"measures": [patched(addFilters=[{"sql": "..."}])]},
        {"filters": [{"memberReference": "orders.status"}]},
        {"measures": ["orders.count"], "subqueryJoins": [{"sql": "SELECT 1", "on": "..."}]},
    ],
)
def test_what_cannot_be_narrowed_down_is_refused(cube_js: Path, query: dict[str, Any]) -> None:
    answer = rewritten(cube_js, query, {"organization_id": "acme"}, "sql")
    assert isinstance(answer, str)
    assert answer.startswith("Refused by row-level security: ")


def sql_user(cube_js: Path, user: str) -> dict[str, Any]:
    found = node(
        "process.env.CUBEJS_SQL_USER = 'bi'; process.env.CUBEJS_SQL_PASSWORD = 'pw';"
        "const { checkSqlAuth, queryRewrite } = require(process.argv[1]);"
        "const { password, securityContext } = checkSqlAuth({}, process.argv[2]);"
        "const told = JSON.parse(JSON.stringify(securityContext));"
        "const query = queryRewrite({ measures: ['orders.count'] }, { securityContext: told });"
        "console.log(JSON.stringify({ password, query }))",
        str(cube_js),
        user,
    )
    if found.returncode:
        return {"refused": found.stderr}
    answer: dict[str, Any] = json.loads(found.stdout)
    return answer


@pytest.mark.parametrize("namespace", ["", "https://example.com/claims"])
def test_the_user_of_the_sql_api_sees_the_rows_that_the_overlay_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, namespace: str
) -> None:
    monkeypatch.setenv("CUBEJS_JWT_CLAIMS_NAMESPACE", namespace)
    answer = sql_user(written(tmp_path, ("EMEA", "NA")), "bi")
    assert answer["password"] == "pw"
    assert narrowed(answer["query"]) == {"orders.organization_id": ["EMEA", "NA"]}


def test_the_user_of_the_sql_api_sees_all_only_where_the_overlay_says_so(tmp_path: Path) -> None:
    assert "filters" not in sql_user(written(tmp_path, "all"), "bi")["query"]
    assert "Incorrect user" in sql_user(written(tmp_path, "all"), "root")["refused"]


def test_without_an_sql_api_nobody_logs_in_to_one(cube_js: Path) -> None:
    found = node("console.log(Object.keys(require(process.argv[1])).join())", str(cube_js))
    assert "checkSqlAuth" not in found.stdout


def test_rows_are_told_apart_as_the_artifacts_say(tmp_path: Path) -> None:
    result = wired(tmp_path, "staging", lambda *_: None)
    assert result.cube
    assert result.cube.row_level_security == RowLevelSecurity(column="region")


def test_artifacts_that_tell_no_rows_apart_leave_cube_as_it_is(tmp_path: Path) -> None:
    result = wired(
        tmp_path, "staging", lambda _, said: said["consumption"]["security"].update(row_level=False)
    )
    assert result.cube
    assert result.cube.row_level_security is None


def test_policies_of_the_model_take_the_place_of_ours(tmp_path: Path) -> None:
    result = wired(
        tmp_path, "staging", lambda s, _: s["cube"].update(row_level_security="by-model")
    )
    assert result.cube
    assert result.cube.row_level_security is None


def test_another_column_than_the_artifacts_have_is_told(tmp_path: Path) -> None:
    (told,) = refused_overlay(
        tmp_path, "staging", lambda s, _: s["cube"].update(row_level_security={"column": "other"})
    )
    assert told.startswith("cube.row_level_security.column: ")
    assert "consumption.security.filter_column" in told


@pytest.mark.parametrize(
    ("sees", "message"),
    [
        ("EMEA", 'found "EMEA"; allowed: all or a list of at least 1 entries or null'),
        ([], "found a list; allowed: a list of at least 1 entries"),
        ([7], '[0]: found the number 7; allowed: text. Write it in quotes: "7"'),
        ("All", "Did you mean all?"),
    ],
)
def test_values_that_somebody_sees_are_told_to_be_a_list(
    tmp_path: Path, sees: object, message: str
) -> None:
    sql = LARGE["sql_api"] | {"sees": sees}
    first, *_ = refused_overlay(tmp_path, "staging", lambda s, _: s["cube"].update(sql_api=sql))
    assert message in first


def test_an_sql_api_that_would_show_nothing_is_told(tmp_path: Path) -> None:
    sql = {key: value for key, value in LARGE["sql_api"].items() if key != "sees"}
    (told,) = refused_overlay(tmp_path, "staging", lambda s, _: s["cube"].update(sql_api=sql))
    assert told.startswith("cube.sql_api.sees: ")
    assert "by-model" in told


def test_what_the_sql_user_sees_is_told_to_mean_nothing_where_all_do(tmp_path: Path) -> None:
    (told,) = refused_overlay(
        tmp_path, "prod", lambda s, _: s["cube"]["sql_api"].update(sees="all")
    )
    assert told.startswith("cube.sql_api.sees: ")


def test_what_the_sql_user_sees_means_nothing_without_row_level_security() -> None:
    with pytest.raises(ValidationError, match="would narrow nothing"):
        spec(row_level_security=None)
