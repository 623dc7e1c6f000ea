"""Lay the layers and the configs of two images side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum

from layertui.image.image import Image, Layer
from layertui.layer.tree import LayerTree

ALIKE = 0.5
"""From this likeness on, of at most 1, two layers are taken for versions of one: half of what they hold or say."""

COMMAND_CHARACTERS = 200
"""How much of a command is compared: its beginning tells what it is, and one may be a whole script."""

MOST_PAIRS = 4_096
"""Likeness is asked for no more pairs of layers than this (64 by 64); beyond, only diff IDs align: it takes a
millisecond a pair."""


class How(Enum):
    """Why two layers stand side by side."""

    SAME = "same diff ID"
    CONTENT = "like content"
    COMMAND = "like command"
    ALONE = "no counterpart"


@dataclass(frozen=True, slots=True)
class LayerPair:
    """Two layers side by side, or one without a counterpart."""

    a: int | None
    """A's layer number; None where A has no counterpart."""
    b: int | None
    how: How


@dataclass(frozen=True, slots=True)
class ConfigRow:
    """One field of two configs."""

    field: str
    """Such as `entrypoint`, `env PATH`, `label version`."""
    a: str | None
    """A's value; None where A does not set it. Not made safe for a terminal."""
    b: str | None

    @property
    def differs(self) -> bool:
        """Whether the two sides differ."""
        return self.a != self.b


Trees = Mapping[int, LayerTree]
"""Layers that are read, by number."""


def align(a: Image, b: Image, trees_a: Trees | None = None, trees_b: Trees | None = None) -> list[LayerPair]:
    """Align the layers of two images, base to top, in the order of both.

    Layers of one diff ID stand side by side; between these, layers by likeness of content where their trees are
    given, and of the command that made them.
    """
    ids_a, ids_b = [_identity(layer, "a") for layer in a.layers], [_identity(layer, "b") for layer in b.layers]
    matcher = SequenceMatcher(None, ids_a, ids_b, autojunk=False)
    aligned: list[LayerPair] = []
    likeness = _Likeness(a, b, trees_a or {}, trees_b or {})
    at_a = at_b = 0
    for start_a, start_b, length in matcher.get_matching_blocks():
        aligned += _between(likeness, range(at_a, start_a), range(at_b, start_b))
        aligned += [LayerPair(start_a + step, start_b + step, How.SAME) for step in range(length)]
        at_a, at_b = start_a + length, start_b + length
    return aligned


def same_up_to(a: Image, b: Image) -> int | None:
    """The highest layer up to which both images have the same diff IDs from the base on; None where there is none."""
    shared = -1
    for one, other in zip(a.layers, b.layers, strict=False):
        if one.diff_id is None or one.diff_id != other.diff_id:
            break
        shared = one.index
    return shared if shared >= 0 else None


def compare_configs(a: Image, b: Image) -> list[ConfigRow]:
    """Two configs field by field, those of either: platform, how a container starts, env and labels by name."""
    one, other = _fields(a), _fields(b)
    return [ConfigRow(name, one.get(name), other.get(name)) for name in sorted({*one, *other}, key=_config_order)]


_FIELDS = (
    "os",
    "architecture",
    "variant",
    "author",
    "user",
    "entrypoint",
    "cmd",
    "working_dir",
    "env",
    "label",
    "exposed_ports",
    "volumes",
    "stop_signal",
    "shell",
    "on_build",
    "healthcheck",
)
"""The order of the fields; env and labels have a row for each name."""


def _config_order(name: str) -> tuple[int, str]:
    return _FIELDS.index(name.partition(" ")[0]), name


def _fields(image: Image) -> dict[str, str]:
    config, run = image.config, image.config.config
    fields = {
        "os": config.os,
        "architecture": config.architecture,
        "variant": config.variant,
        "author": config.author,
        "user": run.user,
        "entrypoint": _words(run.entrypoint),
        "cmd": _words(run.cmd),
        "working_dir": run.working_dir,
        "exposed_ports": _words(sorted(run.exposed_ports)),
        "volumes": _words(sorted(run.volumes)),
        "stop_signal": run.stop_signal,
        "shell": _words(run.shell),
        "on_build": _words(run.on_build),
        "healthcheck": _words(run.healthcheck),
    }
    # A name that is set to nothing is set all the same.
    named = {f"env {name}": value for name, _, value in (each.partition("=") for each in run.env)}
    named |= {f"label {name}": text for name, text in run.labels.items()}
    return {name: text for name, text in fields.items() if text} | named


def _words(words: Sequence[str]) -> str:
    """Words as one text, as a JSON-like list would be read by a person: quoted where a space stands in one."""
    return " ".join(f'"{word}"' if not word or " " in word else word for word in words)


def _identity(layer: Layer, side: str) -> str:
    """What two layers are the same by; of one without a diff ID, what no other has."""
    return str(layer.diff_id) if layer.diff_id is not None else f"{side}{layer.index}"


class _Likeness:
    """How alike two layers are: 0 to 1 by content, and by command."""

    def __init__(self, a: Image, b: Image, trees_a: Trees, trees_b: Trees) -> None:
        self._a, self._b = a, b
        self._trees = trees_a, trees_b
        self._keys: tuple[dict[int, frozenset[bytes]], dict[int, frozenset[bytes]]] = ({}, {})

    def of(self, at_a: int, at_b: int) -> tuple[float, How]:
        """The greater likeness of two layers, and which it is."""
        command = _command_likeness(self._a.layers[at_a].command, self._b.layers[at_b].command)
        content = self._content(at_a, at_b)
        return (content, How.CONTENT) if content > command else (command, How.COMMAND)

    def _content(self, at_a: int, at_b: int) -> float:
        """The share of paths that two layers have in common."""
        one, other = self._paths(0, at_a), self._paths(1, at_b)
        either = len(one | other)
        return len(one & other) / either if either else 0.0

    def _paths(self, which: int, number: int) -> frozenset[bytes]:
        if number not in self._keys[which]:
            tree = self._trees[which].get(number)
            self._keys[which][number] = frozenset() if tree is None else frozenset(tree.columns.keys) - {b""}
        return self._keys[which][number]


def _command_likeness(one: str | None, other: str | None) -> float:
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    if one.partition(" ")[0] != other.partition(" ")[0]:
        return 0.0  # another instruction
    matcher = SequenceMatcher(None, one[:COMMAND_CHARACTERS], other[:COMMAND_CHARACTERS], autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0


def _between(likeness: _Likeness, range_a: range, range_b: range) -> list[LayerPair]:
    """Align layers without equals so that the pairs' likeness together is greatest, by the table of all beginnings."""
    if not range_a or not range_b or len(range_a) * len(range_b) > MOST_PAIRS:
        return [LayerPair(at, None, How.ALONE) for at in range_a] + [LayerPair(None, at, How.ALONE) for at in range_b]
    likes = [[likeness.of(at_a, at_b) for at_b in range_b] for at_a in range_a]
    rows, columns = len(range_a), len(range_b)
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in reversed(range(rows)):
        for column in reversed(range(columns)):
            like = likes[row][column][0]
            paired = like + best[row + 1][column + 1] if like >= ALIKE else 0.0
            best[row][column] = max(paired, best[row + 1][column], best[row][column + 1])
    aligned, row, column = [], 0, 0
    while row < rows or column < columns:
        at_a, at_b = (range_a[row] if row < rows else None), (range_b[column] if column < columns else None)
        if at_a is not None and at_b is not None:
            like, how = likes[row][column]
            if like >= ALIKE and best[row][column] == like + best[row + 1][column + 1]:
                aligned.append(LayerPair(at_a, at_b, how))
                row, column = row + 1, column + 1
                continue
        if at_b is None or (at_a is not None and best[row][column] == best[row + 1][column]):
            aligned.append(LayerPair(at_a, None, How.ALONE))
            row += 1
        else:
            aligned.append(LayerPair(None, at_b, How.ALONE))
            column += 1
    return aligned
