"""What a Redis URL says, apart from what it says of TLS.

Each reader of a URL (redis-py, kombu, Celery's result store, Flower) understands other parts of its TLS options, and
two of them take a missing one for "check nothing". So the options are taken out of the URL, and given to all alike.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_PREFIX = "ssl_"
#: Where the certificates are: the CA's, and our own where the server asks for one.
_FILES = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}
#: Certificates and host names are always checked, so the URL may say so and nothing else.
_CHECKS = {"ssl_cert_reqs": {"required", "CERT_REQUIRED"}, "ssl_check_hostname": {"true", "True", "1"}}


def is_redis_url(url: str) -> bool:
    """Whether the clients can read it."""
    try:
        parts = urlsplit(url)
        return (
            bool(parts.hostname)
            and parts.port != 0
            and parts.path.strip("/").isdecimal() | (parts.path in ("", "/"))
        )
    except ValueError:
        return False


def tls_files(url: str) -> dict[str, str]:
    """The files that the URL names, by redis-py's names; raises ValueError for any other TLS option."""
    files = {}
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        if name in _FILES and value:
            files[name] = value
        elif name.startswith(_PREFIX) and value not in _CHECKS.get(name, ()):
            raise ValueError(
                f"{name}={value} is not taken: certificates and host names are always checked, "
                f"and the URL may name {', '.join(sorted(_FILES))}"
            )
    return files


def without_tls(url: str) -> str:
    """The URL without its TLS options."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in query if not name.startswith(_PREFIX)]
    return url if kept == query else urlunsplit(parts._replace(query=urlencode(kept)))
