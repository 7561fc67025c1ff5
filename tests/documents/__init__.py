"""What the documents take from the code, a script that writes it, and tests of both."""
