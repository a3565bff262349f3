"""Says what was measured: a line a group, the worst questions with their plans, and as JSON."""

import json
from collections import defaultdict

WORST = 10
LONGEST = 600


def show(answers, rows, export):
    """Print the figures; `rows` is how many the large table has."""
    groups = defaultdict(list)
    for answer in answers:
        groups[answer.question.group].append(answer)
    print(
        f"\n{'':<12}{'asked':>6}{'missed':>8}{'p50 small':>11}{'p50 large':>11}"
        f"{'worst p95':>11}{'times, median':>15}{'worst':>8}"
    )
    for name, group in groups.items():
        print(line(name, group))
    print(f"\nThe worst {WORST}:")
    for answer in sorted(answers, key=lambda answer: answer.ratio, reverse=True)[:WORST]:
        show_worst(answer)
    most = max(answer.read for answer in answers)
    scanning = [answer for answer in answers if scans(answer, rows)]
    print(f"\nThe most rows that a question read: {most:,}. Full scans that grow: {len(scanning)}")
    print(
        "Export: {rows_per_second:,.0f} rows/s, {speed:.2f} of {peer_rows_per_second:,.0f}, "
        "{megabytes:.0f} MB".format(**export)
    )


def scans(answer, rows):
    """Whether a question takes longer with many rows for reading as many as there are."""
    return answer.grows and answer.read >= rows


def line(name, group):
    """Return the figures of a group."""
    ratios = sorted(answer.ratio for answer in group)
    middle = {
        side: sorted(answer.p50(side) for answer in group)[len(group) // 2]
        for side in ("small", "default")
    }
    return (
        f"{name:<12}{len(group):>6}{sum(not answer.met for answer in group):>8}"
        f"{middle['small']:>11.2f}{middle['default']:>11.2f}"
        f"{max(answer.p95('default') for answer in group):>11.1f}"
        f"{ratios[len(ratios) // 2]:>15.2f}{ratios[-1]:>8.1f}"
    )


def show_worst(answer):
    """Print a question with its statements and their plans."""
    print(
        f"\n{answer.question.group}: {answer.question.name}: {answer.p50('small'):.2f} ms, "
        f"{answer.p50('default'):.2f} ms, {answer.ratio:.1f} times, {answer.read:,} rows read"
    )
    for sql, plan in answer.plans:
        print(f"  {sql if len(sql) <= LONGEST else f'… {sql[-LONGEST:]}'}\n    {plan}")


def write(path, answers, export, circumstances):
    """Keep the figures as JSON."""
    kept = {**circumstances, "export": export, "questions": list(map(figures, answers))}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def figures(answer):
    """Return the figures of a question as JSON has them."""
    return {
        "group": answer.question.group,
        "name": answer.question.name,
        **{f"p50_{side}": answer.p50(side) for side in answer.times},
        **{f"p95_{side}": answer.p95(side) for side in answer.times},
        "ratio": answer.ratio,
        "met": answer.met,
        "read": answer.read,
        "plans": answer.plans,
    }
