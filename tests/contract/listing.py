"""What a stack of layers shows, as lines of text that a test can state by hand."""

from layertui.layer.columns import Kind
from layertui.present.marks import outcome_mark, state_mark
from layertui.present.safetext import safe
from layertui.stack.squash import Fate, Squash
from layertui.stack.state import State
from tests.kit.entries import MTIME

KIND_LETTERS = {
    Kind.FILE: "f",
    Kind.DIRECTORY: "d",
    Kind.SYMLINK: "l",
    Kind.HARDLINK: "h",
    Kind.CHAR: "c",
    Kind.BLOCK: "b",
    Kind.FIFO: "p",
    Kind.WHITEOUT: "w",
}


def diff_lines(squash: Squash, layer: int) -> list[str]:
    """One layer in tree order: state, outcome, kind, path; implied directories only where they did something."""
    lines = []
    for position, shown in enumerate(squash.diff_mask(layer)):
        if not shown or squash.fates[position] == Fate.CONTEXT:
            continue
        state = squash.state(position)
        assert state is not None
        implied = squash.is_implied(position)
        if implied and state in (State.ADDED, State.UNCHANGED):
            continue
        outcome = outcome_mark(squash.outcome(position), squash.by_layer(position))
        kind = KIND_LETTERS[squash.kind(position)]
        note = " (implied)" if implied else ""
        lines.append(f"{state_mark(state)} {outcome:2} {kind} {safe(squash.path(position))}{note}")
    return lines


def merged_lines(squash: Squash) -> list[str]:
    """All layers together in tree order: kind, mode, owner, size, mtime, path, link target, xattrs.

    The mtime is in seconds after the kit's own.
    """
    lines = []
    for position, shown in enumerate(squash.merged_mask(squash.top)):
        if not shown or squash.path(position) == b".":
            continue
        entry = squash.entry(position)
        kind = KIND_LETTERS[entry.kind]
        if squash.is_implied(position):
            lines.append(f"{kind} implied {safe(entry.path)}")
            continue
        size = "?" if entry.size_bytes is None else entry.size_bytes
        when = entry.mtime_ns / 10**9 - MTIME
        line = f"{kind} {entry.mode:04o} {entry.uid}:{entry.gid} {size} {when:+g} {safe(entry.path)}"
        if entry.link_target is not None:
            line += f" -> {safe(entry.link_target)}"
        if entry.xattrs:
            line += " " + " ".join(safe(name) for name, _ in entry.xattrs)
        lines.append(line)
    return lines
