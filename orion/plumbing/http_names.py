"""The name a file should have by what its server says."""

import re
from email.message import Message
from pathlib import PurePosixPath
from urllib.parse import unquote

_UNWANTED = re.compile(r"[\x00-\x1f\x7f/\\]+")


def offered_filename(content_disposition: str | None, path: str) -> str | None:
    """Take the file name from a Content-Disposition header, else the last part of the URL's path; None without either.

    Never holds folders or control characters; at most 255 characters. For showing, not for opening files.
    """
    offered = None
    if content_disposition:
        message = Message()
        message["Content-Disposition"] = content_disposition
        offered = message.get_filename()
    name = offered or unquote(PurePosixPath(path).name)
    name = _UNWANTED.sub("/", name).rpartition("/")[2].strip()
    return name[:255] or None
