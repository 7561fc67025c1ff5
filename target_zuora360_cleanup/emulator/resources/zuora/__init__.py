"""Zuora's own API over HTTP: its login, its describes, AQuA and REST exports, and their files.

The records and the export queries are left to the room `zuora`.
"""
