"""The definitions of the loader and the utility that `meltano add --from-ref` reads, as data files.

They are written from the code by a script; nothing at run time reads them.
"""
