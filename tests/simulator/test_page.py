"""The chat page in a real browser, at the size of a desk and of a phone. Left out where no Chromium is installed."""

import shutil
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.simulator.conftest import PRESSED, task_card

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
    page.on("console", lambda said: pytest.fail(said.text) if "Content Security Policy" in said.text else None)
    page.goto(url)
    page.locator("#pick-me option").first.wait_for(state="attached")
    return page


@pytest.fixture
def desk(chromium: Browser, chats: httpx2.Client) -> Iterator[Page]:
    page = opened(chromium, str(chats.base_url), 1280, 800)
    yield page
    page.close()


@pytest.fixture
def phone(chromium: Browser, chats: httpx2.Client) -> Iterator[Page]:
    page = opened(chromium, str(chats.base_url), 375, 812)
    yield page
    page.close()


def answer(text: str) -> dict[str, object]:
    return {"msgtype": "stream", "stream": {"id": "s1", "finish": True, "content": text}}


def test_words_and_answer_appear_and_markup_stays_words(desk, hearing):
    hearing.answers.append(answer("已登记，编号 1027。"))
    group = desk.locator("#panel-group")
    group.locator("textarea").fill("<img src=x onerror=alert(1)>电梯又停了")
    group.locator("textarea").press("Enter")
    expect(group.locator(".mine .words")).to_have_text("@随手拍 <img src=x onerror=alert(1)>电梯又停了")
    expect(group.locator(".bot .words")).to_have_text("已登记，编号 1027。")
    assert hearing.heard[0]["from"]["userid"] == "r001"
    assert group.locator(".words img").count() == 0


def test_the_mention_is_there_until_it_is_taken_away_and_then_the_page_says_what_that_means(desk, hearing):
    group = desk.locator("#panel-group")
    expect(group.locator(".mention")).to_have_attribute("aria-pressed", "true")
    expect(group.locator(".deaf")).to_be_hidden()
    group.locator(".mention").click()
    expect(group.locator(".deaf")).to_contain_text("听不到")
    group.locator("textarea").fill("谁家的猫")
    group.locator(".send").click()
    expect(group.locator(".mine .fate")).to_have_text("没有 @随手拍，企业微信不送给它")
    expect(group.locator(".mention")).to_have_attribute("aria-pressed", "true")
    assert hearing.heard == []


def test_sample_photo_waits_for_its_words_and_goes_with_them(desk, hearing):
    group = desk.locator("#panel-group")
    group.locator(".photo").click()
    group.locator(".sample").click()
    expect(group.locator(".attached")).to_contain_text("示例照片")
    group.locator("textarea").fill("电梯又停了")
    group.locator(".send").click()
    expect(group.locator(".mine .picture img")).to_be_visible()
    expect(group.locator(".attached")).to_be_hidden()
    assert hearing.heard[0]["msgtype"] == "mixed"


def test_a_file_that_is_no_photo_is_sent_and_shown_as_broken(desk, hearing):
    group = desk.locator("#panel-group")
    broken = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no photo"}
    group.locator(".file").set_input_files(broken)
    expect(group.locator(".attached")).to_contain_text("a.jpg")
    group.locator(".send").click()
    expect(group.locator(".mine .broken")).to_have_text("照片打不开")
    expect(group.locator(".mine .fate")).to_have_text("只有照片没有话，企业微信不送给它")
    assert hearing.heard == []


def test_voice_is_for_the_private_chat_and_arrives_as_its_words(desk, hearing):
    expect(desk.locator("#panel-group .voice")).to_be_hidden()
    mine = desk.locator("#panel-mine")
    mine.locator(".voice").click()
    mine.locator("textarea").fill("地下车库进水了")
    mine.locator(".send").click()
    expect(mine.locator(".mine .transcript")).to_contain_text("地下车库进水了")
    expect(mine.locator(".voice")).to_have_attribute("aria-pressed", "false")
    assert (hearing.heard[0]["msgtype"], hearing.heard[0]["voice"]["content"]) == ("voice", "地下车库进水了")


def test_bot_is_quoted_by_the_menu(desk, hearing):
    hearing.answers.append(answer("1027 已登记。"))
    group = desk.locator("#panel-group")
    group.locator("textarea").fill("电梯又停了")
    group.locator(".send").click()
    group.locator(".bot .bubble").click(button="right")
    desk.locator("#menu [data-does=quote]").click()
    group.locator("textarea").fill("还没有人来")
    group.locator(".send").click()
    expect(group.locator(".mine .quoted")).to_contain_text("1027 已登记。")
    assert hearing.heard[1]["quote"]["text"]["content"] == "1027 已登记。"


def test_a_card_reads_like_one_and_its_button_changes_it(desk, hearing, call):
    call("message/send", task_card())
    card = desk.locator("#panel-staff .card")
    expect(card.locator(".card-title")).to_have_text("新任务 1027")
    expect(card.locator(".card-field")).to_have_text("时限11月23日18:00")
    expect(card.locator("a.card-head")).to_have_attribute("href", "http://127.0.0.1:9/task/x")
    card.locator("select").select_option("缺少人手")
    hearing.answers.append(PRESSED)
    card.get_by_role("button", name="退回").click()
    expect(card.locator(".card-done")).to_have_text("已提交")
    expect(card.locator("button, select")).to_have_count(0)
    assert hearing.heard[0]._data["SelectedItems"]["SelectedItem"]["OptionIds"]["OptionId"] == "full"


def test_phone_shows_a_task_by_its_badge_and_offers_the_answer(phone, hearing, call):
    badge = phone.locator("#tab-staff .badge")
    expect(badge).to_be_hidden()
    # What was there when the page was opened is not new; this comes after the first look.
    expect(phone.locator("#panel-group .chip").first).to_be_visible()
    call("message/send", task_card())
    expect(badge).to_have_text("1")
    phone.locator("#tab-staff").click()
    expect(badge).to_be_hidden()
    phone.get_by_role("button", name="办结 1027").click()
    expect(phone.locator("#panel-staff .mine .words")).to_contain_text("办结 1027")
    assert hearing.heard[0].source == "zhao"


def test_lost_message_is_marked(desk, hearing):
    hearing.answers.extend([500, 500, 500])
    group = desk.locator("#panel-group")
    group.locator("textarea").fill("有人吗")
    group.locator(".send").click()
    expect(group.locator(".mine .fate.lost")).to_have_text("没有送到：机器人没有响应")


def test_phone_is_readable_and_its_buttons_are_large(phone, hearing, call):
    hearing.answers.append(answer("x" * 300))
    phone.locator("#panel-group textarea").fill("帮助")
    phone.locator("#panel-group .send").click()
    phone.locator("#panel-group .bot").wait_for()
    _readable(phone)
    call("message/send", task_card())
    phone.locator("#tab-staff").click()
    phone.locator("#panel-staff .card-button").first.wait_for()
    _readable(phone)


def _readable(phone: Page) -> None:
    too_small = phone.evaluate(
        """() => Array.from(document.querySelectorAll("button, select, textarea, p, span, h2"))
        .filter((e) => e.getBoundingClientRect().width && !e.closest(".unseen"))
        .filter((e) => parseFloat(getComputedStyle(e).fontSize) < 15
          || (/BUTTON|SELECT|TEXTAREA/.test(e.tagName) && e.getBoundingClientRect().height < 40))
        .map((e) => e.outerHTML)"""
    )
    assert too_small == []
    assert phone.evaluate("document.documentElement.scrollWidth") == 375
