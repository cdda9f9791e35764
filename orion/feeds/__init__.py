"""Product feeds: download, parse, normalise, import; what went wrong, row by row."""
