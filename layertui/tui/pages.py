"""What the pages say: help, an image's config and history, a file's metadata and history, details of tree lines."""

from collections.abc import Sequence

from layertui.image.image import Image
from layertui.present.details import detail_lines, history_table, metadata_table, removed_with
from layertui.present.marks import Mark, legend
from layertui.present.safetext import safe
from layertui.present.units import created_text, size_text
from layertui.stack.squash import Squash
from layertui.tui.actions import Place, by_group
from layertui.tui.state import ImageState
from layertui.tui.tree_rows import entry_name, one_line
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
    title, marks = _marks(place)
    lines += heading(title)
    for text, mark in marks:
        shown = text.strip() or "blank"
        lines.append([(mark.style, f"  {pad(shown, KEYS_WIDTH)}"), ("plain", f" {mark.meaning}")])
    return lines[1:]


def _marks(place: Place) -> tuple[str, Sequence[tuple[str, Mark]]]:
    """The marks that a pane draws, and what the help calls them."""
    if place not in (Place.COMPARE, Place.PAIRS, Place.CONFIGS):
        return "Marks: S is what the layer did, Out what became of that version", legend()
    from layertui.present.comparing import compare_legend  # which the first frame does not wait for

    return "Marks, between the sides and at the right", compare_legend()


def config_page(state: ImageState, label: str, warnings: Sequence[str] = ()) -> list[Line]:
    """Config and history of an image, as recorded; `warnings` are those of its source."""
    image = state.image
    if image is None:
        problem = state.problem
        said = f"{problem.message} {problem.hint}" if problem is not None else "Opening the image..."
        return [[("plain", f" {safe(said.strip())}")]]
    config = image.config.config
    lines: list[Line] = [
        named("Name", entry_name(state)),
        named("Source", safe(label)),
        *_container_lines(image),
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


def _container_lines(image: Image) -> list[Line]:
    """What a container is besides its image; the engine's own files are apart, as they are in no layer."""
    container = image.container
    if container is None:
        return []
    told = (
        ("Container ID", container.container_id),
        ("Status", container.status),
        ("Started from", "  ".join(image.tags)),
        ("Made", created_text(container.created)),
    )
    lines = [named(name, safe(text)) for name, text in told if text]
    for number, path in enumerate(container.engine_files):
        lines.append(named("Engine's files" if number == 0 else "", safe(path)))
    if container.engine_files:
        lines.append(named("", "put there by the engine, in no layer", "dim"))
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
