"""Programs that nobody here wrote, each with a short script against the emulated org.

`python -m tests.peers` installs them into a folder and runs them all, or those that are named. The
scripts ask what users of these programs ask; where one fails, the emulator is wrong first.
"""
