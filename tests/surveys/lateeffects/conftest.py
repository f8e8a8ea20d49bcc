"""A member of staff's grant, as the key service gives one at a login."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from surveys import clock
from surveys.database import Role
from surveys.identifiers import PersonId, new_id
from surveys.keys import Audience, Keys
from surveys.keys.grants import make_grant
from surveys.keys.in_process import InProcessKeys


@pytest.fixture
def staff_grant(keys_as: Callable[[Role], Keys]) -> bytes:
    service = keys_as(Role.WEB)
    assert isinstance(service, InProcessKeys)
    end = clock.now() + timedelta(hours=1)
    return make_grant(service._vault.grant_key, Audience.STAFF, PersonId(new_id()), ("registry",), end)
