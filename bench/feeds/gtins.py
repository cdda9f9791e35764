"""GTINs as feeds have them: of every length, with right check digits, and as a spreadsheet leaves them."""

STEP = 387_420_489
"""Prime to 10, so that n -> n * STEP modulo 10**9 is one-to-one."""

# Weighted digit sums of every group of four digits. From the right the weights of the digits before the check digit
# are 3, 1, 3, 1, ..., so each group has the weights 1, 3, 1, 3, whatever the length of the GTIN.
_SUMS = [
    sum(int(digit) * weight for digit, weight in zip(f"{n:04d}", (1, 3, 1, 3), strict=True)) for n in range(10_000)
]


def gtin(body: int) -> int:
    """The GTIN whose digits before the check digit are `body`."""
    rest, total = body, 0
    while rest:
        rest, group = divmod(rest, 10_000)
        total += _SUMS[group]
    return body * 10 + -total % 10


def plain(record: int) -> int:
    """A GTIN-13 that no other record has."""
    return gtin(400_000_000_000 + record * STEP % 1_000_000_000)


def any_gtin(record: int, kind: int, prefix: int) -> str:
    """The GTIN of a record; `kind` and `prefix`, any numbers, choose its form and its first digits."""
    low, kind = record * STEP % 1_000_000_000, kind % 100
    if kind < 74:
        return str(gtin((300 + prefix % 140) * 1_000_000_000 + low))
    if kind < 84:
        return str(gtin(60_000_000_000 + low))
    if kind < 89:
        return str(gtin(1_400_000_000_000 + low))
    if kind < 92:
        return str(gtin(4_000_000 + low % 1_000_000))  # few GTIN-8 exist: they repeat
    if kind < 95:
        return ""
    full = plain(record)
    if kind < 97:
        return f"{full}.0"
    if kind < 99:
        return f"{str(full)[0]}.{str(full)[1:]}E+12"
    return f"{full:.2E}"
