"""Singer target that performs the Zuora 360 Sync Cleanup in a Meltano set-up."""
