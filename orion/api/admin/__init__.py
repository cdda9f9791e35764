"""For administrators of the platform."""
