"""What must be there before anything runs: schema, sample street, trained model, a first administrator."""

import datetime as dt
import getpass
import logging
import os
import sys
from pathlib import Path

import structlog
from rich.console import Console
from sqlmodel import select

from bot.app import build, use_keys
from bot.channels import Channel
from bot.promotion import chosen
from bot.running import Bot
from bot.settings import Environment, Settings
from bot.web.sign_in import make_login
from classifiers.model import Model, ModelError, corpus_hash, train
from data.database import Database
from data.models import Login, Post, Role
from data.seed import load_street
from handlers.local_time import local_day

console = Console(stderr=True)


def log_to_stderr(level: str = "INFO") -> None:
    """One line a message, for people; JSON where nobody sits in front of it."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # APScheduler reports every run it skips; our own lines say what was done.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def ready_database(settings: Settings, *, sample_street: bool = True) -> Database:
    """The database with its schema up to date and, outside production, the sample street if it is empty."""
    use_keys(settings)
    database = Database(settings.database_url)
    if not database.is_current():
        database.upgrade()
    if sample_street and settings.env is not Environment.PRODUCTION:
        with database.writing() as session:
            if load_street(session):
                session.commit()
    return database


def ready_model(settings: Settings) -> None:
    """Train the shipped model if there is none, or one of another corpus; what a person put in place stays."""
    if _model_fits(settings.model_path):
        return
    with console.status("训练分类模型…"):
        model = train()
        settings.model_path.parent.mkdir(parents=True, exist_ok=True)
        model.save(settings.model_path)


def user() -> str:
    """Who is signed in to this machine; a container may have no name for its user."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"


def live_model(settings: Settings) -> Model:
    """The model in use, trained first if there is none."""
    ready_model(settings)
    return Model.load(settings.model_path)


def _model_fits(path: Path) -> bool:
    by_hand = chosen(path)
    try:
        model = Model.load(path)
    except ModelError as error:
        if by_hand is None or not path.exists():
            return False
        told = f"{error}。它是 {by_hand.by} 换上的，不会自动换掉：请运行 suishoupai rollback 或 suishoupai train"
        raise ModelError(told) from None
    return model.corpus_hash == corpus_hash() or (by_hand is not None and by_hand.after == model.hash)


def ready_bot(channels: dict[str, Channel] | None = None) -> Bot:
    """The bot of the configured database, whose schema fits."""
    settings = Settings()
    check_schema(settings)
    return build(settings, channels=channels)


def quiet_bot() -> Bot:
    """A bot on an empty database in memory, without channels."""
    log_to_stderr("CRITICAL")
    settings = Settings()
    ready_model(settings)
    return build(settings.model_copy(update={"database_url": "sqlite://"}), channels={})


def check_schema(settings: Settings) -> None:
    """In production somebody decides when the schema changes; demo and test just do it."""
    if settings.env is not Environment.PRODUCTION:
        ready_database(settings).close()
    elif not Database(settings.database_url).is_current():
        raise ValueError("数据库结构不是这一版的，请先运行：suishoupai db upgrade")


def first_logins(database: Database, now: dt.datetime, *, renew: bool = False) -> dict[str, str]:
    """Fresh passwords for the administrator and the discipline reader, shown once.

    Empty if logins exist already, unless they are to be renewed.
    """
    with database.writing() as session:
        if not renew and session.exec(select(Login.username)).first() is not None:
            return {}
        posts = session.exec(select(Post)).all()
        made = {}
        for role, username in ((Role.ADMINISTRATOR, "admin"), (Role.DISCIPLINE_READER, "reader")):
            holder = next((p for p in posts if p.role is role and (p.until is None or p.until >= local_day(now))), None)
            if holder is not None:
                made[username] = make_login(session, holder.person_id, username, now)
        session.commit()
    return made
