"""For the members of a store."""
