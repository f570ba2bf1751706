"""What members and groups are told about service days, and when."""

from collections.abc import Iterator

from handlers.local_time import Period
from handlers.message import Context
from handlers.schedule.sendings import Sending


def sendings(context: Context, period: Period) -> Iterator[Sending]:
    """Announcements and reminders of the service days in the period."""
    yield from ()
