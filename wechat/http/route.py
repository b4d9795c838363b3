"""The way to WeChat as the environment names it: which proxy, and which CAs are trusted.

The variables are those of requests and curl, and OpenSSL's own, read once. What can't be used is told as what it is: requests
says of a SOCKS proxy that a schema is invalid, and of a missing CA file that a path is.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests.utils

#: Each names the CAs (PEM) in place of the usual ones; the first that is set counts, as for requests and curl.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_DO_WITHOUT = "name an HTTP proxy in HTTPS_PROXY, or this host in NO_PROXY"


@dataclass(frozen=True, slots=True)
class Route:
    """How calls to one address go; `proxy_problem` says why none can go out."""

    proxies: dict[str, str]
    #: A file or a directory of CAs in place of the usual ones.
    ca: str | None = None
    proxy_problem: str | None = None


def route_to(url: str) -> Route:
    """The way to an address, by the environment as it is now."""
    proxies = requests.utils.get_environ_proxies(url)
    named = _ca_of(url)
    return Route(
        proxies, named[1] if named else None, _proxy_problem(requests.utils.select_proxy(url, proxies))
    )


def ca_problem(url: str) -> str | None:
    """Why the CAs that the environment names for an address can't be used, and what to do; None if they can, or it names none."""
    named = _ca_of(url)
    if named is None:
        return None
    variable, path = named
    try:
        if Path(path).is_dir():
            next(Path(path).iterdir(), None)  # of its files only OpenSSL knows which it will look for
        else:
            ssl.create_default_context(cafile=path)
    except OSError as error:  # an SSLError is one as well: the file holds no certificate
        why = "it holds no certificates (PEM)" if isinstance(error, ssl.SSLError) else error.strerror
        return f"{variable} names {path}, which can't be used: {why}; correct it, or unset it"
    return None


def _ca_of(url: str) -> tuple[str, str] | None:
    if not url.lower().startswith("https:"):
        return None
    set_ones = ((variable, os.environ.get(variable, "")) for variable in CA_VARIABLES)
    return next((one for one in set_ones if one[1]), None)


def _proxy_problem(proxy: str | None) -> str | None:
    """Why a proxy can't be used. Without its URL, which may hold a password."""
    if not proxy:
        return None
    scheme = urlsplit(proxy if "://" in proxy else f"http://{proxy}").scheme
    if scheme.startswith("socks"):
        return f"the proxy of the environment (HTTPS_PROXY, ALL_PROXY) is a SOCKS proxy, which is not supported: {_DO_WITHOUT}"
    if scheme not in {"http", "https"}:
        return f"the proxy of the environment (HTTPS_PROXY, ALL_PROXY) is no HTTP proxy: {_DO_WITHOUT}"
    return None
