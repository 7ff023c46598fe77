"""The comment says what matters first, fits, stays the same for the same changes, and cannot be broken out of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from review import html, markdown, product, rules
from review.plan import read_plan
from review.summary import headline, summarise, title
from tests.review.making import allow, confined_to, key, policy, real, resource, reviewed

if TYPE_CHECKING:
    from pathlib import Path

    from review.model import AccountReview

OURS = {
    *("h3", "h4", "p", "ol", "ul", "li", "strong", "em", "code", "pre"),
    *("table", "thead", "tbody", "tr", "th", "td", "details", "summary", "b", "br", "sub"),
}
HOSTILE = [
    "</details><script>alert(1)</script>",
    "`code` ``` ~~~",
    "a | b \\| c",
    "@octocat and #1",
    "\x1b[31mred\x1b[0m",
    "one\n# two\n- three",
    "<!-- --> &amp; &lt;",
    "![x](https://example.com/x.png) [y](javascript:z)",
    "\u202eesrever\u200b",
    "*bold* _it_ ~~no~~ $x$",
    "",
    " ",
    "x" * 5_000,
]


def comment(*reviews: AccountReview, limit: int = markdown.LIMIT) -> str:
    return markdown.render(summarise(reviews), limit=limit)


def above_the_folds(body: str) -> str:
    return body.partition("<details>")[0]


@pytest.fixture(scope="module")
def three() -> tuple[AccountReview, ...]:
    """DEV with every kind of change, PREPROD and PROD with a key, which is replaced in PROD alone."""
    dev = read_plan(real("kinds"), account="dev", rules=rules.load())
    return dev, key("preprod"), key("prod", "delete", "create")


def test_the_comment_reads_as_it_was_last_reviewed(
    three: tuple[AccountReview, ...], root: Path, request: pytest.FixtureRequest
) -> None:
    folder = root / "tests" / "review"
    templates = folder / "product" / "old.yaml", folder / "product" / "new.yaml"
    effects = product.review(old=templates[0], new=templates[1], rules=rules.load())
    body = markdown.render(summarise(three, product=effects))
    golden = folder / "golden" / "comment.md"
    if request.config.getoption("--update-golden"):
        golden.write_text(body)
    assert body == golden.read_text()


def test_a_key_replaced_in_prod_only_must_be_read(three: tuple[AccountReview, ...]) -> None:
    (item,) = [item for item in summarise(three).must_read if "kms" in item.address]
    assert (item.accounts, item.level) == (("prod",), "critical")


def test_a_bucket_policy_that_lets_another_account_delete_stands_above_any_fold(
    three: tuple[AccountReview, ...],
) -> None:
    assert "`s3:DeleteObject`, for `arn:aws:iam::222222222222:root`" in above_the_folds(comment(*three))


def test_the_account_that_differs_is_marked_in_the_row_of_all() -> None:
    accounts = [key("dev"), key("preprod"), key("prod", "delete", "create")]
    (row,) = summarise(accounts).shared
    assert (set(row.differing), row.cells["dev"]) == ({"prod"}, "changed")


def test_the_same_change_with_each_accounts_own_id_is_the_same() -> None:
    def role(account: str, identifier: str) -> AccountReview:
        entry = resource("aws_x.this", "create", after={"arn": f"arn:aws:iam::{identifier}:role/mlops-{account}-x"})
        return reviewed(entry, account=f"demo-{account}", configuration=confined_to(identifier))

    (row,) = summarise([role("dev", "1" * 12), role("prod", "3" * 12)]).shared
    assert row.differing == frozenset()


def test_another_account_let_in_by_prod_alone_is_not_folded_away() -> None:
    def bucket_policy(account: str, identifier: str, guest: str) -> AccountReview:
        sides = [policy(allow("s3:GetObject", Principal={"AWS": one})) for one in ("1" * 12, guest)]
        entry = resource("aws_s3_bucket_policy.this", "update", before={"policy": sides[0]}, after={"policy": sides[1]})
        return reviewed(entry, account=account, configuration=confined_to(identifier))

    items = summarise([bucket_policy("dev", "1" * 12, "2" * 12), bucket_policy("prod", "3" * 12, "9" * 12)]).must_read
    assert [item.accounts for item in items] == [("dev",), ("prod",)]


def test_another_value_in_one_account_is_marked() -> None:
    sides = [
        reviewed(resource("aws_x.this", "create", after={"n": n}), account=a) for a, n in (("a", 1), ("b", 1), ("c", 2))
    ]
    (row,) = summarise(sides).shared
    assert row.differing == {"c"}


def test_an_account_without_a_plan_is_red_and_said_first() -> None:
    summary = summarise([key("dev")], expected=["dev", "prod"])
    assert "not complete (prod: no plan)" in headline(summary)
    assert "🔴 no plan" in markdown.render(summary)


def test_a_change_of_no_consequence_says_so() -> None:
    assert "Nothing here loses data or identity, or widens access." in comment(key("dev"))


def test_nothing_at_all_says_so() -> None:
    assert "Nothing changes." in comment(reviewed())


def test_the_title_counts(three: tuple[AccountReview, ...]) -> None:
    told = title(summarise(three))
    assert told.startswith("4 to read | dev: 2 add, 7 change, 2 replace, 1 destroy")
    assert told.endswith("preprod: 1 change; prod: 1 replace")
    assert len(told) <= 140


def test_the_title_of_few_changes_counts_each_account() -> None:
    told = title(summarise([key("preprod"), key("prod", "delete", "create")]))
    assert told == "1 to read | preprod: 1 change; prod: 1 replace"


def test_the_order_of_files_and_of_changes_does_not_matter() -> None:
    entries = [resource(f"aws_x.n{number}", "create", after={"n": number}) for number in range(5)]
    assert comment(reviewed(*entries)) == comment(reviewed(*reversed(entries)))


@pytest.mark.parametrize("count", [30, 300, 3_000])
def test_a_comment_never_passes_its_limit_and_keeps_counts_and_what_must_be_read(count: int) -> None:
    entries = [
        resource(f'module.m.aws_s3_bucket.this["{number}"]', "delete", before={"bucket": f"b-{number}"})
        for number in range(count)
    ]
    body = comment(reviewed(*entries))
    assert len(body.encode()) <= markdown.LIMIT
    assert f"**{count}**" in body
    assert "The bucket goes, and every object in it." in above_the_folds(body)


def test_a_comment_that_leaves_something_out_says_so() -> None:
    entries = [resource(f"aws_x.n{number}", "create", after={"text": "x" * 300}) for number in range(400)]
    assert "Too long for a comment" in comment(reviewed(*entries))


def test_a_limit_of_nearly_nothing_is_kept_too() -> None:
    body = comment(*(key(name, "delete", "create") for name in ("dev", "preprod", "prod")), limit=400)
    assert len(body.encode()) <= 400
    assert "must be read" in body


def hostile_review(text: str) -> AccountReview:
    entry = resource(
        f'aws_s3_bucket.this["{text}"]',
        "delete",
        "create",
        before={"bucket": text, text or "k": "old", "policy": policy(allow("a:b", Sid="S"))},
        after={
            "bucket": text + "2",
            text or "k": text,
            "policy": policy(allow(["a:b", text], Sid="S", Principal=text)),
        },
        replace_paths=[["bucket"], [text]],
        previous_address=text or None,
        action_reason=text,
        importing={"id": text},
    )
    check = {"address": {"to_display": text}, "status": "fail", "instances": [{"problems": [{"message": text}]}]}
    outputs = {text: {"actions": ["update"], "before": text, "after": text + "2"}}
    return reviewed(entry, account=text or "dev", checks=[check], output_changes=outputs, **{text or "part": 1})


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_breaks_out_of_the_comment(text: str) -> None:
    body = comment(hostile_review(text), key("prod"))
    page = MarkdownIt("commonmark").enable("table").render(body)
    tags = set(re.findall(r"</?([a-zA-Z][a-zA-Z0-9]*)", page))
    assert tags <= OURS
    assert page.count("<details>") == page.count("</details>") == body.count("<details>")
    outside = re.sub(r"<(code|pre|b)\b.*?</\1>", "", page, flags=re.DOTALL)
    assert "octocat" not in outside
    assert "\x1b" not in page
    for table in re.findall(r"<table>.*?</table>", page, re.DOTALL):
        rows = re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
        assert len({row.count("</td>") + row.count("</th>") for row in rows}) == 1


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_breaks_out_of_the_page(text: str) -> None:
    page = html.render(summarise([hostile_review(text), key("prod")]))
    assert "<script" not in page
    assert page.count("<details") == page.count("</details>")
    assert "\x1b" not in page
    assert "<img" not in page


def test_the_page_asks_for_nothing_from_elsewhere(three: tuple[AccountReview, ...]) -> None:
    page = html.render(summarise(three))
    assert re.findall(r"""(?:src|href)=|url\(|@import""", page) == []
