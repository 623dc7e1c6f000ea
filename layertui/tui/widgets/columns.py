"""The file pane's columns: which ones fit, and a row drawn in them."""

from dataclasses import dataclass

from rich.cells import cell_len

from layertui.present.glyphs import FULL, HALF
from layertui.present.marks import OUTCOME_MARKS, STATE_MARKS
from layertui.present.row import Row
from layertui.present.safetext import crop_end, crop_middle
from layertui.stack.state import Outcome, State
from layertui.tui.widgets.looks import Line, Run, pad, pad_left

SIZE_WIDTH = 7
"""Cells of a size: `98.1 MB` at most."""

BAR_WIDTH = 6
"""Cells of the percent bar."""

MODE_WIDTH = 9
OWNER_WIDTH = 9
MTIME_WIDTH = 16
"""A time to the minute."""

PATH_WIDTH = 30
"""Cells that the path keeps at least before another column is added."""

STRIP_WIDTH = 32
"""The stack strip of an image with more layers than this is left out."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns there are, and how wide."""

    out: int
    strip: int
    bar: bool
    mode: bool
    owner: bool
    mtime: bool
    path: int
    """What is left for the path."""

    @classmethod
    def fitting(cls, width: int, layer_count: int) -> "Columns":
        """The columns for a pane of so many cells; the more it has, the more it shows."""
        out = max(3, len(str(max(layer_count - 1, 0))) + 1)
        room = width - (1 + 1 + 2 + out + 1 + SIZE_WIDTH + 2)
        strip = layer_count if 1 < layer_count <= STRIP_WIDTH else 0
        taken: dict[str, bool] = {}
        wanted = (
            ("strip", strip + 1 if strip else 0),
            ("bar", BAR_WIDTH + 1),
            ("mode", MODE_WIDTH + 1),
            ("owner", OWNER_WIDTH + 1),
            ("mtime", MTIME_WIDTH + 1),
        )
        for name, cells in wanted:
            taken[name] = cells > 0 and room - cells >= PATH_WIDTH
            if taken[name]:
                room -= cells
        return cls(
            out, strip if taken["strip"] else 0, taken["bar"], taken["mode"], taken["owner"], taken["mtime"], room
        )

    def head(self) -> str:
        """The column heads."""
        text = f" S  {'Out':<{self.out}} {'Size':>{SIZE_WIDTH}}"
        if self.bar:
            text += f" {'Share':<{BAR_WIDTH}}"
        if self.strip:
            text += " " + pad("Stack" if self.strip >= 5 else "", self.strip)
        if self.mode:
            text += f" {'Mode':<{MODE_WIDTH}}"
        if self.owner:
            text += f" {'Owner':<{OWNER_WIDTH}}"
        if self.mtime:
            text += f" {'Changed':<{MTIME_WIDTH}}"
        return text + "  Path"

    def line(self, row: Row, flat: bool, strip: str, changed_beneath: int) -> Line:
        """A row in these columns; `strip` is its stack strip, `changed_beneath` what a closed directory hides."""
        state_look = STATE_MARKS[row.state].style if row.state is not None else "plain"
        outcome_look = OUTCOME_MARKS[row.outcome].style if row.outcome in OUTCOME_MARKS else "plain"
        runs: list[Run] = [(state_look, f" {row.mark or ' '}  "), (outcome_look, pad(row.out, self.out))]
        quiet = "dim" if row.state is State.UNCHANGED else "plain"
        middle = " " + pad_left(row.size_text, SIZE_WIDTH)
        if self.bar:
            middle += " " + bar(row.share)
        if self.strip:
            middle += " " + pad(strip, self.strip)
        if self.mode:
            middle += f" {row.mode_text:<{MODE_WIDTH}}"
        if self.owner:
            middle += " " + pad(crop_end(row.owner_text, OWNER_WIDTH), OWNER_WIDTH)
        if self.mtime:
            middle += " " + pad(row.mtime_text[:MTIME_WIDTH].replace("T", " "), MTIME_WIDTH)
        runs.append((quiet, middle + "  "))
        runs.extend(self._path(row, flat, changed_beneath))
        return runs

    def _path(self, row: Row, flat: bool, changed_beneath: int) -> list[Run]:
        look = path_look(row)
        if flat:
            return self._with_link([(look, crop_middle(row.path, self.path))], row, self.path)
        indent = min(row.depth + min(row.depth, self.path // 8), self.path // 2)
        fold = "  " if row.folded is None else ("> " if row.folded else "v ")
        room = self.path - indent - len(fold)
        name = crop_middle(row.name, room)
        runs: list[Run] = [("dim" if look == "dim" else "plain", " " * indent + fold), (look, name)]
        if changed_beneath:
            note = f"  {changed_beneath:,} changed"
            if cell_len(name) + len(note) <= room:
                runs.append(("dim", note))
        return self._with_link(runs, row, self.path)

    def _with_link(self, runs: list[Run], row: Row, width: int) -> list[Run]:
        left = width - sum(cell_len(text) for _, text in runs)
        if row.link_text and left >= 8:
            runs.append(("dim", crop_end(row.link_text, left)))
        return runs


def path_look(row: Row) -> str:
    """How a path is drawn: removed and dead ones struck, unchanged ones dimmed."""
    if row.state is State.REMOVED:
        return "removed"
    if row.outcome is Outcome.DELETED:
        return "dead"
    if row.state is State.UNCHANGED or row.outcome is Outcome.SHADOWED:
        return "dim"
    return "directory" if row.is_directory else "plain"


def bar(share: float) -> str:
    """A share of the whole (0 to 1) as a bar, to half a cell."""
    halves = round(max(0.0, min(share, 1.0)) * BAR_WIDTH * 2)
    if share > 0.01 and halves == 0:
        halves = 1
    return pad(FULL * (halves // 2) + (HALF if halves % 2 else ""), BAR_WIDTH)
