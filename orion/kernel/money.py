"""Amounts of money: whole minor units (cents) and an ISO 4217 code. Never a float."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

# ISO 4217, the active currencies; the exponent is 2 unless named below.
CURRENCIES: frozenset[str] = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP "
    "CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG "
    "HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL "
    "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR "
    "RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD "
    "TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG".split()
)
EXPONENTS = dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0) | dict.fromkeys(
    "BHD IQD JOD KWD LYD OMR TND".split(), 3
)

MAX_MINOR = 10**13
"""Amounts stay below this many minor units: far above any real price, far below what a 64-bit sum can hold."""


def currency_exponent(currency: str) -> int:
    """How many decimal digits the currency has (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD."""
    return EXPONENTS.get(currency, 2)


def amount_text(minor: int, currency: str) -> str:
    """The decimal string of so many minor units: "29.90" for 2990 of EUR."""
    exponent = EXPONENTS.get(currency, 2)
    if not exponent:
        return str(minor)
    digits = str(abs(minor)).rjust(exponent + 1, "0")
    return f"{'-' if minor < 0 else ''}{digits[:-exponent]}.{digits[-exponent:]}"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: `minor` units (cents for EUR) of `currency`."""

    minor: int
    currency: str

    @property
    def decimal(self) -> Decimal:
        """The amount in units of the currency, with exactly its decimals: Decimal("29.90")."""
        return Decimal(self.minor).scaleb(-currency_exponent(self.currency))

    def __str__(self) -> str:
        """The decimal string that JSON and CSV show: "29.90"."""
        return amount_text(self.minor, self.currency)

    def scaled(self, factor: Decimal) -> "Money":
        """The amount times `factor`, rounded half to even: the one place where money is rounded."""
        return Money(int((self.minor * factor).to_integral_value(ROUND_HALF_EVEN)), self.currency)
