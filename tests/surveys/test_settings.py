"""Settings are read once, checked, and documented."""

import re
from pathlib import Path

import pytest

from surveys.database import Role
from surveys.settings import Settings, SettingsError, load_settings

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "settings.md"


def test_every_setting_stands_in_the_documentation_with_its_default() -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\|", text, re.M)
    defaults = Settings()
    expected = {name.upper(): str(getattr(defaults, name)) for name in Settings.__struct_fields__}
    assert dict(rows) == expected


def test_production_is_what_runs_when_nothing_is_set() -> None:
    assert load_settings({}).etterklang_mode == "production"


def test_a_misspelt_setting_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="ETTERKLANG_PROT is not a setting"):
        load_settings({"ETTERKLANG_PROT": "8400"})


def test_a_value_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(SettingsError, match="etterklang_port"):
        load_settings({"ETTERKLANG_PORT": "many"})


def test_a_role_takes_its_own_address_before_the_common_one() -> None:
    settings = load_settings({"DATABASE_URL": "postgresql://h/a", "DATABASE_URL_KEYS": "postgresql://h/b"})
    assert settings.database_address(Role.KEYS) == "postgresql://h/b"
    assert settings.database_address(Role.WEB) == "postgresql://h/a"


def test_a_process_without_an_address_says_which_variable_it_wants() -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL_WEB or DATABASE_URL"):
        load_settings({}).database_address(Role.WEB)
