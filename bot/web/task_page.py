"""The private task page: room and contact for the holder, while the case is open; every look is logged."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from itsdangerous import BadSignature, URLSafeSerializer

from bot.running import Bot
from bot.web.pages import render
from data.models import Account, Case, MediaState
from handlers.cases.discipline import log_access
from handlers.cases.intake import photos_of
from handlers.cases.lifecycle import OPEN

router = APIRouter(prefix="/task")


@router.get("/{token}")
def task(request: Request, token: str) -> Response:
    """The case behind a signed link; closed cases and forged links show nothing."""
    bot: Bot = request.app.state.bot
    case_id = _case_id(bot, token)
    now = bot.clock()
    with bot.database.writing() as session:
        case = session.get(Case, case_id) if case_id else None
        if case is None or case.status not in OPEN:
            return HTMLResponse(render("task_gone.html"), status_code=404)
        context = bot.context(session, now)
        reporter = session.get_one(Account, case.account_id)
        photos = [photo for photo in photos_of(context, case) if photo.state is MediaState.STORED]
        log_access(context, None, "task_page", case.id or 0)
        session.commit()
    category = bot.directory().categories[case.category_code].name
    return HTMLResponse(
        render("task.html", case=case, category=category, reporter=reporter, photos=photos, token=token)
    )


@router.get("/{token}/photo/{photo_id}")
def photo(request: Request, token: str, photo_id: int) -> Response:
    bot: Bot = request.app.state.bot
    case_id = _case_id(bot, token)
    with bot.database.reading() as session:
        case = session.get(Case, case_id) if case_id else None
        if case is None or case.status not in OPEN:
            return Response(status_code=404)
        found = [p for p in photos_of(bot.context(session, bot.clock()), case) if p.id == photo_id]
    if not found or found[0].path is None:
        return Response(status_code=404)
    try:
        return Response(bot.photos.read(found[0].path), media_type="image/jpeg")
    except FileNotFoundError:
        return Response(status_code=404)


def link_signer(key: str) -> URLSafeSerializer:
    """Signs the task links."""
    return URLSafeSerializer(key, salt="task")


def _case_id(bot: Bot, token: str) -> int | None:
    try:
        return int(link_signer(bot.settings.signing_key.get_secret_value()).loads(token))
    except (BadSignature, ValueError, TypeError):
        return None
