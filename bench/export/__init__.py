"""How fast products go out as files, and in how much memory."""
