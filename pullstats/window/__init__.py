"""The time that is asked about: "every Tuesday of last month" -> moments, periods, holes.

Moments are epoch microseconds (UTC) and spans are half open; days, weeks and months are those of the asked zone.
"""

from pullstats.window.asked import Span, Window, clip, clock, window
from pullstats.window.captions import date_range, describe
from pullstats.window.periods import GRANULARITIES, Bucket, buckets, granularity
from pullstats.window.silence import SLOT, Rhythm, holes, partial, rhythm
from pullstats.window.zones import iso, zone, zone_name

# For help and reference pages; each is read by the tests.
PERIOD_EXAMPLES = (
    "2021", "2021-Q2", "2021-06", "2021-W07", "2021-06-01", "2021-06-01T10:00", "2021-06-01T10:00Z", "@1622541600",
    "today", "yesterday", "last_week", "past_month", "this_quarter", "last_tuesday", "30d", "12h", "2 weeks ago",
)  # fmt: skip
DURING_EXAMPLES = ("2021-Q2", "2021-01..2021-06", "2021-01-01/P1M", "last_week", "30d", "P30D")
EVERY_EXAMPLES = ("tuesday", "tuesday,thursday", "weekday", "weekend", "FREQ=MONTHLY;BYDAY=-1FR")
HOURS_EXAMPLES = ("09:00-17:00", "22:00-06:00")
BY_EXAMPLES = (*GRANULARITIES, "6h", "2w", "3mo")
TZ_EXAMPLES = ("UTC", "Europe/Berlin", "+02:00")

__all__ = [
    "BY_EXAMPLES", "DURING_EXAMPLES", "EVERY_EXAMPLES", "GRANULARITIES", "HOURS_EXAMPLES", "PERIOD_EXAMPLES", "SLOT",
    "TZ_EXAMPLES", "Bucket", "Rhythm", "Span", "Window", "buckets", "clip", "clock", "date_range", "describe",
    "granularity", "holes", "iso", "partial", "rhythm", "window", "zone", "zone_name",
]  # fmt: skip
