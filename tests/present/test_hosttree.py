"""Where containers and layers stand in the tree of a host."""

import pytest

from layertui.present.hosttree import Group, Node, address, fit_names, forest, grouped
from layertui.present.safetext import cell_width


def test_containers_stand_under_their_image_and_others_at_the_end() -> None:
    images = [(1, "a"), (4, "b"), (5, None)]
    containers = [(2, "b"), (3, "a"), (6, "gone"), (7, None), (8, "a")]
    assert grouped(images, containers) == [Group(1, (3, 8)), Group(4, (2,)), Group(5), Group(6), Group(7)]


def test_of_two_images_that_are_the_same_the_first_has_the_containers() -> None:
    assert grouped([(1, "a"), (2, "a")], [(3, "a")]) == [Group(1, (3,)), Group(2)]


def lines(nodes: list[Node], depth: int = 0) -> list[str]:
    made = []
    for node in nodes:
        made.append("  " * depth + f"{node.chain}{node.index} {node.members} {node.ends}")
        made += lines(node.children, depth + 1)
    return made


def test_shared_layers_stand_once_with_what_builds_on_them_beneath() -> None:
    stacks = [(1, ["base", "x", "y"]), (2, ["base", "z"]), (3, ["base"]), (4, ["other"]), (5, [])]
    assert lines(forest(stacks)) == [
        "base0 [1, 2, 3] [3]",
        "  x1 [1] []",
        "    y2 [1] [1]",
        "  z1 [2] [2]",
        "other0 [4] [4]",
    ]


def test_one_image_under_two_numbers_ends_at_one_layer() -> None:
    assert lines(forest([(1, ["a", "b"]), (9, ["a", "b"])])) == ["a0 [1, 9] []", "  b1 [1, 9] [1, 9]"]


NAME = "registry.example:5000/team/checkout:1.65-slim"


@pytest.mark.parametrize(
    ("names", "width", "text"),
    [
        ([], 10, ""),
        (["api:1.4", "api:latest"], 19, "api:1.4  api:latest"),
        (["api:1.4", "api:latest"], 18, "api:1.4  +1"),
        (["a:1", "b:1", "c:1"], 12, "a:1  b:1  +1"),
        ([NAME], 45, NAME),
        ([NAME], 44, "…/team/checkout:1.65-slim"),
        ([NAME], 20, "…/checkout:1.65-slim"),
        ([NAME], 19, "checkout:1.65-slim"),
        ([NAME], 17, "checko…:1.65-slim"),
        ([NAME], 12, "check…5-slim"),
        ([NAME, "x"], 18, "che…:1.65-slim  +1"),
        ([NAME, "x"], 9, "chec…slim"),
        (["<none>  bbd42d789407"], 15, "<none>  bbd42d…"),
        (["größe:1"], 5, "gr…:1"),
        ([NAME], 0, ""),
    ],
)
def test_names_keep_the_tag_and_what_stands_next_to_it(names: list[str], width: int, text: str) -> None:
    assert fit_names(names, width) == text
    assert cell_width(text) <= width


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ("/run/docker.sock", "/run/docker.sock"),
        ("DOCKER_HOST=unix:///run/d.sock", "/run/d.sock"),
        ("CONTAINER_HOST=ssh://me@there/p.sock", "ssh://me@there/p.sock"),
        ("DOCKER_HOST (unset), context default -> /var/run/docker.sock", "/var/run/docker.sock"),
    ],
)
def test_of_where_a_place_was_looked_for_the_tree_has_the_address(where: str, text: str) -> None:
    assert address(where) == text
