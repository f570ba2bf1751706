"""Photos: fetched from the platform after the message is safe, and kept in three sizes as files of our own.

A robot's links live five minutes, so fetching begins as soon as a message is committed and never waits for others.
"""

import datetime as dt
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
import structlog
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from bot.channels import Channel, ChannelBusy, ChannelError, ChannelMisconfigured, ChannelUnsure, MediaGone
from bot.photo_store import PhotoStore
from bot.pictures import PhotoRefused, Picture, drawn_anew
from data.database import Database
from data.models import Account, FailedMessage, Media, MediaState, Message, PendingMessage
from data.privacy import Ring, decrypt_bytes, encrypt_bytes
from handlers import notices, replies
from handlers.message import Context

log = structlog.get_logger("photos")

# Almost six hours of a platform that is down or not set up; a photo it no longer has is told at once.
MOST_ATTEMPTS = 12
# Who fetches a photo has it for so long; if they die, others try in time.
CLAIM = dt.timedelta(seconds=60)
# What of a row is known once the files are written.
OF_FILES = {"state", "dhash", "width", "height", "path", "thumbnail_path", "original_path"}
# Files that other programs keep in the folder are left alone.
OURS = re.compile(r"(\d+)(?:\.jpg|-small\.jpg|-original\.bin)")


@dataclass(frozen=True)
class Photos:
    database: Database
    channels: Mapping[str, Channel]
    store: PhotoStore
    wanted: threading.Event = field(default_factory=threading.Event)
    """Set when a message was committed that may have brought photos."""

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
        done, began = 0, time.monotonic()
        for media in wanted:
            # A claim runs from when the photo's turn comes, however long those before it took.
            if self._claim(media, context.now + dt.timedelta(seconds=time.monotonic() - began)):
                self._fetch_one(context, media)
                done += 1
        return done

    def add(self, channel: str, message_id: str, picture: Picture) -> None:
        """A photo that came with a form of our own pages: of its message, once, and only where that is of a case."""
        with self.database.writing() as session:
            found = select(Message).where(Message.channel == channel, Message.platform_id == message_id)
            message = session.exec(found.where(col(Message.case_id).is_not(None))).first()
            if message is None or session.exec(select(Media.id).where(Media.message_id == message.id)).first():
                return
            # The row first, as if it were being fetched, so that nobody takes its files for forgotten ones.
            media = Media(message_id=message.id or 0, channel=channel, reference=message_id)
            media.next_attempt_at = message.received_at + CLAIM
            session.add(media)
            session.commit()
        self._keep(media, picture)

    def read(self, path: str) -> bytes:
        """The kept JPEG."""
        return self.store.get(path)

    def read_original(self, path: str) -> bytes:
        """The photo as large as it came, which lies encrypted."""
        return decrypt_bytes(Ring.OPEN, self.store.get(path))

    def tidy(self, *, limit: int = 500) -> int:
        """Forget photos whose talk came to nothing, and delete the files of all that are forgotten (decision 8)."""
        # The files first: a photo that is kept meanwhile has its row before its files.
        named = {path: OURS.fullmatch(path) for path in self.store.names()}
        with self.database.writing() as session:
            for media in session.exec(select(Media).where(~_is_needed()).limit(limit)).all():
                session.delete(media)
            session.commit()
            kept = set(session.exec(select(Media.id)).all())
        orphans = [path for path, ours in named.items() if ours and int(ours[1]) not in kept]
        if orphans:
            self.store.delete(orphans)
        return len(orphans)

    def _claim(self, media: Media, now: dt.datetime) -> bool:
        """Whether this photo is ours to fetch; another thread or process may have been faster."""
        statement = sa.update(Media).where(
            col(Media.id) == media.id, col(Media.state) == MediaState.WANTED, _is_due(now)
        )
        with self.database.writing() as session:
            claimed = session.connection().execute(statement.values(next_attempt_at=now + CLAIM))
            session.commit()
        return claimed.rowcount == 1

    def _fetch_one(self, context: Context, media: Media) -> None:
        try:
            content = self.channels[media.channel].download(media.reference)
            picture = drawn_anew(content)
        except (ChannelBusy, ChannelUnsure, ChannelMisconfigured) as error:
            self._postpone(context, media, str(error))
        except (MediaGone, KeyError):
            self._refuse(context, media, "gone")
        except ChannelError as error:
            log.error("photo not given by the platform", media_id=media.id, error=str(error))
            self._refuse(context, media, "not_given")
        except PhotoRefused as error:
            self._refuse(context, media, error.reason)
        except Exception as error:
            # A bug of the channel must not stop the photos behind this one.
            log.exception("photo failed unforeseen", media_id=media.id, error=type(error).__name__)
            self._postpone(context, media, type(error).__name__)
        else:
            self._keep(media, picture)

    def _keep(self, media: Media, picture: Picture) -> None:
        paths = self._put(media, picture)
        with self.database.writing() as session:
            kept = session.get(Media, media.id, with_for_update=True)
            if kept is None:  # recalled meanwhile
                self.store.delete(paths)
                return
            kept.sqlmodel_update(media.model_dump(include=OF_FILES))
            session.add(kept)
            session.commit()

    def _put(self, media: Media, picture: Picture) -> list[str]:
        """Write the files, then what the row says of them."""
        path, small, original = f"{media.id}.jpg", f"{media.id}-small.jpg", f"{media.id}-original.bin"
        self.store.put(path, picture.jpeg)
        self.store.put(small, picture.thumbnail)
        self.store.put(original, encrypt_bytes(Ring.OPEN, picture.original))
        media.state, media.dhash, (media.width, media.height) = MediaState.STORED, picture.dhash, picture.size
        media.path, media.thumbnail_path, media.original_path = path, small, original
        return [path, small, original]

    def _refuse(self, context: Context, media: Media, reason: str) -> None:
        """Say so to the sender, privately; the case stands without the photo."""
        with self.database.writing() as session:
            kept = _still_wanted(session, media)
            if kept is None:
                return
            log.warning("photo refused", media_id=media.id, reason=reason)
            kept.state, kept.refusal = MediaState.REFUSED, reason
            session.add(kept)
            message = session.get_one(Message, kept.message_id)
            account = session.get(Account, message.account_id) if message.account_id else None
            if account is not None and message.case_id:
                about_it = replace(context, session=session)
                notices.tell_account(about_it, account, replies.PHOTO_REFUSED[reason], at_once=True)
            session.commit()

    def _postpone(self, context: Context, media: Media, error: str) -> None:
        if media.attempts + 1 >= MOST_ATTEMPTS:
            self._refuse(context, media, "gone")
            return
        log.warning("photo not fetched, trying again", media_id=media.id, error=error)
        with self.database.writing() as session:
            kept = _still_wanted(session, media)
            if kept is not None:
                kept.attempts += 1
                kept.next_attempt_at = context.now + dt.timedelta(seconds=5 * 2**kept.attempts)
                session.add(kept)
                session.commit()


def _still_wanted(session: Session, media: Media) -> Media | None:
    """The row, unless it is forgotten or another had the photo meanwhile: who is slow may outlive their claim."""
    kept = session.get(Media, media.id, with_for_update=True)
    return kept if kept is not None and kept.state is MediaState.WANTED else None


def _is_needed() -> ColumnElement[bool]:
    """Whether the photo belongs to a case, to talk that may yet become one, or to a message to be retried."""
    of_case = select(Message.id).where(col(Message.case_id).is_not(None), col(Message.id) == col(Media.message_id))
    waiting = select(PendingMessage.message_id).where(PendingMessage.message_id == Media.message_id)
    failed = select(FailedMessage.message_id).where(FailedMessage.message_id == Media.message_id)
    return sa.or_(of_case.exists(), waiting.exists(), failed.exists())


def _is_due(now: dt.datetime) -> ColumnElement[bool]:
    return col(Media.next_attempt_at).is_(None) | (col(Media.next_attempt_at) <= now)
