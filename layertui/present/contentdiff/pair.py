"""Two contents that are opened, what came of comparing them, and the sentences that say it. Every text is safe."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from layertui.image.blob import Blob
from layertui.present.contentdiff.binary import BinaryDiff, where_text
from layertui.present.contentdiff.choice import INCOMPLETE, compare_texts, why_bytes
from layertui.present.contentdiff.text import TextDiff
from layertui.present.viewing.kind import Form, Look

CHUNK_BYTES = 1 << 20

AS_ASKED = "Compared as bytes, as asked; H goes back to lines."

Check = Callable[[], None]
"""Called now and then; raises Cancelled to stop the work."""


@dataclass(frozen=True, slots=True)
class Content:
    """One content that can be read."""

    blob: Blob
    look: Look


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of comparing two contents: `text` or `binary` is there."""

    a: Content
    b: Content
    reason: str = ""
    """Why they are compared as bytes."""
    text: TextDiff | None = None
    binary: BinaryDiff | None = None
    ignores_space: bool = False
    is_equal: bool = False
    """Whether they are equal byte for byte."""

    sentences: tuple[str, ...] = ()
    """Which comparison it is and why, and what it found."""

    @property
    def is_same(self) -> bool:
        """Whether nothing is to be shown as a difference."""
        return self.is_equal or (self.text is not None and self.text.is_same)


def compare_as_text(a: Content, b: Content, *, ignore_space: bool, check: Check | None = None) -> Outcome | None:
    """Compare two contents line by line; None where they are no texts, or too much. Raises what the blobs raise."""
    if why_bytes(a.blob, a.look, b.blob, b.look) is not None:
        return None
    diff = compare_texts(a.blob, a.look, b.blob, b.look, ignore_space=ignore_space, check=check)
    is_equal = diff.is_same and _equal(a.blob, b.blob)
    outcome = Outcome(a, b, text=diff, ignores_space=ignore_space, is_equal=is_equal)
    return replace(outcome, sentences=tuple(_text_sentences(outcome, diff)))


def why_not_text(a: Content, b: Content) -> str:
    """Why two contents are compared as bytes; raises what the blobs raise."""
    return why_bytes(a.blob, a.look, b.blob, b.look) or AS_ASKED


def compared_as_bytes(a: Content, b: Content, reason: str, diff: BinaryDiff) -> Outcome:
    """What came of comparing two contents as bytes; `reason` says why."""
    return Outcome(a, b, reason, binary=diff, is_equal=diff.first is None, sentences=(where_text(diff), reason))


def _equal(a: Blob, b: Blob) -> bool:
    return a.size_bytes == b.size_bytes and all(
        a.read_at(at, CHUNK_BYTES) == b.read_at(at, CHUNK_BYTES) for at in range(0, a.size_bytes, CHUNK_BYTES)
    )


def _text_sentences(outcome: Outcome, diff: TextDiff) -> list[str]:
    if outcome.is_equal:
        empty = outcome.a.look.form is outcome.b.look.form is Form.EMPTY
        return ["Both are empty."] if empty else ["The contents are equal, byte for byte."]
    if diff.is_same:
        return _same_text(outcome)
    return [*_counted(outcome, diff), *_encodings(outcome), *([] if diff.is_complete else [INCOMPLETE])]


def _same_text(outcome: Outcome) -> list[str]:
    if outcome.ignores_space:
        return ["The texts are equal but for white space; I compares that too."]
    if encodings := _encodings(outcome):
        return ["The texts are equal.", *encodings]
    return ["The texts are drawn alike, but their bytes differ: H shows them."]


def _encodings(outcome: Outcome) -> list[str]:
    one, other = outcome.a.look.encoding, outcome.b.look.encoding
    if one is None or other is None or one.title == other.title:
        return []
    return [f"A is {one.title}, B is {other.title}."]


def _counted(outcome: Outcome, diff: TextDiff) -> list[str]:
    gaps = diff.gaps
    removed, added = sum(gap[1] - gap[0] for gap in gaps), sum(gap[3] - gap[2] for gap in gaps)
    hunks = "1 hunk" if len(gaps) == 1 else f"{len(gaps):,} hunks"
    lines = "1 line" if removed == 1 else f"{removed:,} lines"
    said = [f"Compared line by line: {hunks}, {lines} of A for {added:,} of B."]
    if outcome.ignores_space:
        said.append("White space is ignored.")
    elif _only_line_ends(diff):
        said.append("Only the ends of lines differ; I ignores white space.")
    return said


def _only_line_ends(diff: TextDiff) -> bool:
    return len(diff.a) == len(diff.b) and all(
        one.rstrip("\r\n") == other.rstrip("\r\n") for one, other in zip(diff.a, diff.b, strict=True)
    )
