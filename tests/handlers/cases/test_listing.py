"""Behind every number stand exactly the cases it counts, checked case by case on three hundred random ones."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import product
from random import Random

import pytest
from sqlalchemy.exc import InvalidRequestError

from data.database import Database
from data.models import Case, Post, RequestKind, Role, UnitLevel
from handlers.cases import listing, statistics
from handlers.cases.actors import LEADING, leads
from handlers.cases.listing import APART, Filter, Measure, visible_units
from handlers.cases.statistics import By, Counts
from handlers.local_time import Period
from handlers.message import Context, Policy, Reach, Sender
from tests.handlers.cases.test_statistics import COUNTED, NOW, PERIOD, Street, counts_of, label

OF_THE_TABLE = [Measure(field.name) for field in fields(Counts)]
ENOUGH = 1_000


@pytest.fixture
def street(database_url: str) -> Iterator[Street]:
    database = Database(database_url)
    with database.writing() as session:
        yield Street(session)
    database.close()


def _listed(street: Street, filter: Filter) -> list[Case]:
    """All pages of the list; the number is counted on the way."""
    found = listing.find(street.session, street.directory, filter, NOW, limit=ENOUGH)
    assert listing.count(street.session, street.directory, filter, NOW) == len(found)
    return found


@pytest.mark.parametrize("by", By)
def test_every_number_of_the_table_is_its_list(street: Street, by: By) -> None:
    table = statistics.closure_table(street.session, street.directory, by, PERIOD, NOW)
    for name, counts in table.items():
        for measure in OF_THE_TABLE:
            cases = _listed(street, Filter(measure, PERIOD, by, name))
            assert len(cases) == getattr(counts, measure), (name, measure)
            assert {label(street.directory, case, by) for case in cases} <= {name}
            assert all(getattr(counts_of([case]), measure) for case in cases)
        denominator = _listed(street, Filter(Measure.DUE_NOT_POSTPONED, PERIOD, by, name))
        assert len(denominator) == counts.net_closure_rate.denominator
        assert all(counts_of([case]).net_closure_rate.denominator for case in denominator)


def test_every_number_of_the_whole_is_its_list(street: Street) -> None:
    for measure in OF_THE_TABLE:
        expected = {case.id for case in street.counted() if getattr(counts_of([case]), measure)}
        found = _listed(street, Filter(measure, PERIOD))
        assert {case.id for case in found} == expected
        assert len(found) == len(expected) > 3


def test_what_stands_beside_the_table_is_its_list(street: Street) -> None:
    flow = statistics.flow(street.session, PERIOD)
    assert len(_listed(street, Filter(Measure.FLOW_RESOLVED, PERIOD))) == flow.resolved > 0
    assert len(_listed(street, Filter(Measure.FLOW_CLOSED, PERIOD))) == flow.closed > 0
    assert len(_listed(street, Filter(Measure.RECEIVED, PERIOD))) == flow.received > 0
    silent = _listed(street, Filter(Measure.UNANSWERED, PERIOD))
    assert len(silent) == statistics.verdicts(street.session, PERIOD).silent > 0
    apart = statistics.counted_apart(street.session, PERIOD)
    assert set(APART.values()) == {kind for kind in RequestKind if kind not in COUNTED}
    for measure, kind in APART.items():
        cases = _listed(street, Filter(measure, PERIOD))
        assert len(cases) == apart[kind] > 0
        assert {case.kind for case in cases} == {kind}


def test_units_of_the_same_name_share_a_line_and_its_list(street: Street) -> None:
    grids = [unit for unit in street.directory.units.values() if unit.level is UnitLevel.GRID]
    for unit in grids[:6]:
        unit.name = "第一网格"
    counts = statistics.closure_table(street.session, street.directory, By.GRID, PERIOD, NOW)["第一网格"]
    assert len(_listed(street, Filter(Measure.RECEIVED, PERIOD, By.GRID, "第一网格"))) == counts.received > 0


def test_a_line_that_is_not_in_the_table_has_no_cases(street: Street) -> None:
    for by, value in product(By, ["", "没有这一行", "2026-09-08 周", "' OR 1=1 --", "\x00"]):
        assert _listed(street, Filter(Measure.RECEIVED, PERIOD, by, value)) == []


def test_a_period_that_ends_before_it_starts_has_no_cases(street: Street) -> None:
    for by in (None, By.WEEK):
        assert _listed(street, Filter(Measure.RECEIVED, Period(PERIOD.end, PERIOD.start), by, "2026-09-07 周")) == []


def test_turning_pages_shows_every_case_once(street: Street) -> None:
    wanted = Filter(Measure.HANDLED, PERIOD)
    for size in (1, 7, 50):
        pages, after = [], None
        while page := listing.find(street.session, street.directory, wanted, NOW, after=after, limit=size):
            pages.append([case.id or 0 for case in page])
            after = pages[-1][-1]
        ids = [number for page in pages for number in page]
        assert ids == sorted({case.id or 0 for case in _listed(street, wanted)}, reverse=True)
        assert {len(page) for page in pages[:-1]} <= {size}


def test_a_case_that_comes_in_while_pages_are_turned_moves_nothing(street: Street) -> None:
    wanted = Filter(Measure.RECEIVED, PERIOD)
    first = listing.find(street.session, street.directory, wanted, NOW, limit=10)
    rest = listing.find(street.session, street.directory, wanted, NOW, after=first[-1].id, limit=ENOUGH)
    newer = _again(first[0])
    street.session.add(newer)
    street.session.flush()
    assert listing.find(street.session, street.directory, wanted, NOW, after=first[-1].id, limit=ENOUGH) == rest
    assert listing.find(street.session, street.directory, wanted, NOW, limit=1) == [newer]


def test_a_resident_s_own_words_are_not_even_read(street: Street) -> None:
    street.session.flush()
    street.session.expunge_all()
    found = listing.find(street.session, street.directory, Filter(Measure.RECEIVED, PERIOD), NOW, limit=1)[0]
    assert found.masked_text == ""
    for column in ("text", "room"):
        with pytest.raises(InvalidRequestError):
            getattr(found, column)


def test_the_list_is_only_of_the_units_asked_for(street: Street) -> None:
    units = frozenset(Random(3).sample(sorted(street.directory.units), 9))
    for by, value in ((None, ""), (By.COMMUNITY, "荷香社区")):
        whole = Filter(Measure.RECEIVED, PERIOD, by, value)
        expected = {case.id for case in _listed(street, whole) if case.unit_id in units}
        assert {case.id for case in _listed(street, replace(whole, units=units))} == expected
    assert _listed(street, Filter(Measure.RECEIVED, PERIOD, units=frozenset())) == []


def test_who_leads_a_unit_sees_its_cases_and_nobody_else(street: Street) -> None:
    """The same answer as `actors.leads`; the administrator alone sees everything."""
    cases = {key: Case(unit_id=key) for key in street.directory.units}
    for role, unit_id in product(Role, street.directory.units):
        post = Post(person_id=1, role=role, unit_id=unit_id, since=dt.date(2020, 1, 1))
        units = visible_units(street.directory, [post])
        if role is Role.ADMINISTRATOR:
            assert units is None
            continue
        context = _context(street, Sender(posts=(post,)))
        assert units == {key for key, case in cases.items() if leads(context, case)}
        assert bool(units) == (role in LEADING)


def test_posts_add_up_and_a_post_without_a_unit_leads_nothing(street: Street) -> None:
    by_code = {unit.code: unit.id or 0 for unit in street.directory.units.values()}
    since = dt.date(2020, 1, 1)
    two = [Post(person_id=1, role=Role.HEAD, unit_id=by_code[code], since=since) for code in ("HX-02", "WT-01")]
    names = ("HX-02", "HX-02-A", "HX-02-B", "WT-01", "WT-01-A", "WT-01-B")
    assert visible_units(street.directory, two) == {by_code[name] for name in names}
    assert visible_units(street.directory, [Post(person_id=1, role=Role.HEAD, since=since)]) == frozenset()
    assert visible_units(street.directory, []) == frozenset()


def _context(street: Street, sender: Sender) -> Context:
    policy = Policy(reach=lambda _channel, _account: Reach.NONE)
    return Context(session=street.session, now=NOW, directory=street.directory, policy=policy, sender=sender)


def _again(case: Case) -> Case:
    """The same case once more, under a new number."""
    return Case(**(case.model_dump() | {"id": None, "text": "", "room": None}))
