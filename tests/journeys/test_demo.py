"""The demo as it runs: the story to its end, time that jumps, and the chat page with a card that is pressed."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from rich.console import Console
from sqlmodel import select

from bot.commands.demo_running import DATABASE, Demo, free_port, rest_of_the_night, running
from bot.commands.demo_story import first_offer, tell
from bot.commands.simulate import simulate
from bot.simulator import words_of
from data.models import Account, Case, CaseStatus, ChatGroup, EscalationLevel, Media, MediaState, OutboxMessage
from handlers.local_time import moment_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_MS = 20_000
DAY = dt.date(2026, 11, 23)


@pytest.fixture
def demo(tmp_path: Path, model_path: Path) -> Iterator[Demo]:
    with running(tmp_path, free_port(), free_port(), model_path=model_path) as demo:
        yield demo


def cases(demo: Demo) -> list[Case]:
    with demo.bot.database.reading() as session:
        return list(session.exec(select(Case).order_by(Case.id)).all())  # type: ignore[arg-type]


def test_the_story_plays_to_its_end(demo: Demo) -> None:
    console = Console(width=200, record=True, quiet=True)
    tell(demo, console)
    closed, overdue = cases(demo)
    assert closed.status is CaseStatus.CLOSED
    assert overdue.level is EscalationLevel.COMMUNITY
    in_the_group = [words_of(m) for m in demo.stage.platform.seen_in("g001") if m.from_bot]
    assert len(in_the_group) == 2
    assert not any("纪" in words or "亲戚" in words for words in in_the_group)
    with demo.bot.database.reading() as session:
        assert session.exec(select(Media)).one().state is MediaState.STORED
        channels = {*session.exec(select(ChatGroup.channel)).all(), *session.exec(select(OutboxMessage.channel)).all()}
        people = set(session.exec(select(Account.channel).where(Account.person_id != None)).all())  # noqa: E711
    assert channels == {"wecom_robot", "wecom_app"}
    assert people == {"wecom_app"}


def test_two_days_later_tokens_and_signatures_are_still_good(demo: Demo) -> None:
    stage = demo.stage
    stage.say("zhao.haitao", stage.with_app("zhao.haitao"), "我的待办")
    for _ in range(8):
        demo.skip(dt.timedelta(hours=6))
    demo.skip(rest_of_the_night(demo.clock()))
    told = stage.say("r001", stage.in_group("g001"), "3号楼2单元电梯又停了")
    answer = stage.reply_to(told)
    assert answer is not None
    assert "1001" in answer.text
    assert abs(answer.at - demo.clock().timestamp()) < 600
    assert first_offer(stage, "1001") in {p.id for p in stage.cast.people if "g001" in p.groups}


def test_the_month_before_and_the_live_chat_are_one_history(tmp_path: Path, model_path: Path) -> None:
    yesterday, file = DAY - dt.timedelta(days=1), tmp_path / DATABASE
    simulate(yesterday, 2, reports_a_day=8, seed=1, keep=file, tell=lambda day: None, model_path=model_path)
    with running(tmp_path, free_port(), free_port(), model_path=model_path) as demo:
        case = cases(demo)[0]
        with demo.bot.database.reading() as session:
            reporter = session.get_one(Account, case.account_id).platform_id
        stage = demo.stage
        answer = stage.reply_to(stage.say(reporter, stage.with_robot(reporter), "我的上报"))
    assert answer is not None
    assert str(case.number) in answer.text


@pytest.mark.parametrize(
    ("minute", "hours"), [(7 * 60, 0.0), (12 * 60, 0.0), (21 * 60 + 54, 11.1), (22 * 60, 11.0), (3 * 60, 6.0)], ids=str
)
def test_a_demo_of_the_night_begins_in_the_morning(minute: int, hours: float) -> None:
    assert rest_of_the_night(moment_of(DAY, minute)) == dt.timedelta(hours=hours)


@pytest.fixture
def page(demo: Demo) -> Iterator[Page]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        page.on("console", lambda said: pytest.fail(said.text) if "Content Security Policy" in said.text else None)
        page.goto(demo.stage.platform.base_url)
        yield page
        browser.close()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_report_is_taken_by_a_button_and_closed_by_its_reporter(demo: Demo, page: Page) -> None:
    page.locator("#panel-group").get_by_role("button", name="照片＋话").click()
    staff = page.locator("#panel-staff")
    card = staff.locator(".card").first
    expect(card.locator(".card-title")).to_contain_text("1001", timeout=PATIENCE_MS)
    card.get_by_role("button", name="接单").click()
    expect(card.locator(".card-done")).to_have_text("已提交", timeout=PATIENCE_MS)
    expect(card.locator("button")).to_have_count(0)
    expect(staff.locator(".card-title").nth(1)).to_contain_text("已接单 1001", timeout=PATIENCE_MS)
    staff.get_by_role("button", name="办结 1001").click()
    mine = page.locator("#panel-mine")
    expect(mine.locator(".bot").last).to_contain_text("已办结", timeout=PATIENCE_MS)
    mine.get_by_role("button", name="解决了 1001").click()
    expect(mine.locator(".bot").last).to_contain_text("已结案", timeout=PATIENCE_MS)
    assert cases(demo)[0].status is CaseStatus.CLOSED
