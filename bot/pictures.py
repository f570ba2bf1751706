"""What is done to a photo's bytes: measured before it is opened, drawn anew, made small, given a fingerprint.

Every picture is drawn anew, so that position data and hidden content in the file never reach our store.
"""

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

LONGEST_SIDE_PX = 1600
THUMBNAIL_PX = 320
MOST_PIXELS = 50_000_000
QUALITY = 82
THUMBNAIL_QUALITY = 75
ORIGINAL_QUALITY = 95
# What phones send; decoders of rarer formats are a risk and no use.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")
# Below it two spots look the same, and a picture with fewer differing spots looks like too many others.
LEAST_CONTRAST = 2
FEWEST_FEATURES = 16


class PhotoRefused(Exception):
    """The bytes are no photo we keep; `reason` is a key of `replies.PHOTO_REFUSED`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Picture:
    """A photo as we keep it, all JPEG without metadata: at most 1600 px, at most 320 px, and as large as it came."""

    jpeg: bytes
    size: tuple[int, int]
    thumbnail: bytes
    original: bytes
    dhash: str | None


def drawn_anew(content: bytes) -> Picture:
    """The photo in all its sizes; raises PhotoRefused."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # we measure before decoding, and damaged metadata is dropped anyway
            return _drawn(Image.open(io.BytesIO(content), formats=FORMATS))
    except PhotoRefused:
        raise
    except Image.DecompressionBombError:
        raise PhotoRefused("too_large") from None
    except Exception:
        # Decoders raise whatever they like when a file is damaged: OSError, TypeError, struct.error, RuntimeError …
        raise PhotoRefused("not_an_image") from None


def _drawn(image: Image.Image) -> Picture:
    if image.width * image.height > MOST_PIXELS:
        raise PhotoRefused("too_large")
    upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.info.clear()  # Pillow would write the comment of the old file into the new one
    original = _jpeg(upright, ORIGINAL_QUALITY)
    upright.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX))
    jpeg, size = _jpeg(upright, QUALITY), upright.size
    upright.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    return Picture(jpeg, size, _jpeg(upright, THUMBNAIL_QUALITY), original, _dhash(upright))


def _jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _dhash(image: Image.Image) -> str | None:
    """Of 8 x 8 spots, whether each is brighter than its right neighbour; None for a picture that shows too little."""
    spots = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    steps = [spots[row * 9 + column] - spots[row * 9 + column + 1] for row in range(8) for column in range(8)]
    if sum(abs(step) > LEAST_CONTRAST for step in steps) < FEWEST_FEATURES:
        return None
    return f"{sum((step > 0) << place for place, step in enumerate(steps)):016x}"
