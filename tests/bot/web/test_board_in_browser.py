"""The board in a real browser: charts are drawn under our own policy, a click on a bar leads to its list."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.web import sessions
from bot.web.board import ECHARTS
from bot.web.sign_in import COOKIE, session_keys
from tests.bot.web.office import ADMINISTRATOR, Office
from tests.bot.web.test_board import furnished
from tests.serving import served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def address(office: Office) -> Iterator[str]:
    furnished(office)
    with served(office.app) as url:
        yield url


def _opened(chromium: Browser, office: Office, address: str, *, width: int, script: bool = True) -> Page:
    """A signed-in page; whatever its console complains about fails the test."""
    bot = office.talk.bot
    with bot.database.writing() as session:
        key = sessions.start(session, office.person(ADMINISTRATOR).id or 0, bot.clock())
        session.commit()
    context = chromium.new_context(viewport={"width": width, "height": 800}, java_script_enabled=script)
    context.add_cookies([{"name": COOKIE, "value": session_keys(bot).cookie(key), "url": address}])
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.on("console", lambda message: pytest.fail(message.text) if "Policy" in message.text else None)
    page.goto(f"{address}/console?days=30")
    return page


def test_the_library_has_been_built() -> None:
    """`make` copies it; see the rule for CHARTS."""
    assert ECHARTS.stat().st_size > 100_000
    assert "sourceMappingURL=http" not in ECHARTS.read_text()


def test_a_click_on_a_bar_leads_to_its_cases(chromium: Browser, office: Office, address: str) -> None:
    page = _opened(chromium, office, address, width=1280)
    expect(page.locator("#trend-chart canvas")).to_be_visible()
    expect(page.locator("#steps-chart canvas")).to_be_visible()
    expect(page.locator("#steps-legend")).to_contain_text("超过7天")
    box = page.locator("#steps-chart canvas").bounding_box()
    assert box is not None
    # The first bar from the top begins a little right of the names of the steps.
    page.locator("#steps-chart canvas").click(position={"x": 80, "y": box["height"] * 0.13})
    page.wait_for_url("**/console/cases?**step=accept&bucket=0**")
    expect(page.locator("main")).to_contain_text("接单用时1小时内")


@pytest.mark.parametrize("width", [1280, 375])
def test_the_page_never_scrolls_sideways(chromium: Browser, office: Office, address: str, width: int) -> None:
    page = _opened(chromium, office, address, width=width)
    for path in ("/console?days=30", "/console?by=category&days=30", "/console/cases"):
        page.goto(address + path)
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_without_scripts_the_figures_are_open(chromium: Browser, office: Office, address: str) -> None:
    page = _opened(chromium, office, address, width=375, script=False)
    expect(page.locator("table", has_text="全程").first).to_be_visible()
    expect(page.locator("#trend-chart")).to_be_hidden()
