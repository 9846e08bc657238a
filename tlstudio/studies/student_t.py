"""Student's t distribution: the two figures that a test needs, for any degrees of freedom above 0, whole or not."""

from __future__ import annotations

import math


def two_sided(t: float, df: float) -> float:
    """Probability of a |t| as large or larger. 1 - P(|T| < |t|) = I_x(df/2, 1/2) with x = df / (df + t^2)."""
    return _incomplete_beta(df / (df + t * t), df / 2, 0.5) if math.isfinite(t) else 0.0


def quantile(coverage: float, df: float) -> float:
    """The t within which, to both sides of 0, that share of the distribution lies: 12.7 for 0.95 and 1 degree, 1.96 for many."""
    low, high = 0.0, 1.0
    while two_sided(high, df) > 1 - coverage:
        low, high = high, 2 * high
    while high - low > 1e-8 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, df) > 1 - coverage else (low, middle)
    return (low + high) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by its continued fraction (Press et al., Numerical Recipes, 6.4)."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    if x > (a + 1) / (a + b + 2):  # there the fraction of the mirror image converges fast
        return 1.0 - _incomplete_beta(1.0 - x, b, a)
    front = math.exp(a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))
    return front * _fraction(x, a, b) / a


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction, evaluated from its front (Lentz)."""
    tiny = 1e-300
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1), tiny)
    h = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for term in (even, odd):
            d, c = 1.0 / _away(1.0 + term * d, tiny), _away(1.0 + term / c, tiny)
            change = c * d
            h *= change
        if abs(change - 1.0) < 1e-14:
            break
    return h


def _away(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
