"""A private certificate authority, made with the openssl command."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificates:
    """A private CA, and a certificate of it for 127.0.0.1 and localhost."""

    authority: Path
    certificate: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        """How a server shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_certificates(directory: Path, names: str = "IP:127.0.0.1,DNS:localhost") -> Certificates:
    """Make them with the openssl command."""
    directory.mkdir(parents=True, exist_ok=True)
    ca, ca_key, certificate, key = (directory / name for name in ("ca.crt", "ca.key", "server.crt", "server.key"))
    (directory / "extensions").write_text(f"subjectAltName={names}\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *curve, "-keyout", ca_key, "-out", ca, "-days", "2", "-subj", "/CN=Private CA")
    request = directory / "server.csr"
    openssl("req", *curve, "-keyout", key, "-out", request, "-subj", "/CN=registry")
    signed = ("-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2", "-extfile", directory / "extensions")
    openssl("x509", "-req", "-in", request, *signed, "-out", certificate)
    return Certificates(ca, certificate, key)


def openssl(*words: object, data: bytes = b"") -> bytes:
    """What one command of openssl prints; `data` is its standard input."""
    done = subprocess.run(["openssl", *map(str, words)], input=data, capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout
