"""Names and values from outside, made harmless for Markdown, HTML and terminals."""

from __future__ import annotations

import html
import re
import unicodedata

LONGEST_NAME = 240

# Control and format characters, surrogates, and line and paragraph separators: ANSI sequences, text that runs
# backwards, characters of no width.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_PLAIN = re.compile(r"[\w .,:;/()\[\]{}\"'+*=#$%^?!@~-]+", re.ASCII)
_PUNCTUATION = re.compile(r"[^\w\s]|_", re.ASCII)


def visible(text: str) -> str:
    """The text on one line, with whatever cannot be seen spelt out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelt(one) if unicodedata.category(one) in _INVISIBLE else one for one in text)


def _spelt(one: str) -> str:
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(one, f"\\u{ord(one):04x}")


def shortened(text: str, longest: int = LONGEST_NAME) -> str:
    """A long text without its middle, saying so."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]} ...{len(text) - 2 * half} characters... {text[-half:]}"


def code(text: str, longest: int = LONGEST_NAME) -> str:
    """A text as code in Markdown, in a paragraph, a list or a table."""
    shown = shortened(visible(text), longest)
    if not shown.strip():
        return "`(empty)`"
    if _PLAIN.fullmatch(shown):
        return f"`{shown}`"
    # Numeric references are never structure, in Markdown or in HTML; a code span would end at a backtick, and a cell of
    # a table at a pipe.
    return f"<code>{_PUNCTUATION.sub(lambda one: f'&#{ord(one.group())};', shown)}</code>"


def fenced(lines: list[str], language: str) -> list[str]:
    """Lines in a code block with a fence that none of them can close."""
    shown = [visible(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *shown, fence]


def in_html(text: str, longest: int = LONGEST_NAME) -> str:
    return html.escape(shortened(visible(text), longest))
