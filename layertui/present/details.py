"""The detail pane, the history table and the metadata of one path, as styled runs."""

from layertui.image.image import Image, Layer
from layertui.layer.columns import Kind
from layertui.layer.names import path_of
from layertui.layer.stored import StoredTree
from layertui.present.marks import OUTCOME_MARKS, STATE_MARKS, Style, outcome_mark
from layertui.present.safetext import safe
from layertui.present.units import exact_bytes, mode_text, mtime_text, octal_text, size_text
from layertui.stack.squash import Squash
from layertui.stack.state import Outcome, State

Run = tuple[str, str]
"""The name of a style (`marks.Style`) and a text that is safe to draw."""
Line = list[Run]
"""Runs that stand on one line, left to right."""

UNKNOWN_COMMAND = "(command not recorded)"
"""Stands where an image does not say what made a layer."""


def is_whole(layer: Layer) -> bool:
    """Whether a layer's listing, once it is read, has all that the layer does."""
    return layer.content.is_whole if isinstance(layer.content, StoredTree) else True


def read_from(layer: Layer) -> str | None:
    """How a layer's listing is come by; None for a tar in a file, and where it cannot be read."""
    return layer.content.method if isinstance(layer.content, StoredTree) else None


def command_text(image: Image, layer: int) -> str:
    """What made a layer, safe to draw."""
    command = image.layers[layer].command
    return safe(command) if command else UNKNOWN_COMMAND


def metadata_line(squash: Squash, position: int) -> Line:
    """Full path, mode, owner and size of a version: `app/models.bin  rw-r--r-- 0:0  22,020,096 B`."""
    entry = squash.entry(position)
    path = safe(entry.path) + ("/" if entry.kind is Kind.DIRECTORY else "")
    line: Line = [(Style.WIN, path)]
    if entry.kind is Kind.WHITEOUT:
        line.append((Style.REMOVED, "  removed by a whiteout"))
        return line
    if entry.link_target is not None:
        line.append((Style.PLAIN, f" -> {safe(entry.link_target)}"))
    if entry.implied:
        line.append((Style.DIM, "  implied: no entry of its own in this layer"))
        return line
    line.append((Style.PLAIN, f"  {mode_text(entry.mode)} {entry.uid}:{entry.gid}"))
    if entry.device is not None:
        line.append((Style.PLAIN, f"  {entry.kind.name.lower()} device {entry.device[0]},{entry.device[1]}"))
    elif entry.kind in (Kind.FILE, Kind.HARDLINK):
        line.append((Style.PLAIN, f"  {exact_bytes(entry.size_bytes)}"))
    if entry.kind is Kind.HARDLINK:
        line.append((Style.DIM, "  hard link"))
    return line


def version_runs(squash: Squash, position: int) -> Line:
    """One link of a chain: `L4 + 22.0 MB`, and what became of it."""
    state = squash.state(position)
    mark = STATE_MARKS[state] if state is not None else None
    layer = squash.layers[position]
    runs: Line = [(Style.PLAIN, f"L{layer} ")]
    runs.append((mark.style, mark.text) if mark is not None else (Style.DIM, "."))
    entry = squash.entry(position)
    if entry.kind in (Kind.FILE, Kind.HARDLINK):
        runs.append((Style.PLAIN, f" {size_text(entry.size_bytes)}"))
    elif entry.kind is not Kind.WHITEOUT:
        runs.append((Style.PLAIN, f" {entry.kind.name.lower()}"))
    return runs


def chain_line(squash: Squash, position: int, width: int | None = None) -> Line:
    """Every version of a path, base to top: `Chain: L4 + 22.0 MB   [L6 ~ 22.0 MB wins]`.

    Where that is wider than `width` cells, versions in the middle give way to `...`: the winner stays, then the one at
    hand, then the first.
    """
    history = squash.history(squash.path(position))
    if not history:
        return [(Style.DIM, "Chain: "), (Style.DIM, "no layer holds this directory itself")]
    links = [_link(squash, at) for at in history]
    winner = next((number for number, at in enumerate(history) if squash.by_layer(at) is None), len(history) - 1)
    here = history.index(position) if position in history else winner
    first_choice = dict.fromkeys([len(history) - 1, here, 0, *range(len(history) - 1, -1, -1)])
    kept: set[int] = set()
    for number in [winner, *first_choice]:
        if width is not None and kept and _chain_width(links, {*kept, number}) > width:
            continue
        kept.add(number)
    line: Line = [(Style.DIM, "Chain: ")]
    for number, link in enumerate(links):
        if number in kept:
            line += [(Style.PLAIN, "  "), *link] if number else link
        elif number - 1 in kept or not number:
            line.append((Style.DIM, "  ..." if number else "..."))
    return line


def _link(squash: Squash, at: int) -> Line:
    """One version in a chain, and what became of it."""
    outcome = squash.outcome(at)
    runs = version_runs(squash, at)
    if outcome in (Outcome.WINS, Outcome.ONLY):
        return [(Style.WIN, "["), *((Style.WIN, text) for _, text in runs), (Style.WIN, " wins]")]
    end = outcome_mark(outcome, squash.by_layer(at))
    return [*runs, (OUTCOME_MARKS[outcome].style, f" {end}")] if end else runs


def _chain_width(links: list[Line], kept: set[int]) -> int:
    """Cells of a chain of which some links are kept, with two cells before each and five for every gap."""
    gaps = sum(number not in kept and (number - 1 in kept or not number) for number in range(len(links)))
    return len("Chain: ") + 5 * gaps + sum(2 + sum(len(text) for _, text in links[number]) for number in kept)


def detail_lines(squash: Squash, position: int, image: Image, width: int | None = None) -> list[Line]:
    """The three lines of the detail pane: metadata, chain (in at most `width` cells), and the layer's command."""
    layer = squash.layers[position]
    command: Line = [(Style.PLAIN, f"L{layer} "), (Style.DIM, command_text(image, layer))]
    return [metadata_line(squash, position), chain_line(squash, position, width), command]


def outcome_sentence(squash: Squash, position: int) -> str:
    """What became of a version, in words."""
    outcome, by_layer = squash.outcome(position), squash.by_layer(position)
    if outcome is Outcome.SHADOWED:
        same = by_layer == squash.layers[position]
        return "replaced later in its own layer" if same else f"shadowed by L{by_layer}"
    if outcome is Outcome.DELETED:
        same = by_layer == squash.layers[position]
        return "removed later in its own layer" if same else f"deleted by L{by_layer}"
    return {
        Outcome.ONLY: "visible, the only copy",
        Outcome.WINS: "wins",
        Outcome.UNKNOWN: "not known yet",
        Outcome.NONE: "",
    }[outcome]


def state_sentence(state: State | None) -> str:
    """What a layer did to a path, in words."""
    return "not known yet" if state is None else STATE_MARKS[state].meaning


def history_table(squash: Squash, path: bytes) -> list[tuple[int, Line]]:
    """One line for each version and marker of a path, base to top, with its position."""
    table = []
    width = len(str(squash.layer_count - 1)) + 1
    for at in squash.history(path):
        state = squash.state(at)
        mark = STATE_MARKS[state] if state is not None else None
        entry = squash.entry(at)
        size = size_text(entry.size_bytes) if entry.kind.name in ("FILE", "HARDLINK") else entry.kind.name.lower()
        wins = squash.outcome(at) in (Outcome.WINS, Outcome.ONLY)
        ending = outcome_sentence(squash, at)
        line: Line = [
            (Style.WIN if wins else Style.PLAIN, f"{'L' + str(squash.layers[at]):<{width}} "),
            (mark.style, mark.text) if mark is not None else (Style.DIM, "."),
            (Style.PLAIN, f" {size:>9} "),
            (Style.WIN if wins else Style.DIM, ("* " if wins else "  ") + ending),
        ]
        table.append((at, line))
    return table


def metadata_table(squash: Squash, position: int) -> list[Line]:
    """Everything that is known of one version, a line each."""
    entry = squash.entry(position)
    tree = squash.tree_at(position)
    fields: list[tuple[str, str]] = [
        ("path", safe(entry.path)),
        ("layer", f"L{squash.layers[position]}"),
        (
            "kind",
            entry.kind.name.lower() + (", implied" if entry.implied else "") + (", opaque" if entry.opaque else ""),
        ),
        ("state", state_sentence(squash.state(position))),
        ("outcome", outcome_sentence(squash, position)),
    ]
    if entry.kind is not Kind.WHITEOUT and not entry.implied:
        if entry.kind in (Kind.FILE, Kind.HARDLINK):
            fields.append(("size", exact_bytes(entry.size_bytes)))
        fields.append(("mode", f"{octal_text(entry.mode)}  {mode_text(entry.mode)}"))
        fields.append(("owner", f"{entry.uid}:{entry.gid}"))
        fields.append(("modified", mtime_text(entry.mtime_ns, exact=True)))
        if entry.link_target is not None:
            fields.append(("links to", safe(entry.link_target)))
        if entry.device is not None:
            fields.append(("device", f"{entry.device[0]},{entry.device[1]}"))
        fields += [("xattr", f"{safe(name)} = {safe(value[:200])}") for name, value in entry.xattrs]
        if squash.rows[position] in tree.columns.sparse:
            fields.append(("stored", "sparse: holes are not stored"))
    return [[(Style.DIM, f"{name:<9} "), (Style.PLAIN, value)] for name, value in fields if value]


def removed_with(squash: Squash, path: bytes) -> tuple[int, bytes] | None:
    """For a path whose last version was deleted by something done to a parent: that layer and that parent's path.

    None where the path is visible, or where its own history says what ended it.
    """
    history = squash.history(path)
    versions = [at for at in history if squash.outcome(at) is Outcome.DELETED]
    if not versions or squash.winner(path) is not None:
        return None
    by_layer = squash.by_layer(versions[-1])
    if by_layer is None or any(squash.layers[at] == by_layer and at != versions[-1] for at in history):
        return None
    key = squash.key(versions[-1])
    while b"\0" in key:
        key = key[: key.rfind(b"\0")]
        for at in squash.run(path_of(key)):
            if squash.layers[at] == by_layer and (squash.kind(at) is not Kind.DIRECTORY or squash.entry(at).opaque):
                return by_layer, path_of(key)
    return by_layer, b"."
