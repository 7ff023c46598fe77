"""A page that cannot be followed is told by its line, and so is a test that does not follow all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pages.reader import Reader
from tests.pages.terminal import Answer, CommandFailedError, Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


PAGE = """\
# Page

## Greeting

```bash
whom=world
```

Then:

```sh
echo "hello
 $whom"
```

## Other

```python
assert False
```

```bash
echo <who is greeted>  # whoever it is
```
"""
ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def reading(tmp_path: Path) -> Iterator[Callable[..., Reader]]:
    """Opens a page in a terminal of its own."""
    with Terminal(folder=tmp_path, environment=ENVIRONMENT, scripts=tmp_path) as terminal:

        def read(text: str, *, not_followed: Mapping[str, str] | None = None) -> Reader:
            page = tmp_path / "page.md"
            page.write_text(text)
            return Reader(page=page, terminal=terminal, not_followed=not_followed or {})

        yield read


def page_of(commands: str) -> str:
    return f"# Page\n\n```bash\n{commands}\n```\n"


def test_the_blocks_of_a_chapter_are_typed_into_one_shell(reading: Callable[..., Reader]) -> None:
    assert reading(PAGE).follow("Greeting") == "hello\n world\n"


def test_placeholders_get_their_values(reading: Callable[..., Reader]) -> None:
    page = reading(PAGE)
    page.follow("Greeting")
    assert page.follow("Other", values={"<who is greeted>": "everybody"}) == "everybody\n"
    page.finish()


def test_the_line_of_the_page_that_fails_is_told_with_what_it_printed(reading: Callable[..., Reader]) -> None:
    page = reading(page_of("echo before\nfalse\necho after"))
    with pytest.raises(CommandFailedError, match=r"(?s)^page\.md:5 failed:\nbefore\n$"):
        page.follow("Page")


def test_a_command_that_fails_within_a_pipe_fails_its_line(reading: Callable[..., Reader]) -> None:
    with pytest.raises(CommandFailedError, match=r"page\.md:4"):
        reading(page_of("false | cat")).follow("Page")


def test_a_list_of_commands_whose_failure_nobody_would_see_is_refused(reading: Callable[..., Reader]) -> None:
    with pytest.raises(AssertionError, match=r"page\.md:4: bash goes on"):
        reading(page_of("false && echo done")).follow("Page")


def test_a_variable_that_nobody_has_set_fails(reading: Callable[..., Reader]) -> None:
    with pytest.raises(CommandFailedError, match="nobody: unbound variable"):
        reading(page_of("echo $nobody")).follow("Page")


def test_nothing_of_the_tests_own_environment_is_there(
    reading: Callable[..., Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "told")
    assert reading(page_of('echo "${SECRET-none}"')).follow("Page") == "none\n"


def test_a_question_is_answered_when_it_is_asked(reading: Callable[..., Reader]) -> None:
    page = reading(page_of('read -r -p "Sure? " answer\necho "it is $answer"'))
    assert "it is yes" in page.follow("Page", answers=[Answer(asked="Sure?", typed="yes\n")])


def test_an_answer_that_nobody_asked_for_fails(reading: Callable[..., Reader]) -> None:
    page = reading(page_of("echo nothing"))
    with pytest.raises(CommandFailedError, match="did not ask: Sure"):
        page.follow("Page", answers=[Answer(asked="Sure?", typed="yes\n")])


def test_a_placeholder_without_a_value_fails_by_its_name(reading: Callable[..., Reader]) -> None:
    page = reading(page_of("echo <id> <id> owner/name"))
    with pytest.raises(AssertionError, match=r"page\.md:4: nothing is given for <id>, owner/name"):
        page.follow("Page")


def test_a_value_that_no_placeholder_asks_for_fails(reading: Callable[..., Reader]) -> None:
    with pytest.raises(AssertionError, match="nobody asks for <id>"):
        reading(PAGE).follow("Greeting", values={"<id>": "1"})


def test_a_chapter_out_of_turn_fails(reading: Callable[..., Reader]) -> None:
    with pytest.raises(AssertionError, match=r"page\.md:6 comes before Other"):
        reading(PAGE).follow("Other")


def test_a_block_that_is_neither_followed_nor_named_fails(reading: Callable[..., Reader]) -> None:
    page = reading(PAGE)
    page.follow("Greeting")
    with pytest.raises(AssertionError, match=r"nobody followed page\.md:23"):
        page.finish()


def test_a_block_is_named_by_its_first_command(reading: Callable[..., Reader]) -> None:
    page = reading(PAGE, not_followed={"echo <who is greeted>": "nobody is here"})
    page.follow("Greeting")
    page.finish()


def test_a_name_that_no_block_has_fails(reading: Callable[..., Reader]) -> None:
    with pytest.raises(AssertionError, match="has no block that begins with make tea"):
        reading(PAGE, not_followed={"make tea": "there is none"})
