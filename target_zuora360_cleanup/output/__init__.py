"""What a run writes while it goes: its folder with backups and failures, progress, metrics, times.

Plain data of its own: names, numbers, rows of text. What is written when, and what a report makes
of it in the end, is left to the rooms that call this one.
"""
