"""Records of Zuora's that the 360 does not sync."""


def add_unsynced(store, seed):
    pass
