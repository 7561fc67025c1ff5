"""What became of rows: what an error means, further attempts, when to stop.

`errors.py` reads the rows that Salesforce did not take and gives each a verdict by one table;
`rounds.py` makes further attempts of those that may yet succeed; `failures.py` gathers the rest by
reason. `stop.py` and `halting.py` say when no further job may be begun. Which rows are deleted,
loaded or set again is for `deletion`, `sync` and `relink` to say.
"""
