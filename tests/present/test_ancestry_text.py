"""Images by ancestry, as lines."""

from layertui.image.image import Container
from layertui.present.ancestry_text import ASCII, ancestry_lines
from layertui.present.listing import HostList, Listed
from tests.hosts import chain_id, image_id


def listed(
    name: str, *tags: str, source: str = "Docker", size_bytes: int | None = None, **layers: int | None
) -> Listed:
    chain = tuple((chain_id(layer), size) for layer, size in layers.items())
    return Listed(source, "docker-daemon", image_id(name), tags, size_bytes=size_bytes, layers=chain)


def short(layer: str) -> str:
    return chain_id(layer).short


def ends(name: str, tags: str) -> str:
    return f" Image: {image_id(name).short} Tags: {tags}"


WEB = Container("c" * 64, "web", "running", True, None, image_id("base"))
BARE = Container("d" * 64, "", "", None, None, None)

IMAGES = (
    listed("api", "api:1.4", "api:latest", base=100_000_000, lib=20_000_000, api=3_000_000),
    Listed(
        "Docker",
        "docker-daemon",
        image_id("base"),
        ("base:1",),
        layers=((chain_id("base"), 100_000_000),),
        containers=(WEB,),
    ),
    listed("job", base=100_000_000, lib=20_000_000, job=1_000),
    listed("other", "other:1", other=None, more=5),
    listed("twin", "twin:1", other=None, more=5),
    listed("scratch", "scratch:1", size_bytes=0),
    listed("untold", "untold:1", size_bytes=5_000),
)


def test_bases_are_roots_shared_layers_stand_once_and_images_say_where_they_end() -> None:
    assert list(ancestry_lines(HostList(IMAGES, (("Docker", BARE),), sources=("Docker",)))) == [
        f"├─{short('base')} Virtual Size: 100MB{ends('base', 'base:1')}",
        "│ ├─cccccccccccc Writable layer of container web (running)",
        f"│ └─{short('lib')} Virtual Size: 120MB",
        f"│   ├─{short('api')} Virtual Size: 123MB{ends('api', 'api:1.4, api:latest')}",
        f"│   └─{short('job')} Virtual Size: 120MB{ends('job', '<none>')}",
        f"├─{short('other')} Virtual Size: ?",
        f"│ └─{short('more')} Virtual Size: ?{ends('other', 'other:1')}{ends('twin', 'twin:1')}",
        f"├─(no layers) Virtual Size: 0B{ends('scratch', 'scratch:1')}",
        f"├─(layers unknown) Virtual Size: 5kB{ends('untold', 'untold:1')}",
        "└─dddddddddddd Writable layer of container, its image is gone",
    ]


def test_without_box_drawing() -> None:
    lines = list(ancestry_lines(HostList(IMAGES, sources=("Docker",)), ASCII))
    assert all(map(str.isascii, lines))
    assert lines[1] == "| |-cccccccccccc Writable layer of container web (running)"
    assert lines[-1].startswith("`-(layers unknown)")


def test_each_source_has_a_tree_of_its_own() -> None:
    images = (listed("a", "a:1", base=5), listed("a", "a:1", source="Podman (root)", base=5))
    assert list(ancestry_lines(HostList(images, sources=("Docker", "Podman (root)", "containerd")))) == [
        "Docker",
        f"└─{short('base')} Virtual Size: 5B{ends('a', 'a:1')}",
        "Podman (root)",
        f"└─{short('base')} Virtual Size: 5B{ends('a', 'a:1')}",
        "containerd",
    ]


def test_whole_ids() -> None:
    (line,) = ancestry_lines(HostList((listed("a", base=5),), sources=("Docker",)), no_trunc=True)
    assert str(chain_id("base")) in line
    assert str(image_id("a")) in line


def test_as_many_layers_as_are_allowed_and_names_that_are_hostile() -> None:
    deep = listed("deep", "\x1b]0;owned\x07:1", **{f"layer{number}": 1 for number in range(1024)})
    lines = list(ancestry_lines(HostList((deep,), sources=("Docker",))))
    assert len(lines) == 1024
    assert lines[-1].endswith("Tags: \\x1b]0;owned\\x07:1")
