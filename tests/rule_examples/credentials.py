"""Cases of Secrets and of what looks like a credential. None of these opens anything."""

from typing import Any

from rule_cases import Cases, Change, add, put, thing

WEB, POD = "Deployment/marquez-web", "spec template spec"
ENCRYPTED = f"ENC[AES256_GCM,data:YQ==,iv:{'a' * 43}=,tag:{'a' * 22}==,type:str]"
RANDOM = "hunter2-Zk3vQ9xLm4Tq"
LETTERS = "hunter2hunter2HUNTER2hunter2hunter2hunter2hunter2hunter2hunter2"
TOKENS = (
    "AK" + "IAHUNTERHUNTERHUNT",
    "AS" + "IAHUNTERHUNTERHUNT",
    "AI" + f"za{LETTERS[:35]}",
    "ya" + f"29.{LETTERS}",
    f"AccountName=a;Account{'Key'}={LETTERS}",
    f"https://a.blob.core.windows.net/b?sv=1&{'sig'}={LETTERS}",
    "gh" + f"p_{LETTERS}",
    "github" + f"_pat_{LETTERS}",
    "gl" + f"pat-{LETTERS}",
    "xo" + f"xb-{LETTERS}",
    "https://hooks.slack" + f".com/services/T01/B01/{LETTERS}",
    "dckr" + f"_pat_{LETTERS}",
    "np" + f"m_{LETTERS}",
    "py" + f"pi-{LETTERS}",
    "hv" + f"s.{LETTERS}",
    "da" + f"pi{'0a' * 16}",
    "AGE-SECRET" + f"-KEY-1{LETTERS.upper()}",
    "sk" + f"_live_{LETTERS}",
    "s" + f"k-{LETTERS}",
    "ey" + f"J{LETTERS}.eyJ{LETTERS}.{LETTERS}",
    "-----BEGIN " + "PRIVATE KEY-----\nhunter2\n",
    "-----BEGIN RSA " + "PRIVATE KEY-----\nhunter2\n",
    "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nhunter2\n",
    "postgresql://floe:hunter2@db.example.com/main",
    "redis://:hunter2@cache.example.com",
)


def secret(**parts: Any) -> tuple[Change, ...]:
    return (add("10-foundation/secret-db.yaml", thing("Secret", "db", **parts)),)


def config(text: str) -> tuple[Change, ...]:
    return (add("50-platform/a.yaml", thing("ConfigMap", "a", data={"a.conf": text})),)


def variable(name: str, value: str) -> tuple[Change, ...]:
    return (put(WEB, f"{POD} containers 0 env 3", {"name": name, "value": value}),)


def context(name: str, value: str) -> tuple[Change, ...]:
    text = f'{{"k8s": {{"env": [{{"name": "{name}", "value": "{value}"}}]}}}}'
    return variable("DAGSTER_CLI_API_GRPC_CONTAINER_CONTEXT", text)


BROKEN: Cases = {
    "secret-in-clear": [
        secret(data={"password": "aHVudGVyMg=="}),
        secret(stringData={"password": "hunter2"}),
        secret(stringData={"password": "hunter2", "user": ENCRYPTED}, sops={"mac": ENCRYPTED}),
    ],
    "secret-look-alike": [
        variable("DB_PASSWORD", "hunter2"),
        *[config(f"a: 1\nb: {token}") for token in TOKENS],
        *[variable("SETTINGS", token) for token in TOKENS],
        *[
            variable(name, "hunter2")
            for name in ("PASSWORD", "CUBEJS_DB_PASS", "API_KEY", "AWS_SECRET_ACCESS_KEY", "TOKEN")
        ],
        context("DB_PASSWORD", "hunter2"),
        *[
            config(text)
            for text in (
                f"password: {RANDOM}",
                f"db.password={RANDOM}",
                f'{{"client_secret": "{RANDOM}"}}',
                f"a: 1\n  apiKey: '{RANDOM}'\n",
            )
        ],
        (put(WEB, "metadata annotations", {"example.com/token": RANDOM}),),
        secret(metadata={"annotations": {"example.com/token": RANDOM}}),
    ],
}

KEPT: Cases = {
    "secret-in-clear": [
        secret(),
        secret(data={"password": ENCRYPTED}, sops={"mac": ENCRYPTED}),
        (
            add(
                "10-foundation/a.yaml",
                thing("SealedSecret", "a", "bitnami.com/v1alpha1", data={"password": "aHVudGVyMg"}),
            ),
        ),
    ],
    "secret-look-alike": [
        variable("DB_PASSWORD", "$(POSTGRES_PASSWORD)"),
        variable("DB_PASSWORD_FILE", "/run/hunter2"),
        variable("DB_PASSWORD", "/run/secrets/password"),
        variable("DATABASE_URL", "postgresql://floe:$(PASSWORD)@db.example.com/main"),
        variable("URL", "https://example.com:8443/path@2"),
        variable("CUBEJS_TOKEN", "false"),
        variable("NAME", RANDOM),
        context("DB_PASSWORD", "$(POSTGRES_PASSWORD)"),
        *[
            config(text)
            for text in (
                "password: /etc/jaeger-storage/password1/a-b-c-d-e-f",
                "password: $(DB_PASSWORD_OF_THE_1ST_DATABASE)",
                "client_secret: polaris-client-secret",
                "password:\n  env: DAGSTER_PG_PASSWORD\n",
                "-----BEGIN CERTIFICATE-----\nabc\n",
                "the token of the fiscal year",
                "primary_key: customer_order_2024_id",
            )
        ],
    ],
}
