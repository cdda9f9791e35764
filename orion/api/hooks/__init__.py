"""What channels call."""
