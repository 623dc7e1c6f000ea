"""Which certificates a registry is believed by, and which of ours it is shown.

The system's, SSL_CERT_FILE's and REQUESTS_CA_BUNDLE's, and those in certs.d/HOST[:PORT] of containers and Docker
(containers-certs.d(5); docs.docker.com, *Verify repository client with certificates*).
"""

import os
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from layertui.errors import UnreachableError
from layertui.sources.place import Environ
from layertui.sources.registry.settings import config_home

BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
"""Variables that name a file, or a directory, with certificates to believe besides the system's."""


@dataclass(frozen=True, slots=True)
class HostFiles:
    """What certs.d holds for one host."""

    directory: Path
    """Where it is."""
    authorities: tuple[Path, ...]
    """`*.crt`: certificates that the host's own must lead to."""
    pairs: tuple[tuple[Path, Path], ...]
    """`*.cert` and `*.key`: what we show."""


def host_files(host: str, environ: Environ, *, system: Path = Path("/")) -> HostFiles | None:
    """The first directory that there is for a host with its port; raises UnreachableError where it is not readable."""
    for base in _directories(environ, system):
        directory = base / host
        try:
            names = sorted(os.listdir(directory))
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as problem:
            raise UnreachableError(f"{directory} cannot be read.", "Ask its owner for read access.") from problem
        authorities = tuple(directory / name for name in names if name.endswith(".crt"))
        certificates = [directory / name for name in names if name.endswith(".cert")]
        return HostFiles(directory, authorities, tuple((file, file.with_suffix(".key")) for file in certificates))
    return None


def tls_context(host: str, environ: Environ, *, verify: bool = True, system: Path = Path("/")) -> ssl.SSLContext:
    """How a host is spoken to over TLS; without `verify` any certificate will do.

    Raises UnreachableError for a file that cannot be used.
    """
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif not _has_system_bundle():
        import certifi

        _believe(context, Path(certifi.where()))
    for variable in BUNDLES:
        if named := environ.get(variable):
            _believe(context, Path(named), f"{variable} names {named}, which")
    files = host_files(host, environ, system=system)
    if files is not None:
        for file in files.authorities:
            _believe(context, file)
        for certificate, key in files.pairs:
            _show(context, certificate, key)
    return context


def _directories(environ: Environ, system: Path) -> Iterator[Path]:
    yield config_home(environ) / "containers/certs.d"
    yield system / "etc/containers/certs.d"
    yield system / "etc/docker/certs.d"


def _has_system_bundle() -> bool:
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile or paths.capath)


def _believe(context: ssl.SSLContext, file: Path, said: str = "") -> None:
    try:
        if file.is_dir():
            context.load_verify_locations(capath=file)
        else:
            context.load_verify_locations(cafile=file)
    except (OSError, ValueError) as problem:  # ssl.SSLError is an OSError
        raise UnreachableError(
            f"{said or file} cannot be read as certificates.", "It must hold certificates in PEM form."
        ) from problem


def _show(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    def no_password() -> str:
        # Without this OpenSSL would ask on the terminal that the screen is drawn on.
        raise ValueError("the key has a password")

    try:
        context.load_cert_chain(certificate, key, no_password)
    except (OSError, ValueError) as problem:
        raise UnreachableError(
            f"{certificate} and {key.name} beside it cannot be used as certificate and key.",
            "Both must be there in PEM form, and the key without a password.",
        ) from problem
