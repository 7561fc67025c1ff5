"""``python -m target_zuora360_cleanup``: the target."""

from target_zuora360_cleanup.target import main

if __name__ == "__main__":
    main()
