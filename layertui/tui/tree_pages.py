"""What the details say about a line of the tree: a place, an image, a container, a layer."""

from collections.abc import Sequence
from datetime import datetime

from layertui.image.image import Container, Image, Layer
from layertui.layer.stored import StoredTree
from layertui.present.details import is_whole
from layertui.present.safetext import safe
from layertui.present.units import age_text, created_text, exact_bytes, size_text
from layertui.sources.place import Place
from layertui.stack.space import commit_bytes
from layertui.tui.roots import Asking, Holdings, Root
from layertui.tui.state import ImageState, LayerState
from layertui.tui.tree_by_image import platforms_text
from layertui.tui.tree_rows import TreeRow, What, count_text, entry_name, one_line, total_bytes
from layertui.tui.widgets.looks import Line


def tree_details(holdings: Holdings, row: TreeRow, now: datetime) -> list[Line]:
    """What the details say about a line of the tree; ages are told from `now`."""
    state = holdings.states.get(row.place)
    if row.what is What.STEP:
        return [[("plain", f" {row.label.strip()}")], [("dim", " A step that made no layer.")]]
    if row.what is What.MISSING:
        return _missing_details(holdings, row.missing)
    if state is None:
        if 0 <= row.root < len(holdings.roots):
            return _root_details(holdings, holdings.roots[row.root])
        return [[("plain", f" {row.label}")]]
    label = safe(holdings.roots[state.root].name)
    if row.what is What.LAYER and row.layer is not None:
        if state.image is not None:
            return layer_details(state.image, state.layers, row.layer)
        return _listed_layer(state, row, row.layer)
    if row.what is What.NOTE and state.problem is None:
        return [[("plain", f" {row.label}")]]
    if state.entry.container is not None:
        return _container_details(holdings, state, state.entry.container, label, now)
    if holdings.host and state.entry.record is not None:
        return _listed_image(holdings, row.place, state, label, now)
    return _image_details(state, label)


def _root_details(holdings: Holdings, root: Root) -> list[Line]:
    lines: list[Line] = [[("win", f" {safe(root.name)}"), ("dim", f"  {safe(root.place.where)}")]]
    if root.error is not None:
        return [*lines, [("error", f" {safe(root.error.message)}")], [("plain", f" {safe(root.error.hint)}")]]
    if root.asking is not Asking.ANSWERED:
        said = {
            Asking.OFFERED: "Enter asks it; nothing is fetched before." if root.is_offer else "Enter opens it.",
            Asking.RUNNING: "It is being asked."
            if root.opens is not None
            else "It is being asked; the others answer meanwhile.",
            Asking.CANCELLED: "It was not asked to the end. R asks again.",
        }
        return [*lines, [("dim", f" {said.get(root.asking, '')}")]]
    images, containers = holdings.count(root, "image"), holdings.count(root, "container")
    counted = [
        count_text(images, "different tag" if root.by_tag else "image"),
        *([count_text(containers, "container")] if containers else []),
    ]
    lines.append([("plain", f" {'  '.join(counted)}"), ("dim", "  R asks again")])
    warnings = root.source.warnings if root.source is not None else ()
    return lines + [[("changed", f" {safe(warning)}")] for warning in warnings]


def _missing_details(holdings: Holdings, place: Place | None) -> list[Line]:
    """A place that is not there: where it was looked for, what was there, and what to do."""
    if place is None:
        told = f"{count_text(len(holdings.missing), 'place')} that images may be in, looked for and not there."
        return [[("plain", f" {told}")], [("dim", " Enter lists them.")]]
    return [
        [("win", f" {safe(place.name)}"), ("dim", f"  {safe(place.where)}: {safe(place.said)}")],
        [("plain", f" {safe(place.hint)}")],
        [("dim", " R asks it nevertheless.")],
    ]


def _listed_image(holdings: Holdings, place: int, state: ImageState, label: str, now: datetime) -> list[Line]:
    """An image as an engine or a store lists it."""
    entry, image = state.entry, state.image
    record = entry.record
    lines: list[Line] = [[("win", f" {entry_name(state)}"), ("dim", f"  in {label}")]]
    if record is None:
        return lines
    facts = [age_text(state.created, now)]
    facts.append(size_text(record.size_bytes) if record.size_bytes is not None else "size unknown")
    if state.shared_bytes is not None:
        facts.append(f"shared {size_text(state.shared_bytes)}")
    if state.unique_bytes is not None:
        facts.append(f"unique {size_text(state.unique_bytes)} (freed if removed)")
    if state.problem is not None:
        lines.append([("error", f" {safe(state.problem.message)}"), ("dim", f" {safe(state.problem.hint)}")])
    lines.append([("plain", " " + "  ".join(fact for fact in facts if fact))])
    layers = len(image.layers) if image is not None else len(record.layers)
    told = [f"ID {state.image_id.short}" if state.image_id is not None else "", layers_text(layers) if layers else ""]
    told.append(safe(image.platform.text) if image is not None else platforms_text(record.platforms))
    told.append("" if state.opened else "Enter opens it; its layers are read only then.")
    lines.append([("dim", " " + "  ".join(text for text in told if text))])
    containers = holdings.containers_of(place)
    if containers:
        names = ", ".join(entry_name(container) for container in containers)
        lines.append([("plain", f" {count_text(len(containers), 'container')}: {names}")])
    lines += [[("dim", f" digest {safe(digest)}")] for digest in record.repo_digests]
    return lines + [[("error", f" {safe(warning)}")] for warning in (image.warnings if image is not None else ())]


def _listed_layer(state: ImageState, row: TreeRow, number: int) -> list[Line]:
    """A layer as the list tells it, before its image is opened."""
    record = state.entry.record
    lines: list[Line] = [[("plain", f" L{number}  {row.label}  of {entry_name(state)}")]]
    if record is not None and number < len(record.layers):
        chain_id, size_bytes = record.layers[number]
        lines = [[("plain", f" L{number}  {size_text(size_bytes)}  of {entry_name(state)}")]]
        lines.append([("dim", f" chain ID {chain_id}")])
    return [*lines, [("dim", " Enter opens the image; its layers are read only then.")]]


def _container_details(
    holdings: Holdings, state: ImageState, container: Container, label: str, now: datetime
) -> list[Line]:
    name = entry_name(state)
    lines: list[Line] = [[("win", f" {name}"), ("plain", f"  {safe(container.status)}"), ("dim", f"  in {label}")]]
    if state.problem is not None:
        lines.append([("error", f" {safe(state.problem.message)}"), ("dim", f" {safe(state.problem.hint)}")])
    image_id = container.image_id
    of = "an image that is not known"
    if image_id is not None:
        siblings = (holdings.states[place] for place in holdings.roots[state.root].members)
        made_from = next((one for one in siblings if one.entry.kind == "image" and one.image_id == image_id), None)
        of = entry_name(made_from).split("  ")[0] if made_from is not None else f"{image_id.short}, which is gone"
    facts = [f"ID {safe(container.container_id[:12])}", f"container of {of}", age_text(container.created, now)]
    lines.append([("plain", " " + "  ".join(fact for fact in facts if fact))])
    layers = state.image.layers if state.image is not None else ()
    top = state.layers[-1] if state.layers and layers and layers[-1].writable else None
    if top is not None and top.tree is not None:
        lines.append(_commit_line(top, whole=is_whole(layers[-1])))
    else:
        lines.append([("dim", " Enter opens it: its writable layer on top of its image's layers.")])
    return lines


def _commit_line(writable: LayerState, *, whole: bool) -> Line:
    least = "" if whole else "at least "
    if writable.tree is None:
        return []
    entries = count_text(writable.tree.entry_count, "entry")
    return [("plain", f" A commit would add {least}{exact_bytes(commit_bytes(writable.tree))}, in {entries}.")]


def _image_details(state: ImageState, label: str) -> list[Line]:
    entry, image = state.entry, state.image
    lines: list[Line] = [[("win", f" {entry_name(state)}"), ("dim", f"  in {label}")]]
    problem = state.problem
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
        if entry.platform is not None:
            lines.append([("plain", f" {safe(entry.platform.text)}")])
        lines.append([("dim", f" {entry.digest}")])
    return lines


def layers_text(count: int) -> str:
    """So many layers: `1 layer`, `9 layers`."""
    return f"{count} layer" if count == 1 else f"{count} layers"


def layer_trouble(number: int, count: int, state: LayerState) -> str:
    """What is wrong with a layer that was read, in one short sentence; empty where nothing is."""
    name = f"L{number}, of {layers_text(count)},"
    if state.error is not None and state.transfer is not None:
        return state.error.message  # it is about all layers that have not arrived
    if state.error is not None:
        return f"{name} cannot be read: {state.error.message}"
    if state.tree is not None and state.tree.damage is not None:
        return f"{name} is {state.tree.damage.where}. Totals are partial."
    return state.tree.problems[0] if state.tree is not None and state.tree.problems else ""


def layer_details(image: Image, states: Sequence[LayerState], number: int) -> list[Line]:
    """Sizes, command and digests of a layer, how it is read, and what is wrong with it.

    `states` is empty before the image is opened.
    """
    layer = image.layers[number]
    state = states[number] if number < len(states) else None
    facts = [f"L{layer.index}"]
    if state is not None and state.tree is not None:
        facts.append(f"{size_text(state.content_bytes)} in {state.tree.entry_count:,} entries")
    if layer.compressed_bytes is not None:
        facts.append(f"{size_text(layer.compressed_bytes)} compressed")
    if isinstance(layer.content, StoredTree):
        facts.append(f"read via {safe(layer.content.method)}")
    if layer.created:
        facts.append(created_text(layer.created))
    lines: list[Line] = [[("plain", " " + "  ".join(facts))]]
    if state is not None:
        if layer.writable and state.tree is not None:
            lines.append(_commit_line(state, whole=is_whole(layer)))
        lines += _layer_problems(layer, states)
    lines.append([("plain", f" {one_line(layer.command)}")])
    if not layer.writable:
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
        what = f"{tree.damage.where}: {tree.damage.message.rstrip('.')}"
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
