"""Sets a paper with Typst, in a thread: some 50 ms and more for many pages."""

import asyncio
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec
import typst

from api.patient.paper.composing import Paper

STANDARD: Final = "ua-1"
"""PDF/UA-1 (ISO 14289-1): tagged, with its title, its language and what each table's head is."""


async def print_paper(paper: Paper, made_at: datetime) -> bytes:
    """The paper as a PDF; the same paper gives the same bytes, since the fonts are Typst's own."""
    return await asyncio.to_thread(_set, msgspec.json.encode(paper).decode(), made_at)


def _set(paper: str, made_at: datetime) -> bytes:
    content: bytes = typst.compile(
        _template(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"paper": paper},
        pdf_standards=[STANDARD],
        timestamp=int(made_at.timestamp()),
    )
    return content


@cache
def _template() -> bytes:
    return files("api.patient.paper").joinpath("own.typ").read_bytes()
