"""What an extraction from the screen does: which plan, which destination, and what is said of it. Holds no thread."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from layertui.errors import LayertuiError, NotFoundError, UsageError
from layertui.extract.attributes import Options
from layertui.extract.contents import Progress, Work
from layertui.extract.layertar import layer_tar
from layertui.extract.lookup import layer_version
from layertui.extract.outcome import Outcome
from layertui.extract.plan import Plan, plan_as
from layertui.extract.saving import save
from layertui.extract.tree import extract
from layertui.image.image import Image
from layertui.layer.columns import Kind
from layertui.layer.read import Cancel
from layertui.present.units import size_text
from layertui.stack.load import layer_problems
from layertui.stack.squash import Squash
from layertui.tui.messages_taking import Ending
from layertui.tui.subject import Subject


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be extracted."""

    subject: Subject
    image: Image
    tar: bool = False
    """The tar of the layer, not files."""
    alone: bool = False
    """Whether the layer is folded without those below it: hard links into them lead nowhere yet."""


def measured(request: Request, cancelled: Cancel) -> str:
    """How much an extraction would be: `1,204 files, 98.1 MB`; raises LayertuiError and Cancelled."""
    plan = _planned(request, b"", Work(cancelled=cancelled))
    count = len(plan.files) + len(plan.links)
    return f"{_counted(count, 'file', 'files')}, {size_text(plan.content_bytes)}"


def extracted(request: Request, target: Path, shown: str, progress: Progress, cancelled: Cancel) -> Ending:
    """Extract files to a path that is not there yet, which messages call `shown`.

    A directory, a layer's diff or the merged tree becomes a directory of that name; anything else the thing itself.
    Raises LayertuiError, and Cancelled; then nothing is there.
    """
    squash, image = _squash(request), request.image
    position = _position(request.subject, squash)
    is_directory = squash.kind(position) is Kind.DIRECTORY
    name = b"" if is_directory else os.fsencode(target.name)
    if not is_directory:
        target = _parent(target)
    plan = _planned(request, name, Work(cancelled=cancelled))
    if request.alone and (plan.broken or any(tree.columns.metacopies for tree in plan.trees.values())):
        raise NotFoundError("Some of its files have their content in layers below, which are still being read.")
    outcome = extract(image, plan, target, Options(new=is_directory), progress=progress, cancelled=cancelled)
    damage = _damage(image, squash, request.subject) if is_directory else []
    problems = [*damage, *outcome.problems]
    lines = [*(problem.message for problem in problems), *outcome.notes]
    count = len(problems) + outcome.problem_count - len(outcome.problems)
    if count > len(problems):
        lines.append(f"{count - len(problems):,} more entries could not be made.")
    said = f"Extracted {_made(outcome)}"
    return Ending(said, shown, outcome.left_out.words(), tuple(lines), count)


def layer_saved(request: Request, target: Path, shown: str, progress: Progress, cancelled: Cancel) -> Ending:
    """Save the tar of a layer to a file that is not there yet; raises as `extracted`."""
    number = request.subject.holder
    if number is None:
        raise NotFoundError("No layer is meant.")
    if os.path.lexists(target):  # before anything is read; that nothing is replaced `save` sees to
        raise UsageError(f"{shown} exists already. Nothing was written.", "Choose another name.")
    work = Work(progress=progress, cancelled=cancelled)
    tar = layer_tar(request.image.layers[number], work)
    written = save(_checked(tar.chunks, work), target)
    lines = [*(problem.message for problem in tar.problems), *tar.notes]
    said = f"Extracted the tar of L{number}, {size_text(written)}"
    return Ending(said, shown, lines=tuple(lines), problems=len(tar.problems))


def _checked(chunks: Iterable[bytes], work: Work) -> Iterator[bytes]:
    for chunk in chunks:
        work.check()  # a little that is stored may be much that is written
        yield chunk


def _squash(request: Request) -> Squash:
    if request.subject.squash is None:
        raise NotFoundError("Its layers are not read yet.")
    return request.subject.squash


def _position(subject: Subject, squash: Squash) -> int:
    """The version that is meant; the root of a layer's diff, or of what layers give together, where no path is."""
    if subject.position is not None:
        return subject.position
    layer = squash.top if subject.layer is None else subject.layer
    if subject.layer is not None and not subject.merged:
        return layer_version(squash, b"", layer)
    root = squash.alive_at(b"", layer)
    if root is None:
        raise NotFoundError("The image has no layers, so it holds no files.")
    return root


def _planned(request: Request, name: bytes, work: Work) -> Plan:
    subject, squash = request.subject, _squash(request)
    layer = squash.top if subject.layer is None else subject.layer
    merged = subject.merged or subject.layer is None
    return plan_as(squash, _position(subject, squash), name, layer=layer, merged=merged, check=work.check)


def _parent(target: Path) -> Path:
    """The directory that a file goes into, which must be there; a link of the person's own to one is followed."""
    parent = target.parent
    if not os.path.isdir(parent):
        raise NotFoundError(f"{parent} is no directory that is there, so {target.name} cannot be made in it.")
    return Path(os.path.realpath(parent)) if os.path.islink(parent) else parent


def _damage(image: Image, squash: Squash, subject: Subject) -> list[LayertuiError]:
    """What is wrong with the layers that were taken from, and what is missing therefore."""
    layers = range(squash.first, squash.top + 1)
    if subject.layer is not None:
        layers = range(squash.first if subject.merged else subject.layer, subject.layer + 1)
    trees = ((image.layers[layer], squash.trees[layer - squash.first]) for layer in layers)
    return [problem for layer, tree in trees for problem in layer_problems(image, layer, tree)]


def _made(outcome: Outcome) -> str:
    if outcome.files:
        return f"{_counted(outcome.files, 'file', 'files')}, {size_text(outcome.content_bytes)}"
    if outcome.others:
        return _counted(outcome.others, "link", "links")
    if outcome.directories:
        return _counted(outcome.directories, "directory", "directories")
    return "an empty directory"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
