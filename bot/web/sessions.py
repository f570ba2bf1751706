"""Signed-in browsers: the cookie holds a signed random key, the table its hash, so that a session can be revoked."""

import datetime as dt
import hashlib
import secrets

import sqlalchemy as sa
from itsdangerous import BadSignature, Signer
from sqlmodel import Session, col, select

from data.models import LoginSession, SignInFailure

LASTS = dt.timedelta(hours=8)
# After this many wrong passwords for one name within the time, not even the right one is tried.
MOST_FAILURES = 5
FAILURES_COUNT_FOR = dt.timedelta(minutes=15)


class Keys:
    """Makes and reads cookies, and the token a form of the session must carry."""

    def __init__(self, signing_key: str) -> None:
        self._cookies = Signer(signing_key, salt="session")
        self._forms = Signer(signing_key, salt="form")

    def cookie(self, key: str) -> str:
        return self._cookies.sign(key).decode()

    def key(self, cookie: str) -> str | None:
        """The key in the cookie; None for a forged one."""
        try:
            return self._cookies.unsign(cookie).decode()
        except BadSignature:
            return None

    def form_token(self, key: str) -> str:
        """What the forms of this session carry and no other site can know."""
        return self._forms.get_signature(key).decode()


def start(session: Session, person_id: int, now: dt.datetime) -> str:
    """A new session of this person; returns its key, which is stored nowhere."""
    key = secrets.token_urlsafe(24)
    row = LoginSession(key_hash=_hash(key), person_id=person_id, signed_in_at=now, expires_at=now + LASTS)
    session.add(row)
    return key


def person_of(session: Session, key: str, now: dt.datetime) -> int | None:
    """Whose session it is; None for one that ended, was revoked or never was."""
    row = session.get(LoginSession, _hash(key))
    return row.person_id if row is not None and row.revoked_at is None and now < row.expires_at else None


def revoke(session: Session, key: str, now: dt.datetime) -> None:
    row = session.get(LoginSession, _hash(key))
    if row is not None and row.revoked_at is None:
        row.revoked_at = now


def revoke_all(session: Session, person_id: int, now: dt.datetime) -> None:
    """End every session of this person, wherever they are signed in."""
    statement = select(LoginSession).where(LoginSession.person_id == person_id, col(LoginSession.revoked_at).is_(None))
    for row in session.exec(statement).all():
        row.revoked_at = now


def note_failure(session: Session, name: str, now: dt.datetime) -> None:
    session.add(SignInFailure(name_hash=_hash(name), at=now))


def too_many_failures(session: Session, name: str, now: dt.datetime) -> bool:
    """Known and unknown names are treated alike, so that nothing is learnt from the answer."""
    recent = (col(SignInFailure.name_hash) == _hash(name), col(SignInFailure.at) > now - FAILURES_COUNT_FOR)
    return session.exec(select(sa.func.count()).select_from(SignInFailure).where(*recent)).one() >= MOST_FAILURES


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
