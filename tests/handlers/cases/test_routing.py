"""The routing table of the sample street: the first line that fits wins, and says which it was."""

import datetime as dt
from dataclasses import replace

import pytest

from data.models import Building, RoutingRule
from data.taxonomy import CaseClass
from handlers.cases.routing import Matter, NoRoute, answering_unit, route
from handlers.directory import Directory
from handlers.local_time import SHANGHAI
from tests.handlers.scenes import RUBBISH, report
from tests.talking import Talk

WEEK = {name: dt.date(2026, 9, 7) + dt.timedelta(days=n) for n, name in enumerate("一二三四五六日")}

# What, where (a building's code or a unit's), when → who leads, by which line of routing.csv.
ROWS = [
    ("楼道灯,有物业", "M02", "QHJY-3", "周一 10:00", "property_hepan", 140),
    ("楼道灯,另一家物业", "M02", "WSY-1", "周一 10:00", "property_wusheng", 140),
    ("楼道灯,自管楼院", "M02", "SLY-1", "周一 10:00", "power", 150),
    ("楼道灯,没有物业", "M02", "EMSS-1", "周一 10:00", "power", 160),
    ("楼道灯,不知道哪栋楼", "M02", "HX", "周一 10:00", "power", 160),
    ("燃气,白天", "M03", "QHJY-3", "周一 21:59", "utilities", 180),
    ("燃气,夜间开始", "M03", "QHJY-3", "周一 22:00", "utilities", 170),
    ("燃气,过了半夜", "M03", "QHJY-3", "周二 05:59", "utilities", 170),
    ("燃气,天亮", "M03", "QHJY-3", "周二 06:00", "utilities", 180),
    ("停水,荷香有物业", "M01", "QHJY-3", "周一 10:00", "water", 80),
    ("停水,微网格也属于梧桐社区", "M01", "WSY-1", "周一 10:00", "water", 110),
    ("停水,自管", "M01", "SLY-1", "周一 10:00", "water", 120),
    ("停车,学校门口上学时段", "M07", "YCJY-2", "周一 07:00", "police", 290),
    ("停车,上学时段过了", "M07", "YCJY-2", "周一 08:30", "property_wusheng", 300),
    ("停车,周六不上学", "M07", "YCJY-2", "周六 07:30", "property_wusheng", 300),
    ("停车,别的网格", "M07", "QHJY-3", "周一 07:30", "property_hepan", 300),
    ("噪音,周末夜里先看夜间规则", "M09", "QHJY-3", "周六 23:00", "police", 340),
    ("噪音,周末白天", "M09", "QHJY-3", "周六 10:00", "urban", 350),
    ("噪音,工作日白天", "M09", "QHJY-3", "周一 10:00", "ecology", 360),
    ("异味,柳堤社区的网格", "M11", "DSRJ-3", "周一 18:00", "ecology", 390),
    ("异味,别的社区饭点", "M11", "QHJY-3", "周一 18:00", "urban", 400),
    ("异味,别的社区平时", "M11", "QHJY-3", "周一 10:00", "ecology", 410),
    ("其他民生", "M99", "QHJY-3", "周一 10:00", "masses", 670),
    ("表里没有的类别", "M98", "QHJY-3", "周一 10:00", "masses", 680),
    ("党建,双报到", "P03", "QHJY-3", "周一 10:00", "organization", 40),
    ("党建,表里没有的类别", "P99", "QHJY-3", "周一 10:00", "organization", 70),
    ("纪检", "D01", "QHJY-3", "周一 10:00", "discipline", 10),
]
CLASSES = {"M": CaseClass.LIVELIHOOD, "P": CaseClass.PARTY, "D": CaseClass.DISCIPLINE}


@pytest.mark.parametrize(
    ("category", "where", "when", "lead", "line"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_the_table(directory: Directory, category: str, where: str, when: str, lead: str, line: int) -> None:
    found = route(directory, matter(directory, category, where, when))
    assert directory.departments[found.lead_department_id].code == lead
    assert found.because.startswith(f"分派规则{line}：")


def test_co_units_come_along(directory: Directory) -> None:
    found = route(directory, matter(directory, "M14", "EMSS-1", "周一 10:00"))
    assert found.co_units == ("housing", "community", "land")


def test_the_first_of_two_fitting_lines_wins(directory: Directory) -> None:
    specific = RoutingRule(position=1, category_code="M10", lead_department_id=3, reason="先")
    general = RoutingRule(position=2, lead_department_id=4, reason="后")
    rubbish = matter(directory, "M10", "QHJY-3", "周一 10:00")
    assert route(replace(directory, rules=(specific, general)), rubbish).because == "分派规则1：先"
    assert route(replace(directory, rules=(general, specific)), rubbish).because == "分派规则2：后"


def test_a_line_for_the_manager_is_passed_over_where_nobody_manages(directory: Directory) -> None:
    rules = (
        RoutingRule(position=1, lead_department_id=None, reason="物业"),
        RoutingRule(position=2, lead_department_id=4, reason="其余"),
    )
    assert (
        route(replace(directory, rules=rules), matter(directory, "M10", "EMSS-1", "周一 10:00")).because
        == "分派规则2：其余"
    )


def test_a_table_without_catch_all_is_an_error_of_the_operator(directory: Directory) -> None:
    with pytest.raises(NoRoute, match="M10"):
        route(replace(directory, rules=()), matter(directory, "M10", "QHJY-3", "周一 10:00"))


def test_the_grid_answers_and_the_community_answers_what_is_asked(directory: Directory) -> None:
    micro_grid = unit_id(directory, "HX-02-A")
    assert answering_unit(directory, micro_grid, for_community=False).code == "HX-02-A"
    assert answering_unit(directory, micro_grid, for_community=True).code == "HX"


def test_a_reported_case_keeps_why_it_went_where(sqlite_talk: Talk) -> None:
    report(sqlite_talk, RUBBISH)
    case, directory = sqlite_talk.case(), sqlite_talk.bot.directory()
    assert case.routed_because == "分派规则370：小区保洁归物业"
    assert directory.departments[case.lead_department_id].code == "property_hepan"
    assert directory.units[case.unit_id].code == "HX-01"
    assert case.co_units == ["greening"]


def matter(directory: Directory, category: str, where: str, when: str) -> Matter:
    found = [building for building in directory.buildings.values() if building.code == where]
    building: Building | None = found[0] if found else None
    unit = building.unit_id if building else unit_id(directory, where)
    return Matter(CLASSES[category[0]], category, unit, building, moment(when))


def unit_id(directory: Directory, code: str) -> int:
    return next(unit.id or 0 for unit in directory.units.values() if unit.code == code)


def moment(text: str) -> dt.datetime:
    """`周六 23:00` in the week of the sample street."""
    return dt.datetime.combine(WEEK[text[1]], dt.time.fromisoformat(text[3:]), SHANGHAI).astimezone(dt.UTC)
