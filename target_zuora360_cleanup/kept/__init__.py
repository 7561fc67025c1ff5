"""What mode `sync` keeps from one run for the next: a database beside the state.

Records that wait for a parent, lookups that were left blank for one, and what other rows are filled
from. It is of use as long as it lasts with the state; `place.py` says where that is.
"""
