"""Who answers a request, and by which proxy it is reached."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from layertui.sources.place import Environ
from layertui.sources.registry.settings import is_local

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Origin:
    """Who answers a request: what is for one is not for another (RFC 6454)."""

    scheme: str
    """`https` or `http`."""
    host: str
    """Name or address, in small letters, without the brackets of IPv6."""
    port: int
    """Always a number."""

    @classmethod
    def of(cls, url: str) -> "Origin":
        """Of an address; raises ValueError for one that is none of http."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("not http")
        return cls(parts.scheme, parts.hostname.lower(), parts.port or _PORTS[parts.scheme])

    @property
    def netloc(self) -> str:
        """`host:port` as it is written in names; the usual port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def proxy_for(origin: Origin, environ: Environ) -> str:
    """The proxy that the environment names for an origin; empty for none, and for this host itself, as with docker."""
    proxy = _variable(environ, f"{origin.scheme}_proxy") or _variable(environ, "all_proxy")
    if not proxy or is_local(origin.host) or _is_exempt(origin, _variable(environ, "no_proxy")):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _variable(environ: Environ, name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def _is_exempt(origin: Origin, exempt: str) -> bool:
    """NO_PROXY as Go reads it: names with all below them, addresses, networks, each perhaps with a port, or `*`."""
    for entry in exempt.lower().replace(" ", "").split(","):
        if entry == "*":
            return True
        try:
            if ipaddress.ip_address(origin.host) in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            pass  # one of them is a name
        name, colon, port = entry.rpartition(":")
        if not colon or not port.isdigit():
            name, port = entry, ""
        name = name.lstrip("*").lstrip(".").strip("[]")
        if port and port != str(origin.port):
            continue
        if name and (origin.host == name or origin.host.endswith(f".{name}")):
            return True
    return False
