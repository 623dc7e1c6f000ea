"""`layertui find`: names and contents in all layers of an image, shadowed and deleted versions too."""

import sys
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace

from layertui.console import print_json, write
from layertui.errors import LayertuiError, UsageError
from layertui.headless import read_image, report_problems
from layertui.image.image import Image
from layertui.opening import check_layer, open_image
from layertui.present.find import fuzzy
from layertui.present.found import Match, found_line
from layertui.present.found_json import found_json
from layertui.present.query import parse_query
from layertui.progress import ProgressLine
from layertui.stack.load import Loaded
from layertui.stack.search import ContentSearch
from layertui.stack.search_names import Matcher, find_names, glob_matcher, regex_matcher
from layertui.stack.search_pattern import Needle, compile_needle
from layertui.stack.squash import Squash

NOTHING_FOUND = 1
"""What the process ends with where nothing matches."""

_FUZZY_LIMIT = 1_000_000
"""How many paths a fuzzy search gives: all of them."""

_GLOB = frozenset("*?[")
"""What makes a pattern a glob."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; all of it has to match."""

    pattern: str | None = None
    """Of paths: words as in a filter, a glob where it has `*`, `?` or `[`, or as the next two say."""
    regex: bool = False
    """The pattern is a regular expression, found anywhere in the path."""
    fuzzy: bool = False
    """The pattern is letters in their order, the best match first."""
    name: str | None = None
    """A glob of names, or with a slash of paths."""
    content: str | None = None
    """A text in contents."""
    content_regex: str | None = None
    """A regular expression in contents, within lines."""
    ignore_case: bool = False

    def needle(self) -> Needle | None:
        """What is looked for in contents; raises UsageError."""
        if self.content is not None and self.content_regex is not None:
            raise UsageError("--content and -e are two ways to look into files.", "Leave one of them out.")
        if self.content_regex is not None:
            return compile_needle(self.content_regex, regex=True, ignore_case=self.ignore_case)
        return compile_needle(self.content, ignore_case=self.ignore_case) if self.content is not None else None

    def matchers(self) -> list[Matcher]:
        """What is looked for in paths, the fuzzy pattern left out; raises UsageError."""
        if self.regex and self.fuzzy:
            raise UsageError("--regex and --fuzzy are two ways to read the pattern.", "Leave one of them out.")
        if (self.regex or self.fuzzy) and not self.pattern:
            raise UsageError("There is no pattern to look for.", "Give it behind the image: layertui find REF PATTERN")
        if not (self.pattern or self.name or self.content is not None or self.content_regex is not None):
            raise UsageError(
                "Nothing is said to look for.", "Give a PATTERN, --name GLOB, --content TEXT or -e EXPRESSION."
            )
        matchers = [] if self.name is None else [glob_matcher(self.name, ignore_case=self.ignore_case)]
        if self.pattern and not self.fuzzy:
            matchers.append(self._pattern_matcher(self.pattern))
        return matchers

    def _pattern_matcher(self, pattern: str) -> Matcher:
        if self.regex:
            return regex_matcher(pattern, ignore_case=self.ignore_case)
        if _GLOB & set(pattern):
            return glob_matcher(pattern, ignore_case=self.ignore_case)
        terms = parse_query(pattern.lower() if self.ignore_case else pattern)
        return lambda key: all(term.matches(key) for term in terms)


def find(
    ref: str,
    wanted: Wanted,
    *,
    layer: int | None = None,
    null: bool = False,
    as_json: bool = False,
    platform: str | None = None,
    authfile: str | None = None,
) -> None:
    """Print what matches in all layers, or in those that `layer` or the reference says; ends with 1 where nothing does.

    All layers are read in any case, as what became of a version is told by those above it. Raises LayertuiError.
    """
    if null and as_json:
        raise UsageError("--null and --json are two forms of one list.", "Leave one of them out.")
    needle, matchers = wanted.needle(), wanted.matchers()
    image, layers = _meant(ref, platform, authfile, layer)
    loaded = read_image(image)
    squash = loaded.squash
    positions = _named(squash, wanted, matchers, layers)
    problems: dict[int, LayertuiError] = {}
    with ProgressLine() as progress:
        matches = (
            (Match(position) for position in positions)
            if needle is None
            else _contents(image, squash, needle, positions, progress, problems)
        )
        found = _print(image, squash, matches, null=null, as_json=as_json)
    told = {number: (*said, *_given(problems.get(number))) for number, said in loaded.found.items()}
    _end(replace(loaded, found=told), found, as_json=as_json)


def _meant(
    ref: str, platform: str | None, authfile: str | None, layer: int | None
) -> tuple[Image, Container[int] | None]:
    """The one image that a reference means, and the layers whose versions are asked for; None for all."""
    image, selector = open_image(ref, platform, authfile=authfile)
    if layer is None:
        return image, selector.resolve(image) if selector is not None else None
    check_layer(ref, image, selector, layer)
    return image, (layer,)


def _named(squash: Squash, wanted: Wanted, matchers: list[Matcher], layers: Container[int] | None) -> Iterable[int]:
    """The positions whose path matches: in tree order, or the best first where letters are looked for."""

    def matches(key: bytes) -> bool:
        return all(matcher(key) for matcher in matchers)

    if not wanted.fuzzy or wanted.pattern is None:
        return find_names(squash, matches, layers=layers)
    query = wanted.pattern.lower() if wanted.ignore_case else wanted.pattern
    return (
        position
        for hit in fuzzy(squash, query, limit=_FUZZY_LIMIT)
        if matches(squash.key(hit.position))
        for position in squash.history(squash.path(hit.position))
        if layers is None or squash.layers[position] in layers
    )


def _contents(
    image: Image,
    squash: Squash,
    needle: Needle,
    positions: Iterable[int],
    progress: ProgressLine,
    problems: dict[int, LayertuiError],
) -> Iterator[Match]:
    """The versions whose content matches, as they are found; what could not be read is added to the problems."""

    def show(layer: int, done: int) -> None:
        content = image.layers[layer].content
        total = content.size_bytes if content is not None else 0
        progress.show(f"searching L{layer}  {100 * done // max(total, done, 1)}%")

    search = ContentSearch(image, squash, needle, positions, progress=show)
    for match in search:
        progress.clear()
        yield Match(match.position, match.hit)
    problems.update(search.problems)


def _given(problem: LayertuiError | None) -> tuple[LayertuiError, ...]:
    return () if problem is None else (problem,)


def _print(image: Image, squash: Squash, matches: Iterable[Match], *, null: bool, as_json: bool) -> bool:
    """Print matches, each as soon as it is found; returns whether there was one."""
    if as_json:
        shape = found_json(image, squash, matches)
        print_json(shape)
        return bool(shape["matches"])
    found = False
    printed: set[bytes] = set()
    for position, hit in matches:
        found = True
        path = squash.path(position)
        if not null:
            write((found_line(squash, position, hit) + "\n").encode("utf-8", "backslashreplace"))
        elif path not in printed:
            printed.add(path)
            write(path + b"\0")
    return found


def _end(loaded: Loaded, found: bool, *, as_json: bool) -> None:
    """Say what is wrong with the image, and end with the exit code for that, or for nothing found."""
    report_problems(loaded, as_json=as_json)
    if not found:
        sys.exit(NOTHING_FOUND)
