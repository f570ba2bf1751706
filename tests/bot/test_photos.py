"""Photos: fetched at once and by one, kept as long as they are needed; a refusal is told in words people understand."""

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image

from bot.channels import ChannelBusy, ChannelError, ChannelMisconfigured, ChannelUnsure, MediaGone
from bot.photo_store import PhotoStore
from bot.photos import CLAIM, MOST_ATTEMPTS, Photos
from bot.pictures import THUMBNAIL_PX, drawn_anew
from data.models import Media, MediaState, PendingMessage
from handlers import replies
from handlers.message import Kind
from tests.bot.snapshots import picture, png_header
from tests.talking import Talk

LAMP = "3号楼2单元楼道灯坏了三天了"
PHOTO = "/media/a.jpg"
FILES = ["1-original.bin", "1-small.jpg", "1.jpg"]


def _wanted(talk: Talk, content: bytes | ChannelError, words: str = LAMP) -> None:
    """A report with a photo the platform answers so."""
    talk.channel.photos[PHOTO] = content
    talk.say("r001", words, media=(PHOTO,))


def _media(talk: Talk) -> Media:
    media: Media = talk.rows(Media)[0]
    return media


def _files(talk: Talk) -> list[str]:
    folder = Path(talk.bot.settings.media_dir)
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_photo_is_fetched_and_kept(sqlite_talk: Talk) -> None:
    _wanted(sqlite_talk, picture())
    assert sqlite_talk.bot.fetch_photos(sqlite_talk.now) == 1
    media = _media(sqlite_talk)
    assert (media.state, media.width, media.height, media.path) == (MediaState.STORED, 80, 40, "1.jpg")
    assert sqlite_talk.bot.photos.read("1.jpg").startswith(b"\xff\xd8")
    assert (media.thumbnail_path, media.original_path) == ("1-small.jpg", "1-original.bin")
    assert sqlite_talk.bot.fetch_photos(sqlite_talk.now) == 0
    assert all("照片" not in text for text in sqlite_talk.told("r001"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>", "not_an_image"),
        (picture()[:-100], "not_an_image"),
        (png_header(8_000, 7_500), "too_large"),
        (ChannelError("too_large"), "not_given"),
        (MediaGone(PHOTO), "gone"),
    ],
)
def test_the_sender_is_told_why(sqlite_talk: Talk, content: bytes | ChannelError, reason: str) -> None:
    _wanted(sqlite_talk, content)
    sqlite_talk.bot.fetch_photos(sqlite_talk.now)
    media = _media(sqlite_talk)
    assert (media.state, media.refusal, media.path) == (MediaState.REFUSED, reason, None)
    assert replies.PHOTO_REFUSED[reason] in sqlite_talk.told("r001")
    assert sqlite_talk.bot.fetch_photos(sqlite_talk.now) == 0
    assert _files(sqlite_talk) == []


def test_busy_first_then_there(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _wanted(talk, ChannelBusy("status 503"))
    talk.bot.fetch_photos(talk.now)
    due = _media(talk).next_attempt_at
    assert due is not None
    assert due > talk.now
    assert talk.bot.fetch_photos(talk.now) == 0
    talk.channel.photos[PHOTO] = picture()
    talk.bot.fetch_photos(due)
    assert _media(talk).state is MediaState.STORED


@pytest.mark.parametrize("trouble", [ChannelMisconfigured("地址没有登记"), ChannelUnsure("cut off")])
def test_what_an_administrator_can_mend_loses_no_photo(sqlite_talk: Talk, trouble: ChannelError) -> None:
    """The resident is not blamed for it, and the photo comes once it is mended."""
    talk = sqlite_talk
    _wanted(talk, trouble)
    talk.bot.fetch_photos(talk.now)
    assert _media(talk).state is MediaState.WANTED
    talk.channel.photos[PHOTO] = picture()
    talk.bot.fetch_photos(_media(talk).next_attempt_at or talk.now)
    assert _media(talk).state is MediaState.STORED


def test_busy_too_often_is_gone(sqlite_talk: Talk) -> None:
    talk, tries = sqlite_talk, 0
    _wanted(talk, ChannelBusy("status 503"))
    while _media(talk).state is MediaState.WANTED:
        talk.now = _media(talk).next_attempt_at or talk.now
        tries += talk.bot.fetch_photos(talk.now)
    assert (tries, _media(talk).refusal) == (MOST_ATTEMPTS, "gone")
    assert replies.PHOTO_REFUSED["gone"] in talk.told("r001")


def test_an_error_nobody_foresaw_does_not_stop_the_others(sqlite_talk: Talk) -> None:
    talk = sqlite_talk

    class Stumbling(dict[str, bytes | ChannelError]):
        def __getitem__(self, reference: str) -> bytes | ChannelError:
            return picture() if reference == "/media/b.jpg" else bytes(1 // 0)

    talk.channel.photos = Stumbling()
    talk.say("r001", LAMP, media=(PHOTO,))
    talk.say("r001", "", media=("/media/b.jpg",))
    talk.bot.fetch_photos(talk.now)
    assert [media.state for media in talk.rows(Media)] == [MediaState.WANTED, MediaState.STORED]


def test_the_photo_of_a_channel_that_is_off_is_gone(sqlite_talk: Talk) -> None:
    _wanted(sqlite_talk, picture())
    sqlite_talk.bot.photos.channels.clear()  # type: ignore[attr-defined]
    sqlite_talk.bot.fetch_photos(sqlite_talk.now)
    assert _media(sqlite_talk).refusal == "gone"


def test_recalled_while_it_was_fetched(sqlite_talk: Talk) -> None:
    talk = sqlite_talk

    class RecalledMeanwhile(dict[str, bytes | ChannelError]):
        def __getitem__(self, reference: str) -> bytes | ChannelError:
            talk.say("r001", kind=Kind.RECALL, recalls="m1")
            return picture()

    talk.say("r001", LAMP, media=(PHOTO,))
    talk.channel.photos = RecalledMeanwhile()
    talk.bot.fetch_photos(talk.now)
    assert (talk.rows(Media), _files(talk)) == ([], [])


def test_forgotten_while_it_was_fetched_it_is_nobody_elses(talk: Talk) -> None:
    """A photo turns out to belong to an accusation while it is fetched, and a neighbour's photo is the next one."""

    class AccusationMeanwhile(dict[str, bytes | ChannelError]):
        def __getitem__(self, reference: str) -> bytes | ChannelError:
            talk.say("r001", "我要举报社区书记收红包,收了物业的钱", group=None)
            talk.say("r002", "5号楼电梯坏了,按了没反应", media=("/media/lift.jpg",))
            return picture()

    talk.say("r001", "", group=None, media=(PHOTO,))
    talk.channel.photos = AccusationMeanwhile()
    talk.bot.fetch_photos(talk.now)
    assert [(media.reference, media.state) for media in talk.rows(Media)] == [("/media/lift.jpg", MediaState.WANTED)]
    assert _files(talk) == []


def test_recalled_later_the_file_goes_too(talk: Talk) -> None:
    _wanted(talk, picture())
    talk.bot.fetch_photos(talk.now)
    assert _files(talk) == FILES
    talk.say("r001", kind=Kind.RECALL, recalls="m1")
    talk.bot.tidy_photos(talk.now)
    assert (talk.rows(Media), _files(talk)) == ([], [])


def test_the_photo_of_mere_talk_is_never_fetched(sqlite_talk: Talk) -> None:
    _wanted(sqlite_talk, picture(), "今天天气不错,一起去公园吧")
    assert sqlite_talk.bot.fetch_photos(sqlite_talk.now) == 0
    assert _files(sqlite_talk) == []


def test_a_photo_without_words_stays_as_long_as_it_may_wait(talk: Talk) -> None:
    """Fifteen minutes, as for all talk that is not yet part of a case."""
    _wanted(talk, picture(), "")
    talk.bot.fetch_photos(talk.now)
    talk.bot.tidy_photos(talk.now)
    assert (_files(talk), len(talk.rows(PendingMessage))) == (FILES, 1)
    talk.now += dt.timedelta(minutes=15)
    talk.bot.purge(talk.now)
    talk.bot.tidy_photos(talk.now)
    assert (talk.rows(PendingMessage), talk.rows(Media), _files(talk)) == ([], [], [])


def test_the_photo_of_a_case_stays(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _wanted(talk, picture(), "")
    talk.bot.fetch_photos(talk.now)
    talk.say("r001", LAMP)
    talk.now += dt.timedelta(days=30)
    talk.bot.purge(talk.now)
    talk.bot.tidy_photos(talk.now)
    assert (len(talk.rows(Media)), _files(talk)) == (1, FILES)


@dataclass(frozen=True)
class Meanwhile(PhotoStore):
    """Something else happens before and behind each look at the files, and each time one is written."""

    happens: Callable[[], object] = lambda: None

    def names(self) -> list[str]:
        self.happens()
        found = super().names()
        self.happens()
        return found

    def put(self, path: str, content: bytes) -> None:
        super().put(path, content)
        self.happens()


def _meanwhile(talk: Talk, happens: Callable[[], object]) -> Photos:
    """The photos of the talk, with something that happens to their files meanwhile."""
    store = Meanwhile(Path(talk.bot.settings.media_dir), happens=happens)
    return replace(talk.bot.photos, store=store)


def test_tidying_leaves_what_is_kept_meanwhile(talk: Talk) -> None:
    def arrives() -> None:
        talk.say("r001", LAMP, media=(PHOTO,))
        talk.bot.fetch_photos(talk.now)

    talk.channel.photos[PHOTO] = picture()
    assert _meanwhile(talk, arrives).tidy() == 0
    assert len(talk.rows(Media)) == 2
    for media in talk.rows(Media):
        assert talk.bot.photos.read(media.path).startswith(b"\xff\xd8")


def test_tidying_leaves_the_photo_of_a_form_that_is_just_written(talk: Talk) -> None:
    talk.say("r001", LAMP)
    _meanwhile(talk, talk.bot.photos.tidy).add("console", "m1", drawn_anew(picture()))
    assert (_media(talk).state, _files(talk)) == (MediaState.STORED, FILES)
    assert talk.bot.fetch_photos(talk.now) == 0


def test_the_photo_of_a_form_is_nobody_elses_to_fetch(sqlite_talk: Talk) -> None:
    """No platform has it; who tried would tell its sender that it is gone."""
    talk = sqlite_talk
    talk.say("r001", LAMP)
    fetched: list[int] = []
    photos = _meanwhile(talk, lambda: fetched.append(talk.bot.fetch_photos(talk.now)))
    photos.add("console", "m1", drawn_anew(picture()))
    photos.add("console", "m1", drawn_anew(picture()))
    assert (set(fetched), len(talk.rows(Media)), _media(talk).path) == ({0}, 1, "1.jpg")


def test_a_file_that_another_deleted_is_no_reason_to_stop(tmp_path: Path) -> None:
    store = PhotoStore(tmp_path)
    for name in ("1.jpg", "3.jpg"):
        store.put(name, b"x")
    store.delete(["1.jpg", "2.jpg", "3.jpg"])
    assert store.names() == []


def test_tidying_touches_no_file_that_is_not_ours(sqlite_talk: Talk) -> None:
    folder = Path(sqlite_talk.bot.settings.media_dir)
    folder.mkdir()
    for name in ("README", "7.jpg", "7-small.jpg", "7-original.bin", "7-else.jpg", "seven.jpg"):
        (folder / name).write_bytes(b"x")
    sqlite_talk.bot.tidy_photos(sqlite_talk.now)
    assert _files(sqlite_talk) == ["7-else.jpg", "README", "seven.jpg"]


def test_the_original_lies_encrypted_and_the_thumbnail_is_small(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _wanted(talk, picture(3000, 1500))
    talk.bot.fetch_photos(talk.now)
    photos, media = talk.bot.photos, _media(talk)
    sizes = {
        "kept": Image.open(io.BytesIO(photos.read("1.jpg"))).size,
        "small": Image.open(io.BytesIO(photos.read("1-small.jpg"))).size,
        "original": Image.open(io.BytesIO(photos.read_original("1-original.bin"))).size,
    }
    assert sizes == {"kept": (1600, 800), "small": (THUMBNAIL_PX, THUMBNAIL_PX // 2), "original": (3000, 1500)}
    assert (media.width, media.height) == (1600, 800)
    assert b"\xff\xd8" not in photos.read("1-original.bin")


def test_a_photo_is_fetched_by_one_and_by_another_if_that_one_died(talk: Talk) -> None:
    photos = talk.bot.photos
    asked: list[bool] = []

    class MeanwhileAnother(dict[str, bytes | ChannelError]):
        def __getitem__(self, reference: str) -> bytes | ChannelError:
            asked.append(photos._claim(_media(talk), talk.now))
            return picture()

    talk.say("r001", LAMP, media=(PHOTO,))
    talk.channel.photos = MeanwhileAnother()
    assert (photos._claim(_media(talk), talk.now), talk.bot.fetch_photos(talk.now)) == (True, 0)
    talk.now += CLAIM
    assert (talk.bot.fetch_photos(talk.now), asked) == (1, [False])
    assert not photos._claim(_media(talk), talk.now + 2 * CLAIM)


@pytest.mark.parametrize("trouble", [MediaGone("the address ran out"), ChannelBusy("cut off"), ValueError("a bug")])
def test_who_is_slow_does_not_undo_what_another_fetched(talk: Talk, trouble: Exception) -> None:
    class SlowerThanAnother(dict[str, bytes | ChannelError]):
        def __getitem__(self, reference: str) -> bytes | ChannelError:
            talk.channel.photos = {PHOTO: picture()}
            talk.bot.fetch_photos(talk.now + CLAIM + dt.timedelta(seconds=1))
            raise trouble

    talk.say("r001", LAMP, media=(PHOTO,))
    talk.channel.photos = SlowerThanAnother()
    talk.bot.fetch_photos(talk.now)
    media = _media(talk)
    assert (media.state, media.refusal, media.attempts) == (MediaState.STORED, None, 0)
    assert not set(talk.told("r001")) & set(replies.PHOTO_REFUSED.values())


def test_a_claim_begins_when_the_photos_turn_comes(sqlite_talk: Talk) -> None:
    """Else the last photos of a long round would be fetched by two."""
    talk = sqlite_talk
    claimed_until: list[dt.datetime] = []

    class Watched(dict[str, bytes | ChannelError]):
        def __getitem__(self, reference: str) -> bytes | ChannelError:
            claimed_until.extend(m.next_attempt_at for m in talk.rows(Media) if m.reference == reference)
            return picture()

    talk.say("r001", LAMP, media=(PHOTO, "/media/b.jpg"))
    talk.channel.photos = Watched()
    talk.bot.fetch_photos(talk.now)
    first, second = claimed_until
    assert talk.now + CLAIM <= first < second


def test_photos_may_lie_elsewhere(sqlite_talk: Talk, tmp_path: Path) -> None:
    talk = sqlite_talk
    for url in ("memory:///", f"file://{tmp_path}/far/away"):
        store = PhotoStore(tmp_path / "unused", url)
        store.put("1.jpg", b"x")
        assert (store.names(), store.get("1.jpg")) == (["1.jpg"], b"x")
        store.delete(["1.jpg"])
        with pytest.raises(FileNotFoundError):
            store.get("1.jpg")
    talk.bot = replace(talk.bot, photos=replace(talk.bot.photos, store=PhotoStore(tmp_path, "memory:///")))
    _wanted(talk, picture())
    talk.bot.fetch_photos(talk.now)
    assert (talk.bot.photos.store.names(), _files(talk)) == (FILES, [])
