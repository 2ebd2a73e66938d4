# The images that have a Dockerfile here, for both platforms, with what is in them (SBOM) and how they
# came to be (provenance): docker buildx bake --file images/docker-bake.hcl --push

variable "REGISTRY" {
  description = "Where they go: a host, and where there is one a path"
  default     = "registry.example.com/floe"
  validation {
    condition     = can(regex("^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$", REGISTRY))
    error_message = "REGISTRY is a host and a path in small letters, registry.example.com/floe, without https:// and without a slash at the end."
  }
}

variable "TAG" {
  description = "Tag of all of them, one that was never given before"
  default     = "dev"
}

variable "SOURCE" {
  description = "Address of the repository that they are built for"
  default     = ""
}

variable "REVISION" {
  description = "Commit of that repository"
  default     = ""
}

variable "CREATED" {
  description = "When they are built: 2026-11-27T01:00:00Z"
  default     = ""
}

variable "MODEL" {
  description = "Folder of the model in Cube's image; the demo's when silent"
  default     = ""
}

variable "ADAPTERS" {
  description = "What dbt runs on in projects, as: trino duckdb; everything when silent"
  default     = ""
}

variable "CLOUDS" {
  description = "Whose storage takes logs of Dagster's runs, as: aws; everyone's when silent"
  default     = ""
}

group "default" {
  targets = ["image"]
}

target "image" {
  name = image.name
  matrix = {
    image = [
      { name = "preflight", from = "preflight", target = "preflight" },
      { name = "preflight-all", from = "preflight", target = "all" },
      { name = "dagster", from = "dagster", target = "webserver" },
      { name = "dagster-daemon", from = "dagster", target = "daemon" },
      { name = "project", from = "dagster", target = "project" },
      { name = "demo", from = "dagster", target = "code-location" },
      { name = "cube", from = "cube", target = "api" },
      { name = "cube-refresh-worker", from = "cube", target = "refresh-worker" },
      { name = "cubestore", from = "cube", target = "store" },
    ]
  }
  context     = "."
  dockerfile  = "images/${image.from}/Dockerfile"
  target      = image.target
  args        = image.from == "dagster" ? chosen() : {}
  contexts    = image.from == "cube" && MODEL != "" ? { model = MODEL } : {}
  platforms   = ["linux/amd64", "linux/arm64"]
  tags        = ["${REGISTRY}/${image.name}:${TAG}"]
  labels      = labels()
  annotations = [for key, value in labels() : "index,manifest:${key}=${value}"]
  attest = [
    { type = "provenance", mode = "max" },
    { type = "sbom" },
  ]
}

function "chosen" {
  params = []
  result = { for key, value in { ADAPTERS = ADAPTERS, CLOUDS = CLOUDS } : key => value if value != "" }
}

# Beside those that the Dockerfiles say themselves.
function "labels" {
  params = []
  result = {
    for key, value in {
      version  = TAG
      source   = SOURCE
      revision = REVISION
      created  = CREATED
    } : "org.opencontainers.image.${key}" => value if value != ""
  }
}
