"""The content comparison: what differs is seen at once, in any width, and the keys do what they say."""

import re
from hashlib import sha256

from rich.segment import Segment

from layertui.tui.version import Version
from tests.tui.hunks import NEW, OLD, SeenHunks, comparing, demo_config, pair


def underlined(seen: SeenHunks, line: int) -> list[str]:
    """The underlined texts of a line of the screen."""
    segments: list[Segment] = list(seen.app.screen._compositor.render_strips()[line])
    return [segment.text for segment in segments if segment.style is not None and segment.style.underline]


async def test_unified_begins_at_the_first_hunk_with_what_changed_marked() -> None:
    one, *_, last = demo_config()
    async with comparing(one, last) as seen:
        assert re.match(r" A api:1\.4 L4  <>  B api:1\.4 L7  etc/app/config\.yaml +hunk 1/4$", seen.header)
        assert seen.cursor_line.split() == ["4", "-", "workers:", "2"]
        at = seen.cursor_row
        assert underlined(seen, at) == ["2"]  # on the cursor too
        assert underlined(seen, at + 1) == ["8"]
        assert "Compared line by line: 4 hunks, 4 lines of A for 4 of B. Differs too: mtime." in seen.text
        await seen.press("n")
        assert seen.header.endswith("hunk 2/4")
        assert "level: debug" in seen.cursor_line
        await seen.press("n", "n", "n")
        assert seen.header.endswith("hunk 4/4")
        assert "No hunk below." in seen.footer
        await seen.press("N", "N", "N", "N")
        assert seen.header.endswith("hunk 1/4")
        assert "No hunk above." in seen.footer


async def test_side_by_side_from_100_columns() -> None:
    one, *_, last = demo_config()
    async with comparing(one, last, (120, 36)) as seen:
        assert re.search(r"^ 4   workers: 2 +\|  4   workers: 8$", seen.text, re.MULTILINE)
        assert seen.cursor_line.startswith(" 4   workers: 2")
        assert underlined(seen, seen.cursor_row) == ["2", "8"]
        await seen.press("n")
        await seen.pilot.resize_terminal(99, 30)
        await seen.settle()
        assert seen.cursor_line.split() == ["7", "-", "level:", "debug"]
        assert seen.header.endswith("hunk 2/4")
        await seen.pilot.resize_terminal(100, 30)
        await seen.settle()
        assert re.match(r" 7   level: debug +\|  7   level: info", seen.cursor_line)


async def test_equal_lines_are_folded_or_all_shown() -> None:
    async with comparing(*pair(OLD, NEW)) as seen:
        assert ": 37 equal lines" in seen.text
        assert re.match(r" 41 +- line 40$", seen.cursor_line)
        await seen.press("n", "n", "u")
        assert "equal lines" not in seen.text
        assert "line 180" in seen.cursor_line
        assert seen.header.endswith("hunk 3/3")
        await seen.press("g", "u")
        assert ": 37 equal lines" in seen.lines[1]


async def test_white_space_is_ignored_and_compared_again() -> None:
    async with comparing(*pair(OLD, NEW)) as seen:
        await seen.press("n", "I")
        assert "2 hunks" in seen.text
        assert "White space is ignored." in seen.said
        assert seen.header.endswith("hunk 2/2")
        await seen.press("I")
        assert seen.header.endswith("hunk 2/3")


async def test_line_numbers_wrapping_and_moving_sideways() -> None:
    long = b"start " + b"word " * 60
    async with comparing(*pair(long + b"one\n", long + b"two\n")) as seen:
        assert re.match(r"1 +- start word", seen.cursor_line)
        assert seen.cursor_line.endswith("…")
        await seen.press("number_sign")
        assert seen.cursor_line.startswith("- start word")
        for _ in range(20):
            await seen.press("right")
        assert "word one" in seen.cursor_line
        assert underlined(seen, 2) == ["two"]
        for _ in range(20):
            await seen.press("left")
        assert seen.cursor_line.startswith("- start word")
        await seen.press("L")
        at = seen.cursor_row
        wrapped = "".join(line[2:79].strip("║").ljust(77) for line in seen.lines[at : at + 10]).replace("  ", "")
        assert "word one" in wrapped
        assert "…" not in wrapped
        await seen.press("L")
        assert seen.cursor_line.endswith("…")


async def test_sides_are_exchanged_and_moved_through_the_versions() -> None:
    low, middle, top = demo_config()
    async with comparing(low, middle, (120, 36)) as seen:
        assert "A api:1.4 L4  <>  B api:1.4 L5" in seen.header
        await seen.press("e")
        assert "A api:1.4 L5  <>  B api:1.4 L4" in seen.header
        assert re.match(r" 4   workers: 8 +\|  4   workers: 2", seen.cursor_line)
        await seen.press("e", "right_square_bracket")
        assert "A api:1.4 L7  <>  B api:1.4 L5" in seen.header
        await seen.press("right_square_bracket")
        assert "No higher version to compare B with." in seen.footer
        await seen.press("left_square_bracket")
        assert "A api:1.4 L4  <>  B api:1.4 L5" in seen.header
        await seen.press("w")
        assert "A api:1.4 L5  <>  B api:1.4 L7" in seen.header
        await seen.press("w")
        assert "B is the version that a container sees." in seen.footer
    assert top.layer == 7


async def test_bytes_are_compared_with_sizes_digests_and_the_first_difference() -> None:
    a, b = bytearray(100_000), bytearray(100_000)
    b[70_000] = b[70_001] = b[90_000] = 0xFF
    async with comparing(*pair(bytes(a), bytes(b) + b"end")) as seen:
        assert "A and B are no text: compared as bytes." in seen.said
        assert "First difference at byte 70,000 (0x11170)." in seen.text
        assert "Binary data, 100,000 B" in seen.text
        assert f"sha256:{sha256(a).hexdigest()}" in seen.text
        assert re.match(r"00011170 +00 00 00 00 00 00 00 00 \.{8} \| ff ff 00", seen.cursor_line)
        assert underlined(seen, seen.cursor_row) == ["00 00", "ff ff"]
        assert seen.header.endswith("byte 70,000")
        await seen.press("n")
        assert seen.header.endswith("byte 90,000")
        await seen.press("n")
        assert "> 65 6e 64" in seen.cursor_line
        await seen.press("n")
        assert "No difference below." in seen.footer
        await seen.press("N", "N")
        assert seen.header.endswith("byte 70,000")
        await seen.press("H")
        assert "no text" in seen.footer
        await seen.press("G")
        assert "> 65 6e 64" in seen.cursor_line


async def test_texts_are_compared_as_bytes_on_request() -> None:
    async with comparing(*pair(OLD, NEW), keys=["n", "H"]) as seen:
        assert "First difference at byte 315" in seen.text
        assert re.search(r"00000138 .* \| ", seen.cursor_line)
        await seen.press("H")
        assert "Compared line by line" in seen.text
        assert seen.header.endswith("hunk 2/3")


async def test_search_goes_through_the_lines_that_are_shown() -> None:
    async with comparing(*pair(OLD, NEW), keys=["slash", *"FORTY", "enter"]) as seen:
        assert "No line that is shown has FORTY; u shows those that are folded." in seen.footer
        await seen.press("slash", *"LINE 4", "escape", "slash", *"line 4", "enter")
        assert seen.cursor_line.split()[-2:] == ["line", "40"]
        assert seen.header.endswith("hit 1/4")
        await seen.press("n", "n")
        assert seen.cursor_line.split()[-2:] == ["line", "42"]
        await seen.press("slash", *"forty", "enter")
        assert "line forty" in seen.cursor_line
        assert seen.header.endswith("hit 1/1")
        await seen.press("n")
        assert "No hit below." in seen.footer
        await seen.press("escape", "n")
        assert seen.header.endswith("hunk 2/3")
        await seen.press("escape")
        assert len(seen.app.screen_stack) == 1


async def test_a_path_of_its_own_on_either_side_is_in_the_header() -> None:
    config = demo_config()[0]
    other = next(Version(config.image, config.squash, position) for position in config.squash.history(b"app/run.sh"))
    async with comparing(config, other, (120, 30)) as seen:
        assert "A api:1.4 L4 etc/app/config.yaml  <>  B api:1.4 L3 app/run.sh" in seen.header
    for width in (60, 80):
        async with comparing(config, other, (width, 20)) as seen:
            assert "hunk 1/" in seen.header
            assert "aml  <>" in seen.header
            assert ".sh " in seen.header
