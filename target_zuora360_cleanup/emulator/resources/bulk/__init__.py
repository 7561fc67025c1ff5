"""Bulk API 2.0: ingest and query jobs, their files, and the threads that process them.

Requests create and change jobs, `workers` runs them; uploads and results are files, not in memory.
"""
