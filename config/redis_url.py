"""What a Redis URL says, apart from what it says of TLS.

Each reader of a URL (redis-py, kombu, Celery's result store, Flower) understands other parts of its TLS options, and
two of them take a missing one for "check nothing". So the options are taken out of the URL, and given to all alike.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

#: Where the certificates are: the CA's, and our own where the server asks for one.
_FILES = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"}
#: Certificates and host names are always checked, so the URL may say so and nothing else.
_CHECKS = {"ssl_cert_reqs": {"required", "CERT_REQUIRED"}, "ssl_check_hostname": {"true", "True", "1"}}


def is_redis_url(url: str) -> bool:
    """Whether the clients can read it, and its user's password is where a password stands.

    A ? that is not percent-encoded ends what names the server: the rest of a password would be an option, and be told as one.
    """
    try:
        parts = urlsplit(url)
        return (
            bool(parts.hostname)
            and parts.port != 0
            and "@" not in parts.query
            and parts.path.strip("/").isdecimal() | (parts.path in ("", "/"))
        )
    except ValueError:
        return False


def tls_files(url: str) -> dict[str, str]:
    """The files that the URL names, by redis-py's names; raises ValueError for any other option.

    The clients agree on no further one: kombu takes none that it does not know, redis-py others than Celery.
    """
    files = {}
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        if name in _FILES and value:
            files[name] = value
        elif value not in _CHECKS.get(name, ()):
            raise ValueError(
                f"{name}={value} is not taken: certificates and host names are always checked, "
                f"and the URL may name {', '.join(sorted(_FILES))} and nothing else"
            )
    return files


def without_tls(url: str) -> str:
    """The URL without its options, all of which are TLS options."""
    return url.partition("?")[0]
