"""`layertui ls`: ask the sources of this host what they hold, and print it without a screen."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from layertui.console import fail, print_error, print_json, print_lines
from layertui.errors import LayertuiError, PartialResultError, UnreachableError, UsageError, none_reached
from layertui.image.image import Container
from layertui.opening import open_reference_or_demo
from layertui.present.ancestry_text import ASCII, LINES, ancestry_lines
from layertui.present.listfilter import ImageFilter, parse_filters
from layertui.present.listing import HostList, Listed, bare_ids, images_json, images_table
from layertui.present.safetext import safe
from layertui.present.sharing import shares
from layertui.present.units import parse_time
from layertui.progress import ProgressLine
from layertui.sources.base import ImageEntry, Record
from layertui.sources.held import PLACES, may_be_held, tried
from layertui.sources.host import Answer, look, open_all, typed_scheme
from layertui.sources.place import Place
from layertui.sources.reference import HELD, REMOTE, parse_reference

NO_ENGINE = "Archives open without an engine: layertui image.tar. Why there is none: layertui doctor"
"""What to do on a host where there is nothing to list."""

_PATTERN = re.compile(r"[*?\[\]^\\]")
"""What a name as a pattern may have besides."""

_STORES = ("/", "[")
"""How the rest of a reference begins that names a store's directory, not an image."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """What one source holds."""

    name: str
    """What it is called in the list; of no other source."""
    scheme: str
    """What stands before the colon in a reference to it."""
    entries: tuple[ImageEntry, ...]
    """In its own order: each image, then its containers."""
    warnings: tuple[str, ...] = ()
    """What is odd about it as a whole."""
    problems: tuple[LayertuiError, ...] = ()
    """Why images that it may hold are not among them."""


def list_images(
    of: str | None,
    filters: Sequence[str],
    *,
    digests: bool = False,
    no_trunc: bool = False,
    quiet: bool = False,
    tree: bool = False,
    all_tags: bool = False,
    as_json: bool = False,
    authfile: str | None = None,
) -> None:
    """Print the images of this host, or of one source; ends with exit code 7 where something could not be listed.

    `of` is a source (`docker-daemon:`, `overlay2:DIR`, an archive, a name in a registry), or an image's name as
    `docker images NAME` takes it. With `all_tags` it is a repository, of which nothing but its list of tags is asked
    for. Raises UsageError, and UnreachableError where nothing could be asked at all.
    """
    if quiet + tree + as_json > 1:
        raise UsageError("--quiet, --tree and --json are three forms of one list.", "Leave all but one of them out.")
    if all_tags and (quiet or tree):
        raise UsageError(
            "--all-tags lists names alone: IDs and layers of each would have to be asked for.",
            "Leave --quiet and --tree out.",
        )
    source, name = _source_or_name(of)
    wanted = parse_filters([*filters, *([f"reference={name}"] if name is not None else [])])
    listed = _tags(source, authfile) if all_tags else _read(source, authfile, with_layers=tree or as_json)
    if wanted != ImageFilter():
        # A container has none of what a filter asks for: those without an image are shown where nothing is asked.
        listed = replace(listed, images=tuple(wanted.apply(listed.images)), orphans=())
    if as_json:
        print_json(images_json(listed))
    elif tree:
        print_lines(ancestry_lines(listed, LINES if _draws_lines() else ASCII, no_trunc=no_trunc))
    elif quiet:
        print_lines(bare_ids(listed, digests=digests, no_trunc=no_trunc))
    else:
        print_lines(images_table(listed, datetime.now(UTC), digests=digests, no_trunc=no_trunc))
    _report(listed, as_json=as_json)


def _source_or_name(of: str | None) -> tuple[str | None, str | None]:
    """Which of the two a word is: a source where it has a scheme or is a path, else a name in an engine."""
    if of is None or of.startswith("-") or os.path.lexists(of) or parse_reference(of).scheme is not None:
        return of, None
    is_name = may_be_held(_PATTERN.sub("x", of)) and of.partition(":")[0] != "demo"
    return (None, of) if is_name else (of, None)


def _tags(of: str | None, authfile: str | None) -> HostList:
    """The tags of a repository in a registry, newest version first, with what the list of tags tells: names alone."""
    if of is None or parse_reference(of).scheme not in REMOTE:
        raise UsageError("--all-tags is for a repository in a registry.", "Such as: layertui ls docker://alpine -a")
    from layertui.sources.registry.tags import open_tags  # no other list waits for this

    with ProgressLine() as line:
        source = open_tags(
            of,
            authfile=Path(authfile) if authfile is not None else None,
            tick=lambda _: line.show("waiting for the registry"),
        )
    entries = tuple(replace(entry, record=entry.record or Record()) for entry in source.entries())
    return gather([Held(source.label, source.scheme, entries, source.warnings, source.problems)])


def _read(of: str | None, authfile: str | None, *, with_layers: bool) -> HostList:
    """Everything that is to be listed, unfiltered; `with_layers` where it matters which images share what."""
    if of is None:
        return ask(look(os.environ), with_layers=with_layers)
    reference = parse_reference(of)
    if reference.scheme in HELD and not reference.name.startswith(_STORES):
        if reference.name:
            raise UsageError(
                f"{of} names an image; what is listed is a source.",
                f"Try: layertui ls {reference.scheme}: --filter reference={reference.name}",
            )
        places = [place for place in look(os.environ) if place.scheme in PLACES[reference.scheme or ""]]
        return ask(places, with_layers=with_layers)
    opened = open_reference_or_demo(of, authfile=authfile)
    source = opened.source
    return gather([Held(source.label, source.scheme, opened.entries, source.warnings, source.problems)])


def ask(places: Sequence[Place], *, with_layers: bool = False) -> HostList:
    """Open all places and put together what they hold; raises LayertuiError when none of them can be listed.

    `with_layers` asks an engine whose list has no layers for those of each image, which takes two questions each.
    """
    with ProgressLine() as progress:
        answers = list(open_all(places, waiting=lambda name: progress.show(f"waiting for {safe(name)}")))
    failures = [answer.problem for answer in answers if answer.problem is not None]
    if not answers:
        raise UnreachableError(tried(places), NO_ENGINE)
    if len(failures) == len(answers):
        raise failures[0] if len(failures) == 1 else none_reached(failures, "More: layertui doctor")
    return gather(_held(answers, with_layers=with_layers), failures)


def _held(answers: Sequence[Answer], *, with_layers: bool) -> list[Held]:
    """Those that answered, each under a name of its own."""
    answered = [(answer, answer.source) for answer in answers if answer.source is not None]
    names = [answer.place.name for answer, _ in answered]
    held = []
    for answer, source in answered:
        name = answer.place.name
        if names.count(name) > 1:
            name = f"{name} ({answer.place.where})"
        complete: Callable[[], tuple[ImageEntry, ...]] | None = getattr(source, "with_layers", None)
        entries = complete() if with_layers and complete is not None else answer.entries
        held.append(Held(name, typed_scheme(answer.place), entries, source.warnings, source.problems))
    return held


def gather(sources: Sequence[Held], failures: Sequence[LayertuiError] = ()) -> HostList:
    """One list of what several sources hold: newest first within each, with what is shared within each."""
    images: list[Listed] = []
    orphans: list[tuple[str, Container]] = []
    problems = list(failures)
    unread: set[str] = set()
    for source in sources:
        problems += source.problems
        found = _images(source, problems)
        containers = [entry.container for entry in source.entries if entry.container is not None]
        known = {image.image_id for image in found}
        without = [each for each in containers if each.image_id is None or each.image_id not in known]
        orphans += [(source.name, each) for each in without]
        broken = {entry.record.image_id for entry in source.entries if entry.kind == "broken" and entry.record}
        unread |= {each.container_id for each in without if source.problems or each.image_id in broken - {None}}
        for image, (shared_bytes, unique_bytes) in zip(found, shares(found), strict=True):
            own = tuple(each for each in containers if each.image_id is not None and each.image_id == image.image_id)
            images.append(replace(image, shared_bytes=shared_bytes, unique_bytes=unique_bytes, containers=own))
    return HostList(
        tuple(images),
        tuple(orphans),
        tuple({(problem.message, problem.hint): problem for problem in problems}.values()),
        tuple(source.name for source in sources),
        tuple(warning for source in sources for warning in source.warnings),
        frozenset(unread),
    )


def _images(source: Held, problems: list[LayertuiError]) -> list[Listed]:
    """The images of one source, newest first; what cannot be listed is added to the problems."""
    images: dict[object, Listed] = {}
    for place, entry in enumerate(source.entries):
        if entry.kind == "broken" and entry.problem is not None:
            problems.append(entry.problem)
        if entry.kind != "image":
            continue
        try:
            record = entry.record or _opened_record(entry)
        except LayertuiError as problem:
            problems.append(problem)
            continue
        known = images.get(record.image_id or place)
        tags = dict.fromkeys((*(known.tags if known else ()), *entry.tags))
        digests = dict.fromkeys((*(known.repo_digests if known else ()), *record.repo_digests))
        images[record.image_id or place] = Listed(
            source.name,
            source.scheme,
            record.image_id,
            tuple(tags),
            tuple(digests),
            record.created,
            record.size_bytes,
            record.layers,
            record.labels,
        )
    return sorted(images.values(), key=lambda image: parse_time(image.created) or _LONG_AGO, reverse=True)


def _opened_record(entry: ImageEntry) -> Record:
    """What a file tells of an image before a layer is read: all but sizes. Raises LayertuiError."""
    image = entry.open()
    chain = [layer.chain_id for layer in image.layers]
    return Record(
        image.image_id,
        image.config.created,
        layers=tuple((chain_id, None) for chain_id in chain if chain_id is not None) if all(chain) else (),
        labels=image.config.config.labels,
    )


def _draws_lines() -> bool:
    """Whether the output's encoding has the characters of a tree."""
    try:
        (LINES.branch + LINES.last + LINES.along).encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _report(listed: HostList, *, as_json: bool) -> None:
    """Say on stderr what is missing from the list, and end with the exit code for that."""
    if as_json:
        if listed.problems:
            fail(PartialResultError(_joined(listed.problems), listed.problems[0].hint), as_json)
        return
    said = {problem.message for problem in listed.problems}
    for warning in listed.warnings:
        if warning in said:
            continue
        print(f"layertui: {safe(warning)}", file=sys.stderr)
    for problem in listed.problems:
        print_error(problem)
    if listed.problems:
        sys.exit(PartialResultError.exit_code)


def _joined(problems: Iterable[LayertuiError]) -> str:
    return " ".join(dict.fromkeys(problem.message for problem in problems))
