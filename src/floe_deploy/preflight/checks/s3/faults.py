"""What can be wrong with a bucket of S3; told by the `<Code>` of its answers."""

from floe_deploy.preflight.code import Code, Stage

_ERRORS = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"

S3_NO_CREDENTIALS = Code(
    id="S3_NO_CREDENTIALS",
    stage=Stage.CONFIG,
    message="no credentials for bucket {bucket}: neither a key pair nor an identity nor a profile",
    remediation="Give access_key_id and secret_access_key, identity or profile; no metadata "
    "address is asked unless identity says so",
    detection="the configuration, before the first connection",
    definitive=True,
)

S3_WHITE_SPACE = Code(
    id="S3_WHITE_SPACE",
    stage=Stage.CONFIG,
    message="the credential in {place} begins or ends with white space",
    remediation="Make the Secret anew without the line break at its end: printf, or echo -n",
    detection="the value, before the first connection",
)

S3_BUCKET_MISSING = Code(
    id="S3_BUCKET_MISSING",
    stage=Stage.OPERATION,
    message="bucket {bucket} not found at {where}",
    remediation="Create it; check the spelling, the endpoint and whose account it is in",
    detection="NoSuchBucket when it is listed",
    definitive=True,
)

S3_KEY_UNKNOWN = Code(
    id="S3_KEY_UNKNOWN",
    stage=Stage.AUTH,
    message="{where} does not know the access key",
    remediation="It was deleted, or is of another account or endpoint: make another, and put both "
    "parts into the Secret",
    detection="InvalidAccessKeyId",
    definitive=True,
)

S3_SECRET_WRONG = Code(
    id="S3_SECRET_WRONG",
    stage=Stage.AUTH,
    message="the secret does not fit the access key",
    remediation="Put both parts of one key pair into the Secret; a proxy that changes requests "
    "looks the same",
    detection="SignatureDoesNotMatch",
    definitive=True,
)

S3_TOKEN_EXPIRED = Code(
    id="S3_TOKEN_EXPIRED",
    stage=Stage.AUTH,
    message="the session's credentials have expired",
    remediation="Log in again; in a cluster use the ServiceAccount's identity instead, whose keys "
    "are renewed",
    detection="ExpiredToken or TokenRefreshRequired",
    source=_ERRORS,
)

S3_CLOCK_SKEW = Code(
    id="S3_CLOCK_SKEW",
    stage=Stage.AUTH,
    message="{where} refuses signatures of this clock",
    remediation="Let the node's time be synchronized",
    detection="RequestTimeTooSkewed, where the store has not told its own time before",
)

S3_WRONG_REGION = Code(
    id="S3_WRONG_REGION",
    stage=Stage.OPERATION,
    message="bucket {bucket} is in {region}, the configuration says {configured}",
    remediation="Set region to that of the bucket",
    detection="PermanentRedirect, or AuthorizationHeaderMalformed with a region; the region also "
    "from x-amz-bucket-region",
    definitive=True,
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html",
)

S3_LIST_DENIED = Code(
    id="S3_LIST_DENIED",
    stage=Stage.AUTHZ,
    message="may not list bucket {bucket}",
    remediation="Allow s3:ListBucket on arn:aws:s3:::{bucket} for {folder}; where the bucket is "
    "missing, S3 says the same to whoever may not list it",
    detection="HTTP 403 when it is listed",
    definitive=True,
)

S3_READ_ONLY = Code(
    id="S3_READ_ONLY",
    stage=Stage.AUTHZ,
    message="may list bucket {bucket}, but not write to {folder}",
    remediation="Allow s3:PutObject on arn:aws:s3:::{folder}*, and kms:GenerateDataKey on the "
    "bucket's key where it has one",
    detection="HTTP 403 when an object is written",
    definitive=True,
)

S3_READ_DENIED = Code(
    id="S3_READ_DENIED",
    stage=Stage.AUTHZ,
    message="may write to {folder}, but not read from it",
    remediation="Allow s3:GetObject on arn:aws:s3:::{folder}*, and kms:Decrypt on the bucket's key "
    "where it has one",
    detection="HTTP 403 when the object is read back",
    definitive=True,
)

S3_DELETE_DENIED = Code(
    id="S3_DELETE_DENIED",
    stage=Stage.AUTHZ,
    message="the object {key} could not be removed from bucket {bucket}",
    remediation="Allow s3:DeleteObject on arn:aws:s3:::{folder}*, and remove the object by hand",
    detection="the object is not deleted: mostly HTTP 403",
    warning=True,
)

S3_THROTTLED = Code(
    id="S3_THROTTLED",
    stage=Stage.OPERATION,
    message="{where} asks to slow down",
    remediation="Try again; look who else asks it that much",
    detection="SlowDown, or HTTP 429 or 503",
    source=_ERRORS,
)

S3_UNAVAILABLE = Code(
    id="S3_UNAVAILABLE",
    stage=Stage.OPERATION,
    message="{where} cannot answer: HTTP {status}, {error}",
    remediation="Try again; then look at the store, and at the gateway before it",
    detection="HTTP 5xx but for 503",
    source=_ERRORS,
)

S3_REFUSED = Code(
    id="S3_REFUSED",
    stage=Stage.OPERATION,
    message="{where} refuses: HTTP {status}, {error}",
    remediation="Look up {error} in the documentation of the store",
    detection="any other answer with an HTTP status of 3xx or 4xx",
    source=_ERRORS,
)

CODES = (
    S3_NO_CREDENTIALS,
    S3_WHITE_SPACE,
    S3_BUCKET_MISSING,
    S3_KEY_UNKNOWN,
    S3_SECRET_WRONG,
    S3_TOKEN_EXPIRED,
    S3_CLOCK_SKEW,
    S3_WRONG_REGION,
    S3_LIST_DENIED,
    S3_READ_ONLY,
    S3_READ_DENIED,
    S3_DELETE_DENIED,
    S3_THROTTLED,
    S3_UNAVAILABLE,
    S3_REFUSED,
)
