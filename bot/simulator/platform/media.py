"""Temporary files: three days, checked by size and by their first bytes; and the encrypted links of robot callbacks."""

from dataclasses import replace

from bot.simulator.platform.answers import PlatformError, ok
from bot.simulator.platform.calls import Answer, Call, Download, File
from bot.simulator.platform.faults import Fault
from bot.simulator.platform.records import Media, Sealed
from bot.simulator.platform.state import State, new_id

LIFE_SECONDS = 3 * 86400
LINK_SECONDS = 300
SMALLEST = 6
MEGABYTE = 1024 * 1024
LARGEST = {"image": 10 * MEGABYTE, "voice": 2 * MEGABYTE, "video": 10 * MEGABYTE, "file": 20 * MEGABYTE}
STARTS = {"image": (b"\xff\xd8\xff", b"\x89PNG"), "voice": (b"#!AMR",)}
TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"#!AMR": "voice/amr"}


def upload(state: State, call: Call) -> Answer:
    """POST media/upload"""
    return _taken(keep(state, *_checked(call.file, call.query.get("type", ""), tuple(LARGEST))))


def upload_for_webhook(state: State, call: Call) -> Answer:
    """POST webhook/upload_media. An empty file is noticed before a wrong key."""
    kind, file = _checked(call.file, call.query.get("type", ""), ("file", "voice"))
    webhook = state.corp.webhooks.get(call.query.get("key", ""))
    if webhook is None or webhook.removed:
        raise PlatformError(93000)
    return _taken(keep(state, kind, file, owner=webhook.key))


def upload_picture(state: State, call: Call) -> Answer:
    """POST media/uploadimg"""
    _kind, file = _checked(call.file, "image", ("image",))
    return ok(url=f"{state.base_url}/_media/{link(state, file.content, file.filename)}")


def download(state: State, call: Call) -> Answer:
    """GET media/get. An error comes as JSON with HTTP 200, where a client expects a file."""
    media = usable(state, call.query.get("media_id"))
    if state.faults.draw(Fault.MEDIA_EXPIRED, "media/get"):
        raise PlatformError(40007)
    return Download(media.content, media.filename, type_of(media.content))


def keep(state: State, kind: str, file: File, owner: str = "", media_id: str = "") -> Media:
    """A new temporary file."""
    media = Media(media_id or new_id(44), kind, file.content, file.filename, state.now(), owner)
    state.media[media.id] = media
    return media


def usable(state: State, media_id: object, kind: str = "", owner: str = "") -> Media:
    """A living file of this kind and owner; raises 40007."""
    media = state.media.get(media_id) if isinstance(media_id, str) else None
    if media is None or media.owner != owner or (kind and media.kind != kind):
        raise PlatformError(40007)
    if state.now() - media.at > LIFE_SECONDS:
        raise PlatformError(40007)
    return media


def link(state: State, content: bytes, filename: str) -> str:
    """The name under which a file lies in the open for five minutes."""
    name = new_id(24)
    state.sealed[name] = Sealed(content, filename, state.now())
    return name


def linked(state: State, name: str) -> Sealed | None:
    """What lies behind a link; None once it is dead."""
    sealed = state.sealed.get(name)
    if sealed is None or state.now() - sealed.at > LINK_SECONDS:
        return None
    return None if state.faults.draw(Fault.MEDIA_EXPIRED, "_media") else sealed


def expire_all(state: State) -> None:
    """Every file that was uploaded or sent so far is gone."""
    state.media = {name: replace(media, at=0.0) for name, media in state.media.items()}
    state.sealed = {name: replace(sealed, at=0.0) for name, sealed in state.sealed.items()}


def type_of(content: bytes) -> str:
    return next((kind for start, kind in TYPES.items() if content.startswith(start)), "application/octet-stream")


def _checked(file: File | None, kind: str, allowed: tuple[str, ...]) -> tuple[str, File]:
    if kind not in allowed:
        raise PlatformError(40004)
    if file is None or len(file.content) < SMALLEST:
        raise PlatformError(44001)
    if len(file.content) > LARGEST[kind]:
        raise PlatformError(45001)
    if kind in STARTS and not file.content.startswith(STARTS[kind]):
        raise PlatformError(40004)
    return kind, file


def _taken(media: Media) -> Answer:
    return ok(type=media.kind, media_id=media.id, created_at=str(int(media.at)))
