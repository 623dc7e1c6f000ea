"""What the pages say: help, an image's config and history, a file's metadata and history, details of tree lines."""

from collections.abc import Sequence

from layertui.image.image import Image, Layer
from layertui.layer.columns import Kind
from layertui.present.marks import OUTCOME_MARKS, STATE_MARKS, legend, outcome_mark
from layertui.present.safetext import safe
from layertui.present.units import created_text, exact_bytes, mode_text, mtime_text, octal_text, size_text
from layertui.stack.squash import Squash
from layertui.stack.state import Outcome
from layertui.tui.actions import Place, by_group
from layertui.tui.state import ImageState, LayerState
from layertui.tui.tree_rows import TreeRow, What, entry_name, one_line, total_bytes
from layertui.tui.widgets.looks import Line, Run, pad

NAME_WIDTH = 16
"""Cells of the names at the left of a page."""

KIND_WORDS = {
    Kind.FILE: "file",
    Kind.DIRECTORY: "directory",
    Kind.SYMLINK: "symbolic link",
    Kind.HARDLINK: "hard link",
    Kind.CHAR: "character device",
    Kind.BLOCK: "block device",
    Kind.FIFO: "named pipe",
    Kind.WHITEOUT: "whiteout: removes the path of the layers below",
    Kind.OPAQUE: "opaque marker: hides the directory's content of the layers below",
}


def named(name: str, text: str, look: str = "plain") -> Line:
    """A line with a name and what it is."""
    return [("dim", f" {pad(name, NAME_WIDTH)} "), (look, text)]


def heading(text: str) -> list[Line]:
    """An empty line, and a heading."""
    return [[], [("title-on", f" {text}")]]


def help_page(place: Place) -> list[Line]:
    """The keys that apply in a pane, and what the marks mean."""
    lines: list[Line] = []
    for group, actions in by_group():
        here = [action for action in actions if place in action.places]
        if here:
            lines += heading(group.value)
            lines += [[("key", f"   {pad(action.shown, NAME_WIDTH)} "), ("plain", action.help)] for action in here]
    lines += heading("Marks: S is what the layer did, Out what became of that version")
    for text, mark in legend():
        shown = text.strip() or "blank"
        lines.append([(mark.style, f"   {pad(shown, NAME_WIDTH)}"), ("plain", f" {mark.meaning}")])
    return lines[1:]


def config_page(state: ImageState, label: str) -> list[Line]:
    """Config and history of an image, as recorded."""
    image = state.image
    if image is None:
        return [[("plain", " This image is not open.")]]
    config = image.config.config
    lines: list[Line] = [
        named("Name", entry_name(state)),
        named("Source", safe(label)),
        named("Image ID", str(image.image_id)),
    ]
    if image.manifest_digest is not None:
        lines.append(named("Manifest", str(image.manifest_digest)))
    lines.append(named("Platform", safe(image.platform.text)))
    told = (
        ("Created", created_text(image.config.created)),
        ("Author", image.config.author),
        ("User", config.user),
        ("Directory", config.working_dir),
        ("Entrypoint", _words(config.entrypoint)),
        ("Command", _words(config.cmd)),
        ("Shell", _words(config.shell)),
        ("Stop signal", config.stop_signal),
        ("Health check", _words(config.healthcheck)),
        ("Ports", "  ".join(config.exposed_ports)),
        ("Volumes", "  ".join(config.volumes)),
    )
    lines += [named(name, safe(text)) for name, text in told if text]
    for name, texts in (
        ("Environment", config.env),
        ("Labels", [f"{key}={text}" for key, text in config.labels.items()]),
        ("On build", config.on_build),
    ):
        lines += [named(name if number == 0 else "", safe(text)) for number, text in enumerate(texts)]
    if image.warnings:
        lines += heading("Warnings")
        lines += [[("plain", f"   {safe(warning)}")] for warning in image.warnings]
    lines += heading("History, base first")
    for step in image.steps:
        number = f"L{step.layer}" if step.layer is not None else ""
        look = "plain" if step.layer is not None else "dim"
        lines.append([("key", f"   {pad(number, 4)}"), (look, one_line(step.command))])
    if not image.steps:
        lines.append([("dim", "   none recorded")])
    lines += heading("Layers, base first")
    for layer in image.layers:
        size = size_text(layer.stored_bytes)
        lines.append([("key", f"   {pad(f'L{layer.index}', 4)}"), ("plain", f"{size}  {safe(layer.media_type)}")])
        lines.append([("dim", "       diff ID  "), ("plain", str(layer.diff_id or "unknown"))])
        if layer.digest is not None:
            lines.append([("dim", "       digest   "), ("plain", str(layer.digest))])
    return lines


def _words(words: Sequence[str]) -> str:
    """A command's words, as a list where one of them holds spaces."""
    return repr(list(words)) if any(" " in word or not word for word in words) else " ".join(words)


def file_page(squash: Squash, position: int, image: Image) -> list[Line]:
    """Metadata of one version of a path, and the history of the path."""
    entry = squash.entry(position)
    lines: list[Line] = [
        named("Path", safe(entry.path)),
        named("Layer", f"L{squash.layer(position)} {one_line(image.layers[squash.layer(position)].command)}"),
        named("Kind", KIND_WORDS.get(entry.kind, "unknown") + (", implied by what lies in it" if entry.implied else "")),
    ]
    if entry.kind not in (Kind.WHITEOUT, Kind.OPAQUE):
        if entry.kind in (Kind.FILE, Kind.HARDLINK):
            lines.append(named("Size", exact_bytes(entry.size_bytes)))
        if entry.link_target is not None:
            lines.append(named("Target", safe(entry.link_target)))
        if entry.device is not None:
            lines.append(named("Device", f"{entry.device[0]}, {entry.device[1]}"))
        if not entry.implied:
            lines.append(named("Mode", f"{mode_text(entry.mode, entry.kind)}  {octal_text(entry.mode)}"))
            lines.append(named("Owner", f"{entry.uid}:{entry.gid}"))
            lines.append(named("Changed", mtime_text(entry.mtime_ns, exact=True)))
        xattrs = list(entry.xattrs)
        for number, (name, content) in enumerate(xattrs):
            lines.append(named("Attributes" if number == 0 else "", f"{safe(name)} = {safe(content)}"))
    state = squash.state(position)
    if state is not None:
        mark = STATE_MARKS[state]
        lines.append([*named("This layer", ""), (mark.style, mark.text.strip()), ("plain", f"  {mark.meaning}")])
    lines.append(named("Now", outcome_sentence(squash, position)))
    lines += heading("History of this path, base first")
    lines += history_lines(squash, entry.path, image, squash.layer(position))
    return lines


def outcome_sentence(squash: Squash, position: int) -> str:
    """What became of a version, in a sentence."""
    outcome, by = squash.outcome(position), squash.by_layer(position)
    if outcome is Outcome.SHADOWED:
        return f"shadowed by L{by}, which holds its own version"
    if outcome is Outcome.DELETED:
        return f"deleted by L{by}; its bytes still are in the image"
    if outcome is Outcome.WINS:
        return "what a container sees; other layers hold the path too"
    if outcome is Outcome.ONLY:
        return "what a container sees; no other layer holds the path"
    if outcome is Outcome.UNKNOWN:
        return "not known while layers above are unread"
    return "a marker, which a container does not see"


def history_lines(squash: Squash, path: bytes, image: Image, here: int | None) -> list[Line]:
    """Every layer that touches a path, base to top, with what it did; the layer in view is pointed at."""
    lines: list[Line] = []
    for position in squash.history(path):
        layer = squash.layer(position)
        state, outcome = squash.state(position), squash.outcome(position)
        runs: list[Run] = [("key" if layer == here else "plain", f" {'>' if layer == here else ' '} {pad(f'L{layer}', 4)} ")]
        if state is not None:
            runs.append((STATE_MARKS[state].style, f"{STATE_MARKS[state].text} "))
        if outcome in OUTCOME_MARKS:
            mark = OUTCOME_MARKS[outcome]
            runs.append((mark.style, pad(outcome_mark(outcome, squash.by_layer(position)), 5)))
        else:
            runs.append(("plain", "     "))
        entry = squash.entry(position)
        size = size_text(entry.size_bytes) if entry.kind in (Kind.FILE, Kind.HARDLINK) else ""
        runs.append(("plain", f"{size:>9}  {mode_text(entry.mode, entry.kind):<9}  "))
        runs.append(("dim", one_line(image.layers[layer].command)))
        lines.append(runs)
    return lines or [[("dim", "   no layer that is read holds it")]]


def tree_details(state: ImageState, row: TreeRow, label: str) -> list[Line]:
    """What the details say about a line of the tree."""
    if row.what in (What.STEP, What.NOTE):
        return [[("plain", f" {row.label.strip()}")], [("dim", " A step that made no layer." if row.what is What.STEP else "")]]
    image = state.image
    if row.what is What.IMAGE or row.layer is None or image is None:
        return _image_details(state, label)
    layer = image.layers[row.layer]
    return layer_details(layer, state.layers[row.layer] if row.layer < len(state.layers) else None)


def _image_details(state: ImageState, label: str) -> list[Line]:
    entry, image = state.entry, state.image
    lines: list[Line] = [[("win", f" {entry_name(state)}"), ("dim", f"  in {safe(label)}")]]
    problem = state.error or entry.problem
    if problem is not None:
        lines.append([("error", f" {safe(problem.message)}"), ("dim", f" {safe(problem.hint)}")])
    elif entry.kind != "image":
        lines.append([("dim", f" This is an {entry.kind}, no image that a container can start from.")])
    elif image is not None:
        created = created_text(image.config.created)
        total, whole = total_bytes(state)
        size = ("" if whole else ">= ") + size_text(total) if state.layers else "not read; Enter opens it"
        lines.append([("plain", f" {safe(image.platform.text)}  {len(image.layers)} layers  {size}  {created}")])
        lines.append([("dim", f" ID {image.image_id}")])
        lines += [[("error", f" {safe(warning)}")] for warning in image.warnings]
    elif entry.digest is not None:
        lines.append([("dim", f" {entry.digest}")])
    return lines


def layer_details(layer: Layer, state: LayerState | None) -> list[Line]:
    """Sizes, command and digests of a layer, and what is wrong with it."""
    facts = [f"L{layer.index}"]
    if state is not None and state.tree is not None:
        facts.append(f"{size_text(state.content_bytes)} in {state.tree.entry_count:,} entries")
    if layer.compressed_bytes is not None:
        facts.append(f"{size_text(layer.compressed_bytes)} compressed")
    if layer.created:
        facts.append(created_text(layer.created))
    lines: list[Line] = [[("plain", " " + "  ".join(facts))]]
    if state is not None:
        lines += _layer_problems(layer, state)
    lines.append([("plain", f" {one_line(layer.command)}")])
    lines.append([("dim", f" diff ID {layer.diff_id or 'unknown'}")])
    if layer.digest is not None:
        lines.append([("dim", f" digest  {layer.digest}")])
    return lines


def _layer_problems(layer: Layer, state: LayerState) -> list[Line]:
    if state.tree is None:
        problem = state.error or layer.problem
        look = "error" if problem is not None else "dim"
        text = f"{problem.message} {problem.hint}" if problem is not None else state.sentence()
        return [[(look, f" {safe(text.strip())}")]]
    tree = state.tree
    said: list[str] = []
    if tree.damage is not None:
        said.append(f"damaged at byte {tree.damage.offset_bytes:,}: {tree.damage.message} What lies before is shown.")
    said += tree.problems
    lines: list[Line] = [[("error", f" {safe(text)}")] for text in said]
    lines += [[("changed", f" {safe(warning)}")] for warning in tree.columns.warnings]
    return lines
