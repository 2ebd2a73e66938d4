"""What can be wrong below every protocol: name, connection, encryption, answer, clock."""

from floe_deploy.preflight.code import Code, Stage

CONFIG_MISSING = Code(
    id="CONFIG_MISSING",
    stage=Stage.CONFIG,
    message="{setting}: found nothing",
    remediation="Add it to the file, or set {variable}",
    detection="the configuration, before the first connection",
    definitive=True,
)

SECRET_UNRESOLVED = Code(
    id="SECRET_UNRESOLVED",
    stage=Stage.CONFIG,
    message="the credential in {place} is {seen}",
    remediation="Check that the Secret and its key are there, and what makes them",
    detection="the environment and the files, before the first connection",
)

HOST_MALFORMED = Code(
    id="HOST_MALFORMED",
    stage=Stage.CONFIG,
    message="the host in {place} is no host name or address",
    remediation="Make it anew without scheme, user and port, and without a line break at its end",
    detection="the value, before the first connection",
    definitive=True,
)

EXTRA_MISSING = Code(
    id="EXTRA_MISSING",
    stage=Stage.CONFIG,
    message="{service} needs the extra [{extra}]",
    remediation="pip install 'floe-deploy[{extra}]', or take the image that has it",
    detection="the import fails, before the first connection",
    definitive=True,
)

DNS_NOT_FOUND = Code(
    id="DNS_NOT_FOUND",
    stage=Stage.DNS,
    message="cannot resolve {host}",
    remediation="Check the spelling and the namespace (service.namespace.svc), and run the check "
    "where the name is known: inside the cluster",
    detection="the resolver answers that there is no such name (EAI_NONAME, EAI_NODATA)",
)

DNS_UNAVAILABLE = Code(
    id="DNS_UNAVAILABLE",
    stage=Stage.DNS,
    message="the name server does not answer for {host}",
    remediation="The cluster's DNS is down or blocked; the spelling is not the problem",
    detection="the resolver gives up (EAI_AGAIN, EAI_FAIL)",
)

DNS_TIMEOUT = Code(
    id="DNS_TIMEOUT",
    stage=Stage.DNS,
    message="no DNS answer for {host} in {seconds:g} s",
    remediation="Check the cluster's DNS, and that a NetworkPolicy lets port 53 through",
    detection="time is up while the name is looked for",
)

CONN_REFUSED = Code(
    id="CONN_REFUSED",
    stage=Stage.TCP,
    message="{host}:{port} refused the connection",
    remediation="The service is down, or listens on another port",
    detection="ECONNREFUSED",
)

CONN_TIMEOUT = Code(
    id="CONN_TIMEOUT",
    stage=Stage.TCP,
    message="no TCP answer from {host}:{port} in {seconds:g} s",
    remediation="A firewall, security group or NetworkPolicy drops packets: open the port for this "
    "pod or machine",
    detection="time is up while the connection is opened",
)

CONN_UNREACHABLE = Code(
    id="CONN_UNREACHABLE",
    stage=Stage.TCP,
    message="no way to {host}:{port}: {reason}",
    remediation="Check routes, peering and the address itself",
    detection="the operating system's error: no route, network unreachable, reset",
)

RESPONSE_TIMEOUT = Code(
    id="RESPONSE_TIMEOUT",
    stage=Stage.OPERATION,
    message="connected to {host}, then no answer in {seconds:g} s",
    remediation="Something else may listen there, a proxy may hold the connection, or the server "
    "is overloaded",
    detection="time is up after the connection was opened",
)

CONN_CLOSED = Code(
    id="CONN_CLOSED",
    stage=Stage.OPERATION,
    message="{host} closed the connection without an answer",
    remediation="Something else may listen there, or a proxy before it has no server behind it",
    detection="end of file or a reset after the connection was opened",
)

TLS_UNTRUSTED = Code(
    id="TLS_UNTRUSTED",
    stage=Stage.TLS,
    message="the certificate of {host}:{port} is not signed by a trusted authority: {issuer}",
    remediation="Give the authority's certificate: ca_file, or SSL_CERT_FILE",
    detection="verification codes 18, 19, 20 and 21",
    definitive=True,
)

TLS_EXPIRED = Code(
    id="TLS_EXPIRED",
    stage=Stage.TLS,
    message="the certificate of {host}:{port} expired on {date}",
    remediation="Renew it; and check this machine's clock",
    detection="verification code 10",
    definitive=True,
)

TLS_NOT_YET = Code(
    id="TLS_NOT_YET",
    stage=Stage.TLS,
    message="the certificate of {host}:{port} is valid from {date} on",
    remediation="Check this machine's clock, and the certificate",
    detection="verification code 9",
)

TLS_NAME_MISMATCH = Code(
    id="TLS_NAME_MISMATCH",
    stage=Stage.TLS,
    message="the certificate is for {names}, not {host}",
    remediation="Use a name of the certificate, or have the name added to it",
    detection="verification codes 62 and 64",
    definitive=True,
)

NOT_READY = Code(
    id="NOT_READY",
    stage=Stage.OPERATION,
    message="{host}:{port} does not answer now: HTTP {status}",
    remediation="It may be starting, or a gateway before it has no server behind it: look at its "
    "log",
    detection="HTTP 429 or 5xx, where the service has no words of its own for it",
)

NOT_SENDABLE = Code(
    id="NOT_SENDABLE",
    stage=Stage.CONFIG,
    message="a name or credential for {host}:{port} cannot be sent: HTTP takes neither line breaks "
    "nor spaces at the ends, nor letters beyond ASCII",
    remediation="Look at the user and at what is kept in the Secret; make it anew without the line "
    "break at its end: printf, or echo -n",
    detection="what sends it, before it is sent",
)

TLS_NOT_TLS = Code(
    id="TLS_NOT_TLS",
    stage=Stage.TLS,
    message="{host}:{port} does not speak TLS",
    remediation="Use http or tls: false, or the port that speaks TLS",
    detection="WRONG_VERSION_NUMBER and the like: it answers something else to the handshake",
    definitive=True,
)

TLS_FAILED = Code(
    id="TLS_FAILED",
    stage=Stage.TLS,
    message="no TLS with {host}:{port}: {reason}",
    remediation="Compare the versions and ciphers of both sides, and whether it asks for a "
    "certificate of the client",
    detection="any other error of the handshake",
)

TLS_CA_MISSING = Code(
    id="TLS_CA_MISSING",
    stage=Stage.CONFIG,
    message="{file}, by whose certificates it is to be verified, is not there",
    remediation="Check the mount, and what makes the ConfigMap or Secret that the file is of",
    detection="there is no such file; in a gate it may be about to come",
)

TLS_CA_FILE = Code(
    id="TLS_CA_FILE",
    stage=Stage.TLS,
    message="{file} holds no certificate that can be read",
    remediation="Give certificates in PEM; check the mount and its key",
    detection="the file, when the authorities are loaded",
)

CERT_EXPIRES_SOON = Code(
    id="CERT_EXPIRES_SOON",
    stage=Stage.TLS,
    message="the certificate of {host}:{port} expires in {days} days, on {date}",
    remediation="Renew it, and see why what renews it has not",
    detection="its end less the time now, below `warnings.certificate_days`",
    warning=True,
)

PLAIN_TRAFFIC = Code(
    id="PLAIN_TRAFFIC",
    stage=Stage.TLS,
    message="traffic to {host}:{port} is not encrypted",
    remediation="Use https or TLS; whoever is on the way reads data and credentials",
    detection="no TLS, and neither this machine nor a Service of the cluster",
    warning=True,
)

WRONG_SERVICE = Code(
    id="WRONG_SERVICE",
    stage=Stage.OPERATION,
    message="{host}:{port} answered, but not as {service}: {seen}",
    remediation="Check the address: something else listens there",
    detection="status, content type or shape of the answer",
    definitive=True,
)

PROXY_REQUIRED = Code(
    id="PROXY_REQUIRED",
    stage=Stage.AUTH,
    message="the proxy before {host} asks for credentials",
    remediation="Set HTTPS_PROXY with them, or NO_PROXY for hosts in the cluster",
    detection="HTTP 407",
    definitive=True,
    source="https://www.rfc-editor.org/rfc/rfc9110#name-407-proxy-authentication-re",
)

SLOW_RESPONSE = Code(
    id="SLOW_RESPONSE",
    stage=Stage.OPERATION,
    message="{milliseconds} ms, above {limit} ms",
    remediation="Check the region, whether it had to wake up, and its load",
    detection="time of the check, above `warnings.slow_ms`",
    warning=True,
)

CLOCK_SKEW = Code(
    id="CLOCK_SKEW",
    stage=Stage.OPERATION,
    message="this clock and that of {host} are {seconds} s apart",
    remediation="Let the node's time be synchronized",
    detection="the answer's Date, or `clock_timestamp()`: a warning above 60 s, an error above 300",
)

UNEXPECTED = Code(
    id="UNEXPECTED",
    stage=Stage.OPERATION,
    message="a fault of floe itself ({error}): it says nothing about the service",
    remediation="Report it with the command; FLOE_TRACEBACK=1 shows where it is",
    detection="an exception that no check expects",
)

SKIPPED = Code(
    id="SKIPPED",
    stage=Stage.OPERATION,
    message="not tried, because {check} failed",
    remediation="Mend that first",
    detection="a check that it needs has failed",
    warning=True,
)

NO_DEEP_CHECK = Code(
    id="NO_DEEP_CHECK",
    stage=Stage.OPERATION,
    message="{kind} at {host}:{port} is there; whether it works was not asked",
    remediation="Ask it yourself once: there is no check for {kind}",
    detection="an engine or catalog that has no check of its own",
    warning=True,
)

DEADLINE = Code(
    id="DEADLINE",
    stage=Stage.CONFIG,
    message="the time of the whole run was up after {seconds:g} s",
    remediation="Give --deadline more, or look at what else was slow",
    detection="the check was not started, or was computing, when time was up",
)

CODES = (
    CONFIG_MISSING,
    SECRET_UNRESOLVED,
    HOST_MALFORMED,
    EXTRA_MISSING,
    DNS_NOT_FOUND,
    DNS_UNAVAILABLE,
    DNS_TIMEOUT,
    CONN_REFUSED,
    CONN_TIMEOUT,
    CONN_UNREACHABLE,
    CONN_CLOSED,
    RESPONSE_TIMEOUT,
    TLS_UNTRUSTED,
    TLS_EXPIRED,
    TLS_NOT_YET,
    TLS_NAME_MISMATCH,
    TLS_NOT_TLS,
    TLS_FAILED,
    TLS_CA_MISSING,
    TLS_CA_FILE,
    CERT_EXPIRES_SOON,
    PLAIN_TRAFFIC,
    WRONG_SERVICE,
    NOT_READY,
    NOT_SENDABLE,
    PROXY_REQUIRED,
    SLOW_RESPONSE,
    CLOCK_SKEW,
    NO_DEEP_CHECK,
    SKIPPED,
    DEADLINE,
    UNEXPECTED,
)
"""Codes of every service."""
