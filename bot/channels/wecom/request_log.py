"""Keeps secrets out of the request log: httpx2 writes whole addresses, and the platforms put tokens into the query."""

import logging

import httpx2


class _WithoutQuery(logging.Filter):
    """Shortens every address in a log line to what stands before the question mark."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                argument.copy_with(query=None) if isinstance(argument, httpx2.URL) else argument
                for argument in record.args
            )
        return True


_FILTER = _WithoutQuery()


def hide_queries() -> None:
    """Call before the first request; calling again changes nothing."""
    logging.getLogger("httpx2").addFilter(_FILTER)
