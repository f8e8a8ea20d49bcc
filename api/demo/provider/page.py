"""The provider's pages: choose who to be; logged out; nothing here. Plain HTML, no script."""

import base64
import hashlib
from collections.abc import Sequence
from html import escape

from api.demo.provider.config import Person

STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1a1c1f; --quiet: #4f565f; --line: #6b7280;
  --card: #f3f5f7; --accent: #0b5cad; --warn: #fff3d6; --warn-ink: #4a3200; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171a; --ink: #eceff2; --quiet: #b3bbc4;
  --line: #8b949e; --card: #1f2429; --accent: #8cc2ff; --warn: #3a2c08; --warn-ink: #ffe3a3; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-width: 40rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.125rem; margin: 1.5rem 0 .5rem; }
.note { background: var(--warn); color: var(--warn-ink); padding: .75rem 1rem; border-radius: .5rem; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .5rem; }
button { width: 100%; min-height: 3rem; padding: .75rem 1rem; text-align: start; font: inherit;
  color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
  cursor: pointer; }
button:hover { border-color: var(--accent); }
button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button span { display: block; color: var(--quiet); }
.cancel { text-align: center; background: none; margin-top: 1.5rem; }
"""
POLICY = (
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; style-src 'sha256-"
    f"{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; form-action 'self'"
)


def choose_page(request_uri: str, people: Sequence[tuple[int, Person]]) -> str:
    """Everybody to log in as, each with the number under which the choice is sent."""
    choices = "".join(_choice(number, person) for number, person in people)
    nobody = "" if people else "<p>There is nobody to log in as here.</p>"
    return _page(
        "Who do you want to be?",
        f"""<form method="post" action="/choose">
<input type="hidden" name="request_uri" value="{escape(request_uri)}">
<h2 id="people">Synthetic people</h2>{nobody}
<ul aria-labelledby="people">{choices}</ul>
<button class="cancel" name="cancel" value="yes">Cancel the login</button>
</form>""",
    )


def logged_out_page() -> str:
    """Said where the client has named no registered page to go on to."""
    return _page("You are logged out", "<p>You may close this page.</p>")


def refused_page(rule: str) -> str:
    """Said where there is nothing to go on with."""
    return _page("This login cannot go on", f"<p>{escape(rule)}</p>")


def _choice(number: int, person: Person) -> str:
    name = person.name or person.pid
    return (
        f'<li><button name="person" value="{number}">'
        f"{escape(person.story)} <span>{escape(name)}</span></button></li>"
    )


def _page(title: str, content: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} – development login</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="note">Development identity provider. Nobody listed here exists.</p>
{content}
</main>
</body>
</html>
"""
