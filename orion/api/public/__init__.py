"""What anybody may ask."""
