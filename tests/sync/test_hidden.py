"""Syncs by a user who does not see all: what is left out for that is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_zuora360_cleanup.emulator.org.org import OrgOptions
from tests.support.emulated import Emulated
from tests.support.syncs import ACCOUNT, METHOD, crm_id, keys, record, schema, state, sync

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ACCOUNTS = schema("Account", "Name CrmId DefaultPaymentMethodId Status")


def test_a_lookup_that_leads_to_an_object_which_is_hidden_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = OrgOptions(records=60, sandbox=True, not_visible=frozenset({METHOD}))
    with Emulated(options) as server:
        crm = crm_id(server.org)
        one = record("Account", "zz1", Name="N", CrmId=crm, DefaultPaymentMethodId="zz2")
        done = sync(server, tmp_path, [state(), ACCOUNTS, one, state(Account=1)])
        assert (done.status, keys(server.org, ACCOUNT, "zz")) == (0, {"zz1"})
    (warning,) = [each.message for each in caplog.records if each.levelname == "WARNING"]
    assert f"Zuora__Default_Payment_Method__c (to {METHOD})" in warning
