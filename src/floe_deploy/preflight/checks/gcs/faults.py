"""What can be wrong with a bucket of Google Cloud Storage; told by status and `reason`."""

from floe_deploy.preflight.code import Code, Stage

_STATUS = "https://docs.cloud.google.com/storage/docs/json_api/v1/status-codes"
_REASONS = "https://cloud.google.com/dotnet/docs/reference/Google.Api.CommonProtos/latest/Google.Api.ErrorReason"

GCS_NO_ADC = Code(
    id="GCS_NO_ADC",
    stage=Stage.CONFIG,
    message="no Google credentials for bucket {bucket}: neither a key file nor an identity",
    remediation="Give credentials_file or identity: gcp; no metadata address is asked unless "
    "identity says so",
    detection="the configuration, before the first connection",
    definitive=True,
)

GCS_BUCKET_MISSING = Code(
    id="GCS_BUCKET_MISSING",
    stage=Stage.OPERATION,
    message="bucket {bucket} not found",
    remediation="Create it, or check the spelling: names are the same for all of Google Cloud",
    detection="HTTP 404 when it is listed",
    definitive=True,
)

GCS_AUTH_FAILED = Code(
    id="GCS_AUTH_FAILED",
    stage=Stage.AUTH,
    message="{host} refuses the token",
    remediation="The key or the account was disabled or deleted a moment ago, or the token is of "
    "another cloud: make another key",
    detection="HTTP 401",
    definitive=True,
    source=_STATUS,
)

GCS_PERMISSION = Code(
    id="GCS_PERMISSION",
    stage=Stage.AUTHZ,
    message="missing {permissions} on bucket {bucket}",
    remediation="Grant roles/storage.objectUser on the bucket to {account}; a new grant may take "
    "some minutes",
    detection="HTTP 403 when it is listed; what is missing by testIamPermissions",
    source="https://docs.cloud.google.com/storage/docs/json_api/v1/buckets/testIamPermissions",
)

GCS_READ_ONLY = Code(
    id="GCS_READ_ONLY",
    stage=Stage.AUTHZ,
    message="may list bucket {bucket}, but not write to {folder}: missing {permissions}",
    remediation="Grant roles/storage.objectUser on the bucket to {account}; a new grant may take "
    "some minutes",
    detection="HTTP 403 when an object is written",
    source=_STATUS,
)

GCS_READ_DENIED = Code(
    id="GCS_READ_DENIED",
    stage=Stage.AUTHZ,
    message="may write to {folder}, but not read from it: missing {permissions}",
    remediation="Grant roles/storage.objectUser on the bucket to {account}; a new grant may take "
    "some minutes",
    detection="HTTP 403 when the object is read back",
    source=_STATUS,
)

GCS_NO_DELETE = Code(
    id="GCS_NO_DELETE",
    stage=Stage.AUTHZ,
    message="may write to bucket {bucket}, but not delete, so that nothing was written",
    remediation="Grant roles/storage.objectUser on the bucket to {account}: engines delete too",
    detection="storage.objects.create without storage.objects.delete by testIamPermissions",
    warning=True,
    source="https://docs.cloud.google.com/storage/docs/json_api/v1/buckets/testIamPermissions",
)

GCS_DELETE_DENIED = Code(
    id="GCS_DELETE_DENIED",
    stage=Stage.AUTHZ,
    message="the object {key} could not be removed from bucket {bucket}",
    remediation="Grant storage.objects.delete, or see whether the bucket retains objects, and "
    "remove the object by hand",
    detection="the object is not deleted",
    warning=True,
    source=_STATUS,
)

GCS_PERIMETER = Code(
    id="GCS_PERIMETER",
    stage=Stage.AUTHZ,
    message="a service perimeter keeps this client from bucket {bucket}",
    remediation="Add this network or identity to the perimeter of VPC Service Controls",
    detection="reason SECURITY_POLICY_VIOLATED, or vpcServiceControls in the message",
    definitive=True,
    source="https://docs.cloud.google.com/vpc-service-controls/docs/retrieve-troubleshoot-errors",
)

GCS_BILLING = Code(
    id="GCS_BILLING",
    stage=Stage.OPERATION,
    message="billing is off for the project of bucket {bucket}",
    remediation="Link the project to a billing account that is open",
    detection="HTTP 403 with reason accountDisabled or BILLING_DISABLED",
    definitive=True,
    source=_REASONS,
)

GCS_API_DISABLED = Code(
    id="GCS_API_DISABLED",
    stage=Stage.OPERATION,
    message="the Cloud Storage API is off in the project of {account}",
    remediation="Turn it on: gcloud services enable storage.googleapis.com",
    detection="HTTP 403 with reason accessNotConfigured or SERVICE_DISABLED",
    definitive=True,
    source=_REASONS,
)

GCS_THROTTLED = Code(
    id="GCS_THROTTLED",
    stage=Stage.OPERATION,
    message="{host} asks to slow down",
    remediation="Try again; look who else asks it that much",
    detection="HTTP 429 or 503, or a reason that says so",
    source=_STATUS,
)

GCS_UNAVAILABLE = Code(
    id="GCS_UNAVAILABLE",
    stage=Stage.OPERATION,
    message="{host} cannot answer: HTTP {status}, {error}",
    remediation="Try again; then look at Google Cloud's status page",
    detection="HTTP 5xx but for 503",
    source=_STATUS,
)

GCS_REFUSED = Code(
    id="GCS_REFUSED",
    stage=Stage.OPERATION,
    message="{host} refuses: HTTP {status}, {error}",
    remediation="Look up {error} in the documentation of Cloud Storage's JSON API",
    detection="any other answer with an HTTP status of 3xx or 4xx",
    source=_STATUS,
)

CODES = (
    GCS_NO_ADC,
    GCS_BUCKET_MISSING,
    GCS_AUTH_FAILED,
    GCS_PERMISSION,
    GCS_READ_ONLY,
    GCS_READ_DENIED,
    GCS_NO_DELETE,
    GCS_DELETE_DENIED,
    GCS_PERIMETER,
    GCS_BILLING,
    GCS_API_DISABLED,
    GCS_THROTTLED,
    GCS_UNAVAILABLE,
    GCS_REFUSED,
)
