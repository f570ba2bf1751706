"""Photos: what is kept shows the picture and nothing else; what is no photo is refused in words people understand."""

import datetime as dt
import io
import random
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from bot.channels import ChannelBusy, ChannelError, MediaGone
from bot.photos import LONGEST_SIDE_PX, MOST_ATTEMPTS, PhotoRefused, drawn_anew
from data.models import Media, MediaState, PendingMessage
from handlers import replies
from handlers.message import Kind
from tests.talking import Talk

LAMP = "3号楼2单元楼道灯坏了三天了"
PHOTO = "/media/a.jpg"
MAKER, ORIENTATION, GPS = 0x010F, 0x0112, 0x8825


def _picture(width: int = 80, height: int = 40, form: str = "JPEG", orientation: int = 1) -> bytes:
    """Left half red, right half blue, with what a phone writes into it."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    exif = Image.Exif()
    exif[MAKER], exif[ORIENTATION] = "SecretPhone", orientation
    exif.get_ifd(GPS).update({1: "N", 2: (39.0, 54.0, 20.0), 3: "E", 4: (116.0, 23.0, 29.0)})
    file = io.BytesIO()
    image.save(file, form, exif=exif, **({"comment": b"SecretComment"} if form == "JPEG" else {}))
    return file.getvalue()


def _png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and packs its black pixels tightly: a small file, a huge picture."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    pixels = zlib.compress(bytes((width // 8 + 1) * height), 1)
    size = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


NO_PHOTO = {
    "nothing": b"",
    "html": b"<!doctype html><html><body>Login first</body></html>",
    "words": "图片".encode(),
    "truncated": _picture()[:-100],
    "only the beginning": _picture()[:20],
    "script": b"#!/bin/sh\nrm -rf /\n",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
    "vector": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "torn png": _png_header(100, 100)[:60],
}
TOO_LARGE = {"bomb": (20_000, 10_000), "large": (8_000, 7_500), "strip": (60_000_001, 1)}


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


@pytest.mark.parametrize("form", ["JPEG", "MPO", "PNG", "WEBP"])
def test_position_and_maker_are_gone(form: str) -> None:
    jpeg, size = drawn_anew(_picture(form=form))
    kept = Image.open(io.BytesIO(jpeg))
    assert (kept.format, kept.size, size) == ("JPEG", (80, 40), (80, 40))
    assert dict(kept.getexif()) == {}
    assert "comment" not in kept.info
    assert b"Secret" not in jpeg
    assert b"Exif" not in jpeg


@pytest.mark.parametrize(("orientation", "upright"), [(1, (80, 40)), (3, (80, 40)), (6, (40, 80)), (8, (40, 80))])
def test_a_turned_picture_stands_upright(orientation: int, upright: tuple[int, int]) -> None:
    jpeg, size = drawn_anew(_picture(orientation=orientation))
    kept = Image.open(io.BytesIO(jpeg))
    assert size == kept.size == upright
    corner = {1: "red", 3: "blue", 6: "red", 8: "blue"}[orientation]
    red, _, blue = kept.getpixel((3, 3))  # type: ignore[misc]
    assert ("red" if red > blue else "blue") == corner


@pytest.mark.parametrize("size", [(3000, 1500), (1500, 3000)])
def test_a_large_picture_is_made_smaller(size: tuple[int, int]) -> None:
    _, kept = drawn_anew(_picture(*size))
    assert max(kept) == LONGEST_SIDE_PX
    assert kept[0] / kept[1] == size[0] / size[1]


@pytest.mark.parametrize("size", TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_a_bomb_is_measured_and_not_opened(size: tuple[int, int]) -> None:
    with pytest.raises(PhotoRefused, match="too_large"):
        drawn_anew(_png_header(*size))


@pytest.mark.parametrize("content", NO_PHOTO.values(), ids=NO_PHOTO.keys())
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(PhotoRefused, match="not_an_image"):
        drawn_anew(content)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "I;16"])
def test_every_kind_of_colour_becomes_a_photo(mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (20, 10)).save(file, "JPEG" if mode == "CMYK" else "PNG")
    assert drawn_anew(file.getvalue())[1] == (20, 10)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_damaged_file_is_kept_or_refused_and_never_more(form: str) -> None:
    """Decoders raise all kinds of things; one that escaped would stop the photos behind it, again and again."""
    dice, whole, reasons = random.Random(form), _picture(form=form), set()
    for _ in range(150):
        torn = bytearray(whole)
        for _ in range(dice.choice((1, 3, 20))):
            torn[dice.randrange(len(torn))] = dice.randrange(256)
        try:
            drawn_anew(bytes(torn))
        except PhotoRefused as refusal:
            reasons.add(refusal.reason)
    assert reasons <= set(replies.PHOTO_REFUSED)


def test_a_photo_is_fetched_and_kept(sqlite_talk: Talk) -> None:
    _wanted(sqlite_talk, _picture())
    assert sqlite_talk.bot.fetch_photos(sqlite_talk.now) == 1
    media = _media(sqlite_talk)
    assert (media.state, media.width, media.height, media.path) == (MediaState.STORED, 80, 40, "1.jpg")
    assert sqlite_talk.bot.photos.read("1.jpg").startswith(b"\xff\xd8")
    assert sqlite_talk.bot.fetch_photos(sqlite_talk.now) == 0
    assert all("照片" not in text for text in sqlite_talk.told("r001"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>", "not_an_image"),
        (_picture()[:-100], "not_an_image"),
        (_png_header(8_000, 7_500), "too_large"),
        (ChannelError("too_large"), "too_large"),
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
    talk.channel.photos[PHOTO] = _picture()
    talk.bot.fetch_photos(due)
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
            return _picture() if reference == "/media/b.jpg" else bytes(1 // 0)

    talk.channel.photos = Stumbling()
    talk.say("r001", LAMP, media=(PHOTO,))
    talk.say("r001", "", media=("/media/b.jpg",))
    talk.bot.fetch_photos(talk.now)
    assert [media.state for media in talk.rows(Media)] == [MediaState.WANTED, MediaState.STORED]


def test_the_photo_of_a_channel_that_is_off_is_gone(sqlite_talk: Talk) -> None:
    _wanted(sqlite_talk, _picture())
    sqlite_talk.bot.photos.channels.clear()  # type: ignore[attr-defined]
    sqlite_talk.bot.fetch_photos(sqlite_talk.now)
    assert _media(sqlite_talk).refusal == "gone"


def test_recalled_while_it_was_fetched(sqlite_talk: Talk) -> None:
    talk = sqlite_talk

    class RecalledMeanwhile(dict[str, bytes | ChannelError]):
        def __getitem__(self, reference: str) -> bytes | ChannelError:
            talk.say("r001", kind=Kind.RECALL, recalls="m1")
            return _picture()

    talk.say("r001", LAMP, media=(PHOTO,))
    talk.channel.photos = RecalledMeanwhile()
    talk.bot.fetch_photos(talk.now)
    assert (talk.rows(Media), _files(talk)) == ([], [])


def test_recalled_later_the_file_goes_too(talk: Talk) -> None:
    _wanted(talk, _picture())
    talk.bot.fetch_photos(talk.now)
    assert _files(talk) == ["1.jpg"]
    talk.say("r001", kind=Kind.RECALL, recalls="m1")
    talk.bot.tidy_photos(talk.now)
    assert (talk.rows(Media), _files(talk)) == ([], [])


def test_the_photo_of_mere_talk_is_never_fetched(sqlite_talk: Talk) -> None:
    _wanted(sqlite_talk, _picture(), "今天天气不错,一起去公园吧")
    assert sqlite_talk.bot.fetch_photos(sqlite_talk.now) == 0
    assert _files(sqlite_talk) == []


def test_a_photo_without_words_stays_as_long_as_it_may_wait(talk: Talk) -> None:
    """Fifteen minutes, as for all talk that is not yet part of a case."""
    _wanted(talk, _picture(), "")
    talk.bot.fetch_photos(talk.now)
    talk.bot.tidy_photos(talk.now)
    assert (_files(talk), len(talk.rows(PendingMessage))) == (["1.jpg"], 1)
    talk.now += dt.timedelta(minutes=15)
    talk.bot.purge(talk.now)
    talk.bot.tidy_photos(talk.now)
    assert (talk.rows(PendingMessage), talk.rows(Media), _files(talk)) == ([], [], [])


def test_the_photo_of_a_case_stays(sqlite_talk: Talk) -> None:
    talk = sqlite_talk
    _wanted(talk, _picture(), "")
    talk.bot.fetch_photos(talk.now)
    talk.say("r001", LAMP)
    talk.now += dt.timedelta(days=30)
    talk.bot.purge(talk.now)
    talk.bot.tidy_photos(talk.now)
    assert (len(talk.rows(Media)), _files(talk)) == (1, ["1.jpg"])


def test_tidying_touches_no_file_that_is_not_ours(sqlite_talk: Talk) -> None:
    folder = Path(sqlite_talk.bot.settings.media_dir)
    folder.mkdir()
    for name in ("README", "7.jpg", "seven.jpg"):
        (folder / name).write_bytes(b"x")
    sqlite_talk.bot.tidy_photos(sqlite_talk.now)
    assert _files(sqlite_talk) == ["README", "seven.jpg"]
