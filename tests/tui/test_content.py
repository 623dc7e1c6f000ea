"""A file's content on the screen: as one layer has it, and how it is looked at."""

from pathlib import Path

import pytest

from tests.kit.entries import Entry, char, directory, file, hardlink, symlink, whiteout
from tests.kit.tar import tar_bytes
from tests.tui.contents import SIZES, content, shown

TEXT = "".join(f"line {number}\n" for number in range(1, 101)).encode()


@pytest.mark.parametrize("size", SIZES)
async def test_enter_on_a_file_shows_its_content(size: tuple[int, int]) -> None:
    async with content([file("etc/f", TEXT)], path="etc/f", size=size) as seen:
        assert "etc/f" in seen.header
        assert "L0" in seen.header
        assert seen.header.endswith("the only copy")
        assert "Text, UTF-8, 792 B" in seen.text
        assert "line 1 of 100" in seen.text
        assert "   1 line 1" in seen.text
        assert "q quit" in seen.footer
        await seen.press("G")
        assert " 100 line 100" in seen.text
        await seen.press("pageup", "k")
        assert "line 100 of 100" not in seen.text
        await seen.press("g")
        assert "line 1 of 100" in seen.text
        await seen.press("q")
        assert "FILES" in seen.text


async def test_what_became_of_a_version_and_the_others() -> None:
    layers = [[file("f", b"one\n" * 40)], [file("g", b"")], [file("f", b"two\n" * 30)], [whiteout("f")]]
    async with content(*layers, keys=["pagedown"]) as seen:
        assert "shadowed by L2" in seen.header
        place = seen.line_with(" of 40").split("line ")[1].split(" ")[0]
        await seen.press("right_square_bracket")
        assert "L2" in seen.header
        assert "deleted by L3" in seen.header
        assert f"line {place} of 30" in seen.text
        assert " two" in seen.text
        await seen.press("right_square_bracket")
        assert "No higher layer holds a version" in seen.footer
        await seen.press("w")
        assert "No container sees a file at this path" in seen.footer
        await seen.press("left_square_bracket")
        assert "shadowed by L2" in seen.header
        await seen.press("left_square_bracket")
        assert "No lower layer" in seen.footer
        await seen.press("W", "W")
        assert "shadowed by L2" in seen.header


async def test_w_goes_to_the_winner() -> None:
    async with content([file("f", b"low")], [file("f", b"high")], keys=["w"]) as seen:
        assert seen.header.endswith("wins")
        assert "1 high" in seen.text
        await seen.press("w")
        assert "This is the version that a container sees" in seen.footer


async def test_i_shows_metadata_here_and_in_the_files() -> None:
    async with content([file("f", b"x", mode=0o640)], keys=["i"]) as seen:
        assert "0640  rw-r-----" in seen.text
        await seen.press("i")
        assert "   1 x" in seen.text
        await seen.press("i", "q")
        assert "   1 x" in seen.text
        await seen.press("escape", "i")
        assert "0640  rw-r-----" in seen.text
        assert "History of this path" in seen.text
        await seen.press("i")
        assert "FILES" in seen.text
        await seen.press("1", "i")
        assert "CONFIG AND HISTORY" in seen.text


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (char("f", 1, 3), "This is a character device"),
        (directory("f"), "This is a directory"),
        (whiteout("f"), "This layer removes the path"),
    ],
)
async def test_what_has_no_content_is_said_in_a_sentence(entry: Entry, said: str) -> None:
    async with content([file("g", b"")], [entry], layer=1, keys=["enter"]) as seen:
        assert said in seen.footer
        assert "FILES" in seen.text


LINKS = {
    b"../usr/lib/real": "It leads to usr/lib/real of L0.",
    b"/usr/lib": "It leads to usr/lib/ of L0.",
    b"../../../../nowhere": "It leads to nothing in this image.",
    b"link": "a loop",
}


@pytest.mark.parametrize("target", LINKS)
async def test_a_symlink_shows_its_target_and_where_that_is(target: bytes) -> None:
    layer = [directory("usr/lib"), file("usr/lib/real", b"x"), symlink("etc/link", target)]
    async with content(layer, path="etc/link") as seen:
        assert f"1 {target.decode()}" in seen.text
        assert LINKS[target] in seen.text


async def test_empty_files_hard_links_and_broken_ones() -> None:
    layer = [file("empty"), file("a", b"linked\n"), hardlink("b", "a"), hardlink("broken", "nowhere")]
    async with content(layer, path="empty") as seen:
        assert "This file is empty." in seen.text
        await seen.press("G", "j", "slash", "H", "L")
        assert "This file is empty." in seen.text
        await seen.press("q")
        seen.main._stand(0, b"b")
        await seen.press("enter")
        assert "1 linked" in seen.text
        await seen.press("q")
        seen.main._stand(0, b"broken")
        await seen.press("enter")
        assert "hard link" in seen.text
        await seen.press("j", "G", "n", "H", "q")
        assert "FILES" in seen.text


# How it is looked at


async def test_long_lines_are_cut_moved_aside_and_wrapped() -> None:
    line = "".join(f"{number:03d}," for number in range(100))
    async with content([file("f", f"{line}\nsecond\n")]) as seen:
        assert "\u2026" in seen.line_with("   1 000,")
        assert "099," not in seen.text
        for _ in range(12):
            await seen.press("right")
        assert "099," in seen.text
        assert "from column" in seen.text
        await seen.press("l", "h", "h", "left", *["left"] * 10)
        assert "   1 000," in seen.text
        await seen.press("L")
        assert "099," in seen.text
        assert "   2 second" in seen.text
        await seen.press("j", "j", "j", "j", "L")
        assert "line 1 of 2" in seen.text  # the cursor was in the wrapped line


async def test_line_numbers_and_bytes() -> None:
    async with content([file("f", TEXT)], keys=["number_sign"]) as seen:
        assert "   1 line" not in seen.text
        assert seen.lines[2].startswith("\u258cline 1")
        await seen.press("j", "j", "H")
        assert "00000000  6c 69 6e 65 20 31 0a 6c  69 6e 65 20 32 0a 6c 69  |line 1.line 2.li|" in seen.text
        await seen.press("H")
        assert seen.lines[2].startswith("\u258cline 1") or "line 3 of 100" in seen.text


async def test_bytes_fit_a_narrow_screen() -> None:
    async with content([file("f", bytes(range(32)))], size=(60, 20)) as seen:
        assert "00000008  08 09 0a 0b 0c 0d 0e 0f  |........|" in seen.text
        await seen.pilot.resize_terminal(120, 30)
        await seen.settle()
        assert "00000010  10 11" in seen.text


async def test_programs_and_archives_tell_what_they_are() -> None:
    elf = Path("/bin/cat").read_bytes()
    layer = [file("cat", elf), file("a.tar", tar_bytes([file("etc/passwd", b"root"), directory("var")]))]
    async with content(layer, path="cat") as seen:
        assert "ELF 64-bit" in seen.text
        assert "7f 45 4c 46" in seen.text
        await seen.press("q")
        seen.main._stand(0, b"a.tar")
        await seen.press("enter")
        assert "tar archive" in seen.lines[1]
        assert "2 members" in seen.lines[2]
        assert "etc/passwd" in seen.text
        await seen.press("H")
        assert "00000000  65 74 63 2f" in seen.text
        await seen.press("H", "j")
        assert "member 2 of 2" in seen.text


async def test_source_code_has_colours() -> None:
    async with content([file("f.py", b"def f():\n    return 'x'  # why\n")], path="f.py") as seen:
        strip = shown(seen).content.render_line(1)
        assert len({str(segment.style) for segment in strip}) > 2
        assert "".join(segment.text for segment in strip).startswith("   1 def f():")


# Marking and comparing


async def test_b_marks_this_version_and_what_cannot_be_compared_is_said() -> None:
    async with content([file("f", b"1")], [file("g", b"2")], keys=["c"]) as seen:
        assert "No lower layer holds a version to compare with" in seen.footer
        await seen.press("b")
        assert "A is image:1 L0 f" in seen.footer
        assert seen.main.base.side == shown(seen).version
        await seen.press("c")
        assert "This version is A itself" in seen.footer
        await seen.press("b")
        assert seen.main.base.side is None


async def test_c_compares_with_the_version_below() -> None:
    layers = [[file("f", b"same\nold\n")], [file("f", b"same\nnew\n")]]
    async with content(*layers, layer=1, keys=["c"]) as seen:
        assert "old" in seen.text
        assert "new" in seen.text
        await seen.press("q")
        assert "   2 new" in seen.text
