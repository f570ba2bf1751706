"""A reported leak, the personal links to its task, and a phone that fills in their forms."""

import io
import re

from httpx2 import Response
from PIL import Image
from starlette.testclient import TestClient

from bot.web.task_page import link_signer
from data.models import Account
from tests.bot.web.office import OWN_TOKEN
from tests.talking import Talk

REPORT = "3号楼2单元501室门口漏水，找<b>老李</b>13912345678"
HOLDER, COLLEAGUE, LEADER = "zhao.haitao", "qian.xiaoyu", "li.guifang"
NONCE = re.compile(r'name="nonce" value="([^"]+)"')


def person_id(talk: Talk, who: str) -> int:
    return next(int(a.person_id) for a in talk.rows(Account) if a.platform_id == who and a.person_id)


def link_to(talk: Talk, case_id: object = 1, who: str = HOLDER, key: str = "") -> str:
    return signed(talk, f"{case_id}-{person_id(talk, who)}", key)


def signed(talk: Talk, text: object, key: str = "") -> str:
    return f"/task/{link_signer(key or talk.bot.settings.signing_key.get_secret_value()).dumps(text)}"


def do(phone: TestClient, link: str, verb: str, page: str = "", **fields: str) -> Response:
    """Send a form of the page as it stands, or of a page fetched before; the page that follows."""
    page = page or phone.get(link).text
    own = {"form_token": OWN_TOKEN.findall(page)[0], "nonce": NONCE.findall(page)[0], "verb": verb}
    answer = phone.post(link, data=own | fields)
    assert answer.status_code == 303, answer.text
    return phone.get(answer.headers["location"])


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(file, "JPEG")
    return file.getvalue()


def reported(talk: Talk) -> Talk:
    """An open case with a room, a nickname and a photo."""
    talk.channel.photos["/media/a.jpg"] = picture()
    talk.say("r001", REPORT, nickname="3-2-501 老李", media=("/media/a.jpg",))
    talk.bot.fetch_photos(talk.now)
    return talk
