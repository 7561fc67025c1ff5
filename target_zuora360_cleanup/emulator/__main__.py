"""``python -m target_zuora360_cleanup.emulator``."""

from target_zuora360_cleanup.emulator.server.cli import main

if __name__ == "__main__":
    main()
