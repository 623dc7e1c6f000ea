"""Names of images in registries, taken apart as docker does (distribution/reference, and distribution-spec 1.1)."""

import re
from dataclasses import dataclass, replace

from layertui.errors import DamagedError, UsageError
from layertui.image.digest import Digest
from layertui.sources.held import may_be_held
from layertui.sources.reference import parse_reference

HUB = "docker.io"
"""The registry that is meant where a name has none."""

HUB_API = "registry-1.docker.io"
"""The host that answers for it."""

_HUB_NAMES = (HUB, "index.docker.io", HUB_API)
"""What it is called: all the same registry."""

_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:.]+\])(?::[0-9]{{1,5}})?", re.ASCII)
_PATH = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)

_LONGEST = 255
"""Characters of host and path together (distribution/reference)."""


@dataclass(frozen=True, slots=True)
class Repository:
    """Where images of one name are: `docker.io` and `library/alpine`."""

    host: str
    """With its port where one is given. For Docker Hub this is `docker.io`, which is not the host that answers."""
    path: str
    """Behind the host, with `library/` where docker puts it."""

    @property
    def text(self) -> str:
        """`docker.io/library/alpine`: what messages call it."""
        return f"{self.host}/{self.path}"


@dataclass(frozen=True, slots=True)
class RemoteName:
    """An image in a registry."""

    repository: Repository
    """Where it is."""
    tag: str | None
    """Its tag; `latest` where the name had neither tag nor digest, None where it had a digest alone."""
    digest: Digest | None = None
    """Of its manifest, where the name says it; then the tag is for the person only."""

    @property
    def reference(self) -> str:
        """What a registry is asked for: the digest, else the tag."""
        return self.digest or self.tag or "latest"

    @property
    def text(self) -> str:
        """All of it, such as `docker.io/library/alpine:latest`."""
        return self.repository.text + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def at(self, reference: str) -> "RemoteName":
        """The image of another tag or digest in the same repository; raises UsageError for what is neither."""
        if is_tag(reference):
            return replace(self, tag=reference, digest=None)
        return replace(self, tag=None, digest=_digest(reference, self.text))


def bare_name(text: str) -> RemoteName | None:
    """The image in a registry that a bare name could mean; None for what has a scheme, or cannot be the name of one."""
    try:
        reference = parse_reference(text)
        is_bare = reference.scheme is None and may_be_held(reference.name)
        return parse_name(reference.name) if is_bare else None
    except UsageError:
        return None


def is_tag(text: str) -> bool:
    """Whether a text can be a tag (distribution-spec, *Pulling manifests*)."""
    return _TAG.fullmatch(text) is not None


def parse_name(text: str) -> RemoteName:
    """Read `[host[:port]/]repository[:tag][@digest]`, without `docker://`; raises UsageError with what is wrong."""
    rest, at, digest_text = text.partition("@")
    digest = _digest(digest_text, text) if at else None
    rest, tag = _split_tag(rest)
    if tag is not None and not is_tag(tag):
        raise UsageError(
            f"'{text}' has no valid tag: '{tag}'.",
            "A tag has at most 128 letters, digits, dots, dashes and underscores: alpine:3.19",
        )
    if tag is None and digest is None:
        tag = "latest"
    return RemoteName(_repository(rest, text), tag, digest)


def _split_tag(text: str) -> tuple[str, str | None]:
    """A colon behind the last slash begins a tag; one before it, a port."""
    head, colon, tag = text.rpartition(":")
    return (head, tag) if colon and "/" not in tag else (text, None)


def _repository(text: str, whole: str) -> Repository:
    first, slash, rest = text.partition("/")
    if slash and (first == "localhost" or re.search(r"[.:\[A-Z]", first)):
        host, path = first, rest
    else:
        host, path = HUB, text
    if host.lower() in _HUB_NAMES:
        host = HUB
        path = path if "/" in path or not path else f"library/{path}"
    if not _HOST.fullmatch(host):
        raise UsageError(f"'{whole}' has no valid registry: '{host}'.", "Write it as HOST[:PORT]/NAME[:TAG].")
    if not _PATH.fullmatch(path):
        raise _bad_path(path, whole)
    if len(host) + 1 + len(path) > _LONGEST:
        raise UsageError(f"The name of an image has at most {_LONGEST} characters; this one is longer.")
    return Repository(host.lower(), path)


def _bad_path(path: str, whole: str) -> UsageError:
    if not path:
        return UsageError(f"'{whole}' names no image." if whole else "The name is empty.", "Such as: docker://alpine")
    if _PATH.fullmatch(path.lower()):
        return UsageError(f"'{whole}' is no name in a registry: it has capital letters.", f"Perhaps: {whole.lower()}")
    return UsageError(
        f"'{whole}' is no name in a registry: '{path}' may have small letters and digits, with single dots or dashes.",
        "Write it as [HOST[:PORT]/]NAME[:TAG][@DIGEST].",
    )


def _digest(text: str, whole: str) -> Digest:
    try:
        return Digest.parse(text)
    except DamagedError as problem:
        raise UsageError(
            f"'{whole}' has no valid digest behind the @.", "A digest is sha256: and 64 hexadecimal digits."
        ) from problem
