"""What a search found, as JSON."""

from collections.abc import Iterable

from layertui.image.image import Image
from layertui.layer.columns import Kind
from layertui.present.found import Match
from layertui.present.report import SCHEMA_VERSION, Json, image_json, outcome_fields, text_fields
from layertui.present.safetext import safe
from layertui.stack.search_file import FileHit
from layertui.stack.squash import Squash


def found_json(image: Image, squash: Squash, matches: Iterable[Match]) -> Json:
    """`find`: one object for each match, in the order in which they were found."""
    return {
        "schema_version": SCHEMA_VERSION,
        "image": image_json(image),
        "matches": [match_json(squash, position, hit) for position, hit in matches],
    }


def match_json(squash: Squash, position: int, hit: FileHit | None) -> Json:
    """One match; line, text, offset and count are null where only names were looked for."""
    state, kind = squash.state(position), squash.kind(position)
    return {
        **text_fields("path", squash.path(position)),
        "layer": squash.layers[position],
        "kind": kind.name.lower(),
        "state": None if state is None else state.name.lower(),
        **outcome_fields(squash, position),
        "size_bytes": None if kind is Kind.WHITEOUT else squash.size_bytes(position),
        "line": None if hit is None else hit.line,
        "text": None if hit is None else safe(hit.text),
        "offset_bytes": None if hit is None else hit.offset_bytes,
        "hits": None if hit is None else hit.hits,
    }
