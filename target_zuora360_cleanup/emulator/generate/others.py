"""What an org holds beside Zuora's records: accounts, quotes, customer objects, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from target_zuora360_cleanup.emulator.generate.apex import apex_rows
from target_zuora360_cleanup.emulator.generate.rights import permission_rows
from target_zuora360_cleanup.emulator.org.permissions import rights_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_zuora360_cleanup.emulator.generate.links import Links
    from target_zuora360_cleanup.emulator.org.options import OrgOptions
    from target_zuora360_cleanup.emulator.schema.objects import Schema

__all__ = ["fixed_rows", "other_counts", "other_links"]

_CREATED: Final = 1_700_000_000
_OWN_PRODUCTS: Final = 10
_LOGS: Final = {
    "Zuora__Sync_History__c": 6,
    "zqu__Sync_History__c": 3,
    "Zuora__CrmId_Change_Result__c": 4,
    "Zuora__MigrationSettings__c": 2,
    "Zuora__ObjectStub__c": 2,
    "zqu__Catalog_Sync_History__c": 2,
}
_QUOTED_SHARE: Final = 3
"""One in so many rate plans is on a quote."""


def other_counts(options: OrgOptions, schema: Schema, zuora: Mapping[str, int]) -> dict[str, int]:
    """Return the number of rows to generate of every object, Zuora's included."""
    billing = zuora.get("Zuora__CustomerAccount__c", 0)
    accounts = max(5, billing * 4 // 5)
    counts = dict(zuora) | _LOGS
    counts |= {"Account": accounts, "Contact": accounts, "Opportunity": max(3, accounts // 5)}
    counts["Product2"] = zuora.get("Product2", 0) + _OWN_PRODUCTS
    counts |= {"Pricebook2": 1, "PricebookEntry": counts["Product2"]}
    counts |= {"zqu__ProductOptionGroup__c": 2, "zqu__ProductOption__c": 4}
    if options.quotes:
        counts |= _quotes(zuora.get("zqu__ProductRatePlan__c", 0))
    counts |= _customer_rows(options, zuora)
    return {name: count for name, count in counts.items() if name in schema.objects}


def _quotes(plans: int) -> dict[str, int]:
    quoted = -(-plans // _QUOTED_SHARE)
    return {
        "zqu__Quote__c": quoted,
        "zqu__QuoteAmendment__c": quoted,
        "zqu__QuoteRatePlan__c": quoted,
        "zqu__QuoteRatePlanCharge__c": 2 * quoted,
        "zqu__QuoteChargeSummary__c": 2 * quoted,
        "zqu__QuoteChargeDetail__c": quoted,
        "zqu__QuoteCharge_Tier__c": 2 * quoted,
        "zqu__QuoteProductFeature__c": quoted // 2,
    }


def _customer_rows(options: OrgOptions, zuora: Mapping[str, int]) -> dict[str, int]:
    shares = {
        "Renewal_Forecast__c": ("Zuora__Subscription__c", 5),
        "Dunning_Case__c": ("Zuora__ZInvoice__c", 20),
        "Usage_Note__c": ("Zuora__SubscriptionProductCharge__c", 10),
    }
    return {
        name: max(3, zuora.get(parent, 0) // every)
        for name, (parent, every) in shares.items()
        if name in options.customer_rows and zuora.get(parent)
    }


def other_links(links: Links, zuora: Mapping[str, int]) -> None:
    """Fill the references of what is not Zuora's."""
    accounts = links.counts["Account"]
    links.put("Contact", "AccountId", range(1, accounts + 1))
    links.any_of("Opportunity", "AccountId", "Account")
    products = links.counts["Product2"]
    links.put("PricebookEntry", "Pricebook2Id", [1] * products)
    links.put("PricebookEntry", "Product2Id", range(1, products + 1))
    links.spread(
        "Zuora__CrmId_Change_Result__c", "Zuora__Sync_History__c", "Zuora__Sync_History__c"
    )
    own = zuora.get("Product2", 0) + 1
    links.put("zqu__ProductOptionGroup__c", "zqu__Product__c", [own] * 2)
    links.spread(
        "zqu__ProductOption__c", "zqu__ProductOptionGroup__c", "zqu__ProductOptionGroup__c"
    )
    links.any_of("Renewal_Forecast__c", "Subscription__c", "Zuora__Subscription__c", 0.9)
    links.any_of("Dunning_Case__c", "Invoice__c", "Zuora__ZInvoice__c")
    links.any_of("Usage_Note__c", "Charge__c", "Zuora__SubscriptionProductCharge__c")
    _quote_links(links)


def _quote_links(links: Links) -> None:
    quote, plan = "zqu__Quote__c", "zqu__QuoteRatePlan__c"
    catalog_plan, catalog_charge = "zqu__ProductRatePlan__c", "zqu__ProductRatePlanCharge__c"
    links.any_of(quote, "zqu__Account__c", "Account")
    links.any_of(quote, "zqu__Opportunity__c", "Opportunity")
    links.spread("zqu__QuoteAmendment__c", quote, quote)
    links.spread(plan, "zqu__QuoteAmendment__c", "zqu__QuoteAmendment__c")
    links.spread(plan, quote, quote)
    # Only the first rate plans are on quotes; what is behind them may go.
    links.spread(plan, catalog_plan, catalog_plan)
    links.follow(plan, "zqu__Product__c", catalog_plan, catalog_plan, "zqu__Product__c")
    charge = "zqu__QuoteRatePlanCharge__c"
    links.spread(charge, plan, plan)
    plans = links.of(charge, plan) or ()
    charges = links.of(catalog_charge, catalog_plan) or ()
    first = {owner: number for number, owner in reversed(list(enumerate(charges, 1)))}
    own_plan = links.of(plan, catalog_plan) or ()
    links.put(charge, catalog_charge, (first.get(own_plan[(at or 1) - 1] or 0) for at in plans))
    links.spread("zqu__QuoteChargeSummary__c", plan, plan)
    links.put("zqu__QuoteChargeSummary__c", catalog_charge, links.of(charge, catalog_charge) or ())
    links.put("zqu__QuoteChargeSummary__c", charge, range(1, links.counts.get(charge, 0) + 1))
    links.spread("zqu__QuoteChargeDetail__c", quote, quote)
    links.put("zqu__QuoteChargeDetail__c", catalog_plan, own_plan)
    links.put("zqu__QuoteChargeDetail__c", catalog_charge, (first.get(at or 0) for at in own_plan))
    links.spread("zqu__QuoteCharge_Tier__c", charge, charge)
    links.put("zqu__QuoteCharge_Tier__c", "zqu__RatePlanCharge__c",
              links.of(charge, catalog_charge) or ())  # fmt: skip
    feature = "zqu__QuoteProductFeature__c"
    links.spread(feature, quote, quote)
    links.put(feature, catalog_plan, own_plan[: links.counts.get(feature, 0)])
    links.follow(feature, "zqu__Product__c", catalog_plan, catalog_plan, "zqu__Product__c")
    links.put(feature, "zqu__ZFeature__c", [1] * links.counts.get(feature, 0))


def fixed_rows(options: OrgOptions, schema: Schema) -> dict[str, list[dict[str, Any]]]:
    """Return the single rows that say what the org is, by object."""
    stamp = {"CreatedDate": _CREATED, "LastModifiedDate": _CREATED, "SystemModstamp": _CREATED}
    rows: dict[str, list[dict[str, Any]]] = {
        "Organization": [_organization(options) | stamp],
        "Profile": [_profile(options) | stamp],
        "UserPermissionAccess": [_profile(options) | stamp] if rights_of(options).told else [],
        "User": [_user(options) | stamp],
        "Zuora__ZuoraConfig__c": [_config(options, schema) | stamp],
    }
    for name, each in (apex_rows(options, schema) | permission_rows(options, schema)).items():
        rows[name] = [row | stamp for row in each]
    versions = {"Zuora": options.zuora_version, "zqu": options.zqu_version}
    installed = [each for each in versions if each not in options.without_packages]
    for number, namespace in enumerate(installed, 1):
        for name, row in _package(number, namespace, versions[namespace]).items():
            rows.setdefault(name, []).append(row | stamp)
    return {name: _known(schema, name, each) for name, each in rows.items() if schema.find(name)}


def _known(schema: Schema, name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    fields = schema.get(name).fields
    return [{key: value for key, value in row.items() if key in fields} for row in rows]


def _organization(options: OrgOptions) -> dict[str, Any]:
    return {
        "Id": 1,
        "Name": "Emulated Org",
        "IsSandbox": int(options.sandbox),
        "OrganizationType": options.organization_type,
        "InstanceName": "EMU1",
        "Country": "US",
        "LanguageLocaleKey": "en_US",
        "DefaultLocaleSidKey": "en_US",
        "TimeZoneSidKey": "America/Los_Angeles",
        "FiscalYearStartMonth": 1,
    }


def _profile(options: OrgOptions) -> dict[str, Any]:
    rights = rights_of(options)
    return {
        "Id": 1,
        "Name": "System Administrator",
        "UserType": "Standard",
        "PermissionsModifyAllData": int(rights.modify_all_data),
        "PermissionsViewAllData": int(rights.view_all_data),
        "PermissionsQueryAllFiles": int(rights.query_all_files),
        "PermissionsApiEnabled": 1,
        "PermissionsViewSetup": 1,
        "PermissionsBulkApiHardDelete": int(options.hard_delete_permission),
    }


def _user(options: OrgOptions) -> dict[str, Any]:
    # Clients file what they know of an org under the user name, so orgs must differ in it.
    return {
        "Id": 1,
        "Name": "Emma Emulator",
        "FirstName": "Emma",
        "LastName": "Emulator",
        "Username": f"admin.{options.seed}.{options.records}@emulator.example.com",
        "Email": "admin@emulator.example.com",
        "Alias": "emu",
        "IsActive": 1,
        "UserType": "Standard",
        "ProfileId": 1,
        "TimeZoneSidKey": "America/Los_Angeles",
        "LocaleSidKey": "en_US",
        "LanguageLocaleKey": "en_US",
    }


def _config(options: OrgOptions, schema: Schema) -> dict[str, Any]:
    version = options.zqu_config_version or options.zqu_version
    major, _, minor = options.zuora_version.partition(".")
    quotes_major, _, quotes_minor = version.partition(".")
    has_quotes = schema.find("zqu__Quote__c") is not None
    return {
        "Id": 1,
        "Name": "Zuora Config",
        "SetupOwnerId": 1,
        "Zuora__Z360Installed__c": 1,
        "Zuora__Z360MajorVersion__c": major,
        "Zuora__Z360MinorVersion__c": minor,
        "Zuora__ZQuotesInstalled__c": int(has_quotes),
        "Zuora__ZQuotesMajorVersion__c": quotes_major if has_quotes else None,
        "Zuora__ZQuotesMinorVersion__c": quotes_minor if has_quotes else None,
    }


def _package(number: int, namespace: str, version: str) -> dict[str, dict[str, Any]]:
    major, _, minor = version.partition(".")
    name = {"Zuora": "Zuora 360", "zqu": "Zuora Quotes"}[namespace]
    return {
        "PackageLicense": {
            "Id": number, "NamespacePrefix": namespace, "Status": "Active",
            "AllowedLicenses": -1, "UsedLicenses": 1, "IsProvisioned": 1,
        },
        "SubscriberPackage": {
            "Id": number, "Name": name, "NamespacePrefix": namespace, "IsPackageValid": 1,
        },
        "SubscriberPackageVersion": {
            "Id": number, "Name": name, "SubscriberPackageId": number, "MajorVersion": int(major),
            "MinorVersion": int(minor or 0), "PatchVersion": 0, "BuildNumber": 1, "IsManaged": 1,
            "ReleaseState": "Released",
        },
        "InstalledSubscriberPackage": {
            "Id": number, "SubscriberPackageId": number, "SubscriberPackageVersionId": number,
            "MinPackageVersionId": number,
        },
    }  # fmt: skip
