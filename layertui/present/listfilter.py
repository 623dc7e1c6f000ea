"""`layertui ls --filter`: Docker's filters of images, with Docker's meaning of each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from layertui.errors import NotFoundError, UsageError
from layertui.present.listing import Listed, split_name
from layertui.present.units import parse_time

_YES, _NO = ("true", "1"), ("false", "0")

_TRY = "Filters: dangling=true, reference=PATTERN, label=KEY or KEY=VALUE, before=IMAGE, since=IMAGE."


@dataclass(frozen=True, slots=True)
class ImageFilter:
    """What is asked of an image; every part has to hold."""

    dangling: bool | None = None
    """True: only images without a tag. False: only images with any name."""
    references: tuple[re.Pattern[str], ...] = ()
    """One of them has to match a name; names that none matches are not shown."""
    labels: tuple[tuple[str, str | None], ...] = ()
    """Keys that have to be there, with a value where one is given."""
    before: tuple[str, ...] = ()
    """Images than which it has to be older."""
    since: tuple[str, ...] = ()
    """Images than which it has to be newer."""

    def apply(self, images: Sequence[Listed]) -> list[Listed]:
        """The images that are meant, with the names that are meant, in the same order.

        Raises NotFoundError when there is no image that `before` or `since` names.
        """
        older_than = [_created(images, name) for name in self.before]
        newer_than = [_created(images, name) for name in self.since]
        kept = []
        for image in map(self._with_names, images):
            when = parse_time(image.created)
            if (
                self._means(image)
                and all(when is not None and when < limit for limit in older_than)
                and all(when is not None and when > limit for limit in newer_than)
            ):
                kept.append(image)
        return kept

    def _with_names(self, image: Listed) -> Listed:
        if not self.references:
            return image
        tags = tuple(filter(self._refers, image.tags))
        return replace(image, tags=tags, repo_digests=tuple(filter(self._refers, image.repo_digests)))

    def _refers(self, name: str) -> bool:
        """Whether a pattern matches a name, with or without its tag (reference.FamiliarMatch)."""
        known_as = familiar(name)
        subjects = (known_as, split_name(known_as)[0])
        return any(pattern.fullmatch(subject) for pattern in self.references for subject in subjects)

    def _means(self, image: Listed) -> bool:
        named = bool(image.tags or image.repo_digests)
        if self.references and not named:
            return False
        # Docker's two ways of asking are no opposites: an image that has only a digest is in both (20.10).
        if self.dangling is not None and not (named if self.dangling is False else not image.tags):
            return False
        return all(key in image.labels and (value is None or image.labels[key] == value) for key, value in self.labels)


def parse_filters(texts: Sequence[str]) -> ImageFilter:
    """Read what stands behind each `--filter`; raises UsageError with the filters that there are."""
    values: dict[str, list[str]] = {"dangling": [], "reference": [], "label": [], "before": [], "since": []}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not value:
            raise UsageError(f"'{text}' is no filter: it has to be name=value.", _TRY)
        if name.lower() not in values:
            raise UsageError(f"There is no filter '{name}'.", _TRY)
        values[name.lower()].append(value)
    return ImageFilter(
        dangling=_dangling(values["dangling"]),
        references=tuple(map(compile_glob, values["reference"])),
        labels=tuple((key, value if equals else None) for key, equals, value in _cut(values["label"])),
        before=tuple(values["before"]),
        since=tuple(values["since"]),
    )


def _cut(labels: Sequence[str]) -> list[tuple[str, str, str]]:
    return [label.partition("=") for label in labels]


def _dangling(values: Sequence[str]) -> bool | None:
    words = {value.lower() for value in values}
    if not words <= {*_YES, *_NO} or (words & set(_YES) and words & set(_NO)):
        raise UsageError(f"dangling is true or false, not '{' and '.join(values)}'.", "Try: --filter dangling=true")
    return bool(words & set(_YES)) if words else None


def compile_glob(pattern: str) -> re.Pattern[str]:
    r"""A pattern as Go's path.Match reads it: `*` and `?` stop at a slash, `[a-z]`, `[^a-z]`, `\` before a character.

    Raises UsageError where a bracket is not closed, is empty or begins a range that does not end, or where a
    backslash stands last.
    """
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "*":
            if parts[-1:] != ["[^/]*"]:  # two stars in a row mean what one does, and take far longer
                parts.append("[^/]*")
            at += 1
        elif character == "?":
            parts.append("[^/]")
            at += 1
        elif character == "[":
            text, at = _bracket(pattern, at + 1)
            parts.append(text)
        else:
            character, at = _literal(pattern, at)
            parts.append(re.escape(character))
    return re.compile("".join(parts), re.DOTALL)


def _bracket(pattern: str, at: int) -> tuple[str, int]:
    """A character class from behind its opening bracket, and where it ends."""
    negated = pattern[at : at + 1] == "^"
    at += negated
    ranges: list[str] = []
    while pattern[at : at + 1] != "]" or not ranges:
        low, at = _member(pattern, at)
        high = low
        if pattern[at : at + 1] == "-":
            high, at = _member(pattern, at + 1)
        # A range that ends before it begins matches nothing in Go.
        ranges.append(f"{re.escape(low)}-{re.escape(high)}" if low <= high else "")
    inside = "".join(ranges)
    if not inside:
        return "." if negated else "(?!)", at + 1
    return f"[{'^' if negated else ''}{inside}]", at + 1


def _member(pattern: str, at: int) -> tuple[str, int]:
    """One end of a range, and where what follows begins; Go wants a backslash before `-` and `]` there."""
    if pattern[at : at + 1] in ("-", "]"):
        raise _bad(pattern)
    return _literal(pattern, at)


def _literal(pattern: str, at: int) -> tuple[str, int]:
    """One character, perhaps behind a backslash, and where the next begins."""
    at += pattern[at : at + 1] == "\\"
    if at >= len(pattern):
        raise _bad(pattern)
    return pattern[at], at + 1


def _bad(pattern: str) -> UsageError:
    return UsageError(
        f"'{pattern}' is no pattern.", r"Use *, ?, [a-z] or [^a-z], and a backslash before one that is meant as it is."
    )


def familiar(name: str) -> str:
    """A name without what Docker leaves out: `docker.io/library/api:1` is `api:1`."""
    for beginning in ("docker.io/library/", "index.docker.io/library/", "docker.io/", "index.docker.io/"):
        if name.startswith(beginning):
            return name.removeprefix(beginning)
    return name


def _created(images: Sequence[Listed], name: str) -> datetime:
    """When the image was made that `before` or `since` names; raises NotFoundError."""
    found = next((image for image in images if _is_called(image, name)), None)
    found = found or next((image for image in images if _begins(image, name)), None)
    if found is None:
        raise NotFoundError(f"There is no image {name} to compare with.", "List what there is with: layertui ls")
    when = parse_time(found.created)
    if when is None:
        raise NotFoundError(f"When {name} was made is not known, so nothing can be compared with it.")
    return when


def _is_called(image: Listed, name: str) -> bool:
    wanted = familiar(name)
    if not split_name(wanted)[1]:
        wanted += ":latest"
    return any(familiar(each) == wanted for each in (*image.tags, *image.repo_digests))


def _begins(image: Listed, name: str) -> bool:
    digits = name.removeprefix("sha256:")
    return image.image_id is not None and len(digits) >= 4 and image.image_id.hex.startswith(digits)
