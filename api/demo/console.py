"""What the demonstration says at the terminal: a line a step, a bar on the long ones."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Thing = TypeVar("Thing")

_console = Console(highlight=False)


def say(text: str) -> None:
    """Prints one line."""
    _console.print(text, soft_wrap=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Shows ``title`` while the block works, and a mark when it is done."""
    with _console.status(title):
        yield
    _console.print(f"[green]✓[/green] {title}", soft_wrap=True)


def bar(things: Iterable[Thing], title: str, total: int) -> Iterator[Thing]:
    """Goes through ``things`` with a progress bar."""
    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console, transient=True) as progress:
        yield from progress.track(things, total=total, description=title)
    _console.print(f"[green]✓[/green] {title}")
