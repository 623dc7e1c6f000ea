r"""A comparison as a patch that `git apply` and `patch -p1` take: unified, with git's extended headers.

Format: git-diff(1), "Generating patch text with -p"; paths are quoted as its `core.quotePath` does.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layertui.present.comparing_lines import Block, differing_blocks

CONTEXT_LINES = 3
"""Equal lines around a change, as diff(1) and git give them."""

SYMLINK_MODE = 0o120000
"""How git writes a symlink; its content is its target."""

_QUOTES = {7: b"a", 8: b"b", 9: b"t", 10: b"n", 11: b"v", 12: b"f", 13: b"r", 34: b'"', 92: b"\\"}
"""Bytes with a letter of their own behind a backslash; others get three octal digits."""

_NO_END = b"\\ No newline at end of file\n"


@dataclass(frozen=True, slots=True)
class Text:
    """One side of a file in a patch."""

    mode: int
    """As git keeps it: 0o100644, 0o100755, or 0o120000 of a symlink."""
    data: bytes


def git_mode(mode: int) -> int:
    """The mode of a regular file as git keeps it: whether its owner may run it, and no more."""
    return 0o100755 if mode & 0o100 else 0o100644


def is_binary(data: bytes) -> bool:
    """Whether a content is no text: it holds a NUL, as diff(1) and git judge."""
    return b"\0" in data


def patch_of(path: bytes, a: Text | None, b: Text | None, context: int = CONTEXT_LINES) -> bytes:
    """The part of a patch that is about one path, empty where git sees no difference; None is no file there.

    A file that becomes a symlink, or the other way round, is deleted and made again.
    """
    if a is None and b is None:
        return b""
    if a is not None and b is not None and (a.mode == SYMLINK_MODE) != (b.mode == SYMLINK_MODE):
        return patch_of(path, a, None, context) + patch_of(path, None, b, context)
    if a == b:
        return b""
    old, new = quoted(b"a/" + path), quoted(b"b/" + path)
    data_a, data_b = a.data if a is not None else b"", b.data if b is not None else b""
    names = (old, new) if data_a != data_b else (_in_quotes(old), _in_quotes(new))
    head = [b"diff --git %s %s\n" % names]
    if a is None and b is not None:
        head.append(b"new file mode %o\n" % b.mode)
    elif b is None and a is not None:
        head.append(b"deleted file mode %o\n" % a.mode)
    elif a is not None and b is not None and a.mode != b.mode:
        head.append(b"old mode %o\nnew mode %o\n" % (a.mode, b.mode))
    if data_a == data_b and a is not None and b is not None:
        return b"".join(head)
    mode = b" %o" % a.mode if a is not None and b is not None and a.mode == b.mode else b""
    head.append(b"index %s..%s%s\n" % (_blob_name(a), _blob_name(b), mode))
    hunks = list(_hunks(_lines(data_a), _lines(data_b), context))
    if hunks:
        head.append(b"--- %s\n" % (b"/dev/null" if a is None else _with_end(old)))
        head.append(b"+++ %s\n" % (b"/dev/null" if b is None else _with_end(new)))
    return b"".join(head + hunks)


def note_of(path: bytes, words: bytes, remark: bytes = b"", *, in_a: bool, in_b: bool) -> bytes:
    """A line that programs which apply patches pass over, about what cannot stand in one.

    The empty line before it ends what stands above: right behind a header, git would take the note for a part of it.
    """
    names = [quoted(side + path) if held else b"/dev/null" for side, held in ((b"a/", in_a), (b"b/", in_b))]
    return b"\n%s %s and %s differ%s\n" % (words, *names, remark)


def quoted(path: bytes) -> bytes:
    r"""A path as git writes it: with quotes, and `\t` or `\303` in it, where a byte needs that."""
    if not any(byte < 32 or byte > 126 or byte in (34, 92) for byte in path):
        return path
    parts = (
        b"\\" + _QUOTES[byte] if byte in _QUOTES else b"\\%03o" % byte if byte < 32 or byte > 126 else bytes((byte,))
        for byte in path
    )
    return b'"' + b"".join(parts) + b'"'


def _in_quotes(name: bytes) -> bytes:
    """A name in quotes where a space stands in it: without `---` and `+++`, patch(1) finds its end by nothing else."""
    return b'"' + name + b'"' if b" " in name and not name.startswith(b'"') else name


def _with_end(name: bytes) -> bytes:
    """A name in a line of its own: a tab says where it ends when a space stands in it."""
    return name + b"\t" if b" " in name else name


def _blob_name(text: Text | None) -> bytes:
    """What git calls a content, in full: so a repository that has the old one is never in doubt."""
    if text is None:
        return b"0" * 40
    header = b"blob %d\0" % len(text.data)
    return hashlib.sha1(header + text.data, usedforsecurity=False).hexdigest().encode()


def _lines(data: bytes) -> list[bytes]:
    """Lines with their newlines; the last one may lack it."""
    lines = data.split(b"\n")
    last = lines.pop()
    return [line + b"\n" for line in lines] + ([last] if last else [])


def _hunks(a: Sequence[bytes], b: Sequence[bytes], context: int) -> Iterator[bytes]:
    """The hunks of a unified diff."""
    group: list[Block] = []
    for block in differing_blocks(a, b):
        if group and block.a_start - group[-1].a_stop > 2 * context:
            yield _hunk(a, b, group, context)
            group = []
        group.append(block)
    if group:
        yield _hunk(a, b, group, context)


def _hunk(a: Sequence[bytes], b: Sequence[bytes], group: list[Block], context: int) -> bytes:
    before, after = min(context, group[0].a_start), min(context, len(a) - group[-1].a_stop)
    a_start, a_stop = group[0].a_start - before, group[-1].a_stop + after
    b_start, b_stop = group[0].b_start - before, group[-1].b_stop + after
    parts = [b"@@ -%s +%s @@\n" % (_range(a_start, a_stop), _range(b_start, b_stop))]
    at = a_start
    for block in group:
        parts += [_line(b" ", line) for line in a[at : block.a_start]]
        parts += [_line(b"-", line) for line in a[block.a_start : block.a_stop]]
        parts += [_line(b"+", line) for line in b[block.b_start : block.b_stop]]
        at = block.a_stop
    parts += [_line(b" ", line) for line in a[at:a_stop]]
    return b"".join(parts)


def _range(start: int, stop: int) -> bytes:
    """A range of lines as a hunk's header has it: counted from 1, and of an empty one the line before it."""
    count = stop - start
    first = start + 1 if count else start
    return b"%d" % first if count == 1 else b"%d,%d" % (first, count)


def _line(sign: bytes, line: bytes) -> bytes:
    return sign + line if line.endswith(b"\n") else sign + line + b"\n" + _NO_END
