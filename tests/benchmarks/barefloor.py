"""The least that gzip layers with verified digests cost: inflate and hash both sides, two threads, nothing else.

    python -m tests.benchmarks.barefloor LAYOUT

Prints wall and CPU seconds. Layers are taken in order, as whichever thread is free takes the next.
"""

import hashlib
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from isal import isal_zlib

CHUNK_BYTES = 1 << 17
"""Read at a time; much smaller or larger ones were slower."""


def check(blob: Path, digest: str, diff_id: str) -> None:
    """Inflate a gzip blob of one member, and compare both digests."""
    inflater = isal_zlib.decompressobj(31)
    stored, plain = hashlib.sha256(), hashlib.sha256()
    with blob.open("rb", buffering=0) as source:
        while data := source.read(CHUNK_BYTES):
            stored.update(data)
            while data:
                plain.update(inflater.decompress(data, CHUNK_BYTES))
                data = inflater.unconsumed_tail
    if f"sha256:{stored.hexdigest()}" != digest or f"sha256:{plain.hexdigest()}" != diff_id:
        sys.exit(f"{blob.name}: a digest does not match")


def main() -> None:
    """Check all layers of a layout's only image."""
    layout = Path(sys.argv[1])
    began_s, cpu_s = time.perf_counter(), time.process_time()

    def blob(digest: str) -> Path:
        return layout / "blobs" / digest.replace(":", "/")

    manifest = json.loads(blob(json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]).read_bytes())
    diff_ids = json.loads(blob(manifest["config"]["digest"]).read_bytes())["rootfs"]["diff_ids"]
    digests = [layer["digest"] for layer in manifest["layers"]]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda pair: check(blob(pair[0]), *pair), zip(digests, diff_ids, strict=True)))
    print(time.perf_counter() - began_s, time.process_time() - cpu_s)


if __name__ == "__main__":
    main()
