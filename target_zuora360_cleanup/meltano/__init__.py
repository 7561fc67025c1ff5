"""What is known of the Meltano run around a plugin, and Meltano's own commands."""
