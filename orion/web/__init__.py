"""The portals, by audience."""
