"""The feed's documentation lists every column that the feed takes."""

from pathlib import Path

from surveys.registry.columns import KINDS

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "feed.md"


def test_every_column_of_every_kind_is_documented() -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    for kind, columns in KINDS.items():
        section = text.split(f"## `{kind}`\n")[1].split("\n## ")[0]
        assert [f"| `{column.name}` | {'required' if column.required else ''} |" for column in columns] == [
            "|".join(line.split("|")[:3]) + "|" for line in section.splitlines() if line.startswith("| `")
        ]
