"""Tables for a terminal or a pipe: what the commands print without `--json`. Every text in them is safe to print."""

import stat
from collections.abc import Iterable, Iterator, Sequence

from layertui.image.image import Container, Image
from layertui.layer.columns import Kind
from layertui.layer.tree import IMPLIED
from layertui.present.details import command_text, is_whole, outcome_sentence, read_from, removed_with, state_sentence
from layertui.present.marks import OUTCOME_MARKS, STATE_MARKS, outcome_width
from layertui.present.safetext import safe
from layertui.present.selection import view_states
from layertui.present.units import UNKNOWN, created_text, octal_text, size_text
from layertui.present.view import View
from layertui.stack.load import Loaded
from layertui.stack.space import commit_bytes, layer_counts, reclaimable_bytes
from layertui.stack.squash import Fate, Squash
from layertui.stack.state import Outcome, State

_FILE, _DIRECTORY, _HARDLINK, _WHITEOUT = (
    int(kind) for kind in (Kind.FILE, Kind.DIRECTORY, Kind.HARDLINK, Kind.WHITEOUT)
)
_TYPES = {
    Kind.FILE: stat.S_IFREG,
    Kind.DIRECTORY: stat.S_IFDIR,
    Kind.SYMLINK: stat.S_IFLNK,
    Kind.HARDLINK: stat.S_IFREG,
    Kind.CHAR: stat.S_IFCHR,
    Kind.BLOCK: stat.S_IFBLK,
    Kind.FIFO: stat.S_IFIFO,
}


def columns(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> Iterator[str]:
    """Lay out rows of texts as columns; `right` are those that are aligned to the right, the last is never padded."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = [
            text.rjust(width) if column in right else text.ljust(width) if column < len(row) - 1 else text
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def layers_table(loaded: Loaded) -> Iterator[str]:
    """`layers`: one line a layer, base to top, and what the image costs."""
    image, squash = loaded.image, loaded.squash
    yield f"{safe(image.reference)}  {safe(image.platform.text)}  {safe(str(image.image_id))}"
    if len(image.tags) > 1:
        yield "tags: " + "  ".join(map(safe, image.tags))
    rows = [["LAYER", "SIZE", "ENTRIES", "+", "~", "m", "=", "?", "T", "-", "O", "COMMAND"]]
    order = (
        State.ADDED,
        State.MODIFIED,
        State.METADATA,
        State.IDENTICAL,
        State.REWRITTEN,
        State.TYPE,
        State.REMOVED,
        State.OPAQUE,
    )
    total = 0
    for number, counts in zip(loaded.numbers, layer_counts(squash), strict=True):
        command = command_text(image, number)
        if number in loaded.unread:
            rows.append([f"L{number}", UNKNOWN, UNKNOWN, *([""] * len(order)), command])
            continue
        total += counts.content_bytes
        settled = number <= squash.states_known_to
        by_state = [(str(counts.states[state] or "") if settled else UNKNOWN) for state in order]
        rows.append([f"L{number}", size_text(counts.content_bytes), str(counts.entries), *by_state, command])
    yield from columns(rows, right=frozenset(range(1, 11)))
    if len(rows) == 1:
        yield "The image has no layers."
    if image.container is not None and loaded.numbers.stop == len(image.layers) and not loaded.is_partial:
        least = "" if is_whole(image.layers[-1]) else "at least "
        added = size_text(commit_bytes(squash.trees[-1]))
        yield f"L{len(image.layers) - 1} is the writable layer: a commit would add {least}{added}"
    least = ">= " if loaded.is_partial else ""
    yield f"total {least}{size_text(total)}, reclaimable {least}{size_text(reclaimable_bytes(squash))}"


def inspect_table(image: Image) -> Iterator[str]:
    """`inspect`: config and history as lines of name and value."""
    run = image.config.config
    fields: list[tuple[str, str]] = [
        ("image", image.reference),
        ("tags", "  ".join(image.tags)),
        *_container_fields(image.container),
        ("image ID", str(image.image_id)),
        ("manifest", str(image.manifest_digest or "")),
        ("platform", image.platform.text),
        ("created", created_text(image.config.created)),
        ("author", image.config.author or ""),
        ("user", run.user),
        ("entrypoint", " ".join(run.entrypoint)),
        ("command", " ".join(run.cmd)),
        ("directory", run.working_dir),
        ("ports", "  ".join(run.exposed_ports)),
        ("volumes", "  ".join(run.volumes)),
        ("stop signal", run.stop_signal),
        *(("env", value) for value in run.env),
        *(("label", f"{name}={value}") for name, value in sorted(run.labels.items())),
        *(("warning", warning) for warning in image.warnings),
    ]
    yield from columns([[name, safe(value)] for name, value in fields if value])
    yield ""
    rows = [["LAYER", "CREATED", "COMMAND"]]
    for step in image.steps:
        layer = "" if step.layer is None else f"L{step.layer}"
        rows.append([layer, created_text(step.created), safe(step.command)])
    yield from columns(rows)
    yield ""
    rows = [["LAYER", "DIFF ID", "STORED AS"]]
    for each in image.layers:
        stored = read_from(each) or f"{each.digest or ''} {each.media_type}".strip()
        rows.append([f"L{each.index}", str(each.diff_id or "unknown"), safe(stored)])
    yield from columns(rows)


def _container_fields(container: Container | None) -> list[tuple[str, str]]:
    if container is None:
        return []
    return [
        ("container", container.name),
        ("container ID", container.container_id),
        ("status", container.status),
        ("since", created_text(container.created)),
        *(("engine file", path.decode("utf-8", "backslashreplace")) for path in container.engine_files),
    ]


def files_table(squash: Squash, view: View, positions: Iterable[int]) -> Iterator[str]:
    """`files`: one line an entry: marks, layer, mode, owner, exact size, and the whole path with a link's target."""
    states = view_states(squash, view)
    state_text = [STATE_MARKS[state].text for state in State]
    known_to = squash.states_known_to
    width = max(outcome_width(squash.layer_count), len("Out"))
    owners: dict[tuple[tuple[int, int, int], int], str] = {}
    trees, first, no_owner = squash.trees, squash.first, f"{'':10}  {'':9}"
    layers, rows, codes, fates, ends = squash.layers, squash.rows, squash.codes, squash.fates, squash.ends
    endings = {Fate.SHADOWED.value: ">", Fate.DELETED.value: "x"}
    yield f"S {'Out':<{width}}  {'Layer':5}  {'Mode':10}  {'Owner':9}  {'Size':>12}  Path"
    for position in positions:
        layer, row, kind = layers[position], rows[position], codes[position] & 7
        content = trees[layer - first].columns
        mark = state_text[states[position]] if layer <= known_to else "."
        ending = endings.get(fates[position])
        out = f"{ending}{ends[position]}" if ending else OUTCOME_MARKS[squash.outcome(position)].text
        path = content.keys[row].replace(b"\0", b"/").decode("utf-8", "backslashreplace")
        if not (path.isascii() and path.isprintable()):
            path = safe(path)
        implied = codes[position] >> 3 & IMPLIED
        if kind == _WHITEOUT or implied:
            owner = no_owner
        else:
            held = (content.owner_table[content.owners[row]], kind)
            owner = owners.get(held) or owners.setdefault(held, _owner_text(*held))
        if kind == _FILE:
            size = str(content.sizes[row])
        elif kind == _DIRECTORY:
            path, size = path + ("/" if path else "./"), ""
        else:
            known = squash.size_bytes(position) if kind == _HARDLINK else None
            size = "?" if kind == _HARDLINK and known is None else "" if known is None else str(known)
            if kind != _WHITEOUT and row in content.links:
                path += (" link to " if kind == _HARDLINK else " -> ") + safe(content.links[row])
        which = "" if implied else f"L{layer}"
        yield f"{mark} {out:<{width}}  {which:5}  {owner}  {size:>12}  {path}"


def _owner_text(owner: tuple[int, int, int], kind: int) -> str:
    """Type, mode and owner as `ls -ln` draws them."""
    mode, uid, gid = owner
    return f"{stat.filemode(_TYPES[Kind(kind)] | mode)}  {f'{uid}:{gid}':9}"


def which_table(loaded: Loaded, path: bytes) -> Iterator[str]:
    """`which`: one line for each layer that touches a path, base to top, and who wins."""
    squash, image = loaded.squash, loaded.image
    yield safe(path)
    rows = [["", "LAYER", "S", "SIZE", "MODE", "OUTCOME", "WHAT IT DID", "COMMAND"]]
    for position in squash.history(path):
        entry = squash.entry(position)
        state = squash.state(position)
        known = entry.kind is not Kind.WHITEOUT and not entry.implied
        wins = squash.outcome(position) in (Outcome.WINS, Outcome.ONLY)
        plain = entry.kind in (Kind.FILE, Kind.HARDLINK)
        size = size_text(entry.size_bytes) if plain else entry.kind.name.lower()
        layer = squash.layers[position]
        rows.append(
            [
                "*" if wins else "",
                f"L{layer}",
                "." if state is None else STATE_MARKS[state].text,
                size,
                octal_text(entry.mode) if known else "",
                outcome_sentence(squash, position),
                state_sentence(state).partition(":")[0].partition(";")[0],
                command_text(image, layer),
            ]
        )
    yield from columns(rows, right=frozenset({3}))
    winner = squash.winner(path)
    if winner is not None and squash.is_implied(winner):
        yield "A directory that no layer holds itself: other paths lie in it."
    elif winner is not None:
        yield f"winner: L{squash.layers[winner]}"
    else:
        ended = removed_with(squash, path)
        reason = f"L{ended[0]} removed it with {safe(ended[1])}/" if ended is not None else "removed"
        yield f"winner: none, a container does not see this path ({reason})"
