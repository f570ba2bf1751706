"""What a message may hold: lengths in bytes, files that exist, cards that are whole."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from bot.simulator.platform.answers import PlatformError
from bot.simulator.platform.calls import list_of, object_of
from bot.simulator.platform.cards import ALL_CARDS, NOTICES, check_card
from bot.simulator.platform.media import usable
from bot.simulator.platform.state import State

MEDIA_KINDS = ("image", "voice", "video", "file")
APP_KINDS = (*MEDIA_KINDS, "text", "markdown", "textcard", "news", "mpnews", "miniprogram_notice", "template_card")
APPCHAT_KINDS = (*MEDIA_KINDS, "text", "markdown", "textcard", "news", "mpnews")
WEBHOOK_KINDS = ("text", "markdown", "markdown_v2", "image", "news", "file", "voice", "template_card")
APP_BYTES = {"text": 2048, "markdown": 2048}
WEBHOOK_BYTES = {"text": 2048, "markdown": 4096, "markdown_v2": 4096}
TEXTCARD_BYTES = {"title": 128, "description": 512}
LARGEST_WEBHOOK_IMAGE = 2 * 1024 * 1024
MOST_ARTICLES = 8


def kind_of(body: Mapping[str, Any], allowed: tuple[str, ...]) -> str:
    kind = body.get("msgtype")
    if kind not in allowed:
        raise PlatformError(40008)
    return str(kind)


def check_app_content(state: State, body: Mapping[str, Any], kind: str) -> None:
    """What message/send and appchat/send take."""
    if kind in APP_BYTES:
        check_text(body, kind, APP_BYTES[kind])
    elif kind in MEDIA_KINDS:
        usable(state, object_of(body, kind).get("media_id"), kind)
    elif kind == "textcard":
        _check_textcard(object_of(body, kind))
    elif kind in ("news", "mpnews"):
        _check_articles(state, object_of(body, kind), kind)
    elif kind == "template_card":
        check_card(object_of(body, kind), ALL_CARDS)
    else:
        object_of(body, kind)


def check_webhook_content(state: State, body: Mapping[str, Any], kind: str, key: str) -> None:
    """What webhook/send takes; files belong to this one robot."""
    if kind in WEBHOOK_BYTES:
        check_text(body, kind, WEBHOOK_BYTES[kind])
    elif kind == "image":
        _check_picture(object_of(body, kind))
    elif kind == "news":
        _check_articles(state, object_of(body, kind), kind)
    elif kind == "template_card":
        check_card(object_of(body, kind), NOTICES)
    else:
        usable(state, object_of(body, kind).get("media_id"), kind, owner=key)


def check_text(body: Mapping[str, Any], kind: str, longest: int) -> str:
    """The words of a text or markdown message."""
    part = body.get(kind)
    content = part.get("content") if isinstance(part, dict) else None
    if not isinstance(content, str) or not content:
        raise PlatformError(44004)
    if len(content.encode(errors="replace")) > longest:
        raise PlatformError(45002)
    return content


def _check_textcard(card: Mapping[str, Any]) -> None:
    for name in ("title", "description", "url"):
        if not card.get(name):
            raise PlatformError(40058, f"missing {name}")
    for name, longest in TEXTCARD_BYTES.items():
        if len(str(card[name]).encode()) > longest:
            raise PlatformError(45002)


def _check_articles(state: State, part: Mapping[str, Any], kind: str) -> None:
    articles = list_of(part, "articles")
    if not 1 <= len(articles) <= MOST_ARTICLES:
        raise PlatformError(45008, "invalid number of articles")
    for article in articles:
        needed = ("title", "thumb_media_id", "content") if kind == "mpnews" else ("title",)
        if not isinstance(article, dict) or not all(article.get(name) for name in needed):
            raise PlatformError(40058, "an article lacks a field")
        if kind == "mpnews":
            usable(state, article["thumb_media_id"], "image")
        elif not (article.get("url") or article.get("appid")):
            raise PlatformError(40058, "an article without url")


def _check_picture(picture: Mapping[str, Any]) -> None:
    try:
        content = base64.b64decode(str(picture.get("base64", "")), validate=True)
    except binascii.Error:
        raise PlatformError(40058, "invalid base64") from None
    if not content:
        raise PlatformError(44001)
    if len(content) > LARGEST_WEBHOOK_IMAGE:
        raise PlatformError(40009)
    if not content.startswith((b"\xff\xd8\xff", b"\x89PNG")):
        raise PlatformError(40004)
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != picture.get("md5"):
        raise PlatformError(301019)


def words(body: Mapping[str, Any], kind: str) -> str:
    """What a person reads of a message at a glance."""
    part = body.get(kind) or {}
    if kind in ("text", "markdown", "markdown_v2"):
        return str(part.get("content", ""))
    if kind == "template_card":
        return str((part.get("main_title") or {}).get("title", ""))
    if kind in ("news", "mpnews"):
        return "\n".join(str(article.get("title", "")) for article in part.get("articles", ()))
    if kind == "textcard":
        return f"{part.get('title', '')}\n{part.get('description', '')}"
    return str(part.get("title", ""))
