"""Groups inside groups: what is refused, and the levels that aggregation goes through."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiheng.catalog.system_groups import SystemGroup, ancestors, check_groups, tree_levels
from zhiheng.catalog.systems import load_system, systems
from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text

ROUNDING = 1e-12  # means over at most 30 doubles of order one


def _group(name: str, parent: str = "") -> SystemGroup:
    return SystemGroup(name, Text.same(name), "", parent)


def _refused(groups: list[SystemGroup], items: list[tuple[str, str]]) -> ZhihengError:
    with pytest.raises(ZhihengError) as caught:
        check_groups(groups, items, where="own.toml")
    assert caught.value.code == "C416"
    return caught.value


def test_an_unknown_parent_is_refused_with_the_nearest_names() -> None:
    error = _refused([_group("green"), _group("saving", "gren")], [("x", "saving")])
    assert error.evidence[0]["group"] == "saving"
    assert "green" in str(error.evidence[0]["nearest"])


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_group_inside_itself_is_refused(size: int) -> None:
    ring = [_group(f"g{n}", f"g{(n + 1) % size}") for n in range(size)]
    error = _refused([*ring, _group("free")], [("x", "free")])
    assert [row["group"] for row in error.evidence] == [g.id for g in ring]


def test_an_item_beside_parts_is_refused() -> None:
    error = _refused([_group("a"), _group("b", "a")], [("x", "b"), ("y", "a")])
    assert [(row["group"], row["item"]) for row in error.evidence] == [("a", "y")]


def test_a_group_with_neither_items_nor_parts_is_refused() -> None:
    error = _refused([_group("a"), _group("b")], [("x", "a")])
    assert error.evidence[0]["group"] == "b"


def test_a_file_with_a_wrong_tree_is_refused(root: Path, tmp_path: Path) -> None:
    source = root / "src/zhiheng/catalog/data/systems/nqpf-technology-green-digital.toml"
    own = tmp_path / "own.toml"
    own.write_text(
        source.read_text("utf-8").replace('parent = "green"', 'parent = "gren"'), "utf-8"
    )
    with pytest.raises(ZhihengError) as caught:
        load_system(str(own))
    assert caught.value.code == "C416"
    assert len(caught.value.evidence) == 2


def test_the_three_levels_of_a_publication_are_kept() -> None:
    items, cells, parts, dimensions = load_system("nqpf-three-elements").tree
    assert [len(level.ids) for level in (items, cells, parts, dimensions)] == [25, 19, 7, 3]
    assert dimensions.ids == ("labourers", "objects", "means")
    assert dimensions.parents == (0, 0, 0)
    both = [i for i, p in zip(items.ids, items.parents, strict=True) if cells.ids[p] == "abatement"]
    assert both == ["cod_intensity", "so2_intensity"]
    assert parts.ids[cells.parents[cells.ids.index("abatement")]] == "environment"


def test_a_shallow_branch_is_padded_with_itself() -> None:
    system = load_system("trade-sustainability-2013")
    _, low, high = system.tree
    assert "social" in low.ids
    assert "social" in high.ids
    children = [n for n, p in enumerate(low.parents) if high.ids[p] == "social"]
    assert [low.ids[n] for n in children] == ["social"]


def test_a_system_without_parts_has_two_levels() -> None:
    for name in ("green-development-2016", "nqpf-triple-open", "trade-resilience"):
        items, groups = load_system(name).tree
        assert groups.ids == tuple(g.id for g in load_system(name).groups)
        assert set(items.parents) == set(range(len(groups.ids)))


@st.composite
def _trees(draw: st.DrawFn) -> tuple[list[SystemGroup], list[tuple[str, str]]]:
    """A random forest, shuffled, with one to three items in each leaf."""
    size = draw(st.integers(1, 10))
    parents = [draw(st.integers(-1, n - 1)) for n in range(size)]
    groups = [_group(f"g{n}", f"g{p}" if p >= 0 else "") for n, p in enumerate(parents)]
    leaves = [f"g{n}" for n in range(size) if n not in parents]
    items = [(f"{leaf}_{k}", leaf) for leaf in leaves for k in range(draw(st.integers(1, 3)))]
    return draw(st.permutations(groups)), draw(st.permutations(items))


@given(_trees(), st.randoms(use_true_random=False))
def test_means_of_level_after_level_are_the_nested_means(tree, random) -> None:
    groups, items = tree
    check_groups(groups, items, where="drawn")
    levels = tree_levels(groups, items)
    values = {item: random.random() for item, _ in items}
    found = np.array([values[i] for i in levels[0].ids])
    for n, level in enumerate(levels):
        size = len(levels[n + 1].ids) if n + 1 < len(levels) else 1
        place = np.array(level.parents)
        found = np.bincount(place, found, size) / np.bincount(place, minlength=size)

    def mean(group: str) -> float:
        inner = [mean(g.id) for g in groups if g.parent == group]
        return float(np.mean(inner or [values[i] for i, g in items if g == group]))

    assert found.shape == (1,)
    assert found[0] == pytest.approx(mean(""), abs=ROUNDING)


@given(_trees())
def test_every_path_upwards_is_the_chain_of_parents(tree) -> None:
    groups, items = tree
    levels = tree_levels(groups, items)
    for n, (item, group) in enumerate(items):
        assert levels[0].ids[n] == item
        place, path = levels[0].parents[n], list[str]()
        for level in levels[1:]:
            path.append(level.ids[place])
            place = level.parents[place]
        assert place == 0
        assert tuple(dict.fromkeys(path)) == ancestors(groups, group)


def test_weights_of_outer_groups_are_those_of_their_parts() -> None:
    for system in systems().values():
        weights = system.group_weights
        for group in system.groups:
            parts = [weights[g.id] for g in system.groups if g.parent == group.id and weights]
            if parts:
                assert weights[group.id] == pytest.approx(sum(parts), abs=ROUNDING)
