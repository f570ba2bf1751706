"""Photos: fetched from the platform after the message is safe, checked by their bytes, stripped and kept.

Every photo is drawn anew, so that position data and hidden content in the file never reach our store.
"""

import datetime as dt
import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from obstore.store import LocalStore
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import ColumnElement
from sqlmodel import col, select

from bot.channels import Channel, ChannelBusy, ChannelError, MediaGone
from data.database import Database
from data.models import Account, Media, MediaState, Message
from handlers import notices, replies
from handlers.message import Context

log = structlog.get_logger("photos")

LONGEST_SIDE_PX = 1600
MOST_PIXELS = 50_000_000
MOST_ATTEMPTS = 5
QUALITY = 82


class PhotoRefused(Exception):
    """The bytes are no photo we keep; `reason` is a key of `replies.PHOTO_REFUSED`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Photos:
    database: Database
    channels: Mapping[str, Channel]
    folder: Path

    def fetch(self, context: Context, *, limit: int = 20) -> int:
        """Fetch photos that are wanted; `context` is the clock's, its session is replaced by our own."""
        with self.database.reading() as session:
            statement = (
                select(Media)
                .where(Media.state == MediaState.WANTED, _is_due(context.now))
                .order_by(col(Media.id))
                .limit(limit)
            )
            wanted = session.exec(statement).all()
        for media in wanted:
            self._fetch_one(context, media)
        return len(wanted)

    def read(self, path: str) -> bytes:
        """The kept JPEG."""
        return bytes(self._store().get(path).bytes())

    def _fetch_one(self, context: Context, media: Media) -> None:
        try:
            content = self.channels[media.channel].download(media.reference)
            jpeg, size = drawn_anew(content)
        except ChannelBusy as error:
            self._postpone(context, media, str(error))
        except (MediaGone, KeyError):
            self._refuse(context, media, "gone")
        except ChannelError:
            self._refuse(context, media, "too_large")
        except PhotoRefused as error:
            self._refuse(context, media, error.reason)
        else:
            self._keep(media, jpeg, size)

    def _keep(self, media: Media, jpeg: bytes, size: tuple[int, int]) -> None:
        path = f"{media.id}.jpg"
        self._store().put(path, jpeg)
        with self.database.writing() as session:
            kept = session.get(Media, media.id)
            if kept is None:  # recalled meanwhile
                self._store().delete(path)
                return
            kept.state, kept.path, (kept.width, kept.height) = MediaState.STORED, path, size
            session.add(kept)
            session.commit()

    def _refuse(self, context: Context, media: Media, reason: str) -> None:
        """Say so to the sender, privately; the case stands without the photo."""
        log.warning("photo refused", media_id=media.id, reason=reason)
        with self.database.writing() as session:
            kept = session.get(Media, media.id)
            if kept is None:
                return
            kept.state, kept.refusal = MediaState.REFUSED, reason
            session.add(kept)
            message = session.get_one(Message, kept.message_id)
            account = session.get(Account, message.account_id) if message.account_id else None
            if account is not None and message.case_id:
                notices.tell_account(replace(context, session=session), account, replies.PHOTO_REFUSED[reason])
            session.commit()

    def _postpone(self, context: Context, media: Media, error: str) -> None:
        if media.attempts + 1 >= MOST_ATTEMPTS:
            self._refuse(context, media, "gone")
            return
        log.warning("photo not fetched, trying again", media_id=media.id, error=error)
        with self.database.writing() as session:
            kept = session.get(Media, media.id)
            if kept is not None:
                kept.attempts += 1
                kept.next_attempt_at = context.now + dt.timedelta(seconds=5 * 2**kept.attempts)
                session.add(kept)
                session.commit()

    def _store(self) -> LocalStore:
        return LocalStore(prefix=self.folder.resolve(), mkdir=True)


def drawn_anew(content: bytes) -> tuple[bytes, tuple[int, int]]:
    """The photo as a fresh JPEG without metadata, at most 1600 px, and its size; raises PhotoRefused."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we measure before decoding
            image = Image.open(io.BytesIO(content))
        if image.width * image.height > MOST_PIXELS:
            raise PhotoRefused("too_large")
        image.draft("RGB", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
        upright = ImageOps.exif_transpose(image).convert("RGB")
        upright.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX))
        fresh = io.BytesIO()
        upright.save(fresh, "JPEG", quality=QUALITY)
    except Image.DecompressionBombError:
        raise PhotoRefused("too_large") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError):
        raise PhotoRefused("not_an_image") from None
    return fresh.getvalue(), upright.size


def _is_due(now: dt.datetime) -> ColumnElement[bool]:
    return col(Media.next_attempt_at).is_(None) | (col(Media.next_attempt_at) <= now)
