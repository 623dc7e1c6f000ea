"""Lines that belong together: a common subsequence, as long as diff(1) finds it, and within bounds."""

import random
import subprocess
from pathlib import Path

import pytest

from layertui.errors import Cancelled
from layertui.present.contentdiff import align as align_module
from layertui.present.contentdiff.align import Alignment, align
from tests.layer.helpers import at_most_seconds


def check(a: list[str], b: list[str], found: Alignment) -> int:
    """That blocks are equal and rise on both sides; returns how many lines they have."""
    at_a = at_b = 0
    for start_a, start_b, count in found.blocks:
        assert count > 0
        assert start_a >= at_a
        assert start_b >= at_b
        assert (start_a, start_b) != (at_a, at_b) or not at_a, "two runs next to each other are one"
        assert a[start_a : start_a + count] == b[start_b : start_b + count]
        at_a, at_b = start_a + count, start_b + count
    assert at_a <= len(a)
    assert at_b <= len(b)
    return sum(count for _, _, count in found.blocks)


def longest(a: list[str], b: list[str]) -> int:
    """The longest common subsequence, the plain way."""
    row = [0] * (len(b) + 1)
    for line in a:
        before = 0
        for at, other in enumerate(b):
            before, row[at + 1] = row[at + 1], before + 1 if line == other else max(row[at + 1], row[at])
    return row[-1]


def test_without_anchors_it_is_the_longest_there_is() -> None:
    generator = random.Random(10)
    for _ in range(300):
        # every line stands twice or more, so there is no anchor but by chance
        a = generator.choices("ab", k=generator.randrange(25)) + list("ab")
        b = generator.choices("ab", k=generator.randrange(25)) + list("ab")
        found = align(a, b)
        assert found.is_complete
        assert check(a, b, found) == longest(a, b)


def test_any_two_texts_give_a_common_subsequence() -> None:
    generator = random.Random(11)
    for _ in range(500):
        letters = generator.choice(["ab", "abcdefgh", "abcdefghijklmnopqrstuvwxyz0123456789"])
        a = generator.choices(letters, k=generator.randrange(40))
        b = list(a) if generator.random() < 0.5 else generator.choices(letters, k=generator.randrange(40))
        for _ in range(generator.randrange(5)):
            if b:
                b[generator.randrange(len(b))] = generator.choice(letters)
        found = align(a, b)
        kept = check(a, b, found)
        assert kept <= longest(a, b)
        assert a != b or kept == len(a)


def test_moved_and_changed_lines_of_a_real_file_as_few_as_diff_shows(tmp_path: Path) -> None:
    text = Path(align_module.__file__).read_text().splitlines()
    generator = random.Random(12)
    other = [line for line in text if generator.random() > 0.1]
    other[20:20] = ["new line", "another"]
    (tmp_path / "a").write_text("\n".join(text) + "\n")
    (tmp_path / "b").write_text("\n".join(other) + "\n")
    told = subprocess.run(["diff", "-d", "a", "b"], cwd=tmp_path, capture_output=True, text=True).stdout
    fewest = sum(line[:1] in "<>" for line in told.splitlines())
    ours = len(text) + len(other) - 2 * check(text, other, align(text, other))
    assert fewest <= ours <= fewest * 1.2


def test_two_hundred_thousand_lines_take_little_time() -> None:
    a = [f"line {number}" for number in range(200_000)]
    b = [line for at, line in enumerate(a) if at % 100] + ["more"]
    with at_most_seconds(8):
        assert check(a, b, align(a, b)) == len(b) - 1


def test_what_has_nothing_in_common_ends_within_a_bound() -> None:
    generator = random.Random(13)
    a = generator.choices("abcd", k=100_000)
    b = generator.choices("cdef", k=100_000)
    with at_most_seconds(15):
        found = align(a, b)
    assert not found.is_complete
    check(a, b, found)


def test_it_can_be_cancelled() -> None:
    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        align(["a"], ["b"], stop)
