"""Compare two images that are indexed; print what each step of it takes, in milliseconds of wall and of CPU time.

    python -m tests.benchmarks.comparing REF REF

A reference may name layers, as `image.tar#0..11` does. Each step is run several times; the median counts.
"""

import statistics
import sys
import time
from collections.abc import Callable

from layertui.diffing import meant, read_side
from layertui.present.comparing_rows import (
    CompareView,
    choose,
    difference_number,
    next_difference,
    row_cells,
    strip_cells,
    visible_rows,
)
from layertui.present.view import Folds
from layertui.stack.compare import Comparison, compare, exchanged

ROUNDS = 9
"""How often each step is run."""

LINES = 50
"""Rows on a screen."""


def measured(name: str, step: Callable[[], object]) -> None:
    """Run a step, and print its medians."""
    walls, cpus = [], []
    for _ in range(ROUNDS):
        began_s, cpu_s = time.perf_counter(), time.process_time()
        step()
        walls.append(time.perf_counter() - began_s)
        cpus.append(time.process_time() - cpu_s)
    print(f"{name}\t{1_000 * statistics.median(walls):.1f}\t{1_000 * statistics.median(cpus):.1f}")


def draw(comparison: Comparison, view: CompareView, folds: Folds) -> None:
    """What a key asks of the model: which rows there are, the strip beside them, and the texts of a screen."""
    rows = visible_rows(comparison, choose(comparison, view), folds)
    strip_cells(comparison, rows, LINES)
    for row in rows[:LINES]:
        row_cells(comparison, row)


def main() -> None:
    """Read both sides, then measure."""
    (a, loaded_a), (b, loaded_b) = map(read_side, meant(*sys.argv[1:3]))
    if loaded_a.problems or loaded_b.problems:
        sys.exit("not what should be measured: a layer is damaged")
    measured("compare", lambda: compare(a, b))
    comparison = compare(a, b)
    everything = CompareView(hidden=frozenset())
    chosen = choose(comparison, everything)
    folds = Folds()

    def fold() -> None:
        directory = chosen.holders[len(chosen.holders) // 2]
        folds.choose(comparison.keys[directory], not folds.is_open(comparison.keys[directory], True))
        draw(comparison, everything, folds)

    def following() -> None:
        row = next_difference(comparison, chosen, len(comparison) // 2)
        difference_number(comparison, chosen, row or 0)

    measured("fold", fold)
    measured("filter, all changes shown", lambda: draw(comparison, everything, folds))
    measured("filter, identical hidden", lambda: draw(comparison, CompareView(), folds))
    measured("filter, a word typed", lambda: draw(comparison, CompareView(frozenset(), "test"), folds))
    measured("next difference", following)
    measured("sides exchanged", lambda: exchanged(comparison))
    print("rows", len(comparison), len(a.squash) + len(b.squash), sep="\t")


if __name__ == "__main__":
    main()
