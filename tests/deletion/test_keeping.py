"""What quotes begin to use while a cleanup runs is followed over all that may be there by then."""

from __future__ import annotations

from dataclasses import replace

from target_zuora360_cleanup.catalog.objects import BY_NAME
from target_zuora360_cleanup.deletion.keeping import Keeping
from target_zuora360_cleanup.facts.known import Known
from target_zuora360_cleanup.facts.org_facts import Beside, ObjectFacts
from target_zuora360_cleanup.meltano.pipeline import Pipeline
from target_zuora360_cleanup.plan.making import make_plan
from target_zuora360_cleanup.settings.declared import Settings
from tests.facts.answers import Answers
from tests.plan.cases import CATALOG

CHARGE = "zqu__ProductRatePlanCharge__c"


def test_rows_that_an_object_type_beside_had_none_of_are_looked_for_again() -> None:
    beside = Beside((ObjectFacts(BY_NAME[CHARGE], found=Known(0)),))
    plan = make_plan(replace(CATALOG, beside=beside), Settings(), Pipeline())
    answers = Answers()
    Keeping(answers.salesforce, plan, lambda _: None).weigh(frozenset({"quoted"}), grown=False)
    assert [each for each in answers.asked if f"FROM {CHARGE}" in each]
