"""Everything that is said at set times comes from one of these; each is also what the preview shows."""

from handlers.schedule import definitions
from handlers.schedule.sendings import Source
from handlers.service import reminders

SOURCES: tuple[Source, ...] = (definitions.sendings, reminders.sendings)
