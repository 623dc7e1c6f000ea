"""Going through layers, files and one path's versions."""

from tests.kit.entries import directory, file
from tests.kit.images import ImageSpec
from tests.tui.screen import demo, opened, running


async def test_layer_keys_move_from_anywhere_and_keep_the_path() -> None:
    async with running(demo(), keys=["f", *"etc/app/config", "enter"]) as seen:
        assert seen.main.files.path == b"etc/app/config.yaml"
        assert seen.main.here == (0, 7)
        await seen.press("left_square_bracket", "comma")
        assert seen.main.here == (0, 5)
        assert seen.main.files.path == b"etc/app/config.yaml"
        assert "FILES  L5" in seen.text
        await seen.press("full_stop")
        assert seen.main.here == (0, 6)
        await seen.press("right_square_bracket")
        assert seen.main.files.path == b"etc/app/config.yaml"
        assert seen.main.images.row is not None
        assert seen.main.images.row.layer == 7


def folded_base() -> ImageSpec:
    """A base too large to be open at first, of which the layer above changes one file."""
    names = [f"d{home}/f{number:03}" for home in range(3) for number in range(40)]
    base = [*(directory(f"d{home}") for home in range(3)), *(file(name, "old") for name in names)]
    return ImageSpec(layers=(base, [file("d1/f007", "new")], [file("other", "x")]), tags=("folded:1",))


async def test_layer_keys_keep_a_path_that_is_folded_in_the_other_layer() -> None:
    async with running(opened(folded_base()), (80, 60)) as seen:
        files = seen.main.files
        assert files.line_count() == 3
        await seen.press("right_square_bracket", "2", "j")
        assert files.path == b"d1/f007"
        await seen.press("left_square_bracket")
        assert seen.main.here == (0, 0)
        assert files.path == b"d1/f007"
        assert "> d0/" in seen.text
        assert "v d1/" in seen.text
        assert "> d2/" in seen.text


async def test_layer_keys_open_nothing_for_a_path_that_the_other_layer_lacks() -> None:
    async with running(opened(folded_base()), keys=["full_stop", "full_stop", "2"]) as seen:
        assert seen.main.files.path == b"other"
        await seen.press("comma", "comma")
        assert seen.main.files.line_count() == 3


async def test_layer_keys_leave_a_directory_closed_that_was_closed() -> None:
    async with running(opened(folded_base()), keys=["full_stop", "2", "j", "h", "h"]) as seen:
        assert seen.main.files.path == b"d1"
        await seen.press("comma")
        assert seen.main.files.path == b"d1"
        assert "> d1/" in seen.text


async def test_the_ends_of_the_stack_are_said() -> None:
    async with running(demo(), keys=["comma"]) as seen:
        assert "This is the base" in seen.footer
        await seen.press(*["full_stop"] * 9)
        assert "This is the top layer" in seen.footer


async def test_moving_in_the_tree_shows_the_layer_under_the_cursor() -> None:
    async with running(demo(), keys=["j"] * 4) as seen:
        assert "FILES  L1" in seen.text
        await seen.press("k")
        assert "FILES  L1" in seen.text  # a step without a layer leaves the files
        assert "A step that made no layer" in seen.text


async def test_enter_on_a_layer_goes_to_its_files() -> None:
    async with running(demo(), keys=["enter", "G"]) as seen:
        assert seen.main.focused is seen.main.files
        assert seen.main.files.path == b"var"


async def test_v_shows_layers_merged() -> None:
    async with running(demo(), keys=["full_stop", "full_stop", "v"]) as seen:
        assert "FILES  L2  merged" in seen.text
        await seen.press("v")
        assert "FILES  L2  layer diff" in seen.text


async def test_folds() -> None:
    async with running(demo(), keys=["2", *"jjj"]) as seen:
        assert "> etc/  9 changed" in seen.text
        await seen.press("l")
        assert "v etc/" in seen.text
        await seen.press("l", "h", "h")
        assert "> etc/" in seen.text
        await seen.press("space")
        assert "v etc/" in seen.text
        await seen.press("minus")
        assert "> etc/" in seen.text
        await seen.press("equals_sign")
        assert "v etc/" in seen.text
        assert seen.main.files.path == b"etc"


async def test_sort_by_size_and_again_reversed() -> None:
    async with running(demo(), keys=["2", "s", "s"]) as seen:
        assert "by size" in seen.lines[1]
        first = seen.lines[3]
        assert "675 kB" in first
        await seen.press("s", "s")
        assert "by size reversed" in seen.lines[1]
        assert "675 kB" not in seen.lines[3]


async def test_toggles_hide_groups() -> None:
    async with running(demo(), keys=["2", *["full_stop"] * 6, "equals_sign"]) as seen:
        before = seen.main.files.line_count()
        assert "x6" not in seen.text
        await seen.press("r")
        assert "without removed" in seen.lines[1]
        assert seen.main.files.line_count() < before
        await seen.press("r", "o")
        assert "overlaps" in seen.lines[1]


async def test_flat_order_shows_whole_paths() -> None:
    async with running(demo(), keys=["2", "t"]) as seen:
        assert "flat" in seen.lines[1]
        assert "etc/apt/sources.list" in seen.text or "etc/" in seen.text
        assert "> etc/" not in seen.text


async def test_ancestry_shows_shared_layers_once_and_tags_at_the_end() -> None:
    async with running(demo(), (200, 50), keys=["t"]) as seen:
        assert "by ancestry" in seen.lines[1]
        assert sum("L0 ADD" in line for line in seen.lines) == 1
        assert sum("L3 COPY" in line for line in seen.lines) == 2
        assert "L8 api:1.4  api:latest" in seen.text
        assert "L5 api:1.3  COPY" in seen.text
        await seen.press("t")
        assert "> api:1.3" in seen.text


async def test_w_jumps_to_the_winner_and_W_cycles() -> None:
    async with running(demo(), keys=["f", *"models.bin", "enter"]) as seen:
        await seen.press("W")
        assert seen.main.here == (0, 3)
        assert seen.main.files.path == b"app/models.bin"
        assert "one of 2 layers" in seen.footer
        await seen.press("w")
        assert seen.main.here == (0, 5)
        assert "L5 wins" in seen.footer


async def test_w_on_a_deleted_path_says_that_nobody_sees_it() -> None:
    async with running(demo(), keys=["f", *"pip.tgz", "enter", "w"]) as seen:
        assert "No container sees this path" in seen.footer
        assert "removed" in seen.line_with("Chain:") or "x6" in seen.line_with("Chain:")


async def test_i_on_a_file_shows_metadata_and_history() -> None:
    async with running(demo(), keys=["f", *"models.bin", "enter", "i"]) as seen:
        assert "270,000 B" in seen.text
        assert "0644  rw-r--r--" in seen.text
        assert "History of this path" in seen.text
        await seen.press("comma", "comma")
        assert "0600  rw-------" in seen.text  # the page follows the layer


async def test_contents_in_view_are_compared() -> None:
    async with running(demo(), keys=["f", *"models.bin", "enter"]) as seen:
        await seen.rest()
        assert " m  *" in seen.line_with("models.bin")


async def test_n_goes_to_the_next_changed_row() -> None:
    async with running(demo(), keys=["2", *["full_stop"] * 7]) as seen:
        await seen.press("g", "n")
        row = seen.main.files.rows
        assert row is not None
        assert row.row(seen.main.files.cursor).mark.strip()


async def test_zoom_gives_the_pane_the_screen_and_takes_it_back() -> None:
    async with running(demo(), keys=["2", "z"]) as seen:
        assert "IMAGES" not in seen.text
        assert "Mode" in seen.text
        await seen.press("escape")
        assert "IMAGES" in seen.text


async def test_the_tree_can_be_made_wider_and_narrower() -> None:
    async with running(demo(), (120, 36)) as seen:
        before = seen.main.images.size.width
        await seen.press("greater_than_sign")
        assert seen.main.images.size.width == before + 4
        await seen.press(*["less_than_sign"] * 30)
        narrow = seen.main.images.size.width
        assert 15 < narrow < before
        await seen.press("greater_than_sign")
        assert seen.main.images.size.width == narrow + 4


async def test_info_shows_config_and_history() -> None:
    async with running(demo(), (120, 60), keys=["i"]) as seen:
        assert "sha256:" in seen.line_with("Image ID")
        assert "APP_ENV=production" in seen.text
        assert "/app/run.sh" in seen.text
        assert "8080/tcp" in seen.text


async def test_long_lines_are_wrapped_or_cut() -> None:
    async with running(demo(), keys=["i"]) as seen:
        before = seen.main.page.line_count()
        await seen.press("L")
        assert seen.main.page.line_count() < before
        await seen.press("L")
        assert seen.main.page.line_count() == before


async def test_tab_goes_round() -> None:
    async with running(demo()) as seen:
        order = []
        for _ in range(4):
            order.append(seen.main.pane.id)
            await seen.press("tab")
        assert order == ["tree", "files", "details", "tree"]
        await seen.press("shift+tab")
        assert seen.main.pane.id == "tree"


async def test_the_mouse_moves_and_opens() -> None:
    async with running(demo()) as seen:
        await seen.pilot.click("#files", offset=(20, 5))
        await seen.settle()
        assert seen.main.files.cursor == 3
        assert seen.main.focused is seen.main.files
        await seen.pilot.click("#files", offset=(20, 5), times=2)
        await seen.settle()
        assert "v etc/" in seen.text


async def test_details_that_have_the_screen_show_everything_about_the_path() -> None:
    async with running(demo(), (60, 24), keys=["f", *"models.bin", "enter", "3"]) as seen:
        assert "270,000 B" in seen.text
        assert "History of this path" in seen.text
        assert "shadowed by L5" in seen.text


async def test_details_begin_at_their_top_for_another_path() -> None:
    async with running(demo(), (60, 10), keys=["f", *"models.bin", "enter", "3", "G"]) as seen:
        assert seen.main.details.top > 0
        await seen.press("2", "k", "3")
        assert seen.main.details.top == 0
