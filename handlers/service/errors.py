"""What cannot be done about a service day; the sentence names nobody, because others may read along."""

from handlers.errors import SuishoupaiError


class ServiceError(SuishoupaiError):
    """The order or the form does not fit the day, the place or the ledger."""


class Overlap(ServiceError):
    """The ledger already holds hours of this person in that time."""
