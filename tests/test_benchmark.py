"""What the benchmark makes of pages and figures; `make bench` itself takes minutes."""

from benchmarks.side_by_side import report, rows
from benchmarks.side_by_side.load import Contender

RATES = {
    "nginx": 1000,
    "visitor": 500,
    "person": 60,
    "old_design": 5,
    "django_taught": 4,
    "flask": 16,
    "fastapi": 15,
    "nginx_again": 2000,
    "again": 1000,
}


def contender(key, rate, p99=1):
    measured = [{"rate": rate * factor, "p50": 1, "p99": p99} for factor in (1, 0.5, 7)]
    return Contender(key, key, "http://127.0.0.1/", {}, rounds=measured)


def reached(**changes):
    found = {key: contender(key, rate) for key, rate in (RATES | changes).items() if rate}
    return report.goals(found)


def test_made_up_stocks_are_the_same_each_time_and_in_order():
    stocks = rows.made_up()
    assert len({code for code, *_values in stocks}) == rows.STOCKS
    assert stocks == sorted(stocks) == rows.made_up()


def test_rows_are_read_however_a_page_dresses_them():
    page = """
      <table>
        <tr><th>No.</th><th>Code</th></tr>
        <tr>
          <td>1</td> <td><a href="/">000001</a> <small>SZ</small></td>
          <th><a href="/">平安银行</a><small>000001.SZ</small></th>
          <td><i>▼</i>−1.20%</td> <td>3.00%</td> <td>1,234.50</td> <td>20.00</td>
          <td><time datetime="2025-01-02">2 Jan</time></td>
        </tr>
        <tr>
          <td>2</td><td>000002</td><td>万科</td><td>1.20%</td><td>3.00%</td><td>4.50</td>
          <td>20.00</td><td>2025-01-02</td><td><input type="button" value="添加"></td>
        </tr>
      </table>"""
    assert rows.shown(page) == [
        ("000001", "平安银行", "-1.20", "3.00", "1234.50", "20.00", "2025-01-02"),
        ("000002", "万科", "1.20", "3.00", "4.50", "20.00", "2025-01-02"),
    ]


def test_goals_take_the_median_round_and_the_fastest_peer():
    values = [goal.value for goal in reached()]
    assert values == [0.5, 125, 31.25, 15, 3.75, 0.5, 1]
    assert all(goal.met for goal in reached())


def test_a_goal_is_missed_below_its_bound():
    assert [goal.met for goal in reached(visitor=499)].count(False) == 1
    assert [goal.met for goal in reached(person=47)].count(False) == 1


def test_what_could_not_be_measured_is_a_missed_goal():
    (missed,) = [goal for goal in reached(again=None) if not goal.met]
    assert missed.value is None
    assert "missing" in missed.line()


def test_figures_are_kept_with_where_they_come_from(tmp_path):
    path = tmp_path / "new" / "bench.json"
    found = {key: contender(key, rate) for key, rate in RATES.items()}
    report.write(path, found, report.goals(found), {"database": "SQLite"})
    text = path.read_text(encoding="utf-8")
    assert '"database": "SQLite"' in text
    assert '"count"' in text
