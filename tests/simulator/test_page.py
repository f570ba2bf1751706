"""The chat page in a real browser, at the size of a desk and of a phone. Left out where no Chromium is installed."""

import shutil
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


def opened(chromium: Browser, url: str, width: int, height: int) -> Page:
    page = chromium.new_page(viewport={"width": width, "height": height})
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(url)
    page.locator("#pick-me option").first.wait_for(state="attached")
    return page


@pytest.fixture
def desk(chromium: Browser, browser: httpx2.Client) -> Iterator[Page]:
    page = opened(chromium, str(browser.base_url), 1280, 800)
    yield page
    page.close()


@pytest.fixture
def phone(chromium: Browser, browser: httpx2.Client) -> Iterator[Page]:
    page = opened(chromium, str(browser.base_url), 375, 812)
    yield page
    page.close()


def test_words_and_answer_appear_and_markup_stays_words(desk, bot):
    bot.answers.append("已登记,编号 1027。")
    group = desk.locator("#panel-group")
    group.locator("textarea").fill("<img src=x onerror=alert(1)>电梯又停了")
    group.locator("textarea").press("Enter")
    expect(group.locator(".mine .words")).to_have_text("<img src=x onerror=alert(1)>电梯又停了")
    expect(group.locator(".bot .words")).to_have_text("已登记,编号 1027。")
    assert bot.received[0]["from"]["userid"] == "r001"
    assert group.locator(".words img").count() == 0


def test_mention_and_voice_are_sent_as_such_and_then_off_again(desk, bot):
    group = desk.locator("#panel-group")
    group.locator(".mention").click()
    group.locator(".voice").click()
    group.locator("textarea").fill("地下车库进水了")
    group.locator(".send").click()
    expect(group.locator(".mine .transcript")).to_contain_text("地下车库进水了")
    expect(group.locator(".mention")).to_have_attribute("aria-pressed", "false")
    assert (bot.received[0]["msgtype"], bot.received[0]["mentions_bot"]) == ("voice", True)


def test_own_message_is_taken_back_by_its_menu(desk, bot):
    group = desk.locator("#panel-group")
    group.locator("textarea").fill("发错了")
    group.locator(".send").click()
    group.locator(".mine .bubble").click(button="right")
    desk.locator("#menu [data-does=recall]").click()
    expect(group.locator(".log")).to_contain_text("你已撤回一条消息")
    assert bot.received[-1]["recall_msgid"] == bot.received[0]["msgid"]


def test_bot_is_quoted_by_the_menu(desk, bot, simulator):
    simulator.receive("a1", "1027 已办结。", group="g001")
    group = desk.locator("#panel-group")
    group.locator(".bot .bubble").click(button="right")
    expect(desk.locator("#menu [data-does=recall]")).to_be_hidden()
    desk.locator("#menu [data-does=quote]").click()
    group.locator("textarea").fill("没解决")
    group.locator(".send").click()
    expect(group.locator(".mine .quoted")).to_contain_text("1027 已办结。")
    assert bot.received[0]["quote"] | {"msgid": ""} == {"msgid": "", "from_bot": True, "text": "1027 已办结。"}


def test_sample_photo_and_a_file_that_is_none(desk, bot):
    group = desk.locator("#panel-group")
    group.locator(".photo").click()
    group.locator(".sample").click()
    expect(group.locator(".mine .picture img")).to_be_visible()
    broken = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"}
    group.locator(".file").set_input_files(broken)
    expect(group.locator(".mine .broken")).to_have_text("照片打不开")
    assert [callback["msgtype"] for callback in bot.received] == ["image", "image"]


def test_phone_shows_a_task_by_its_badge_and_offers_the_answer(phone, bot, simulator):
    badge = phone.locator("#tab-staff .badge")
    expect(badge).to_be_hidden()
    # What was there when the page was opened is not new; this comes after the first look.
    phone.wait_for_timeout(300)
    simulator.receive("a1", "新任务 1027|电梯故障|3号楼2单元", person="zhao")
    expect(badge).to_have_text("1")
    phone.locator("#tab-staff").click()
    expect(badge).to_be_hidden()
    phone.get_by_role("button", name="接 1027").click()
    expect(phone.locator("#panel-staff .mine .words")).to_have_text("接 1027")
    assert bot.received[0]["from"]["userid"] == "zhao"


def test_lost_message_is_marked(desk, bot):
    bot.answers.extend([500, 500, 500])
    group = desk.locator("#panel-group")
    group.locator("textarea").fill("有人吗")
    group.locator(".send").click()
    expect(group.locator(".mine .fault")).to_be_visible()


def test_phone_is_readable_and_its_buttons_are_large(phone, simulator):
    simulator.receive("a1", "x" * 300, group="g001")
    phone.locator("#panel-group .bot").wait_for()
    too_small = phone.evaluate(
        """() => Array.from(document.querySelectorAll("button, select, textarea, p, span, h2"))
        .filter((e) => e.getBoundingClientRect().width && !e.closest(".unseen"))
        .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 15
          || (/BUTTON|SELECT|TEXTAREA/.test(e.tagName) && e.getBoundingClientRect().height < 40))
        .map((e) => e.outerHTML)"""
    )
    assert too_small == []
    assert phone.evaluate("document.documentElement.scrollWidth") == 375
