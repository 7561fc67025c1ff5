"""What a cleanup costs of the daily allowances."""

from __future__ import annotations

from target_zuora360_cleanup.plan.allowances import (
    BATCHES,
    CALLS,
    QUERY_JOBS,
    QUERY_MB,
    Need,
    needs,
)

PLENTY = dict.fromkeys((CALLS, BATCHES, QUERY_JOBS), (100_000, 100_000))


def needed(rows: list[int], **more: int) -> dict[str, int]:
    options = {"job_size": 100_000, "quota_percent": 80, **more}
    return {each.name: each.needed for each in needs(rows, PLENTY, backup="ids", **options)}


def test_nothing_to_delete_costs_nothing() -> None:
    assert needed([0, 0]) == {CALLS: 0, BATCHES: 0, QUERY_JOBS: 0}


def test_few_rows_need_neither_batches_nor_query_jobs() -> None:
    assert needed([200, 400]) == {CALLS: 7 + 8, BATCHES: 0, QUERY_JOBS: 0}


def test_every_ten_thousand_rows_of_a_job_are_a_batch() -> None:
    assert needed([250_000])[BATCHES] == 25
    assert needed([250_001])[BATCHES] == 26
    assert needed([100_000], job_size=15_000)[BATCHES] == 6 * 2 + 1


def test_more_rows_never_cost_fewer_calls() -> None:
    calls = [
        needed([rows])[CALLS] for rows in (1, 200, 400, 401, 2_000, 5_000, 10**5, 10**6, 10**7)
    ]
    assert calls == sorted(calls)


def test_the_quota_leaves_a_share_of_the_calls_to_others() -> None:
    allowances = {CALLS: (1_000, 700)}
    (need,) = needs([1], allowances, job_size=1, backup="ids", quota_percent=80)
    assert need == Need(CALLS, 7, 500)


def test_an_allowance_is_met_up_to_what_is_left() -> None:
    assert Need(CALLS, 5, 5).is_met
    assert not Need(CALLS, 6, 5).is_met


def test_an_allowance_that_salesforce_does_not_name_is_not_met_where_it_is_needed() -> None:
    found = {
        each.name: each
        for each in needs([3_000], {CALLS: (9_000, 9_000)}, job_size=10, backup="full",
                          quota_percent=80)
    }  # fmt: skip
    assert {name: each.left for name, each in found.items()} == {
        CALLS: 7_200, BATCHES: None, QUERY_JOBS: None, QUERY_MB: None,
    }  # fmt: skip
    assert not any(found[name].is_met for name in (BATCHES, QUERY_JOBS, QUERY_MB))


def test_an_allowance_that_is_not_needed_is_not_missed() -> None:
    found = needs([1], {}, job_size=1, backup="none", quota_percent=80)
    assert found == (Need(CALLS, 7, None),)


def test_accounts_that_queries_name_cost_what_it_takes_to_name_them() -> None:
    whole, few, many = (needed([300, 5_000], accounts=number) for number in (0, 180, 8_000))
    assert whole == few
    # (8,000 of an org of 200,000 records took some 5,000 calls for 29 object types)
    assert 2 * 4 * 45 < many[CALLS] - few[CALLS] < 2 * 8 * 45
    assert (few[QUERY_JOBS], many[QUERY_JOBS]) == (1, 4)
