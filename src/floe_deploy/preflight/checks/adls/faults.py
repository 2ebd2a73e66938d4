"""What can be wrong with a container of Azure's object storage; told by the `<Code>` of answers."""

from floe_deploy.preflight.code import Code, Stage

_ERRORS = "https://learn.microsoft.com/en-us/rest/api/storageservices/common-rest-api-error-codes"
_FORBIDDEN = (
    "https://learn.microsoft.com/en-us/troubleshoot/azure/azure-storage/blobs/authentication/"
    "storage-troubleshoot-403-errors"
)
_SAS_ERRORS = "https://learn.microsoft.com/en-us/rest/api/storageservices/sas-error-codes"

AZ_NO_CREDENTIALS = Code(
    id="AZ_NO_CREDENTIALS",
    stage=Stage.CONFIG,
    message="no credentials for container {container}: neither a key nor a SAS nor an identity",
    remediation="Give account_key, sas or identity; no metadata address is asked at all",
    detection="the configuration, before the first connection",
    definitive=True,
)

AZ_KEY_MALFORMED = Code(
    id="AZ_KEY_MALFORMED",
    stage=Stage.CONFIG,
    message="the account key in {place} is no Base64",
    remediation="Copy key1 or key2 of the account whole into the Secret, not the connection string",
    detection="the value, before the first connection",
)

AZ_SAS_MALFORMED = Code(
    id="AZ_SAS_MALFORMED",
    stage=Stage.CONFIG,
    message="the SAS in {place} is none: it is cut short, or changed on its way",
    remediation="Copy it whole into the Secret, from its first parameter to its signature",
    detection="its parameters are not all `name=value` in UTF-8, before the first connection",
)

AZ_SAS_EXPIRED = Code(
    id="AZ_SAS_EXPIRED",
    stage=Stage.AUTH,
    message="the SAS expired on {date}",
    remediation="Issue a new one and put it into the Secret; Azure's own answer does not say so",
    detection="`se` of the signature, before the first connection",
    definitive=True,
)

AZ_SAS_NOT_YET = Code(
    id="AZ_SAS_NOT_YET",
    stage=Stage.AUTH,
    message="the SAS is valid from {date} on",
    remediation="Wait, check this machine's clock, or issue one without a start",
    detection="`st` of the signature, before the first connection",
)

AZ_ACCOUNT_MISSING = Code(
    id="AZ_ACCOUNT_MISSING",
    stage=Stage.DNS,
    message="storage account {account} does not exist: cannot resolve {host}",
    remediation="Check the account's name; with a private endpoint, the private DNS zone for blob",
    detection="the resolver answers that there is no such name",
    source="https://learn.microsoft.com/en-us/azure/storage/common/storage-account-overview",
)

AZ_CONTAINER_MISSING = Code(
    id="AZ_CONTAINER_MISSING",
    stage=Stage.OPERATION,
    message="container {container} not found in account {account}",
    remediation="Create it, or check the spelling and the account",
    detection="ContainerNotFound when it is listed",
    definitive=True,
)

AZ_AUTH_FAILED = Code(
    id="AZ_AUTH_FAILED",
    stage=Stage.AUTH,
    message="account {account} refuses the {credential}",
    remediation="It was rotated, or is of another account: put the present one into the Secret",
    detection="AuthenticationFailed (Azurite: AuthorizationFailure), InvalidAuthenticationInfo or "
    "NoAuthenticationInformation",
    definitive=True,
)

AZ_KEYS_OFF = Code(
    id="AZ_KEYS_OFF",
    stage=Stage.AUTH,
    message="account {account} takes no keys",
    remediation="Use the identity of the workload, or allow access by shared key in the account",
    detection="KeyBasedAuthenticationNotPermitted",
    definitive=True,
    source=_FORBIDDEN,
)

AZ_FIREWALL = Code(
    id="AZ_FIREWALL",
    stage=Stage.AUTHZ,
    message="the network rules of account {account} block this client",
    remediation="Add this subnet or address to the account's firewall, or reach it by its private "
    "endpoint",
    detection="AuthorizationFailure or AuthorizationSourceIPMismatch",
    definitive=True,
    source=_FORBIDDEN,
)

AZ_SAS_SCOPE = Code(
    id="AZ_SAS_SCOPE",
    stage=Stage.AUTHZ,
    message="the SAS is not for this: {error}",
    remediation="Issue one for the service blob, the resource types container and object, "
    "and https",
    detection="AuthorizationResourceTypeMismatch, …ServiceMismatch or …ProtocolMismatch",
    definitive=True,
    source=_SAS_ERRORS,
)

AZ_PERMISSION = Code(
    id="AZ_PERMISSION",
    stage=Stage.AUTHZ,
    message="may not {act} container {container}",
    remediation="Grant the identity Storage Blob Data Contributor on the container, or issue a SAS "
    "with read, add, create, write, delete and list; a new role may take ten minutes",
    detection="AuthorizationPermissionMismatch, or any other HTTP 403",
)

AZ_NO_DELETE = Code(
    id="AZ_NO_DELETE",
    stage=Stage.AUTHZ,
    message="the object {key} could not be removed from container {container}",
    remediation="Grant delete, by Storage Blob Data Contributor or the SAS, and remove the object "
    "by hand",
    detection="the object is not deleted",
    warning=True,
)

AZ_NOT_HNS = Code(
    id="AZ_NOT_HNS",
    stage=Stage.OPERATION,
    message="account {account} has no hierarchical namespace",
    remediation="Engines that rename folders are slow on it and not atomic: upgrade the account to "
    "Data Lake Storage, or leave this out with --ignore AZ_NOT_HNS",
    detection="`x-ms-is-hns-enabled: false` of Get Account Information",
    warning=True,
    source="https://learn.microsoft.com/en-us/rest/api/storageservices/get-account-information",
)

AZ_THROTTLED = Code(
    id="AZ_THROTTLED",
    stage=Stage.OPERATION,
    message="account {account} asks to slow down",
    remediation="Try again; look who else asks it that much",
    detection="ServerBusy, or HTTP 429 or 503",
    source=_ERRORS,
)

AZ_UNAVAILABLE = Code(
    id="AZ_UNAVAILABLE",
    stage=Stage.OPERATION,
    message="account {account} cannot answer: HTTP {status}, {error}",
    remediation="Try again; then look at the account's health in Azure",
    detection="HTTP 5xx but for 503",
    source=_ERRORS,
)

AZ_REFUSED = Code(
    id="AZ_REFUSED",
    stage=Stage.OPERATION,
    message="account {account} refuses: HTTP {status}, {error}",
    remediation="Look up {error} in Azure's documentation of storage error codes",
    detection="any other answer with an HTTP status of 3xx or 4xx",
    source=_ERRORS,
)

CODES = (
    AZ_NO_CREDENTIALS,
    AZ_KEY_MALFORMED,
    AZ_SAS_MALFORMED,
    AZ_SAS_EXPIRED,
    AZ_SAS_NOT_YET,
    AZ_ACCOUNT_MISSING,
    AZ_CONTAINER_MISSING,
    AZ_AUTH_FAILED,
    AZ_KEYS_OFF,
    AZ_FIREWALL,
    AZ_SAS_SCOPE,
    AZ_PERMISSION,
    AZ_NO_DELETE,
    AZ_NOT_HNS,
    AZ_THROTTLED,
    AZ_UNAVAILABLE,
    AZ_REFUSED,
)
