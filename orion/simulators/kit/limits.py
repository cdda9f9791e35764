"""Token buckets as the marketplaces keep them."""

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Bucket:
    """`burst` calls at once, `rate` more a second."""

    rate: float
    burst: float
    _tokens: float = field(default=-1.0)
    _at: float = field(default_factory=time.monotonic)

    def take(self) -> float:
        """0 when a call is allowed, which it then is; else the seconds until one is."""
        now = time.monotonic()
        held = self.burst if self._tokens < 0 else min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
        if held >= 1:
            self._tokens = held - 1
            return 0.0
        self._tokens = held
        return (1 - held) / self.rate if self.rate else 3600.0
