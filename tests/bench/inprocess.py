"""Counts in windows and what is nearest, in process."""

import contextlib
import random
import re
import statistics

from machine import WORK, Wrong, say
from report import OURS, Beside, Goal, Table
from rounds import alternate, attempt
from servers import FILTER, POSTGIS, SHAPELY, Worker, peer

# Sides in degrees: about 25, 2,500 and 60,000 parcels of fabric.rs.
SIDES = {"small": 0.003, "medium": 0.03, "large": 0.15}
WINDOWS_OF_EACH = 500
NEAREST = 10
# PostGIS looks for the nearest position of a border on a sphere before it measures on the ellipsoid.
METRES_APART = 2e-3


def places(file):
    """Windows on parcels picked by chance, the same every time, so that they lie where parcels do."""
    chance, corner = random.Random(42), re.compile(rb'"coordinates":\[\[\[([-0-9.]+),([-0-9.]+)\]')
    windows, size = [], file.stat().st_size
    with file.open("rb") as text:
        for side in SIDES.values():
            for _ in range(WINDOWS_OF_EACH):
                found = None
                while not found:
                    text.seek(chance.randrange(size))
                    found = corner.search(text.read(1 << 14))
                x, y, half = float(found[1]), float(found[2]), side / 2
                windows.append([round(edge, 7) for edge in (x - half, y - half, x + half, y + half)])
    return windows


def listed(windows):
    """The file of windows, and of the corners of the small ones as positions near parcels."""
    lines, file = [*windows, *(window[:2] for window in windows[part("small")])], WORK / "windows.csv"
    file.write_text("".join(",".join(map(str, line)) + "\n" for line in lines))
    return file


def count(counter, file, database, windows, rounds):
    """Counts in each window, and what is nearest, in process. The tables with their goals, and counts by filter."""
    paths, peers = listed(windows), {SHAPELY: ("shapely", file)}
    if database:
        peers[POSTGIS] = ("postgis", database.connection)
    answers = {}
    with contextlib.ExitStack() as stack:
        workers = {OURS: stack.enter_context(Worker(counter, file.parent, paths))}
        for name, source in peers.items():
            if worker := attempt(name, lambda: stack.enter_context(peer("peer.py", *source, paths))):
                workers[name] = worker
        for job in ("count", f"count {FILTER}", f"nearest {NEAREST}", f"degrees {NEAREST}"):
            say(job)
            able = {name: worker for name, worker in workers.items() if name != OURS or "degrees" not in job}
            asked = {name: lambda w=worker, job=job: w.ask(job) for name, worker in able.items()}
            answers[job] = alternate(rounds, asked)
            workers = {name: worker for name, worker in workers.items() if name not in able or name in answers[job]}
    (plain, filtered, nearest, degrees), counts = answers.values(), {}
    for filter, found in (("", plain), (FILTER, filtered)):
        counts[filter] = found[OURS][0][0]
        same(f"count {filter}", found, windows, 0)
    same("metres to the nearest", nearest, windows, METRES_APART)
    if degrees:
        same("degrees to the nearest", degrees, windows, 1e-9)
    ways = (
        "shapely: STRtree and prepared `intersects`, in process. PostGIS: `ST_Intersects`, prepared statement, with the way "
        "to the database and back."
    )
    all_in = Table(
        "Count the features in a window", f"{WINDOWS_OF_EACH} windows of each size, one at a time, milliseconds. {ways}"
    )
    some_in = Table(
        "Count by filter in a window",
        f"Those of the same windows that `{FILTER}` selects, milliseconds. shapely finds them in a mask made before. {ways}",
    )
    for table, filter, found in ((all_in, "", plain), (some_in, FILTER, filtered)):
        for size in SIDES:
            typical = statistics.median(counts[filter][part(size)])
            add_took(table, f"{size} window ({typical:,.0f} features), ", found, part(size))
    near = Table(
        f"Nearest {NEAREST}",
        f"{WINDOWS_OF_EACH} positions, one at a time, milliseconds. Metres are those on the ellipsoid from edge to edge, and "
        "the same to two millimetres in every program. shapely widens a box until it holds them and measures in a plane laid "
        "at the position; PostGIS takes three times as many by `<->` and measures them as `geography`. The peers by degrees: "
        "as they are mostly used, by the index alone, which finds others.",
    )
    add_took(near, "", nearest)
    add_took(near, "peers by degrees, ", {OURS: nearest[OURS], **degrees})
    by_degrees = took_ms(degrees[SHAPELY], 0.5) * 1e3 if SHAPELY in degrees else None
    in_database = took_ms(filtered[POSTGIS], 0.5, part("large")) if POSTGIS in filtered else None
    goals = [
        Goal(
            "count by filter in a large window, p50, ms",
            took_ms(filtered[OURS], 0.5, part("large")),
            under=0.5,
            beside=Beside(POSTGIS, 14.2, in_database),
        ),
        Goal(
            f"nearest {NEAREST}, p50, µs",
            took_ms(nearest[OURS], 0.5) * 1e3,
            under=5,
            beside=Beside(f"{SHAPELY} by degrees", 48, by_degrees),
        ),
    ]
    return [(all_in, []), (some_in, goals[:1]), (near, goals[1:])], counts


def same(job, answers, windows, tolerance):
    """Every answer is that of the first program, number by number."""
    (first, again), *_ = answers.items()
    for name, rounds in answers.items():
        for found, _ in rounds:
            for at, (ours, theirs) in enumerate(zip(again[0][0], found, strict=True)):
                pairs = zip(*(one if isinstance(one, list) else [one] for one in (ours, theirs)), strict=True)
                if any(abs(a - b) > tolerance for a, b in pairs):
                    raise Wrong(f"{job}, window {windows[at]}: {first} says {ours}, {name} {theirs}")


def took_ms(rounds, share, among=slice(None)):
    """Of the time that answers took, a quantile, the median of all rounds."""
    return statistics.median(quantile(took[among], share) for _, took in rounds) / 1e6


def add_took(table, label, answers, among=slice(None)):
    for measure, share in (("p50", 0.5), ("p99", 0.99)):
        figures = {name: took_ms(rounds, share, among) for name, rounds in answers.items()}
        table.add(f"{label}{measure}", figures)


def part(size):
    """Where the windows of a size stand among all."""
    at = list(SIDES).index(size)
    return slice(at * WINDOWS_OF_EACH, (at + 1) * WINDOWS_OF_EACH)


def quantile(numbers, share):
    return sorted(numbers)[int(share * len(numbers))]
