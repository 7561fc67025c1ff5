"""Queries that Salesforce refuses, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from target_zuora360_cleanup.emulator.org.org import Org, OrgOptions
from target_zuora360_cleanup.emulator.wire.errors import SalesforceError
from tests.support.emulated import opened

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def org() -> Iterator[Org]:
    with opened(OrgOptions(records=0, quotes=False)) as made:
        yield made


def refusal(org: Org, soql: str) -> SalesforceError:
    with pytest.raises(SalesforceError) as caught:
        org.query(soql)
    return caught.value


@pytest.mark.parametrize(
    ("soql", "message"),
    [
        ("", "unexpected token: '<EOF>'"),
        ("SELECT", "unexpected token: '<EOF>'"),
        ("SELECT Id", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM", "unexpected token: '<EOF>'"),
        ("SELECT FROM Account", "unexpected token: 'FROM'"),
        ("SELECT Id FORM Account", "unexpected token: 'Account'"),
        ("SELECT * FROM Account", "unexpected token: '*'"),
        ("SELECT Id + 1 FROM Account", "unexpected token: '+'"),
        ("SELECT Id FROM Account WHERE", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Name = 'x' AND", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Name = 'x", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Name IN ()", "unexpected token: ')'"),
        ("SELECT Id FROM Account;", "unexpected token: ';'"),
        ("SELECT Id FROM Account, Contact", "unexpected token: ','"),
        ("SELECT Id FROM Account JOIN Contact", "unexpected token: 'Contact'"),
        ("SELECT Id FROM Account LIMIT ten", "unexpected token: 'ten'"),
        ("DELETE FROM Account", "unexpected token: 'DELETE'"),
        ("SELECT CONCAT(Name) FROM Account", "unexpected token: 'CONCAT'"),
        ("SELECT Id FROM Account WHERE Name = :name", "Bind variables only allowed in Apex code"),
        ("SELECT Id Name FROM Account", "only aggregate expressions use field aliasing"),
        (
            "SELECT FIELDS(ALL) FROM Account",
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        ),
        (
            "SELECT FIELDS(CUSTOM) FROM Account LIMIT 201",
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        ),
    ],
)
def test_what_is_no_soql_is_malformed(org: Org, soql: str, message: str) -> None:
    error = refusal(org, soql)

    assert (error.code, error.status) == ("MALFORMED_QUERY", 400)
    assert message in error.message


def test_an_unknown_field_is_shown_in_its_place(org: Org) -> None:
    error = refusal(org, "SELECT Id, Foo FROM Account")

    assert error.code == "INVALID_FIELD"
    assert error.message == (
        "\nSELECT Id, Foo FROM Account\n"
        "           ^\n"
        "ERROR at Row:1:Column:12\n"
        "No such column 'Foo' on entity 'Account'. If you are attempting to use a custom field, be"
        " sure to append the '__c' after the custom field name. Please reference your WSDL or the"
        " describe call for the appropriate names."
    )


def test_the_place_of_an_error_counts_lines(org: Org) -> None:
    error = refusal(org, "SELECT Id\nFROM Account\nWHERE Foo = 1")

    assert error.message.startswith("\nWHERE Foo = 1\n      ^\nERROR at Row:3:Column:7\n")


def test_an_unknown_object_is_shown_in_its_place(org: Org) -> None:
    error = refusal(org, "SELECT Id FROM Foo__c")

    assert error.code == "INVALID_TYPE"
    assert "\n               ^\nERROR at Row:1:Column:16\n" in error.message
    assert "sObject type 'Foo__c' is not supported." in error.message


@pytest.mark.parametrize(
    ("soql", "code", "words"),
    [
        ("SELECT Foo__r.Name FROM Account", "INVALID_FIELD", "relationship 'Foo__r' in field path"),
        ("SELECT Owner.Foo FROM Account", "INVALID_FIELD", "column 'Foo' on entity 'User'"),
        ("SELECT (SELECT Id FROM Foos) FROM Account", "INVALID_TYPE", "'Foos' in FROM part"),
        ("SELECT Id, id FROM Account", "INVALID_FIELD", "duplicate field selected: id"),
        ("SELECT Id FROM Account ORDER BY Foo", "INVALID_FIELD", "No such column 'Foo'"),
        ("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY", "grouped or aggregated: Name"),
        (
            "SELECT Id FROM Account WHERE Name = 5",
            "INVALID_FIELD",
            "must be of type string and should be enclosed in quotes",
        ),
        ("SELECT Id FROM Account WHERE AnnualRevenue = 'x'", "INVALID_FIELD", "of type currency"),
        ("SELECT Id FROM Account WHERE IsDeleted = 'true'", "INVALID_FIELD", "of type boolean"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2024-01-01", "INVALID_FIELD", "datetime"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = '2024-01-01'", "INVALID_FIELD", "type date"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = 2024-13-01", "INVALID_FIELD", "type date"),
        ("SELECT Id FROM Account WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID"),
        ("SELECT Id FROM Account WHERE Id LIKE '0%'", "INVALID_QUERY_FILTER_OPERATOR", "operator"),
        ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
        ("SELECT Id FROM InstalledSubscriberPackage", "INVALID_TYPE", "is not supported"),
    ],
)
def test_what_the_org_has_not_is_refused(org: Org, soql: str, code: str, words: str) -> None:
    error = refusal(org, soql)

    assert error.code == code
    assert words in error.message


def test_deeply_nested_conditions_are_too_complicated(org: Org) -> None:
    where = "(" * 5_000 + "Name = 'x'" + ")" * 5_000

    assert refusal(org, f"SELECT Id FROM Account WHERE {where}").code == "QUERY_TOO_COMPLICATED"


def test_a_query_has_100_000_characters_at_most(org: Org) -> None:
    where = f"Name = '{'x' * 100_000}'"

    assert "longer than 100000" in refusal(org, f"SELECT Id FROM Account WHERE {where}").message


def test_many_alternatives_are_no_problem(org: Org) -> None:
    where = " OR ".join(f"Name = 'x{number}'" for number in range(4_000))

    assert org.query(f"SELECT COUNT() FROM Account WHERE {where}").total == 0
