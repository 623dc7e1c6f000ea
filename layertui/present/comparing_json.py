"""`diff --json`: what was compared, and one object for each path."""

from collections.abc import Iterable, Sequence

from layertui.errors import LayertuiError
from layertui.present.comparing import change_name, field_names
from layertui.present.report import SCHEMA_VERSION, Json, file_json, image_json, text_fields
from layertui.present.selection import view_states
from layertui.present.view import View
from layertui.stack.align import ConfigRow, LayerPair
from layertui.stack.compare import Change, Comparison, Side


def diff_json(
    comparison: Comparison,
    rows: Iterable[int],
    *,
    renamed: Sequence[tuple[int, int]] | None = None,
    problems: Sequence[LayertuiError] = (),
    pairs: Sequence[LayerPair] | None = None,
    shared: int | None = None,
    config: Sequence[ConfigRow] = (),
) -> Json:
    """The whole object; `pairs`, `shared` and `config` where two images are compared, `renamed` where it was asked."""
    a, b = comparison.side_a, comparison.side_b
    states = [view_states(side.squash, View(side.layer, merged=side.merged)) for side in (a, b)]
    summary = comparison.summary()
    shape: Json = {
        "schema_version": SCHEMA_VERSION,
        "a": _side_json(a, summary.size_a),
        "b": _side_json(b, summary.size_b),
        "files": [_row_json(comparison, row, states) for row in rows],
        "identical": summary.counts[Change.IDENTICAL],
    }
    if renamed is not None:
        shape["renames"] = [
            {**text_fields("a", comparison.path(row)), **text_fields("b", comparison.path(other))}
            for row, other in renamed
        ]
    if pairs is not None:
        shape["same_up_to"] = shared
        shape["layers"] = [{"a": pair.a, "b": pair.b, "how": pair.how.name.lower()} for pair in pairs]
        shape["config"] = [{"field": row.field, "a": row.a, "b": row.b} for row in config if row.differs]
    if problems:
        shape["problems"] = [{"message": problem.message, "hint": problem.hint} for problem in problems]
    return shape


def _side_json(side: Side, content_bytes: int) -> Json:
    """What was compared: an image, and which of its layers; without `merged` the last one's diff."""
    return {
        **image_json(side.image),
        "first_layer": (side.squash.first if side.merged else side.layer) if side.image.layers else None,
        "last_layer": side.layer if side.image.layers else None,
        "merged": side.merged,
        "content_bytes": content_bytes,
    }


def _row_json(comparison: Comparison, row: int, states: Sequence[bytes]) -> Json:
    sides = []
    for side, at, of_side in zip(
        (comparison.side_a, comparison.side_b), (comparison.a(row), comparison.b(row)), states, strict=True
    ):
        sides.append(None if at is None else file_json(side.squash, at, of_side[at]))
    return {
        **text_fields("path", comparison.path(row)),
        "change": change_name(comparison.change(row)),
        "fields": field_names(comparison.fields(row)),
        "a": sides[0],
        "b": sides[1],
    }
