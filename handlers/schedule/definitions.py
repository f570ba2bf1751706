"""What administrators define to be said at set times."""

from collections.abc import Iterator

from handlers.local_time import Period
from handlers.message import Context
from handlers.schedule.sendings import Sending


def sendings(context: Context, period: Period) -> Iterator[Sending]:
    """What the active definitions have for the period."""
    yield from ()
