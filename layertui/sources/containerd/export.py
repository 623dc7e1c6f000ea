"""Images by containerd's own client, where its store cannot be read: `ctr images ls` and `ctr images export`."""

import contextlib
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from layertui.errors import DamagedError, LayertuiError, UnreachableError
from layertui.image.digest import Digest
from layertui.image.image import Image
from layertui.image.platform import Platform, host_platform
from layertui.layer.spool import disk_directory, spool
from layertui.sources import oci_archive
from layertui.sources.base import ImageEntry, Listing, Record, broken, short_reference
from layertui.sources.containerd.finding import SCHEME
from layertui.sources.containerd.metadata import NamedImage, Target
from layertui.sources.place import ENGINE_TIMEOUT_S
from layertui.sources.target import Target as Archive

_CHUNK_BYTES = 1 << 20
_SILENT_S = 30.0
"""How long an export may pause: a disk that is busy takes seconds."""
_HANGS = "It hangs: restart it, or look into its log."
_LIST_BYTES = 64 << 20
"""What `ctr images ls` may print: some 300 bytes a name."""


@dataclass(frozen=True, slots=True)
class Client:
    """The client, and the socket that it talks to. It is run by argument vector, and asked to read only."""

    program: str
    """Path of `ctr`."""
    socket: str
    """Path of containerd's socket."""
    label: str
    """What messages call it."""

    def ask(self, *words: str, end_s: float) -> str:
        """What one command prints; raises UnreachableError, also when the clock passes `end_s`."""
        try:
            done = subprocess.run(
                self._command(*words),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=max(end_s - time.monotonic(), 0.1),
            )
        except subprocess.TimeoutExpired as problem:
            raise UnreachableError(f"{self.label} does not answer.", _HANGS) from problem
        except OSError as problem:
            raise self._cannot_run(problem) from problem
        if done.returncode:
            raise self._failed(words, done.stderr)
        return done.stdout[:_LIST_BYTES].decode("utf-8", "replace")

    def export(self, namespace: str, name: str) -> Generator[bytes, None, None]:
        """An OCI archive of an image for this host's platform; ends the client when the reader stops early."""
        if name.startswith("-"):
            raise DamagedError(f"{self.label}: {name} is no name of an image, and is not handed to ctr.")
        words = ("--namespace", namespace, "images", "export", "-", name)
        with tempfile.TemporaryFile() as complaints:
            try:
                process = subprocess.Popen(
                    self._command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints
                )
            except OSError as problem:
                raise self._cannot_run(problem) from problem
            try:
                assert process.stdout is not None
                while chunk := self._chunk(process.stdout.fileno()):
                    yield chunk
                code = process.wait()
            finally:
                with contextlib.suppress(OSError):
                    process.kill()
                process.wait()
                if process.stdout is not None:
                    process.stdout.close()
            if code:
                complaints.seek(0)
                raise self._failed(words, complaints.read(1 << 16))

    def _chunk(self, fd: int) -> bytes:
        ready, _, _ = select.select([fd], [], [], _SILENT_S)
        if not ready:
            raise UnreachableError(f"{self.label} sent nothing for {_SILENT_S:g} seconds.", _HANGS)
        return os.read(fd, _CHUNK_BYTES)

    def _command(self, *words: str) -> list[str]:
        # Shorter than what is waited for, so that the client itself says why it cannot connect.
        connect = ("--connect-timeout", f"{ENGINE_TIMEOUT_S * 0.8:.2f}s")
        return [self.program, "--address", self.socket, *connect, *words]

    def _cannot_run(self, problem: OSError) -> LayertuiError:
        return UnreachableError(f"{self.program} cannot be run: {(problem.strerror or 'it failed').lower()}.")

    def _failed(self, words: Sequence[str], complaints: bytes) -> LayertuiError:
        said = complaints.decode("utf-8", "replace").strip().splitlines()[-1:] or ["nothing"]
        return UnreachableError(f"{self.label}: ctr {' '.join(words)} said: {said[0].removeprefix('ctr: ')}")


def list_exports(client: Client, own: str = "default") -> Listing:
    """The images of every namespace as `ctr images ls` prints them; opening one exports it to a file without a name.

    Containers are not listed: the client shows none of their files. Raises LayertuiError.
    """
    end_s = time.monotonic() + ENGINE_TIMEOUT_S
    entries: list[ImageEntry] = []
    names = client.ask("namespaces", "ls", "--quiet", end_s=end_s).split()
    for namespace in sorted(names, key=lambda name: (name != own, name)):
        prefix = "" if namespace == own else f"{namespace}/"
        printed = client.ask("--namespace", namespace, "images", "ls", end_s=end_s)
        called: dict[Target, list[NamedImage]] = {}
        platforms: dict[Target, Platform | None] = {}
        for image, platform in map(_row, printed.splitlines()[1:]):
            called.setdefault(image.target, []).append(image)
            platforms[image.target] = platform
        entries += [_entry(client, namespace, prefix, images, platforms[target]) for target, images in called.items()]
    return Listing(SCHEME, client.label, tuple(entries), facts=(("layers read by", "exports of ctr"),))


def _row(line: str) -> tuple[NamedImage, Platform | None]:
    """One line: name, media type, digest, size and its unit, platforms, labels. Raises DamagedError."""
    words = line.split()
    if len(words) < 6:
        raise DamagedError(f"ctr images ls printed a line that cannot be read: {line}")
    texts = [text for text in words[5].split(",") if text[:1].isalpha()]
    platforms = [Platform(*parts) for text in texts if 2 <= len(parts := text.split("/")) <= 3]
    fitting = [platform for platform in platforms if platform.distance(host_platform()) is not None]
    exported = fitting or (platforms if len(platforms) == 1 else [])
    platform = exported[0] if exported else None
    # The size is rounded for reading, so it is not one to reckon with.
    return NamedImage(words[0], Target(words[2], words[1], 0)), platform


def _entry(
    client: Client, namespace: str, prefix: str, images: Sequence[NamedImage], platform: Platform | None
) -> ImageEntry:
    tags = tuple(prefix + image.name for image in images if image.tagged)
    target, name = images[0].target, images[0].name
    try:
        digest = Digest.parse(target.digest)
    except DamagedError as problem:
        return broken(problem, tags[0] if tags else name, tags)
    reference = tags[0] if tags else short_reference(digest)

    def open_export() -> Image:
        label = f"{client.label}: {reference}"
        archive = Archive.of_blob(
            spool(client.export(namespace, name), label, directory=disk_directory()), label, lambda _: None
        )
        found = [entry for entry in oci_archive.open_source(archive).entries() if entry.kind == "image"]
        if not found:
            raise DamagedError(f"{label}: the export holds no image that can be run.")
        return replace(found[0].open(), reference=reference, tags=tags)

    # The client prints no digest of a config: this one tells images apart, as with Docker on containerd.
    record = Record(digest, repo_digests=tuple(image.name for image in images if image.digested))
    return ImageEntry(reference, tags, "image", platform, digest, None, open_export, record, namespace=namespace)
