"""zuora."""
