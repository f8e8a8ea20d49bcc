"""Where sealed responses and scores belong: each is bound to every clear column that says what it answers."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from surveys.identifiers import PersonId, ResponseId, StudyId, TumourId
from surveys.keys import Binding


class Place(NamedTuple):
    """The clear columns beside a sealed response or score."""

    response_id: ResponseId
    person_id: PersonId
    study_id: StudyId
    tumour_id: TumourId
    wave: int
    part: int

    @classmethod
    def of(cls, row: Row[Any], study_id: StudyId) -> "Place":
        """The place of a row that has the other columns by their names."""
        return cls(
            ResponseId(row.response_id),
            PersonId(row.person_id),
            study_id,
            TumourId(row.tumour_id),
            row.wave,
            row.part,
        )

    def response(self, protocol_version_id: UUID) -> Binding:
        """The binding of the response itself, pinned to its protocol version."""
        return self._binding("answering.response", f"{protocol_version_id}/{self._position}", 1)

    def score(self, scoring: int) -> Binding:
        """The binding of one scoring of the response; ``scoring`` counts them from 1 by their times."""
        return self._binding("answering.score", self._position, scoring)

    @property
    def _position(self) -> str:
        return f"{self.tumour_id}/{self.wave}/{self.part}"

    def _binding(self, table: str, version: str, row_version: int) -> Binding:
        return Binding(table, self.response_id, self.person_id, self.study_id, version, row_version)
