"""Two days at work in a real browser against the whole system: an administrator at a desk, a grid member on a phone.

Left out only where no Chromium is installed.
"""

import datetime as dt
import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlmodel import select

from bot.web.sign_in import make_login
from data.models import AccessLog, Account, CaseStatus, Media, Person
from tests.journeys.conftest import System
from tests.journeys.test_over_http import REPORT, cases, photo_with_position

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

ADMINISTRATOR = "p085"
# What the finger must hit: every button, field and folded form, with the size it has on the screen.
TOO_SMALL = """() => Array.from(document.querySelectorAll("main button, main select, main textarea, main summary"))
  .filter((e) => e.getBoundingClientRect().width && e.getBoundingClientRect().height < 44).map((e) => e.outerHTML)"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


def _opened(chromium: Browser, width: int, height: int) -> Page:
    page = chromium.new_page(viewport={"width": width, "height": height})
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.on("console", lambda said: pytest.fail(said.text) if "Content Security Policy" in said.text else None)
    return page


@pytest.fixture
def desk(chromium: Browser) -> Iterator[Page]:
    page = _opened(chromium, 1280, 800)
    yield page
    page.context.close()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    page = _opened(chromium, 375, 700)
    yield page
    page.context.close()


def _login(system: System) -> str:
    """A password for the administrator."""
    with system.bot.database.writing() as session:
        person = session.exec(select(Person).where(Person.code == ADMINISTRATOR)).one()
        password = make_login(session, person.id or 0, "administrator", dt.datetime.now(dt.UTC))
        session.commit()
    return password


def _sign_in(system: System, page: Page) -> None:
    password = _login(system)
    page.goto(f"{system.bot_url}/console")
    page.get_by_label("用户名").fill("administrator")
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("button", name="退出")).to_be_visible()


def _fits(page: Page) -> None:
    page.wait_for_load_state()  # with its styles
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.evaluate(TOO_SMALL) == []


def test_an_administrator_goes_from_a_number_to_the_case_and_acts_on_it(system: System, desk: Page) -> None:
    system.platform.say("r001", REPORT, group="g001")
    system.platform.say("r002", "3号楼门口垃圾成堆没人清理", group="g001")
    _sign_in(system, desk)
    number = desk.locator('main a[href*="/console/cases?"]').filter(has_text=re.compile(r"^\s*2\s*$")).first
    number.click()
    rows = desk.locator('a[href^="/console/cases/"]')
    expect(rows.filter(has_text="1001")).to_be_visible()
    expect(rows.filter(has_text="1002")).to_be_visible()
    rows.filter(has_text="1001").click()
    expect(desk.locator("h1")).to_contain_text("1001")
    desk.locator("summary", has_text="派单").click()
    desk.get_by_label("派给").select_option("钱小雨")
    desk.get_by_role("button", name="派单").click()
    expect(desk.get_by_role("status")).to_have_text("1001 已派单。")
    course = desk.locator(".course li")
    expect(course).to_have_count(2)
    expect(course.last).to_contain_text("派单")
    expect(course.last).to_contain_text("柯宇航")
    system.platform.wait_for("新任务 1001", person="qian.xiaoyu")
    # Going back and sending the same page again asks for a new form; nothing is done twice.
    desk.reload()
    expect(course).to_have_count(2)


def test_an_administrator_ends_the_own_session_and_the_page_is_closed(system: System, desk: Page) -> None:
    _sign_in(system, desk)
    desk.goto(f"{system.bot_url}/console/sessions")
    desk.get_by_role("button", name="全部退出").click()
    expect(desk.get_by_role("button", name="登录")).to_be_visible()
    assert desk.url.endswith("/sign-in")


def test_one_key_decides_what_waits(system: System, desk: Page) -> None:
    """A report from a group of several buildings that names none: the leader's key says that the category is right."""
    group, resident = _group_of_several_buildings(system)
    for words in ("楼道灯坏了三天了，没人管", "单元门禁坏了，谁都能进"):
        system.platform.say(resident, words, group=group)
    _sign_in(system, desk)
    desk.goto(f"{system.bot_url}/console/triage")
    expect(desk.locator("h1")).to_contain_text("2 条")
    for left in (1, 0):
        desk.keyboard.press("1")
        expect(desk.get_by_role("status")).to_contain_text("类别没有错")
        expect(desk.locator("h1")).to_contain_text(f"{left} 条")
        expect(desk.locator(".deciding:focus")).to_have_count(left)


def _group_of_several_buildings(system: System) -> tuple[str, str]:
    """A group and somebody in it."""
    directory = system.bot.directory()
    wide = {g.platform_id for g in directory.groups.values() if len(directory.group_buildings[g.id or 0]) > 1}
    return next((group.id, group.members[0]) for group in system.platform.cast.groups if group.id in wide)


def test_a_grid_member_does_the_task_with_one_hand_and_the_resident_closes_it(system: System, phone: Page) -> None:
    system.platform.say("r001", REPORT, group="g001")
    holder = system.holder_of(1001)
    page = _task_from_chat(system, phone, holder)
    _fits(page)
    page.get_by_role("button", name="接单").click()
    expect(page.get_by_role("status")).to_contain_text("已接单 1001")
    page.get_by_role("button", name="到场").click()
    expect(page.get_by_role("status")).to_contain_text("1001 已记录到场")
    _fits(page)
    page.get_by_label("说明").fill("换了灯泡")
    page.get_by_label("照片").set_input_files(
        {"name": "after.jpg", "mimeType": "image/jpeg", "buffer": photo_with_position()}
    )
    page.get_by_role("button", name="办结").click()
    expect(page.get_by_role("status")).to_contain_text("1001 已办结")
    expect(page.locator("body")).not_to_contain_text("楼道灯")
    system.platform.wait_for("换了灯泡", person="r001")
    assert "已结案" in (system.platform.say("r001", "解决了1001") or "")
    assert cases(system)[0].status is CaseStatus.CLOSED
    _was_this_person(system, holder)


def _task_from_chat(system: System, phone: Page, holder: str) -> Page:
    """Open the link in the offer, as it stands in the member's private chat."""
    offer = system.platform.wait_for("/task/", person=holder).text
    link = re.search(r"https?://\S+", offer)
    assert link is not None
    phone.goto(link[0])
    return phone


def _was_this_person(system: System, holder: str) -> None:
    """Every look and the photo are theirs."""
    with system.bot.database.reading() as session:
        person = session.exec(select(Account.person_id).where(Account.platform_id == holder)).one()
        looks = set(session.exec(select(AccessLog.what, AccessLog.person_id)).all())
        photos = session.exec(select(Media)).all()
    assert looks == {("task_page", person)}
    assert [(photo.width, photo.height) for photo in photos] == [(1600, 800)]
