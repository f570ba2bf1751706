"""The classifier's page: the comparison with links to the cases, who was right, and nothing that hints at 纪检."""

import datetime as dt
from dataclasses import replace

import pytest

from bot import promotion
from data.models import Correction
from tests.bot.shadowed import compared, shadowed
from tests.bot.web.office import ADMINISTRATOR, HEAD, Office
from tests.bot.web.triage_scenes import read_text
from tests.handlers.scenes import ACCUSATION, NO_WATER, RUBBISH

PAGE = "/console/attention/model"


@pytest.fixture
def compared_office(office: Office, candidate) -> Office:
    shadowed(office.talk, candidate)
    office.talk.say("r001", RUBBISH)
    office.talk.say("r002", NO_WATER)
    compared(office.talk)
    return office


def test_before_anything_was_compared(office: Office, shipped) -> None:
    shadowed(office.talk, None)
    page = read_text(office.signed_in(ADMINISTRATOR).get(PAGE).text)
    assert f"正在用的：{shipped.hash} 候选：没有" in page
    assert "还没有比过" in page
    assert "没有换过" in page


def test_what_differs_leads_to_its_case(compared_office: Office, candidate) -> None:
    page = compared_office.signed_in(ADMINISTRATOR).get(PAGE).text
    assert '<a href="/console/cases/1001">1001</a>' in page
    assert "/console/cases/1002" not in page
    words = read_text(page)
    assert f"候选：{candidate.hash}".replace("+", "+ ") in words
    assert "1001 类别 环境卫生 电梯 –" in words
    assert "类别 50.0% (1/2) – (0/0) – (0/0)" in words
    assert "意图 100.0% (2/2)" in words


@pytest.mark.parametrize(
    ("decided", "rights"), [("M10", "100.0% (1/1) 0.0% (0/1)"), ("M04", "0.0% (0/1) 100.0% (1/1)")]
)
def test_who_was_right_is_told_where_a_person_decided(compared_office: Office, decided: str, rights: str) -> None:
    office = compared_office
    with office.talk.bot.database.writing() as session:
        made = {"at": office.talk.now, "person_id": office.person(HEAD).id, "label": "category", "guessed": "M10"}
        for code in ("M99", decided):  # the last decision counts
            session.add(Correction(**made, case_id=1, decided=code))
        session.add(Correction(**made, case_id=2, decided="M01"))
        session.commit()
    assert f"类别 50.0% (1/2) {rights}" in read_text(office.signed_in(ADMINISTRATOR).get(PAGE).text)


def test_discipline_matters_are_not_even_counted_while_they_are_few(compared_office: Office) -> None:
    office, admin = compared_office, compared_office.signed_in(ADMINISTRATOR)
    before = read_text(admin.get(PAGE).text)
    for number in range(5):
        office.talk.now += dt.timedelta(minutes=10)
        office.talk.say(f"r00{number}", ACCUSATION)
        compared(office.talk)
        page = read_text(admin.get(PAGE).text)
        assert ("不足 5 条" in page, "100.0% (5/5)" in page) == (number < 4, number == 4)
        if number < 4:
            assert page == before


def test_who_exchanged_the_models_is_listed_and_nothing_runs_as_markup(office: Office, tmp_path) -> None:
    live, coming = tmp_path / "model.npz", tmp_path / "candidate.npz"
    (shipped := office.talk.bot.model.model).save(coming)
    promotion.promote(live, coming, by="<b>周敏</b>", now=office.talk.now)
    settings = office.talk.bot.settings.model_copy(update={"model_path": live})
    office.talk.bot = replace(office.talk.bot, settings=settings)
    page = office.signed_in(ADMINISTRATOR).get(PAGE).text
    assert "&lt;b&gt;周敏&lt;/b&gt;换上：没有模型 → " + shipped.hash in page
    assert "9月7日10:00" in page


def test_a_candidate_that_cannot_be_used_is_told(office: Office) -> None:
    shadowed(office.talk, None).bot.shadow.candidate.trouble = "模型的标签与分类表不符：X01"
    assert "X01" in office.signed_in(ADMINISTRATOR).get(PAGE).text


def test_only_an_administrator_may_look(office: Office) -> None:
    assert office.signed_in(HEAD).get(PAGE).status_code == 403
    assert PAGE in office.signed_in(ADMINISTRATOR).get("/console/attention").text
