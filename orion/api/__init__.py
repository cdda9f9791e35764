"""The JSON surfaces, by audience."""
