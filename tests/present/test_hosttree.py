"""Where containers and layers stand in the tree of a host."""

from layertui.present.hosttree import Group, Node, forest, grouped


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
