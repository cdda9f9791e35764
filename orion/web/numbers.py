"""Numbers of rows in the addresses of pages (`{order_id:int}`)."""

from starlette.convertors import IntegerConvertor, register_url_convertor


class RowNumber(IntegerConvertor):
    """A number that every database can hold: at a longer one there is no page, rather than a mistake of ours."""

    regex = "[0-9]{1,18}"


register_url_convertor("int", RowNumber())
