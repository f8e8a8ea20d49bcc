"""The type of an item's column: a list where it takes several answers, in any of the versions asked."""

from datetime import date

import pyarrow as pa
from msgspec.structs import replace

from surveys.identifiers import ProjectId, StudyId, new_id
from surveys.research.layout import TEXTS, make_layout
from surveys.research.projects import Project
from tests.builders.answering import diary

PROJECT = Project(
    ProjectId(new_id()), "name", StudyId(new_id()), "title", "organisation", "basis", "purpose", (), "by",
    date(2030, 1, 1),
)  # fmt: skip


def test_several_answers_are_a_list_of_the_items_own_kind() -> None:
    columns = {column.item.item_id: column.type for column in make_layout([diary()], PROJECT).items}
    assert columns == {"meals": TEXTS, "naps": pa.list_(pa.field("element", pa.int64()))}


def test_an_item_that_takes_several_answers_since_a_version_is_a_list_of_texts_in_both() -> None:
    before = diary()
    once = tuple(replace(item, repeats=False, max_answers=None) for item in before.structure.items)
    structure = replace(before.structure, version="0", items=once)
    columns = make_layout([before, replace(before, structure=structure)], PROJECT).items
    assert [column.type for column in columns] == [TEXTS, TEXTS]
