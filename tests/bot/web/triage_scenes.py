"""Talk that waits for a person, a case in doubt, and the button that decides."""

import re
from html import unescape

from sqlmodel import col, update
from starlette.testclient import TestClient

from classifiers import Action, Thresholds
from data.models import Case, Correction
from tests.bot.web.office import Office
from tests.handlers.scenes import reads
from tests.talking import Talk

GRID_LEADER, NEIGHBOUR = "p021", "p011"
PAGE, LINE = "/console/triage", Thresholds().category
UNSURE, HINT = "3号楼那个灯又这样了", "又这样了"
LAMP = "3号楼2单元楼道灯坏了三天了"


def read_text(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", page)))


def waiting(office: Office, who: str = "r001", words: str = UNSURE, **more: object) -> Talk:
    """Talk the bot overheard, was unsure of and kept for a quarter of an hour."""
    talk = office.at_talks_time()
    trained = talk.bot
    reads(talk, Action.CANDIDATE, **more)  # type: ignore[arg-type]
    assert talk.say(who, words) is None
    talk.bot = trained
    return talk


def doubtful(office: Office, words: str = LAMP, category: float = 0.3) -> Talk:
    """A case whose category is a guess."""
    talk = office.at_talks_time()
    talk.say("r001", words)
    confidence = {"intent": 0.9, "class": 0.9, "category": category}
    with talk.bot.database.writing() as session:
        session.exec(update(Case).where(col(Case.id) == 1).values(confidence=confidence))
        session.commit()
    return talk


def decide(office: Office, browser: TestClient, path: str, **fields: object) -> str:
    """Press the button; what the next page says."""
    sent = office.post(browser, f"{PAGE}/{path}", **fields)
    assert sent.status_code == 303, sent.text
    return read_text(browser.get(sent.headers["location"]).text)


def corrections(talk: Talk) -> list[tuple[str, str, str]]:
    return [(row.label, row.guessed, row.decided) for row in talk.rows(Correction)]
