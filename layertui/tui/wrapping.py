"""Long lines over several, or cut with a mark, in cells."""

from rich.cells import cell_len

from layertui.present.safetext import crop_end
from layertui.tui.widgets.looks import Line, Run, cells


def wrap(line: Line, width: int, hang: int = 0) -> list[Line]:
    """A line as several of at most `width` cells, broken at spaces where there are any.

    Lines after the first begin with `hang` spaces.
    """
    hang = hang if hang < width // 2 else 0
    made: list[Line] = []
    current: list[Run] = []
    used = 0

    def end() -> None:
        nonlocal current, used
        made.append(current)
        current = [("plain", " " * hang)] if hang else []
        used = hang

    for look, text in line:
        for word in _words(text):
            cells = cell_len(word)
            if used + cells > width and used > hang:
                if not word.strip():
                    continue
                end()
            while cells > width - used:
                head = _fitting(word, width - used)
                if not head:
                    break
                current.append((look, head))
                word = word[len(head) :]
                cells = cell_len(word)
                end()
            if word:
                current.append((look, word))
                used += cells
    if current or not made:
        made.append(current)
    return made


def cut(line: Line, width: int) -> Line:
    """A line of at most `width` cells, with a mark at its end where something was cut."""
    if cells(line) <= width:
        return line
    made: list[Run] = []
    left = width
    for number, (look, text) in enumerate(line):
        if cell_len(text) >= left and cells(line[number:]) > left:
            # The mark must show although this run just fits, when others follow it.
            more = " " if cell_len(text) == left else ""
            return [*made, (look, crop_end(text + more, left))]
        made.append((look, text))
        left -= cell_len(text)
    return made


def _words(text: str) -> list[str]:
    """A text cut after each run of spaces, so that joined again it is the same."""
    words: list[str] = []
    start, length = 0, len(text)
    while start < length:
        space = text.find(" ", start)
        if space < 0:
            words.append(text[start:])
            break
        stop = space
        while stop < length and text[stop] == " ":
            stop += 1
        if space > start:
            words.append(text[start:space])
        words.append(text[space:stop])
        start = stop
    return words


def _fitting(text: str, width: int) -> str:
    """The longest beginning of a text that fits; at least one character where there is room at all."""
    used = 0
    for index, character in enumerate(text):
        used += cell_len(character)
        if used > width:
            return text[:index]
    return text
