"""What every run has, once: a context, a thread for the work, signals, words for trouble, an end.

A signal only sets the stop (`rows.stop`); whoever waits or is about to begin something sees it. A
run returns a `Result`, which the two doors exit with. What a run does is told by the stories in
`cleanup`, `sync` and `relink`.
"""
