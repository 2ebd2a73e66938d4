"""What can be wrong with BigQuery; told by status and `reason`."""

from floe_deploy.preflight.code import Code, Stage

_ERRORS = "https://docs.cloud.google.com/bigquery/docs/error-messages"
_REASONS = "https://cloud.google.com/dotnet/docs/reference/Google.Api.CommonProtos/latest/Google.Api.ErrorReason"
_QUERY = "https://docs.cloud.google.com/bigquery/docs/reference/rest/v2/jobs/query"
_DATASET = "https://docs.cloud.google.com/bigquery/docs/reference/rest/v2/datasets/get"

BQ_NO_CREDENTIALS = Code(
    id="BQ_NO_CREDENTIALS",
    stage=Stage.CONFIG,
    message="no Google credentials for project {project}: neither a key file nor an identity",
    remediation="Give credentials_file or identity: gcp; no metadata address is asked unless "
    "identity says so",
    detection="the configuration, before the first connection",
    definitive=True,
)

BQ_AUTH_FAILED = Code(
    id="BQ_AUTH_FAILED",
    stage=Stage.AUTH,
    message="{host} refuses the token",
    remediation="The key or the account was disabled or deleted a moment ago, or the token is of "
    "another cloud: make another key",
    detection="HTTP 401",
    definitive=True,
    source=_ERRORS,
)

BQ_NO_JOB_PERMISSION = Code(
    id="BQ_NO_JOB_PERMISSION",
    stage=Stage.AUTHZ,
    message="may not run jobs in project {project}",
    remediation="Grant roles/bigquery.jobUser on the project; a new grant may take some minutes",
    detection="HTTP 403 with reason accessDenied at a query",
    source=_ERRORS,
)

BQ_PROJECT_MISSING = Code(
    id="BQ_PROJECT_MISSING",
    stage=Stage.OPERATION,
    message="project {project} is unknown",
    remediation="Check its id (not its name or number), and that it has not been deleted",
    detection="HTTP 404 at a query, or reason CONSUMER_INVALID",
    definitive=True,
    source=_REASONS,
)

BQ_API_DISABLED = Code(
    id="BQ_API_DISABLED",
    stage=Stage.OPERATION,
    message="the BigQuery API is off in project {project}",
    remediation="Turn it on: gcloud services enable bigquery.googleapis.com --project {project}",
    detection="reason accessNotConfigured or SERVICE_DISABLED",
    definitive=True,
    source=_REASONS,
)

BQ_BILLING = Code(
    id="BQ_BILLING",
    stage=Stage.OPERATION,
    message="billing is off for project {project}",
    remediation="Link the project to a billing account that is open",
    detection="reason billingNotEnabled or BILLING_DISABLED",
    definitive=True,
    source=_ERRORS,
)

BQ_PERIMETER = Code(
    id="BQ_PERIMETER",
    stage=Stage.AUTHZ,
    message="a service perimeter keeps this client from project {project}",
    remediation="Add this network or identity to the perimeter of VPC Service Controls",
    detection="reason SECURITY_POLICY_VIOLATED, or vpcServiceControls in the message",
    definitive=True,
    source="https://docs.cloud.google.com/vpc-service-controls/docs/retrieve-troubleshoot-errors",
)

BQ_QUOTA = Code(
    id="BQ_QUOTA",
    stage=Stage.OPERATION,
    message="project {project} has used up its quota: {error}",
    remediation="Try again later, or have the quota raised",
    detection="reason quotaExceeded or rateLimitExceeded",
    source=_ERRORS,
)

BQ_LOCATION = Code(
    id="BQ_LOCATION",
    stage=Stage.OPERATION,
    message="dataset {dataset} is in {found}, the configuration says {location}",
    remediation="Set location to that of the dataset: jobs elsewhere do not find it",
    detection="the location of the dataset, which is asked for",
    definitive=True,
    source=_DATASET,
)

BQ_JOB_PENDING = Code(
    id="BQ_JOB_PENDING",
    stage=Stage.OPERATION,
    message="a query of project {project} had no slot within {seconds:g} s",
    remediation="Try again; then look at the reservation's slots, and who uses them",
    detection="`jobComplete: false` in the answer to a query",
    source=_QUERY,
)

BQ_DATASET_MISSING = Code(
    id="BQ_DATASET_MISSING",
    stage=Stage.OPERATION,
    message="dataset {dataset} not found in project {project}",
    remediation="Create it; check its spelling, upper and lower case, and its project",
    detection="HTTP 404 for the dataset",
    definitive=True,
    source=_ERRORS,
)

BQ_DATASET_DENIED = Code(
    id="BQ_DATASET_DENIED",
    stage=Stage.AUTHZ,
    message="may not read dataset {dataset}, or it does not exist",
    remediation="Grant roles/bigquery.dataEditor on it, roles/bigquery.dataViewer to whoever only "
    "reads; BigQuery says the same of a dataset that is missing",
    detection="HTTP 403 for the dataset or its tables",
    source=_ERRORS,
)

BQ_UNAVAILABLE = Code(
    id="BQ_UNAVAILABLE",
    stage=Stage.OPERATION,
    message="{host} cannot answer: HTTP {status}, {error}",
    remediation="Try again; then look at Google Cloud's status page",
    detection="HTTP 5xx",
    source=_ERRORS,
)

BQ_REFUSED = Code(
    id="BQ_REFUSED",
    stage=Stage.OPERATION,
    message="{host} refuses: HTTP {status}, {error}",
    remediation="Look up {error} in BigQuery's table of error messages",
    detection="any other answer with an HTTP status of 3xx or 4xx",
    source=_ERRORS,
)

CODES = (
    BQ_NO_CREDENTIALS,
    BQ_AUTH_FAILED,
    BQ_NO_JOB_PERMISSION,
    BQ_PROJECT_MISSING,
    BQ_API_DISABLED,
    BQ_BILLING,
    BQ_PERIMETER,
    BQ_QUOTA,
    BQ_LOCATION,
    BQ_JOB_PENDING,
    BQ_DATASET_MISSING,
    BQ_DATASET_DENIED,
    BQ_UNAVAILABLE,
    BQ_REFUSED,
)
