"""RESULTS.md: figures as tables, each peer's with its ratio to ours."""

from dataclasses import dataclass, field

OURS = "innospace"

HOW_TO_READ = """\
Each figure is the median of {rounds} rounds, in which the programs took turns on the same machine with the same
{parcels:,} generated parcels: of `fabric.rs` ({fabric_mb:,.0f} MB of GeoJSON) where they are loaded, counted in windows,
near or asked for in pages, of `innospace sample` ({sample_mb:,.0f} MB) for districts, tiles and steps, both of seed 42.
In brackets stands how many times better innospace is, whether less or more is better; **below 1×, in bold, it is
worse**. Trust no ratio below 2× unless the load average was near zero at the start. The answers are compared too: the counts of all {windows:,} windows, with and
without the filter, must be the same in every program and round, so must the metres to what is nearest, to two
millimetres, and every group of the counts by district, each response over HTTP must be 200 with 100 features and the same
number of matches, where it says one, and sampled tiles must hold the same features with the same attributes,
or the run fails. The programs beside this file say exactly what is measured, README.md what it means."""


@dataclass
class Beside:
    """A peer's figure where a goal was set, and in this run; none when the peer was not run."""

    peer: str
    then: float
    now: float | None


@dataclass
class Goal:
    """A figure, and below or above what it should be; no figure when it could not be measured."""

    measure: str
    figure: float | None
    under: float | None = None
    least: float | None = None
    beside: Beside | None = None

    def outcome(self, scale=1):
        """Is the goal met, or one so many times as high?"""
        if self.figure is None:
            return "**not measured**"
        is_met = self.figure >= self.least * scale if self.under is None else self.figure < self.under * scale
        return "met" if is_met else "**missed**"

    def text(self, scale=1):
        return f"at least {number(self.least * scale)}" if self.under is None else f"under {number(self.under * scale)}"

    def scaled(self):
        """The goal as many times as high as the peer's figure is, and its outcome; empty without a peer."""
        if self.beside is None or self.beside.now is None:
            return "", ""
        scale = self.beside.now / self.beside.then
        moved = f"{self.beside.peer}: {number(self.beside.then)} there, {number(self.beside.now)} here"
        return f"{self.text(scale)} ({moved})", self.outcome(scale)

    def line(self):
        figure = "–" if self.figure is None else number(self.figure)
        return f"| {self.measure} | {figure} | {self.text()} | {self.outcome()} | {' | '.join(self.scaled())} |"


@dataclass
class Table:
    """One row per measure, one column per program."""

    title: str
    note: str = ""
    rows: list = field(default_factory=list)

    def add(self, measure, figures, best="least"):
        """`figures` by program, which may lack some; `best` is "least", "most", or None when neither is."""
        self.rows.append((measure, figures, best))

    def programs(self):
        return list(dict.fromkeys(name for _, figures, _ in self.rows for name in figures))

    def worse(self):
        for measure, figures, best in self.rows:
            for name in figures:
                times = ratio(figures, name, best)
                if times and times < 1:
                    yield f"{self.title}, {measure}: {name} is {1 / times:.1f}× better"

    def lines(self):
        programs = self.programs()
        yield f"## {self.title}"
        yield ""
        if self.note:
            yield from (self.note, "")
        yield "| | " + " | ".join(programs) + " |"
        yield "|---|" + "---:|" * len(programs)
        for measure, figures, best in self.rows:
            cells = (cell(figures, name, best) for name in programs)
            yield f"| {measure} | " + " | ".join(cells) + " |"
        yield ""


def ratio(figures, name, best):
    """How many times better ours is than a program's; None where that means nothing."""
    if name == OURS or best is None:
        return None
    ours, theirs = figures[OURS], figures[name]
    return ours / theirs if best == "most" else theirs / ours


def cell(figures, name, best):
    if name not in figures:
        return "–"
    times = ratio(figures, name, best)
    if times is None:
        return number(figures[name])
    shown = f"{times:,.0f}×" if times >= 10 else f"{times:.1f}×" if times >= 1 else f"**{times:.2f}×**"
    return f"{number(figures[name])} ({shown})"


def number(value):
    """Three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3g}"


def markdown(facts, versions, tables, goals, steps, not_run, **run):
    """The whole page."""
    yield "# Results"
    yield ""
    yield "Written by `make bench`; see README.md beside this file."
    yield ""
    yield "| | |"
    yield "|---|---|"
    for name, value in facts.items():
        yield f"| {name} | {value} |"
    yield f"| Versions | {', '.join(f'{name} {version}' for name, version in versions.items())} |"
    yield ""
    yield "## How to read this"
    yield ""
    yield HOW_TO_READ.format(**run)
    yield ""
    yield from body(tables, goals, steps, not_run)


def body(tables, goals, steps, not_run):
    """What was found."""
    worse = [line for table in tables for line in table.worse()]
    yield f"**Where innospace is worse.** {'; '.join(worse) or 'Nowhere'}."
    yield ""
    short = [
        f"{goal.measure} ({goal.outcome().strip('*')}{'; met on this machine’s scale' * (goal.scaled()[1] == 'met')})"
        for goal in goals
        if goal.outcome() != "met"
    ]
    yield f"**Goals missed.** {'; '.join(short) or 'None'}."
    yield ""
    missing = [f"{name}: {reason}" for name, reason in not_run.items()]
    yield f"**Not run.** {'; '.join(missing) or 'Nothing: all peers ran'}."
    yield ""
    for table in tables:
        yield from table.lines()
    if goals:
        yield "## Goals"
        yield ""
        yield "Goals were set on another machine. On this machine’s scale: multiplied by what a peer does here over what it did there."
        yield ""
        yield "| | figure | goal | | on this machine’s scale | |"
        yield "|---|---:|---:|---|---:|---|"
        yield from (goal.line() for goal in goals)
        yield ""
    if steps:
        yield "## Steps of a request, in process"
        yield ""
        yield "| step | median |"
        yield "|---|---:|"
        yield from (f"| {step} | {duration(nanoseconds)} |" for step, nanoseconds in steps.items())


def duration(nanoseconds):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{number(nanoseconds / size)} {unit}"
    return f"{number(nanoseconds)} ns"
