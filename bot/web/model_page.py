"""The classifier's own page: which model answers, how a candidate in its shadow compares, and who exchanged them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from bot import promotion
from bot.running import Bot
from bot.web.pages import render
from bot.web.permissions import Area
from bot.web.sign_in import Staff, staff_in
from handlers import shadow_report

router = APIRouter(prefix="/console/attention")

InAttention = Annotated[Staff, Depends(staff_in(Area.ATTENTION))]
STEPS = {promotion.Step.PROMOTE: "换上", promotion.Step.ROLLBACK: "换回", promotion.Step.TRAIN: "重新训练"}
MOST_EXCHANGES = 50


@router.get("/model")
def models(request: Request, staff: InAttention) -> Response:
    """Looked at only: exchanging a model is a command for who keeps the machine."""
    bot: Bot = request.app.state.bot
    with bot.database.reading() as session:
        run = shadow_report.latest_run(session)
        report = shadow_report.report(session, run) if run else None
    page = render(
        "model.html",
        staff=staff,
        live=bot.model.model.hash,
        candidate=bot.shadow.candidate.model,
        troubles=[trouble for trouble in (bot.model.file.trouble, bot.shadow.candidate.trouble) if trouble],
        report=report,
        fewest=shadow_report.FEWEST_DISCIPLINE,
        exchanges=promotion.history(bot.settings.model_path)[::-1][:MOST_EXCHANGES],
        steps=STEPS,
    )
    return HTMLResponse(page)
