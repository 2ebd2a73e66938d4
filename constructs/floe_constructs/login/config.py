"""What oauth2-proxy is told."""

from floe_constructs.kubernetes.environment import Variable
from floe_constructs.kubernetes.files import Files
from floe_constructs.login.spec import LoginSpec

HTTP = 4180
AUTHORITY = "authority.pem"
_PATH = "/etc/login"


def authority(spec: LoginSpec) -> Files | None:
    """Answer the certificates that the provider's is checked by, where they are no public ones."""
    if spec.authority is None:
        return None
    return Files(name=f"login-{spec.interface}", path=_PATH, data={AUTHORITY: spec.authority})


def variables(spec: LoginSpec) -> dict[str, Variable]:
    """Answer the variables; a list is one text with commas.

    With several hosts there is no `REDIRECT_URL`, and the one that a browser used is taken.
    """
    plain = {
        "PROVIDER": "oidc",
        "OIDC_ISSUER_URL": spec.issuer,
        "SCOPE": " ".join(spec.scopes),
        "CODE_CHALLENGE_METHOD": "S256",
        "EMAIL_DOMAINS": ",".join(spec.email_domains),
        "ALLOWED_GROUPS": ",".join(spec.groups),
        "REDIRECT_URL": f"https://{spec.hosts[0]}/oauth2/callback" if len(spec.hosts) == 1 else "",
        "SKIP_PROVIDER_BUTTON": "true",
        "APPROVAL_PROMPT": "auto",
        # A page that asks again and again would otherwise begin a login each time, and overwrite
        # the one that somebody is at.
        "API_ROUTES": "^/(graphql|api)",
        "HTTP_ADDRESS": f"0.0.0.0:{HTTP}",
        "UPSTREAMS": spec.upstream,
        "UPSTREAM_TIMEOUT": "120s",
        "PASS_BASIC_AUTH": "false",
        "REVERSE_PROXY": "true",
        "TRUSTED_PROXY_IPS": ",".join(spec.trusted),
        "COOKIE_NAME": "__Host-oauth2_proxy",
        "COOKIE_EXPIRE": f"{spec.session_hours}h",
        "COOKIE_SAMESITE": "lax",
        # Without the provider's tokens a session fits into one cookie, and nobody can take them.
        "SESSION_COOKIE_MINIMAL": "true",
        "SILENCE_PING_LOGGING": "true",
        "PROVIDER_CA_FILES": f"{_PATH}/{AUTHORITY}" if spec.authority else "",
    }
    secret = {
        "CLIENT_ID": spec.client_id,
        "CLIENT_SECRET": spec.client_secret,
        "COOKIE_SECRET": spec.cookie_secret,
    }
    named: dict[str, Variable] = {name: value for name, value in plain.items() if value}
    return {f"OAUTH2_PROXY_{name}": value for name, value in (named | secret).items()}
