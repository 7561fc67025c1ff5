"""What comes from the tap on stdin: lines and blocks read fast, messages that a run follows.

Records of a cleanup are counted and passed over; a reset of the state is left to `state`, and what
is loaded in mode sync to `sync`.
"""
