"""The layers and configs of two images side by side."""

from dataclasses import replace
from pathlib import Path

from layertui.image.image import Image
from layertui.stack.align import How, align, compare_configs, same_up_to
from layertui.stack.load import load
from tests.kit.entries import Layer, file
from tests.stack.comparing import image_of

BASE: Layer = [file("base", "b")]
DEPENDENCIES: Layer = [file(f"lib/{number}", "x") for number in range(10)]
APP: Layer = [file("app/server", "1"), file("app/config", "1")]
NEW_APP: Layer = [file("app/server", "22"), file("app/config", "1"), file("app/new", "")]


def image(tmp_path: Path, *layers: tuple[str, Layer]) -> Image:
    history = [{"created_by": command} for command, _ in layers]
    return image_of(tmp_path, [layer for _, layer in layers], history=history)


def aligned(a: Image, b: Image, *, read: bool = False) -> list[tuple[int | None, int | None, How]]:
    trees = [dict(enumerate(load(each).squash.trees)) if read else None for each in (a, b)]
    return [(pair.a, pair.b, pair.how) for pair in align(a, b, *trees)]


def test_by_diff_id_and_then_by_command(tmp_path: Path) -> None:
    a = image(tmp_path, ("ADD base /", BASE), ("RUN install", DEPENDENCIES), ("COPY app /app", APP))
    b = image(
        tmp_path,
        ("ADD base /", BASE),
        ("RUN apt-get install more", [file("more", "")]),
        ("RUN install", DEPENDENCIES),
        ("COPY app /app", NEW_APP),
    )
    assert aligned(a, b) == [
        (0, 0, How.SAME),
        (None, 1, How.ALONE),
        (1, 2, How.SAME),
        (2, 3, How.COMMAND),
    ]
    assert aligned(b, a) == [(other, one, how) for one, other, how in aligned(a, b)]
    assert same_up_to(a, b) == 0


def test_by_content_where_the_command_tells_nothing(tmp_path: Path) -> None:
    a = image(tmp_path, ("ADD base /", BASE), ("COPY app /app", APP))
    b = image(tmp_path, ("ADD base /", BASE), ("RUN make", [file("other", "")]), ("RUN build", NEW_APP))
    assert aligned(a, b) == [(0, 0, How.SAME), (1, None, How.ALONE), (None, 1, How.ALONE), (None, 2, How.ALONE)]
    assert aligned(a, b, read=True) == [(0, 0, How.SAME), (None, 1, How.ALONE), (1, 2, How.CONTENT)]


def test_the_order_of_both_is_kept(tmp_path: Path) -> None:
    a = image(tmp_path, ("COPY one /", [file("1", "a")]), ("RUN two", [file("2", "a")]))
    b = image(tmp_path, ("RUN two", [file("2", "b")]), ("COPY one /", [file("1", "b")]))
    pairs = aligned(a, b, read=True)
    for column in (0, 1):
        numbers = [pair[column] for pair in pairs if pair[column] is not None]
        assert numbers == [0, 1]
    assert sum(None not in pair[:2] for pair in pairs) == 1, "crossing lines cannot be drawn"


def test_images_without_layers(tmp_path: Path) -> None:
    scratch, some = image(tmp_path), image(tmp_path, ("ADD base /", BASE))
    assert aligned(scratch, scratch) == []
    assert aligned(scratch, some) == [(None, 0, How.ALONE)]
    assert same_up_to(scratch, some) is None
    assert same_up_to(some, some) == 0


def test_layers_whose_diff_ids_are_unknown_are_not_the_same(tmp_path: Path) -> None:
    some = image(tmp_path, ("ADD base /", BASE))
    unknown = replace(some, layers=tuple(replace(layer, diff_id=None) for layer in some.layers))
    assert aligned(unknown, unknown) == [(0, 0, How.COMMAND)]
    assert same_up_to(unknown, unknown) is None


def test_configs_field_by_field(tmp_path: Path) -> None:
    configs = (
        {"Env": ["PATH=/bin", "A=1", "EMPTY="], "Cmd": ["sh"], "Labels": {"v": "1"}, "ExposedPorts": {"80/tcp": {}}},
        {"Env": ["A=2", "PATH=/bin"], "Cmd": ["sh", "-c", "a b"], "Labels": {"w": "1"}, "User": "app"},
    )
    a, b = (image_of(tmp_path, [BASE], config=config) for config in configs)
    rows = compare_configs(a, b)
    assert [(row.field, row.a, row.b) for row in rows if row.differs] == [
        ("user", None, "app"),
        ("cmd", "sh", 'sh -c "a b"'),
        ("env A", "1", "2"),
        ("env EMPTY", "", None),
        ("label v", "1", None),
        ("label w", None, "1"),
        ("exposed_ports", "80/tcp", None),
    ]
    assert [row.field for row in rows if not row.differs] == ["os", "architecture", "env PATH"]
    assert not any(row.differs for row in compare_configs(a, a))
