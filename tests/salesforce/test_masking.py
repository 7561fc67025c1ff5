"""What is told of an answer holds no secret."""

from __future__ import annotations

import pytest

from target_zuora360_cleanup.salesforce.masking import SHOWN, beginning, masked

TOKEN = "00Dxx0000001gPL!AR8AQJXg5oj8jXSgxJfA0lBog.39AsX"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"<sid>{TOKEN}</sid>", TOKEN),
        ('{"access_token":"abc-secret","scope":"api"}', "abc-secret"),
        ('{"refresh_token": "5Aep861.secret"}', "5Aep861.secret"),
        ("client_secret=very-secret&grant_type=x", "very-secret"),
        ("<sessionId>opaque-secret</sessionId>", "opaque-secret"),
        ("Authorization: Bearer abc-secret", "abc-secret"),
        ("x eyJhbGciOi.eyJzdWIi.c2ln y", "eyJzdWIi"),
        ("the password is hunter2, he said", "hunter2"),
    ],
)
def test_a_secret_is_masked(text: str, secret: str) -> None:
    shown = masked(text, ["hunter2"])
    assert secret not in shown
    assert "…" in shown


@pytest.mark.parametrize(
    "text", ["<html><p>Sign in first</p>", '{"scope":"api","id":"https://x/id/00D/005"}']
)
def test_what_is_no_secret_is_told(text: str) -> None:
    assert masked(text, ["", "hunter2"]) == text


def test_the_beginning_is_one_line_of_200_characters() -> None:
    shown = beginning(b"\xef\xbb\xbf<html>\n\n  <p>" + b"x" * 500)
    assert shown.startswith("<html> <p>xxx")
    assert len(shown) == SHOWN + 1


def test_a_secret_at_the_edge_is_not_told_by_half() -> None:
    text = "x" * (SHOWN - 10) + f" {TOKEN} and so on"
    assert TOKEN[:12] not in beginning(text.encode())


def test_bytes_that_are_no_text_can_be_told() -> None:
    assert beginning(b"\xff\xfe<") == "��<"
