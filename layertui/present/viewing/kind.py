"""What a content is: told by its first bytes, with a line or two about it."""

from dataclasses import dataclass
from enum import Enum

from layertui.image.blob import Blob
from layertui.layer.compression import MAGIC_BYTES, Compression, sniff
from layertui.present.safetext import safe
from layertui.present.units import exact_bytes
from layertui.present.viewing.archive import archive_form
from layertui.present.viewing.elf import MAGIC as ELF
from layertui.present.viewing.elf import elf_facts
from layertui.present.viewing.encoding import SAMPLE_BYTES, UTF_8, Encoding, detect
from layertui.present.viewing.picture import picture_fact


class Form(Enum):
    """How a content is shown first."""

    EMPTY = "empty"
    TEXT = "text"
    BINARY = "binary"
    ARCHIVE = "archive"
    LINK = "link"
    """A symlink: its target."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a content is; texts are safe."""

    form: Form
    facts: tuple[str, ...]
    """What it is in a line or two, such as `Python script, UTF-8, 1,204 B`."""
    encoding: Encoding | None = None
    """Of a text, and of a link's target."""
    archive: str = ""
    """Which archive it is, as `list_members` wants it."""


_KNOWN: tuple[tuple[int, bytes, str], ...] = (
    (0, b"SQLite format 3\0", "SQLite database"),
    (0, b"%PDF-", "PDF document"),
    (0, b"\xca\xfe\xba\xbe", "Java class, or a Mach-O universal binary"),
    (0, b"\xcf\xfa\xed\xfe", "Mach-O 64-bit"),
    (0, b"MZ", "Windows or DOS executable"),
    (0, b"\0asm", "WebAssembly module"),
    (0, b"\xed\xab\xee\xdb", "RPM package"),
    (0, b"wOFF", "WOFF font"),
    (0, b"wOF2", "WOFF2 font"),
    (0, b"OggS", "Ogg media"),
    (0, b"ID3", "MP3 audio"),
    (4, b"ftyp", "MP4 media"),
    (0, b"\xde\x12\x04\x95", "GNU message catalogue"),
    (0, b"TZif", "time zone data"),
    (0, b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (0, b"hsqs", "squashfs file system"),
    (0, b"\x13\x57\x9a\xce", "Berkeley DB or gdbm database"),
    (0, b"LUKS\xba\xbe", "LUKS volume"),
)
"""Offset, magic and name of what is often met in an image; what stands here is binary."""

_PYTHON_BYTECODE = b"\r\n"
"""Behind two bytes of version, in each .pyc (CPython, importlib)."""


def look(blob: Blob, *, name: bytes = b"", is_link: bool = False) -> Look:
    """Tell what a content is; `name` is its path or file name. Reads its beginning, and what headers point at.

    Raises what the blob raises.
    """
    size = exact_bytes(blob.size_bytes)
    if is_link:
        return Look(Form.LINK, ("Symlink; its target is shown",), UTF_8)
    if not blob.size_bytes:
        return Look(Form.EMPTY, ("Empty file",))
    sample = blob.read_at(0, SAMPLE_BYTES)
    if sample.startswith(ELF):
        first, *more = elf_facts(blob)
        return Look(Form.BINARY, (f"{first}, {size}", *more))
    archive = archive_form(blob)
    if archive is not None:
        return Look(Form.ARCHIVE, (f"{_archive_title(archive, name)}, {size}",), archive=archive)
    title = _binary_title(blob, sample, name)
    encoding = None if title else detect(sample)
    if encoding is None:
        return Look(Form.BINARY, (f"{title or 'Binary data'}, {size}",))
    ends = ", CRLF line ends" if b"\r\n" in sample or b"\r\0\n\0" in sample else ""
    return Look(Form.TEXT, (f"{_text_title(sample)}, {encoding.title}{ends}, {size}",), encoding)


_TITLES = {
    b".whl": "Python wheel (zip)",
    b".jar": "Java archive (zip)",
    b".war": "Java web archive (zip)",
    b".apk": "Package (zip)",
    b".deb": "Debian package (ar)",
    b".a": "Static library (ar)",
}


def _archive_title(form: str, name: bytes) -> str:
    suffix = b"." + name.rpartition(b".")[2].lower()
    title = _TITLES.get(suffix, "")
    if title.endswith(f"({form})"):
        return title
    return "tar archive" + form.removeprefix("tar") if form.startswith("tar") else f"{form} archive"


def _binary_title(blob: Blob, sample: bytes, name: bytes) -> str:
    """What kind of binary it is, where that is known; empty otherwise, and for text."""
    picture = picture_fact(blob)
    if picture is not None:
        return picture
    for offset, magic, title in _KNOWN:
        if sample.startswith(magic, offset) and (len(magic) > 3 or b"\0" in sample):
            return title
    if name.endswith(b".pyc") and sample[2:4] == _PYTHON_BYTECODE:
        return "Python bytecode"
    compression = sniff(sample[:MAGIC_BYTES])
    # A text may begin with the two or three letters that some of these have.
    return f"{compression.value} data" if compression is not Compression.PLAIN and detect(sample) is None else ""


def _text_title(sample: bytes) -> str:
    interpreter = interpreter_of(sample)
    return f"{safe(interpreter)} script" if interpreter else "Text"


def interpreter_of(sample: bytes) -> bytes:
    """The program that a script's first line names, without its directory: python3 of `#!/usr/bin/env python3`."""
    if not sample.startswith(b"#!"):
        return b""
    words = sample[2:256].partition(b"\n")[0].split()
    names = [word.rpartition(b"/")[2] for word in words]
    if names[:1] == [b"env"]:
        names = [name for name in names[1:] if not name.startswith(b"-") and b"=" not in name]
    return names[0] if names else b""
