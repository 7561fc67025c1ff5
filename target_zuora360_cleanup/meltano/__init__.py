"""The Meltano around a run: which pipeline it is part of, which others run, Meltano's commands.

It says in its own words what runs and what failed (`PipelineRun`, `MeltanoFailed`). What that means
for stored states, and whether a cleanup may go on, is left to `state` and to the checks of `plan`.
"""
