"""What a file looks like by its first bytes, for the sentence that it is no image."""

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x7fELF", "an ELF program or library"),
    (0, b"MZ", "a Windows program"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"PK\x05\x06", "a zip archive"),
    (0, b"Rar!", "a rar archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"!<arch>\n", "an ar archive, such as a Debian package"),
    (0, b"\xed\xab\xee\xdb", "an RPM package"),
    (0, b"070701", "a cpio archive"),
    (0, b"070707", "a cpio archive"),
    (0, b"hsqs", "a squashfs filesystem"),
    (0, b"QFI\xfb", "a qcow2 disk image"),
    (0, b"KDMV", "a VMDK disk image"),
    (0, b"#!/usr/bin/env run-singularity", "a Singularity image"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"%PDF", "a PDF document"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (0, b"\x5d\x00\x00", "LZMA data, a compression that is not supported"),
    (0, b"#!", "a script"),
    (510, b"\x55\xaa", "a disk image"),
)


def looks_like_tar(block: bytes) -> bool:
    """Whether this can be a tar's first block: its header checksum holds, or it is the end of an empty tar.

    Tars older than POSIX have no magic, so the checksum (pax(1), *ustar Interchange Format*; signed in some old ones)
    is what tells.
    """
    if len(block) < 512:
        return False
    block = block[:512]
    if not block.strip(b"\0"):
        return True
    field = block[148:156].strip(b" \0")
    try:
        promised = int(field, 8)
    except ValueError:
        return False
    rest = block[:148] + b" " * 8 + block[156:]
    signed = sum(byte - 256 if byte > 127 else byte for byte in rest)
    return promised in (sum(rest), signed)


def describe(head: bytes) -> str:
    """What bytes look like, with an article: `a zip archive`, `text`, `data of an unknown kind`."""
    if not head:
        return "empty"
    for offset, magic, name in _MAGIC:
        if head[offset : offset + len(magic)] == magic:
            return name
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text[:1] in (b"{", b"["):
        return "JSON text"
    if text[:1] == b"<":
        return "HTML or XML text, as a web server answers with"
    if _is_text(head):
        return "text"
    return "data of an unknown kind"


_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\f\x1b")


def _is_text(head: bytes) -> bool:
    if len(head.translate(None, _CONTROLS)) < len(head):
        return False
    try:
        # The last character may be cut in the middle.
        head[: max(len(head) - 3, 1)].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
