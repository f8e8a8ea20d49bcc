"""Merkle trees of RFC 6962 (section 2.1) over SHA-256: roots, inclusion and consistency proofs.

A hash is 32 bytes. What a tree is made of are the hashes of its leaves (``leaf_hash``); a tree of no leaves
has the hash of nothing.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import islice

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_BYTES = 32
PAIR_BYTES = 2 * HASH_BYTES
LEAVES_AT_ONCE = 1 << 16

_sha256 = hashlib.sha256
# A copy of one that has begun costs less than a new one.
_new_node = hashlib.sha256(b"\x01").copy


def leaf_hash(content: bytes) -> bytes:
    """The hash of one leaf: SHA-256 of 0x00 and its content."""
    return _sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash above two: SHA-256 of 0x01 and both."""
    return _sha256(b"\x01" + left + right).digest()


class Frontier:
    """A growing tree: its size, and the roots of the perfect subtrees that it falls into, largest first.

    It takes one hash for each 1 in the binary number of its size, however many leaves have gone by.
    """

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        """Goes on where a frontier was left off.

        Raises:
            ValueError: so many roots, or of such a length, are no frontier of this size.
        """
        if size < 0 or len(roots) != size.bit_count() or any(len(one) != HASH_BYTES for one in roots):
            raise ValueError(f"{len(roots)} roots are no frontier of {size} leaves")
        self.size = size
        self._roots = list(roots)

    def append(self, leaf: bytes) -> None:
        """Takes the hash of the next leaf."""
        roots, size = self._roots, self.size
        while size & 1:
            leaf = _sha256(b"\x01" + roots.pop() + leaf).digest()
            size >>= 1
        roots.append(leaf)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Takes the hashes of the next leaves, in order."""
        following = iter(leaves)
        while packed := b"".join(islice(following, LEAVES_AT_ONCE)):
            self.extend_packed(packed)

    def extend_packed(self, leaves: bytes) -> None:
        """Takes the hashes of the next leaves, one behind the other; level by level, so that it is quick."""
        old, added, kept, nodes = self.size, len(leaves) // HASH_BYTES, list[bytes](), leaves
        while nodes or old:
            if old & 1:
                nodes = self._roots.pop() + nodes
            if len(nodes) % PAIR_BYTES:
                kept.append(nodes[-HASH_BYTES:])
                nodes = nodes[:-HASH_BYTES]
            nodes = _parents(nodes)
            old >>= 1
        self._roots = kept[::-1]
        self.size += added

    def roots(self) -> tuple[bytes, ...]:
        """What the constructor takes to go on from here."""
        return tuple(self._roots)

    def root(self) -> bytes:
        """The root of the tree as it is now."""
        if not self._roots:
            return EMPTY_ROOT
        right = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            right = node_hash(left, right)
        return right


def _parents(nodes: bytes) -> bytes:
    """The hashes above pairs of hashes; an even number of them, one behind the other."""
    parents = []
    for at in range(0, len(nodes), PAIR_BYTES):
        parent = _new_node()
        parent.update(nodes[at : at + PAIR_BYTES])
        parents.append(parent.digest())
    return b"".join(parents)


def root(leaves: Iterable[bytes]) -> bytes:
    """The root over the hashes of leaves, which need not fit in memory."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes that lead from leaf ``index`` (from 0) to the root, lowest first (RFC 6962, 2.1.1).

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise ValueError(f"a tree of {len(leaves)} leaves has no leaf {index}")
    path: list[bytes] = []
    start, end = 0, len(leaves)
    while end - start > 1:
        middle = start + _left_size(end - start)
        if index < middle:
            path.append(root(leaves[middle:end]))
            end = middle
        else:
            path.append(root(leaves[start:middle]))
            start = middle
    return path[::-1]


def inclusion_proof_in_batch(index: int, before: Frontier, leaves: Sequence[bytes]) -> list[bytes]:
    """``inclusion_proof`` of one of the ``leaves`` that come after a tree of which only the frontier is kept.

    The siblings on the way that lie wholly in the old tree are roots of its frontier: had one of them a
    parent there, that parent would lie on the way too.

    Raises:
        ValueError: ``index`` (in the whole tree, from 0) is none of these leaves.
    """
    if not 0 <= index - before.size < len(leaves):
        raise ValueError(f"leaf {index} is none of the {len(leaves)} after {before.size}")
    known = _places(before)

    def root_of(start: int, end: int) -> bytes:
        if start >= before.size:
            return root(leaves[start - before.size : end - before.size])
        if (start, end) in known:
            return known[start, end]
        middle = start + _left_size(end - start)
        return node_hash(root_of(start, middle), root_of(middle, end))

    path: list[bytes] = []
    start, end = 0, before.size + len(leaves)
    while end - start > 1:
        middle = start + _left_size(end - start)
        if index < middle:
            path.append(root_of(middle, end))
            end = middle
        else:
            path.append(root_of(start, middle))
            start = middle
    return path[::-1]


def includes(tree_root: bytes, size: int, index: int, leaf: bytes, path: Sequence[bytes]) -> bool:
    """Whether ``path`` shows that ``leaf`` (a hash) is number ``index`` of ``size`` under ``tree_root``.

    After RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    node, last, reached = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            reached = node_hash(sibling, reached)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            reached = node_hash(reached, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and reached == tree_root


def consistency_proof(old_size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes that show that the first ``old_size`` leaves are still the same (RFC 6962, 2.1.2).

    Raises:
        ValueError: there was no tree of so many leaves: less than one, or more than there are.
    """
    if not 0 < old_size <= len(leaves):
        raise ValueError(f"a tree of {len(leaves)} leaves has not grown from {old_size}")
    path: list[bytes] = []
    start, end, known = 0, len(leaves), True
    while start + old_size < end:
        middle = start + _left_size(end - start)
        if start + old_size <= middle:
            path.append(root(leaves[middle:end]))
            end = middle
        else:
            path.append(root(leaves[start:middle]))
            old_size -= middle - start
            start, known = middle, False
    if not known:
        path.append(root(leaves[start:end]))
    return path[::-1]


def is_consistent(
    old_root: bytes, old_size: int, new_root: bytes, new_size: int, path: Sequence[bytes]
) -> bool:
    """Whether ``path`` shows that the new tree begins with the old one. After RFC 9162, section 2.1.4.2."""
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return not path and old_root == new_root
    steps = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    if not steps:
        return False
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old == old_root and new == new_root


def _left_size(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _places(frontier: Frontier) -> dict[tuple[int, int], bytes]:
    """The leaves, from and to, over which each root of a frontier stands."""
    places: dict[tuple[int, int], bytes] = {}
    start = 0
    for one in frontier.roots():
        end = start + (1 << ((frontier.size - start).bit_length() - 1))
        places[start, end] = one
        start = end
    return places
