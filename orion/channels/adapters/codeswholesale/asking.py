"""What CodesWholesale's errors mean.

Source: the numbers in the vendor's own plugins (`Errors.php` of its extension framework) and in public clients of
API v3; errors are {status, code, message}, and OAuth's own for tokens. There is no published description.
"""

from orion.channels.adapters.answers import read_object
from orion.channels.client import Answer
from orion.channels.errors import ChannelError, Refused, ReplyLost
from orion.channels.registry import refusal as plain_refusal

_MEANINGS = {
    10002: ("balance_too_low", "The balance at CodesWholesale does not cover it: top it up there, then try again."),
    310003: ("supplier_out_of_stock", "CodesWholesale has fewer of it in stock than wanted."),
    40002: ("quantity_invalid", "CodesWholesale sells whole numbers from 1 on."),
    20001: ("product_unknown", "CodesWholesale does not sell this product, or not any more."),
    50002: ("code_unknown", "CodesWholesale does not know this code."),
}
_UNCLEAR = (408, 409)
_LONGEST = 300


def refusal(answer: Answer) -> ChannelError:
    """The error for a 4xx. Nothing was bought by a call that is refused, and asking again does not help."""
    operation = answer.operation
    if not answer.repeatable and answer.status in _UNCLEAR:
        # Too late, or in conflict with what is there: both can be said of a call that was carried out.
        return ReplyLost("reply_unclear", f"{operation}: answered {answer.status}. It may have been done all the same.")
    if answer.status in (401, 403):
        return plain_refusal(answer)
    try:
        said = read_object(answer)
    except ChannelError:
        return plain_refusal(answer)
    number, message = said.get("code"), str(said.get("message") or "")
    if str(number).isdecimal() and int(str(number)) in _MEANINGS:
        code, words = _MEANINGS[int(str(number))]
        return Refused(code, f"{operation}: {words}", field_errors=((str(number), message),))
    if not message:
        return plain_refusal(answer)
    code = "not_found" if answer.status == 404 else "request_refused"
    detail = f"{operation}: {message} (status {answer.status}, code {number})"
    return Refused(code, detail[:_LONGEST], field_errors=((str(number), message),))
