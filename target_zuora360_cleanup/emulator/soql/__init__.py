"""SOQL: parsed by a SQL parser, checked against the schema, compiled to SQLite, read as records.

It only reads. What a query may ask over Bulk, and how its answer is paged, is left to `resources`.
"""
