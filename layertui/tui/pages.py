"""What the pages say: help, an image's config and history, a file's metadata and history, details of tree lines."""

from collections.abc import Sequence

from layertui.image.image import Image, Layer
from layertui.present.details import detail_lines, history_table, metadata_table, removed_with
from layertui.present.marks import legend
from layertui.present.safetext import safe
from layertui.present.units import created_text, size_text
from layertui.stack.squash import Squash
from layertui.tui.actions import Place, by_group
from layertui.tui.state import ImageState, LayerState
from layertui.tui.tree_rows import TreeRow, What, entry_name, one_line, total_bytes
from layertui.tui.widgets.looks import Line, pad

NAME_WIDTH = 16
"""Cells of the names at the left of a page."""


KEYS_WIDTH = 13
"""Cells of the keys in the help."""


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
            lines += [[("key", f"  {pad(action.shown, KEYS_WIDTH)} "), ("plain", action.help)] for action in here]
    lines += heading("Marks: S is what the layer did, Out what became of that version")
    for text, mark in legend():
        shown = text.strip() or "blank"
        lines.append([(mark.style, f"  {pad(shown, KEYS_WIDTH)}"), ("plain", f" {mark.meaning}")])
    return lines[1:]


def config_page(state: ImageState, label: str, warnings: Sequence[str] = ()) -> list[Line]:
    """Config and history of an image, as recorded; `warnings` are those of its source."""
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
    if warnings or image.warnings:
        lines += heading("Warnings")
        lines += [[("plain", f"   {safe(warning)}")] for warning in (*warnings, *image.warnings)]
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
    path, layer = squash.path(position), squash.layer(position)
    lines: list[Line] = [[("plain", " "), *line] for line in metadata_table(squash, position)]
    lines.append([("dim", " made by   "), ("plain", one_line(image.layers[layer].command))])
    lines += heading("History of this path, base first")
    lines += history_lines(squash, path, image, layer)
    return lines


def history_lines(squash: Squash, path: bytes, image: Image, here: int | None, *, commands: bool = True) -> list[Line]:
    """Every layer that touches a path, base to top, with what it did; the layer in view is pointed at.

    `commands` adds what made each layer.
    """
    lines: list[Line] = []
    for position, line in history_table(squash, path):
        layer = squash.layer(position)
        pointer = ("key", " > ") if layer == here else ("plain", "   ")
        command = f"  {one_line(image.layers[layer].command)}" if commands else ""
        lines.append([pointer, *line, ("dim", command)])
    removed = removed_with(squash, path)
    if removed is not None:
        by_layer, parent = removed
        lines.append([("removed", f"   L{by_layer} -"), ("plain", f"  removed with {safe(parent)}/")])
    return lines or [[("dim", "   no layer that is read holds it itself")]]


def path_details(squash: Squash, position: int, image: Image, width: int) -> list[Line]:
    """The details of the path under the cursor, with a margin."""
    return [[("plain", " "), *line] for line in detail_lines(squash, position, image, width - 2)]


def tree_details(state: ImageState, row: TreeRow, label: str) -> list[Line]:
    """What the details say about a line of the tree."""
    if row.what in (What.STEP, What.NOTE):
        return [
            [("plain", f" {row.label.strip()}")],
            [("dim", " A step that made no layer." if row.what is What.STEP else "")],
        ]
    image = state.image
    if row.what is What.IMAGE or row.layer is None or image is None:
        return _image_details(state, label)
    return layer_details(image, state.layers, row.layer)


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
        layers = f"{layers_text(len(image.layers))}  {size}" if image.layers else "The image has no layers."
        lines.append([("plain", f" {safe(image.platform.text)}  {layers}  {created}")])
        lines.append([("dim", f" ID {image.image_id}")])
        lines += [[("error", f" {safe(warning)}")] for warning in image.warnings]
    elif entry.digest is not None:
        lines.append([("dim", f" {entry.digest}")])
    return lines


def layers_text(count: int) -> str:
    """So many layers: `1 layer`, `9 layers`."""
    return f"{count} layer" if count == 1 else f"{count} layers"


def layer_trouble(number: int, count: int, state: LayerState) -> str:
    """What is wrong with a layer that was read, in one short sentence; empty where nothing is."""
    name = f"L{number}, of {layers_text(count)},"
    if state.error is not None:
        return f"{name} cannot be read: {state.error.message}"
    if state.tree is not None and state.tree.damage is not None:
        return f"{name} is damaged at byte {state.tree.damage.offset_bytes:,}. Totals are partial."
    return state.tree.problems[0] if state.tree is not None and state.tree.problems else ""


def layer_details(image: Image, states: Sequence[LayerState], number: int) -> list[Line]:
    """Sizes, command and digests of a layer, and what is wrong with it; `states` is empty before it is opened."""
    layer = image.layers[number]
    state = states[number] if number < len(states) else None
    facts = [f"L{layer.index}"]
    if state is not None and state.tree is not None:
        facts.append(f"{size_text(state.content_bytes)} in {state.tree.entry_count:,} entries")
    if layer.compressed_bytes is not None:
        facts.append(f"{size_text(layer.compressed_bytes)} compressed")
    if layer.created:
        facts.append(created_text(layer.created))
    lines: list[Line] = [[("plain", " " + "  ".join(facts))]]
    if state is not None:
        lines += _layer_problems(layer, states)
    lines.append([("plain", f" {one_line(layer.command)}")])
    lines.append([("dim", f" diff ID {layer.diff_id or 'unknown'}")])
    if layer.digest is not None:
        lines.append([("dim", f" digest  {layer.digest}")])
    return lines


def _layer_problems(layer: Layer, states: Sequence[LayerState]) -> list[Line]:
    state = states[layer.index]
    if state.tree is None:
        problem = state.error or layer.problem
        look = "error" if problem is not None else "dim"
        text = f"{problem.message} {problem.hint}" if problem is not None else state.sentence()
        return [[(look, f" {safe(text.strip())}")]]
    tree = state.tree
    said: list[str] = []
    if tree.damage is not None:
        what = f"damaged at byte {tree.damage.offset_bytes:,}: {tree.damage.message.rstrip('.')}"
        where = f"in layer {layer.index} of {len(states)}"
        said.append(f"{what}, {where}. {_shown(layer.index, states)}; totals are partial.")
    said += tree.problems
    lines: list[Line] = [[("error", f" {safe(text)}")] for text in said]
    lines += [[("changed", f" {safe(warning)}")] for warning in tree.columns.warnings]
    return lines


def _shown(damaged: int, states: Sequence[LayerState]) -> str:
    """What is shown of an image with a damaged layer: the layers before it, where those are all that is whole."""
    whole = [number for number, state in enumerate(states) if state.tree is not None and state.tree.damage is None]
    if not damaged or whole != list(range(damaged)):
        return "What lies before is shown"
    return "Layer 0 is shown" if damaged == 1 else f"Layers 0 to {damaged - 1} are shown"
