"""Stories through the signed callback, over real HTTP, on both databases."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from PIL import Image
from sqlmodel import select

from data.models import Case, CaseStatus, DisciplineConsent, Media, MediaState, SealedMatter
from tests.journeys.conftest import System

PATIENCE_SECONDS = 10
REPORT = "3号楼2单元楼道灯坏了三天了"


def cases(system: System) -> list[Case]:
    with system.bot.database.reading() as session:
        return list(session.exec(select(Case)).all())


def photo_with_position() -> bytes:
    image, exif, content = Image.new("RGB", (2400, 1200), "grey"), Image.Exif(), io.BytesIO()
    exif.get_ifd(0x8825)[2] = (30.0, 15.0, 1.0)
    image.save(content, "JPEG", exif=exif)
    return content.getvalue()


def test_report_with_photo_until_closed(system: System) -> None:
    platform = system.platform
    answer = platform.say("r001", REPORT, group="g001", photo=photo_with_position())
    assert answer is not None
    assert "1001" in answer
    holder = system.holder_of(1001)
    assert "已接单" in (platform.say(holder, "接 1001") or "")
    assert "已办结" in (platform.say(holder, "办结 1001 换了灯泡") or "")
    platform.wait_for("换了灯泡", person="r001")
    assert "已结案" in (platform.say("r001", "解决了1001") or "")
    assert cases(system)[0].status is CaseStatus.CLOSED
    # In the group: one line for one report, and nothing of what was said privately.
    assert [m.text for m in platform.conversation(group="g001") if m.from_bot] == [answer]


def test_photo_is_kept_without_its_position(system: System) -> None:
    system.platform.say("r001", REPORT, group="g001", photo=photo_with_position())
    media = wait_for_photo(system)
    assert media.state is MediaState.STORED
    assert media.path is not None
    kept = Image.open(io.BytesIO(system.bot.photos.read(media.path)))
    assert max(kept.size) <= 1600
    assert not kept.getexif()


def test_a_photo_that_is_none_is_said_privately_and_the_case_stands(system: System) -> None:
    answer = system.platform.say("r001", REPORT, group="g001", photo=b"<html>no photo</html>")
    system.platform.wait_for("照片打不开", person="r001")
    assert "1001" in (answer or "")
    assert wait_for_photo(system).state is MediaState.REFUSED


def wait_for_photo(system: System) -> Media:
    """The first photo, once the fetchers have dealt with it."""
    pause, until = threading.Event(), time.monotonic() + PATIENCE_SECONDS
    while True:
        with system.bot.database.reading() as session:
            media = session.exec(select(Media)).one()
        if media.state is not MediaState.WANTED or time.monotonic() > until:
            return media
        pause.wait(0.02)


def test_two_grid_members_accept_at_once(system: System) -> None:
    platform = system.platform
    # Grid SK-02 has no duty roster, so both of its members are offered the case.
    platform.say("r074", "楼道灯坏了三天了,晚上看不见路", group="g038")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda p: platform.say(p, "接 1001") or "", ("ren.jie", "yao.qiuju")))
    assert sum("已接单" in answer for answer in answers) == 1


def test_delivered_three_times_is_one_case_one_answer(system: System) -> None:
    platform = system.platform
    first = platform.say("r001", REPORT, group="g001")
    message = next(m for m in platform.conversation(group="g001") if not m.from_bot)
    assert [platform.redeliver(message.id, group="g001") for _ in range(2)] == [first, first]
    assert len(cases(system)) == 1


def test_discipline_never_shows_itself_in_the_group(system: System) -> None:
    platform = system.platform
    assert platform.say("r002", "低保名额都给了主任的亲戚,真困难的一户没有", group="g001") is None
    platform.wait_for("12388", person="r002")
    with system.bot.database.reading() as session:
        assert len(session.exec(select(DisciplineConsent)).all()) == 1
    platform.say("r002", "同意")
    assert "J0001" in (platform.say("r002", "去年公示里有三户是主任亲戚") or "")
    notice = platform.wait_for("J0001", person="min.zhengqing")
    assert "亲戚" not in notice.text
    assert not [m for m in platform.conversation(group="g001") if m.from_bot]
    assert not cases(system)
    with system.bot.database.reading() as session:
        assert session.exec(select(SealedMatter)).one().text == "去年公示里有三户是主任亲戚"


def test_emergency_names_the_hotline_and_alerts_two_levels(system: System) -> None:
    answer = system.platform.say("r001", "3号楼2单元电梯里有人被困,快来", group="g001")
    assert answer is not None
    assert "119" in answer
    assert "\n" not in answer
    system.holder_of(1001)
    system.platform.wait_for("紧急", person="wang.xiuzhen")
