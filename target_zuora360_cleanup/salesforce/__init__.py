"""The org's API: logging in, REST, and Bulk API 2.0 jobs that are never lost or doubled.

`connect` in `client.py` makes the one `Salesforce` that everything else asks. Requests are repeated
and waits are made here; what an answer means for a row is for `rows` to say, and what is read or
changed for the rooms after it.
"""
