"""What went wrong becomes a sentence, with the exit status that the story gives it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
import requests

from target_zuora360_cleanup.cleanup.words import BEFORE_DELETION, writing
from target_zuora360_cleanup.errors import CleanupError
from target_zuora360_cleanup.lifecycle.words import in_words
from target_zuora360_cleanup.relink.words import words as relinking
from target_zuora360_cleanup.rows.halting import QuotaReached
from target_zuora360_cleanup.rows.stop import Stopped
from target_zuora360_cleanup.salesforce.errors import (
    ApiError,
    JobFailed,
    SessionExpired,
    Unreadable,
)
from target_zuora360_cleanup.sync.words import WHILE_LOADING

if TYPE_CHECKING:
    from target_zuora360_cleanup.lifecycle.words import Words

TROUBLE = (
    SessionExpired(401, "INVALID_SESSION_ID", "the session ended"),
    ApiError(400, "INVALID_TYPE", "no such object"),
    JobFailed("750", "Failed", "too busy"),
    requests.ConnectionError("refused"),
    OSError(28, "No space left on device", "links.csv"),
    sqlite3.OperationalError("disk is full"),
    QuotaReached("80 % are used"),
    Stopped(),
)
STORIES = {
    "before a deletion": (BEFORE_DELETION, [2, 3, 3, 2, 3, 3, 3, 1]),
    "while loading": (WHILE_LOADING, [2, 4, 4, 4, 4, 4, 4, 1]),
    "before a relink": (relinking(lambda: False), [1] * 8),
    "in a relink": (relinking(lambda: True), [4] * 8),
}


def ended(words: Words, trouble: BaseException) -> CleanupError:
    with pytest.raises(CleanupError) as caught, in_words(words):
        raise trouble
    return caught.value


@pytest.mark.parametrize("story", STORIES)
def test_each_trouble_has_an_exit_status_in_each_story(story: str) -> None:
    words, statuses = STORIES[story]
    assert [ended(words, each).exit_status for each in TROUBLE] == statuses


@pytest.mark.parametrize("story", STORIES)
def test_each_trouble_is_a_sentence_that_keeps_what_was_said(story: str) -> None:
    words, _ = STORIES[story]
    kept = [
        "the session ended", "INVALID_TYPE: no such object", "job 750 ended Failed: too busy",
        "no connection", "No space left on device", "disk is full", "80 % are used", "topped",
    ]  # fmt: skip
    said = [str(ended(words, each)) for each in TROUBLE]
    assert [each for each, part in zip(said, kept, strict=True) if part not in each] == []
    assert [each for each in said if not each.endswith(".") or ".." in each] == []


def test_a_file_that_can_not_be_written_is_named_by_what_it_is_for() -> None:
    error = ended(writing("The backup"), OSError(28, "No space left on device"))
    assert str(error) == "The backup can't be written: No space left on device."


def test_a_file_that_can_not_be_read_is_not_said_to_be_written() -> None:
    said = str(ended(BEFORE_DELETION, OSError("no certificates at /nowhere.pem")))
    assert said == "A file can't be used: no certificates at /nowhere.pem."


def test_a_mistake_of_the_program_keeps_its_traceback() -> None:
    with pytest.raises(KeyError), in_words(BEFORE_DELETION):
        raise KeyError("id")


DAY = ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
HTML = Unreadable(200, "GET https://x was answered by '<html>'")


@pytest.mark.parametrize("story", STORIES)
def test_the_days_limit_is_no_matter_of_permissions(story: str) -> None:
    words, _ = STORIES[story]
    said = str(ended(words, DAY))
    assert "run again when more are allowed" in said
    assert "permission" not in said


@pytest.mark.parametrize("story", STORIES)
def test_what_can_not_be_read_is_no_refusal(story: str) -> None:
    words, _ = STORIES[story]
    said = str(ended(words, HTML))
    assert "GET https://x was answered by '<html>'. Check the network" in said
    assert "refused" not in said
