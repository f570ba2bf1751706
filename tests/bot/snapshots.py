"""Pictures as phones send them, and files that only claim to be pictures."""

import io
import struct
import zlib

from PIL import Image

MAKER, ORIENTATION, GPS = 0x010F, 0x0112, 0x8825


def picture(width: int = 80, height: int = 40, form: str = "JPEG", orientation: int = 1) -> bytes:
    """Left half red, right half blue, with what a phone writes into it."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    exif = Image.Exif()
    exif[MAKER], exif[ORIENTATION] = "SecretPhone", orientation
    exif.get_ifd(GPS).update({1: "N", 2: (39.0, 54.0, 20.0), 3: "E", 4: (116.0, 23.0, 29.0)})
    file = io.BytesIO()
    image.save(file, form, exif=exif, **({"comment": b"SecretComment"} if form == "JPEG" else {}))
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and packs its black pixels tightly: a small file, a huge picture."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    pixels = zlib.compress(bytes((width // 8 + 1) * height), 1)
    size = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
