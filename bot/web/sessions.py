"""Signed-in browsers: the cookie holds a signed random key, the table its hash, so that a session can be revoked."""

import datetime as dt
import hashlib
import hmac
import secrets

import sqlalchemy as sa
from itsdangerous import BadSignature, Signer
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from data.models import LoginSession, SignInFailure

LASTS = dt.timedelta(hours=8)
# After this many wrong passwords for one name within the time, not even the right one is tried.
MOST_FAILURES = 5
FAILURES_COUNT_FOR = dt.timedelta(minutes=15)


class Keys:
    """Makes and reads cookies, and the token a form of the session must carry."""

    def __init__(self, signing_key: str) -> None:
        self._cookies = Signer(signing_key, salt="session", digest_method=hashlib.sha256)
        self._forms = Signer(signing_key, salt="form", digest_method=hashlib.sha256)
        self._names = Signer(signing_key, salt="sign-in name", digest_method=hashlib.sha256)

    def cookie(self, key: str) -> str:
        return self._cookies.sign(key).decode()

    def key(self, cookie: str) -> str | None:
        """The key in the cookie; None for a forged one."""
        try:
            return self._cookies.unsign(cookie.encode("utf-8", "replace")).decode()
        except BadSignature:
            return None

    def form_token(self, key: str) -> str:
        """What the forms of this session carry and no other site can know."""
        return self._forms.get_signature(key).decode()

    def owns(self, key: str, form_token: str) -> bool:
        """Whether the token is that of this key."""
        return hmac.compare_digest(self.form_token(key).encode(), form_token.encode("utf-8", "replace"))

    def name_hash(self, name: str) -> str:
        """A name as it may be stored: people type passwords there, so a plain hash would be one of a password."""
        return self._names.get_signature(name).decode()


def new_key() -> str:
    return secrets.token_urlsafe(24)


def start(session: Session, person_id: int, now: dt.datetime) -> str:
    """A new session of this person; returns its key, which is stored nowhere."""
    key = new_key()
    row = LoginSession(key_hash=hash_of(key), person_id=person_id, signed_in_at=now, expires_at=now + LASTS)
    session.add(row)
    return key


def person_of(session: Session, key: str, now: dt.datetime) -> int | None:
    """Whose session it is; None for one that ended, was revoked or never was."""
    row = session.get(LoginSession, hash_of(key))
    return row.person_id if row is not None and row.revoked_at is None and now < row.expires_at else None


def lasting(session: Session, now: dt.datetime) -> list[LoginSession]:
    """Every session that still opens the office, person by person, the latest first."""
    statement = (
        select(LoginSession)
        .where(col(LoginSession.revoked_at).is_(None), col(LoginSession.expires_at) > now)
        .order_by(col(LoginSession.person_id), col(LoginSession.signed_in_at).desc())
    )
    return list(session.exec(statement).all())


def revoke(session: Session, key_hash: str, now: dt.datetime) -> None:
    _revoke(session, now, col(LoginSession.key_hash) == key_hash)


def revoke_all(session: Session, person_id: int, now: dt.datetime) -> None:
    """End every session of this person, wherever they are signed in."""
    _revoke(session, now, col(LoginSession.person_id) == person_id)


def count_attempt(session: Session, name_hash: str, now: dt.datetime) -> bool:
    """Count a try before its password is looked at, so that many at once gain nothing; False after too many.

    Known and unknown names are treated alike, so that nothing is learnt from the answer. A refused try does not
    count, so a name is free again a quarter of an hour after the wrong passwords.
    """
    recent = (col(SignInFailure.name_hash) == name_hash, col(SignInFailure.at) > now - FAILURES_COUNT_FOR)
    if session.exec(select(sa.func.count()).select_from(SignInFailure).where(*recent)).one() >= MOST_FAILURES:
        return False
    session.add(SignInFailure(name_hash=name_hash, at=now))
    return True


def forget_failures(session: Session, name_hash: str) -> None:
    """The right password came: what was counted before it was a slip."""
    session.execute(sa.delete(SignInFailure).where(col(SignInFailure.name_hash) == name_hash))


def hash_of(key: str) -> str:
    """What the table knows of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def _revoke(session: Session, now: dt.datetime, which: ColumnElement[bool]) -> None:
    lasting = (which, col(LoginSession.revoked_at).is_(None))
    session.execute(sa.update(LoginSession).where(*lasting).values(revoked_at=now))
