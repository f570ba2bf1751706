"""Pictures: what is kept shows the picture and nothing else; what is no photo is refused; likeness has a number."""

import io
import random

import pytest
from PIL import Image, ImageDraw

from bot.pictures import LONGEST_SIDE_PX, THUMBNAIL_PX, PhotoRefused, drawn_anew
from handlers import replies
from tests.bot.snapshots import picture, png_header

NO_PHOTO = {
    "nothing": b"",
    "html": b"<!doctype html><html><body>Login first</body></html>",
    "words": "图片".encode(),
    "truncated": picture()[:-100],
    "only the beginning": picture()[:20],
    "script": b"#!/bin/sh\nrm -rf /\n",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\nshowpage\n",
    "vector": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "torn png": png_header(100, 100)[:60],
}
TOO_LARGE = {"bomb": (20_000, 10_000), "large": (8_000, 7_500), "strip": (60_000_001, 1)}


@pytest.mark.parametrize("form", ["JPEG", "MPO", "PNG", "WEBP"])
def test_position_and_maker_are_gone(form: str) -> None:
    drawn = drawn_anew(picture(form=form))
    for jpeg in (drawn.jpeg, drawn.thumbnail, drawn.original):
        kept = Image.open(io.BytesIO(jpeg))
        assert (kept.format, kept.size, drawn.size) == ("JPEG", (80, 40), (80, 40))
        assert dict(kept.getexif()) == {}
        assert "comment" not in kept.info
        assert b"Secret" not in jpeg
        assert b"Exif" not in jpeg


@pytest.mark.parametrize(("orientation", "upright"), [(1, (80, 40)), (3, (80, 40)), (6, (40, 80)), (8, (40, 80))])
def test_a_turned_picture_stands_upright(orientation: int, upright: tuple[int, int]) -> None:
    drawn = drawn_anew(picture(orientation=orientation))
    kept = Image.open(io.BytesIO(drawn.jpeg))
    assert drawn.size == kept.size == upright
    corner = {1: "red", 3: "blue", 6: "red", 8: "blue"}[orientation]
    red, _, blue = kept.getpixel((3, 3))  # type: ignore[misc]
    assert ("red" if red > blue else "blue") == corner


@pytest.mark.parametrize("size", [(3000, 1500), (1500, 3000)])
def test_a_large_picture_is_made_smaller(size: tuple[int, int]) -> None:
    drawn = drawn_anew(picture(*size))
    small, original = (Image.open(io.BytesIO(jpeg)).size for jpeg in (drawn.thumbnail, drawn.original))
    assert (max(drawn.size), max(small), original) == (LONGEST_SIDE_PX, THUMBNAIL_PX, size)
    for kept in (drawn.size, small):
        assert kept[0] / kept[1] == size[0] / size[1]


@pytest.mark.parametrize("size", TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_a_bomb_is_measured_and_not_opened(size: tuple[int, int]) -> None:
    with pytest.raises(PhotoRefused, match="too_large"):
        drawn_anew(png_header(*size))


@pytest.mark.parametrize("content", NO_PHOTO.values(), ids=NO_PHOTO.keys())
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(PhotoRefused, match="not_an_image"):
        drawn_anew(content)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "I;16"])
def test_every_kind_of_colour_becomes_a_photo(mode: str) -> None:
    file = io.BytesIO()
    Image.new(mode, (20, 10)).save(file, "JPEG" if mode == "CMYK" else "PNG")
    assert drawn_anew(file.getvalue()).size == (20, 10)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_damaged_file_is_kept_or_refused_and_never_more(form: str) -> None:
    """Decoders raise all kinds of things; one that escaped would stop the photos behind it, again and again."""
    dice, whole, reasons = random.Random(form), picture(form=form), set()
    for _ in range(150):
        torn = bytearray(whole)
        for _ in range(dice.choice((1, 3, 20))):
            torn[dice.randrange(len(torn))] = dice.randrange(256)
        try:
            drawn_anew(bytes(torn))
        except PhotoRefused as refusal:
            reasons.add(refusal.reason)
    assert reasons <= set(replies.PHOTO_REFUSED)


def _scene(seed: int) -> Image.Image:
    """A picture with as much in it as a stairwell has."""
    dice, image = random.Random(seed), Image.new("RGB", (1200, 900), "grey")
    for _ in range(60):
        x, y = dice.randrange(1200), dice.randrange(900)
        colour = tuple(dice.randrange(256) for _ in range(3))
        ImageDraw.Draw(image).rectangle((x, y, x + dice.randrange(400), y + dice.randrange(300)), fill=colour)
    return image


def _dhash(image: Image.Image, **more: int) -> str | None:
    file = io.BytesIO()
    image.save(file, "JPEG", **more)
    return drawn_anew(file.getvalue()).dhash


def _apart(one: str | None, other: str | None) -> int:
    assert one is not None
    assert other is not None
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.mark.parametrize("seed", range(6))
def test_a_forwarded_photo_has_the_same_fingerprint_and_another_one_has_not(seed: int) -> None:
    scene = _scene(seed)
    smaller = scene.resize((600, 450))
    assert len(_dhash(scene) or "") == 16
    assert _apart(_dhash(scene, quality=95), _dhash(smaller, quality=40)) <= 4
    assert min(_apart(_dhash(scene), _dhash(_scene(other))) for other in range(6, 20)) > 4


def test_the_dark_has_no_fingerprint() -> None:
    """A photo of a lamp that is out shows nothing, and so does every other one."""
    assert _dhash(Image.new("RGB", (640, 480), "black")) is None
    spot = Image.new("RGB", (640, 480), "black")
    ImageDraw.Draw(spot).ellipse((300, 200, 330, 230), fill="white")
    assert _dhash(spot) is None
