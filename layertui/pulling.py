"""`layertui pull`: images from a registry into an OCI layout, without an engine."""

import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from layertui.console import fail, print_error, print_json, print_lines
from layertui.errors import Cancelled, DamagedError, LayertuiError, NotFoundError, PartialResultError, UsageError
from layertui.image.platform import Platform
from layertui.present.report import SCHEMA_VERSION, Json
from layertui.present.safetext import safe
from layertui.present.units import size_text
from layertui.progress import ProgressLine
from layertui.sources.reference import REMOTE, parse_reference
from layertui.sources.registry.cache import BlobCache
from layertui.sources.registry.client import connect
from layertui.sources.registry.images import Images
from layertui.sources.registry.layout import LayoutWriter, check_destination
from layertui.sources.registry.names import RemoteName, parse_name
from layertui.sources.registry.pulling import Coming, Puller
from layertui.sources.registry.source import familiar
from layertui.sources.registry.survey import Survey, survey
from layertui.sources.registry.tags import open_tags

EVERY = "all"
"""What `--platform` says for all platforms of an index, as with skopeo's --all."""

_WORDS = {"registry": "fetched", "cache": "from the cache", "layout": "there already", None: "not distributed"}
"""Where blobs came from, for the person."""


@dataclass(frozen=True, slots=True)
class _Pulled:
    """An image that is in the layout."""

    survey: Survey
    coming: Sequence[Coming]

    @property
    def notes(self) -> list[str]:
        """What it lacks, though nothing is wrong."""
        return [
            f"{each.part.name} is not distributed with the image, and is not in the layout: {each.part.digest}"
            for each in self.coming
            if each.origin is None
        ]


def pull(
    ref: str,
    *,
    output: str,
    all_tags: bool = False,
    platform: str | None = None,
    authfile: str | None = None,
    as_json: bool = False,
) -> None:
    """Bring an image, or all of a repository, into an OCI layout; ends with 7 where not all of it could be had.

    Without `platform` it is the host's image; `all` is all of an index, what else it names too. Raises LayertuiError.
    """
    name = _meant(ref)
    every = platform == EVERY
    wanted = Platform.parse(platform) if platform is not None and not every else None
    directory = Path(output)
    check_destination(directory)
    login = Path(authfile) if authfile is not None else None
    if all_tags:
        source = open_tags(_without_scheme(ref), authfile=login)
        images, names = source.images, [name.at(tag) for tag in source.tags]
        if not names:
            raise NotFoundError(f"{source.label} has no tags.", "Name an image in it by its digest, behind an @.")
    else:
        images, names = Images(connect(name, os.environ, authfile=login), BlobCache()), [name]
    pulled: list[_Pulled] = []
    problems: list[LayertuiError] = []
    with _interrupted_said(output, as_json=as_json), ProgressLine() as line:
        layout: LayoutWriter | None = None
        try:
            for number, each in enumerate(names):
                line.show(f"asking for {safe(familiar(each))}")
                try:
                    found = survey(images, each, wanted, every=every)
                    layout = layout or LayoutWriter(directory)  # not before there is something to write
                    watch = _Watch(line, familiar(each), (number + 1, len(names)), done=not as_json)
                    pulled.append(_Pulled(found, Puller(images, layout).pull(found, watch)))
                except (NotFoundError, DamagedError) as problem:
                    if not all_tags:
                        raise
                    problems.append(type(problem)(f"{familiar(each)}: {problem.message}", problem.hint))
        finally:
            if layout is not None:
                layout.close()
    if not pulled:
        raise problems[0]
    _report(output, pulled, problems, as_json=as_json)


def _meant(ref: str) -> RemoteName:
    """The image in a registry that is meant, with or without its scheme; raises UsageError."""
    reference = parse_reference(ref)
    if reference.scheme is not None and reference.scheme not in REMOTE:
        raise UsageError(
            f"{reference.scheme}: is not a registry.", "Such as: layertui pull docker://alpine:3.19 -o DIR"
        )
    if reference.layers is not None:
        raise UsageError(f"'{ref}' means layers, and an image is pulled whole.", "Leave out what stands behind the #.")
    return parse_name(reference.name)


def _without_scheme(ref: str) -> str:
    return parse_reference(ref).name


class _Watch:
    """Progress on stderr for a person who waits: of all, of each blob on its way, and a line for each that is there."""

    def __init__(self, line: ProgressLine, name: str, place: tuple[int, int], *, done: bool) -> None:
        """`place` is the number of the image, from 1, and how many there are; `done` is for lines of finished blobs."""
        number, count = place
        self._line = line
        self._title = f"pulling {safe(name)}" + (f" ({number} of {count})" if count > 1 else "")
        self._began_s = time.monotonic()
        self._says_done = done and sys.stderr.isatty()
        self._said: set[str] = set()

    def __call__(self, coming: Sequence[Coming]) -> None:
        """Show how far it is."""
        for each in coming:
            if self._says_done and each.origin is not None and each.part.digest not in self._said:
                self._said.add(each.part.digest)
                self._line.clear()
                said = f"{each.part.name:<6}  {size_text(each.part.size_bytes):>8}  {_WORDS[each.origin]}, verified"
                print(said, file=sys.stderr)
        self._line.show(self._text(coming))

    def _text(self, coming: Sequence[Coming]) -> str:
        total = sum(each.part.size_bytes for each in coming)
        done = sum(each.done_bytes for each in coming)
        rate = sum(each.fetched_bytes for each in coming) / max(time.monotonic() - self._began_s, 0.001)
        text = f"{self._title}  {done / 1e6:,.0f}/{total / 1e6:,.0f} MB"
        if rate >= 1:
            text += f"  {rate / 1e6:,.1f} MB/s  eta {(total - done) / rate:,.0f} s"
        for each in coming:
            if each.origin is None and each.done_bytes:
                text += f"  {each.part.name} {100 * each.done_bytes // max(each.part.size_bytes, 1)}%"
        return text[: shutil.get_terminal_size().columns - 1]


@contextmanager
def _interrupted_said(output: str, *, as_json: bool) -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, Cancelled):
        if not as_json:
            hint = "The same command goes on from there."
            print(f"layertui: interrupted. What came is kept in {safe(output)}.\n  {hint}", file=sys.stderr)
        raise


def _report(output: str, pulled: Sequence[_Pulled], problems: list[LayertuiError], *, as_json: bool) -> None:
    """Say what is in the layout now, and end with the exit code for what is not."""
    for each in pulled:
        problems += each.survey.problems
    if as_json:
        print_json(_json(output, pulled, problems))
        if problems:
            fail(PartialResultError(" ".join(problem.message for problem in problems), problems[0].hint), as_json)
        return
    print_lines(line for each in pulled for line in _lines(each))
    for note in (note for each in pulled for note in each.notes):
        print(f"layertui: {safe(note)}", file=sys.stderr)
    for problem in problems:
        print_error(problem)
    if problems:
        sys.exit(PartialResultError.exit_code)


def _lines(pulled: _Pulled) -> Iterator[str]:
    found = pulled.survey
    platform = f"  {found.platform.text}" if found.platform is not None else ""
    yield safe(f"{familiar(found.name)}{platform}  {found.document.digest}")
    counts: dict[str, int] = {}
    for each in pulled.coming:
        counts[_WORDS[each.origin]] = counts.get(_WORDS[each.origin], 0) + 1
    size_bytes = sum(each.part.size_bytes for each in pulled.coming)
    told = ", ".join(f"{count} {words}" for words, count in counts.items())
    blobs = f"{len(pulled.coming)} blob{'s' if len(pulled.coming) != 1 else ''}"
    yield f"  {blobs}, {size_text(size_bytes)}: {told or 'nothing'}; each verified by its size and digest"


def _json(output: str, pulled: Sequence[_Pulled], problems: Sequence[LayertuiError]) -> Json:
    told = [{"message": problem.message, "hint": problem.hint} for problem in problems]
    return {
        "schema_version": SCHEMA_VERSION,
        "destination": output,
        "images": [_image_json(each) for each in pulled],
        "fetched_bytes": sum(coming.fetched_bytes for each in pulled for coming in each.coming),
        "notes": [note for each in pulled for note in each.notes],
        **({"problems": told} if told else {}),
    }


def _image_json(pulled: _Pulled) -> Json:
    found = pulled.survey
    return {
        "reference": familiar(found.name),
        "digest": str(found.document.digest),
        "media_type": found.media_type,
        "platform": found.platform.text if found.platform is not None else None,
        "blobs": [
            {
                "digest": str(each.part.digest),
                "name": each.part.name,
                "size_bytes": each.part.size_bytes,
                "origin": each.origin,
                "fetched_bytes": each.fetched_bytes,
                "resumed_bytes": each.resumed_bytes,
                "verified": each.origin is not None,
            }
            for each in pulled.coming
        ],
    }
