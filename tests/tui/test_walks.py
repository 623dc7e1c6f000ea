"""What people come for, from the first screen to the answer, by what the footer and the help say."""

from tests.tui.screen import demo, running


async def test_a_secret_that_was_deleted_is_found_read_and_left_again() -> None:
    async with running(demo(), keys=["f", "tab", "tab", "tab", *"this-was"]) as seen:
        assert "contents, text" in seen.lines[1]
        await seen.press("enter")
        assert "x6" in seen.line_with("root/.netrc:1:")
        await seen.press("enter")
        assert seen.header.endswith("deleted by L6")
        assert "login builder password this-was-a-secret" in seen.text
        assert "from column" not in seen.text  # the whole line fits
        await seen.press("escape")
        assert "x6" in seen.line_with("root/.netrc:1:")
        await seen.press("escape", "escape")
        assert "IMAGES / LAYERS" in seen.text


async def test_a_version_is_compared_with_the_one_below_and_with_the_winner() -> None:
    async with running(demo(), keys=["f", *"config.yaml", "enter", "enter"]) as seen:
        assert "etc/app/config.yaml" in seen.header
        await seen.press("left_square_bracket", "c")
        assert seen.header.startswith(" A api:1.4 L4  <>  B api:1.4 L5  etc/app/config.yaml")
        assert "hunk 1/" in seen.header
        await seen.press("w")
        assert seen.header.startswith(" A api:1.4 L5  <>  B api:1.4 L7  etc/app/config.yaml")
        await seen.press("q", "q")
        assert "IMAGES / LAYERS" in seen.text
