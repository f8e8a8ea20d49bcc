"""What was kept outside: a checkpoint, and the batches that lie beside it in a folder."""

from pathlib import Path

import msgspec

from surveys.audit.batches import LANES, Batch
from surveys.audit.checkpoints import VerifierKey, read_note
from surveys.audit.errors import CheckpointError
from surveys.audit.merkle import HASH_BYTES, Frontier
from surveys.audit.verifying import Outside


def read_outside(file: Path, key: VerifierKey) -> Outside:
    """The checkpoint in ``file``, and the batches up to it if its folder holds any.

    Raises:
        CheckpointError: its signature is not the key's, or the batches are not the tree that it signs.
        OSError: the file cannot be read.
    """
    checkpoint = read_note(file.read_bytes(), key)
    sizes = sorted(int(one.stem) for one in file.parent.glob("*.batch") if one.stem.isdecimal())
    wanted = [size for size in sizes if size <= checkpoint.size]
    batches = tuple(_read(file.parent / f"{size}.batch") for size in wanted)
    if batches:
        tree = Frontier()
        for batch in batches:
            if batch.before != tree.size:
                raise CheckpointError(f"beside it, the batch after {tree.size} entries is missing")
            tree.extend_packed(batch.leaves)
        if (tree.size, tree.root()) != (checkpoint.size, checkpoint.root):
            raise CheckpointError("the batches beside it are not the tree that it signs")
    return Outside(key, checkpoint, batches)


def _read(file: Path) -> Batch:
    try:
        batch = msgspec.msgpack.decode(file.read_bytes(), type=Batch)
    except msgspec.DecodeError as error:
        raise CheckpointError(f"{file.name} beside it is no batch") from error
    counted = sum(one.count for one in batch.stretches) * HASH_BYTES
    fits = all(0 <= one.lane < LANES and one.first > 0 and one.count > 0 for one in batch.stretches)
    if not fits or counted != len(batch.leaves):
        raise CheckpointError(f"{file.name} beside it does not say whose leaves it holds")
    return batch
