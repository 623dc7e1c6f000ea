"""Names in a tar as keys whose plain byte order is tree order.

A key is the cleaned path with `/` replaced by NUL: NUL cannot stand in a name and sorts before every other byte, so a
directory is followed by all that is below it (`a`, `a/b`, `a-b`) and a subtree is one run. The root is the empty key.
"""

PATH_LIMIT_BYTES = 4096
"""The longest path that is kept: PATH_MAX of Linux, which no engine can create more than."""

COMPONENT_LIMIT = 1024
"""The most components of a path that are kept: bounds how many parents one name can imply."""


def clean(name: bytes) -> tuple[bytes, bool]:
    """Clean a name as image readers do: returns its key, and whether it tried to leave the root.

    `./a`, `/a`, `a/` and `a//b` are `a`, `a`, `a` and `a/b`; `.` is the root; `..` is clamped at the root
    (layering rule: never outside).
    """
    parts: list[bytes] = []
    escaped = False
    for part in name.split(b"/"):
        if part in (b"", b"."):
            continue
        if part == b"..":
            if parts:
                parts.pop()
            else:
                escaped = True
            continue
        parts.append(part)
    return b"\0".join(parts), escaped


def key_of(path: bytes) -> bytes:
    """The key of a path that a person gave: `/etc/motd`, `etc/motd` and `./etc/motd/` are the same."""
    return clean(path.replace(b"\0", b""))[0]


def path_of(key: bytes) -> bytes:
    """The path of a key: relative, without a trailing slash; the root is `.`."""
    return key.replace(b"\0", b"/") or b"."


def parent_of(key: bytes) -> bytes:
    """The key of a key's parent directory; the root is its own parent."""
    return key[: max(key.rfind(b"\0"), 0)]
