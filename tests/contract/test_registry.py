"""A real registry gives what skopeo put into it, however one has to log in, and says why it does not."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from layertui.errors import AuthenticationError, LayertuiError, NotFoundError, UnreachableError
from layertui.image.digest import Digest
from layertui.image.manifest import Manifest, parse_document
from layertui.sources.registry.client import RegistryClient, connect
from layertui.sources.registry.names import parse_name
from tests.contract.registry_daemon import PASSWORD, Auth, Registry, why_not
from tests.kit.certificates import make_certificates
from tests.kit.docker import docker_archive
from tests.kit.polite import polite_image

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

WAYS: dict[str, tuple[Auth, bool]] = {
    "open": ("none", False),
    "htpasswd": ("htpasswd", False),
    "token": ("token", False),
    "private CA": ("none", True),
    "htpasswd, private CA": ("htpasswd", True),
}


@pytest.fixture(scope="module", params=WAYS)
def registry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    auth, secured = WAYS[request.param]
    directory = tmp_path_factory.mktemp("registry")
    (directory / "image.tar").write_bytes(docker_archive([polite_image()]))
    with Registry(auth, make_certificates(directory / "tls") if secured else None) as started:
        for tag in ("1.0", "1.1", "2.0"):
            started.push(f"docker-archive:{directory}/image.tar", f"team/api:{tag}")
        yield started


def client(registry: Registry, home: Path, name: str = "team/api:1.0", login: object = None) -> RegistryClient:
    """A client of a host where somebody has logged in, or not."""
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker/config.json").write_text(json.dumps(registry.credentials if login is None else login))
    if registry.tls is not None:
        place = home / ".config/containers/certs.d" / registry.host
        place.mkdir(parents=True, exist_ok=True)
        (place / "ca.crt").write_bytes(registry.tls.authority.read_bytes())
    return connect(parse_name(f"{registry.host}/{name}"), {"HOME": str(home)})


def read(one: RegistryClient, digest: Digest, size_bytes: int, offset: int = 0) -> bytes:
    stream, data = one.stream(digest, size_bytes, offset), b""
    while part := stream.read(1 << 20):
        data += part
    return data


def test_all_of_an_image_arrives_as_it_is(registry: Registry, tmp_path: Path) -> None:
    one = client(registry, tmp_path)
    document = one.document("1.0")
    assert document.data == registry.raw_manifest("team/api:1.0")
    assert one.document(document.digest) == document
    assert one.head("1.0").digest == document.digest
    manifest = parse_document(document.data, "it", document.media_type)
    assert isinstance(manifest, Manifest)
    assert manifest.config is not None
    assert b"rootfs" in one.blob(manifest.config.digest, manifest.config.size_bytes)
    for layer in manifest.layers:
        data = read(one, layer.digest, layer.size_bytes)
        assert hashlib.sha256(data).hexdigest() == layer.digest.hex
        half = layer.size_bytes // 2
        assert read(one, layer.digest, layer.size_bytes, half) == data[half:]


def test_a_range_is_all_that_is_sent(registry: Registry, tmp_path: Path) -> None:
    one = client(registry, tmp_path)
    manifest = parse_document(one.document("1.0").data, "it")
    assert isinstance(manifest, Manifest)
    layer = max(manifest.layers, key=lambda layer: layer.size_bytes)
    whole = read(one, layer.digest, layer.size_bytes)
    sent, received = registry.sent_bytes(layer.digest), one.received_bytes
    assert one.range(layer.digest, layer.size_bytes, 100, 50) == whole[100:150]
    assert one.received_bytes - received == 50
    assert registry.sent_bytes(layer.digest) - sent == 50


def test_tags_and_what_is_not_there(registry: Registry, tmp_path: Path) -> None:
    one = client(registry, tmp_path)
    assert sorted(one.tags()) == ["1.0", "1.1", "2.0"]
    assert one.referrers(one.document("1.0").digest) is None
    with pytest.raises(NotFoundError, match=r"has no tag '1\.2'\. Near it: 1\.\d, 1\.\d"):
        one.document("1.2")
    with pytest.raises(NotFoundError, match="does not exist, or is private"):
        client(registry, tmp_path, "team/other:1").document("1")


@pytest.mark.parametrize("knows", ["nothing", "a wrong password"])
def test_who_may_not_is_told_why(knows: str, registry: Registry, tmp_path: Path) -> None:
    wrong = {"auths": {registry.host: {"username": "jane", "password": "wr0ng"}}}
    one = client(registry, tmp_path, login={} if knows == "nothing" else wrong)
    if registry.auth == "none":
        assert one.document("1.0").data  # anybody may
        return
    words = "no credentials for it were found" if knows == "nothing" else "does not accept the credentials from"
    with pytest.raises(AuthenticationError, match=words) as raised:
        one.document("1.0")
    assert "config.json" in raised.value.message
    assert "wr0ng" not in f"{raised.value!r}{raised.value.hint}"


def test_a_private_authority_has_to_be_known(tmp_path: Path) -> None:
    with Registry(tls=make_certificates(tmp_path / "tls")) as registry:
        with pytest.raises(UnreachableError, match="is not trusted") as raised:
            connect(parse_name(f"{registry.host}/team/api"), {"HOME": str(tmp_path)}).document("1.0")
        assert f"certs.d/{registry.host}/ca.crt" in raised.value.hint


def test_no_password_is_in_a_log_of_ours_or_in_an_address(registry: Registry, tmp_path: Path) -> None:
    one = client(registry, tmp_path)
    one.document("1.0")
    with pytest.raises(LayertuiError) as raised:
        one.document("9")
    assert PASSWORD not in f"{raised.value!r}{raised.value.hint}{vars(one)!r}"
    assert PASSWORD not in (registry.directory / "log").read_text(errors="replace")
    if registry.tokens is not None:
        assert not [path for path in registry.tokens.requests if PASSWORD in path]
