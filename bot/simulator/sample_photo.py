"""Draws the built-in sample photo: a lift with a sign on its door that says it is out of order."""

import functools
import io

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 900, 1200
_CHINESE_FONTS = ("NotoSansCJK-Bold.ttc", "wqy-microhei.ttc", "wqy-zenhei.ttc", "PingFang.ttc", "msyh.ttc")
_STEEL, _SEAM, _WALL, _FLOOR, _RED = "#a9b0b6", "#6d747a", "#d9d2c3", "#8a7f70", "#c8281e"


@functools.cache
def lift_out_of_order() -> bytes:
    """A JPEG of about 60 kB."""
    image = Image.new("RGB", (WIDTH, HEIGHT), _WALL)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 1060, WIDTH, HEIGHT), fill=_FLOOR)
    _doors(draw)
    _panel(draw)
    _sign(draw)
    content = io.BytesIO()
    image.save(content, "JPEG", quality=85)
    return content.getvalue()


def _doors(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((150, 130, 690, 1070), fill=_SEAM)
    for left, right in ((175, 418), (422, 665)):
        draw.rectangle((left, 155, right, 1070), fill=_STEEL)
        # Vertical strokes of light, as on brushed steel.
        for step, x in enumerate(range(left + 12, right - 8, 26)):
            draw.line((x, 160, x, 1065), fill="#b9c0c5" if step % 2 else "#9aa1a7", width=5)


def _panel(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((740, 520, 830, 760), 14, fill="#c4c9cd", outline=_SEAM, width=4)
    draw.polygon(((785, 560), (760, 605), (810, 605)), fill="#777e84")
    draw.polygon(((785, 715), (760, 670), (810, 670)), fill="#777e84")
    draw.rectangle((350, 55, 490, 110), fill="#1d1f21")
    draw.line((390, 82, 450, 82), fill=_RED, width=10)


def _sign(draw: ImageDraw.ImageDraw) -> None:
    draw.rectangle((248, 378, 602, 812), fill="#7d848a")
    draw.rectangle((240, 370, 594, 804), fill="#fdfbf4", outline=_RED, width=12)
    draw.ellipse((337, 410, 497, 570), outline=_RED, width=24)
    draw.line((364, 543, 470, 437), fill=_RED, width=24)
    font, words = _words()
    for line, top in zip(words, (598, 690), strict=True):
        draw.text((417, top), line, font=font, fill=_RED, anchor="ma")


def _words() -> tuple[FreeTypeFont | ImageFont.ImageFont, tuple[str, str]]:
    """The sign's words, in Chinese if this machine has a font for them."""
    for name in _CHINESE_FONTS:
        try:
            return ImageFont.truetype(name, 72), ("电梯故障", "暂停使用")
        except OSError:
            continue
    return ImageFont.load_default(56), ("LIFT OUT", "OF ORDER")
