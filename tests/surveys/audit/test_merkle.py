"""The tree is RFC 6962's: every root and proof is held against its recursive definition."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.audit import merkle

MOST = 70

sizes = st.integers(1, MOST)


def leaves(size: int) -> list[bytes]:
    return [merkle.leaf_hash(str(n).encode()) for n in range(size)]


def split(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def defined_root(content: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not content:
        return hashlib.sha256().digest()
    if len(content) == 1:
        return hashlib.sha256(b"\x00" + content[0]).digest()
    k = split(len(content))
    return hashlib.sha256(b"\x01" + defined_root(content[:k]) + defined_root(content[k:])).digest()


def defined_path(m: int, content: list[bytes]) -> list[bytes]:
    """PATH of section 2.1.1."""
    if len(content) == 1:
        return []
    k = split(len(content))
    if m < k:
        return [*defined_path(m, content[:k]), defined_root(content[k:])]
    return [*defined_path(m - k, content[k:]), defined_root(content[:k])]


def defined_proof(m: int, content: list[bytes], *, known: bool = True) -> list[bytes]:
    """SUBPROOF of section 2.1.2."""
    if m == len(content):
        return [] if known else [defined_root(content)]
    k = split(len(content))
    if m <= k:
        return [*defined_proof(m, content[:k], known=known), defined_root(content[k:])]
    return [*defined_proof(m - k, content[k:], known=False), defined_root(content[:k])]


def test_roots_of_small_trees_are_those_worked_out_by_hand() -> None:
    # SHA-256 of nothing, and of one byte 0x00, as any tool gives them.
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    empty_leaf = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.root([merkle.leaf_hash(b"")]).hex() == empty_leaf
    a, b, c = (hashlib.sha256(b"\x00" + one).digest() for one in (b"a", b"b", b"c"))
    ab = hashlib.sha256(b"\x01" + a + b).digest()
    assert merkle.root([a, b]) == ab
    assert merkle.root([a, b, c]) == hashlib.sha256(b"\x01" + ab + c).digest()


def test_proofs_of_the_rfcs_example_tree_are_the_nodes_that_it_names() -> None:
    # Section 2.1.3: seven leaves d0..d6; g, h, i, j above them in pairs (j is d6 alone), k and l above those.
    a, b, c, d, e, f, j = tree = leaves(7)
    g, h, i = merkle.node_hash(a, b), merkle.node_hash(c, d), merkle.node_hash(e, f)
    k, ell = merkle.node_hash(g, h), merkle.node_hash(i, j)
    assert merkle.inclusion_proof(0, tree) == [b, h, ell]
    assert merkle.inclusion_proof(3, tree) == [c, g, ell]
    assert merkle.inclusion_proof(4, tree) == [f, j, k]
    assert merkle.inclusion_proof(6, tree) == [i, k]
    assert merkle.consistency_proof(3, tree) == [c, d, g, ell]
    assert merkle.consistency_proof(4, tree) == [ell]
    assert merkle.consistency_proof(6, tree) == [i, j, k]


@given(st.lists(st.binary(max_size=4), max_size=MOST))
def test_every_root_is_the_definitions(content: list[bytes]) -> None:
    assert merkle.root(map(merkle.leaf_hash, content)) == defined_root(content)


@given(sizes, st.data())
def test_every_inclusion_proof_is_the_definitions_and_shows_its_leaf_alone(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree = leaves(size)
    path = merkle.inclusion_proof(index, tree)
    root = merkle.root(tree)
    assert path == defined_path(index, [str(n).encode() for n in range(size)])
    assert [n for n in range(size) if merkle.includes(root, size, n, tree[index], path)] == [index]
    assert [n for n in range(size) if merkle.includes(root, size, index, tree[n], path)] == [index]


@given(sizes, st.data())
def test_every_consistency_proof_is_the_definitions(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    tree = leaves(size)
    path = merkle.consistency_proof(old, tree)
    assert path == defined_proof(old, [str(n).encode() for n in range(size)])
    assert merkle.is_consistent(merkle.root(tree[:old]), old, merkle.root(tree), size, path)


@given(sizes, st.data())
def test_a_tree_whose_past_was_changed_is_never_consistent(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    tree = leaves(size)
    other = list(tree)
    other[data.draw(st.integers(0, old - 1))] = merkle.leaf_hash(b"another")
    path = merkle.consistency_proof(old, other)
    assert not merkle.is_consistent(merkle.root(tree[:old]), old, merkle.root(other), size, path)
    assert not merkle.is_consistent(
        merkle.root(tree[:old]), old, merkle.root(other), size, merkle.consistency_proof(old, tree)
    )


@given(sizes, st.data())
def test_a_proof_with_anything_changed_left_out_or_added_shows_nothing(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree = leaves(size)
    path, root = merkle.inclusion_proof(index, tree), merkle.root(tree)
    assert not merkle.includes(root, size, index, tree[index], [*path, root])
    for n in range(len(path)):
        assert not merkle.includes(root, size, index, tree[index], path[:n] + path[n + 1 :])
        flipped = bytes([path[n][0] ^ 1]) + path[n][1:]
        assert not merkle.includes(root, size, index, tree[index], [*path[:n], flipped, *path[n + 1 :]])


@given(st.integers(0, MOST), st.integers(0, MOST))
def test_a_frontier_that_was_put_away_goes_on_as_if_it_had_not(before: int, after: int) -> None:
    tree = leaves(before + after)
    frontier = merkle.Frontier()
    frontier.extend(tree[:before])
    resumed = merkle.Frontier(frontier.size, frontier.roots())
    resumed.extend(tree[before:])
    assert resumed.root() == merkle.root(tree)


@pytest.mark.parametrize(("size", "roots"), [(-1, []), (3, [bytes(32)]), (1, [b"short"]), (0, [bytes(32)])])
def test_what_is_no_frontier_is_refused(size: int, roots: list[bytes]) -> None:
    with pytest.raises(ValueError, match="no frontier"):
        merkle.Frontier(size, roots)


def test_what_is_in_no_tree_has_no_proof() -> None:
    for index in (-1, 3):
        with pytest.raises(ValueError, match="no leaf"):
            merkle.inclusion_proof(index, leaves(3))
        assert not merkle.includes(merkle.root(leaves(3)), 3, index, leaves(3)[2], [])
    for size in (0, 4):
        with pytest.raises(ValueError, match="has not grown"):
            merkle.consistency_proof(size, leaves(3))
        assert not merkle.is_consistent(merkle.root([]), size, merkle.root(leaves(3)), 3, [])


@given(st.integers(0, MOST), sizes, st.data())
def test_a_proof_needs_no_more_of_the_old_tree_than_its_frontier(
    old: int, added: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(old, old + added - 1))
    every = leaves(old + added)
    frontier = merkle.Frontier()
    frontier.extend(every[:old])
    path = merkle.inclusion_proof_in_batch(index, frontier, every[old:])
    assert path == merkle.inclusion_proof(index, every)


def test_a_leaf_of_the_old_tree_is_not_proven_from_its_frontier() -> None:
    with pytest.raises(ValueError, match="leaf 2 is none of the 1 after 3"):
        merkle.inclusion_proof_in_batch(2, merkle.Frontier(3, leaves(2)), leaves(1))
