"""Photos: fetched from the platform after the message is safe, checked by their bytes, stripped and kept.

Every photo is drawn anew, so that position data and hidden content in the file never reach our store.
"""

import datetime as dt
import io
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
import structlog
from obstore.store import LocalStore
from PIL import Image, ImageOps
from sqlalchemy import ColumnElement
from sqlmodel import col, select

from bot.channels import Channel, ChannelBusy, ChannelError, MediaGone
from data.database import Database
from data.models import Account, FailedMessage, Media, MediaState, Message, PendingMessage
from handlers import notices, replies
from handlers.message import Context

log = structlog.get_logger("photos")

LONGEST_SIDE_PX = 1600
MOST_PIXELS = 50_000_000
MOST_ATTEMPTS = 5
QUALITY = 82
# What phones send; decoders of rarer formats are a risk and no use.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")
# Files that other programs keep in the folder are left alone.
OURS = re.compile(r"\d+\.jpg")


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
                .where(Media.state == MediaState.WANTED, _is_due(context.now), _is_needed())
                .order_by(col(Media.id))
                .limit(limit)
            )
            wanted = session.exec(statement).all()
        for media in wanted:
            self._fetch_one(context, media)
        return len(wanted)

    def add(self, channel: str, message_id: str, jpeg: bytes, size: tuple[int, int]) -> None:
        """A photo that came with a form of our own pages: of its message, once, and only where that is of a case."""
        with self.database.writing() as session:
            found = select(Message).where(Message.channel == channel, Message.platform_id == message_id)
            message = session.exec(found.where(col(Message.case_id).is_not(None))).first()
            if message is None or session.exec(select(Media.id).where(Media.message_id == message.id)).first():
                return
            media = Media(message_id=message.id or 0, channel=channel, reference=message_id, state=MediaState.STORED)
            session.add(media)
            session.flush()
            media.path, (media.width, media.height) = f"{media.id}.jpg", size
            self._store().put(media.path, jpeg)
            session.commit()

    def read(self, path: str) -> bytes:
        """The kept JPEG."""
        return bytes(self._store().get(path).bytes())

    def tidy(self, *, limit: int = 500) -> int:
        """Forget photos whose talk came to nothing, and delete the files of all that are forgotten (decision 8)."""
        with self.database.writing() as session:
            for media in session.exec(select(Media).where(~_is_needed()).limit(limit)).all():
                session.delete(media)
            session.commit()
            kept = set(session.exec(select(Media.id)).all())
        listed = [meta["path"] for lot in self._store().list() for meta in lot]
        orphans = [path for path in listed if OURS.fullmatch(path) and int(path.removesuffix(".jpg")) not in kept]
        if orphans:
            self._store().delete(orphans)
        return len(orphans)

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
        except Exception as error:
            # A bug of the channel must not stop the photos behind this one.
            log.exception("photo failed unforeseen", media_id=media.id, error=type(error).__name__)
            self._postpone(context, media, type(error).__name__)
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
            warnings.simplefilter("ignore")  # we measure before decoding, and damaged metadata is dropped anyway
            return _drawn(Image.open(io.BytesIO(content), formats=FORMATS))
    except PhotoRefused:
        raise
    except Image.DecompressionBombError:
        raise PhotoRefused("too_large") from None
    except Exception:
        # Decoders raise whatever they like when a file is damaged: OSError, TypeError, struct.error, RuntimeError …
        raise PhotoRefused("not_an_image") from None


def _drawn(image: Image.Image) -> tuple[bytes, tuple[int, int]]:
    if image.width * image.height > MOST_PIXELS:
        raise PhotoRefused("too_large")
    image.draft("RGB", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
    upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX))
    upright.info.clear()  # Pillow would write the comment of the old file into the new one
    fresh = io.BytesIO()
    upright.save(fresh, "JPEG", quality=QUALITY)
    return fresh.getvalue(), upright.size


def _is_needed() -> ColumnElement[bool]:
    """Whether the photo belongs to a case, to talk that may yet become one, or to a message to be retried."""
    of_case = select(Message.id).where(col(Message.case_id).is_not(None), col(Message.id) == col(Media.message_id))
    waiting = select(PendingMessage.message_id).where(PendingMessage.message_id == Media.message_id)
    failed = select(FailedMessage.message_id).where(FailedMessage.message_id == Media.message_id)
    return sa.or_(of_case.exists(), waiting.exists(), failed.exists())


def _is_due(now: dt.datetime) -> ColumnElement[bool]:
    return col(Media.next_attempt_at).is_(None) | (col(Media.next_attempt_at) <= now)
