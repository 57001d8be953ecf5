"""Requests over HTTP: their answers are checked, and wrk drives the servers."""

import contextlib
import http.client
import json
import os
import time
import urllib.request
from pathlib import Path

import machine
from inprocess import part
from machine import WORK, NotRun, Wrong, say
from report import OURS, Beside, Goal, Table
from rounds import alternate, attempt, medians, not_run
from servers import FILTER, POSTGIS, MapServer, Program, PyGeoApi, Service, Tipg, quote

PAGE = 100
PATHS_OVER_HTTP = 200
BARE = "bare axum, 100 KB"
OUR_PAGE = "/ogc/collections/parcels/items?bbox={0},{1},{2},{3}&limit=100"


def serve(program, bare, file, database, windows, counts, options):
    """Pages of features over HTTP, all in a window and those that a filter selects. The tables, and their goals."""
    ways = (
        "GeoJSON, medium windows, keep-alive, no compression; wrk on the same machine takes its share of the cores. "
        "MapServer (FastCGI behind nginx), tipg (uvicorn) and pygeoapi (gunicorn), one process a core, read the PostGIS table. "
    )
    plain = Table(
        f"Page of {PAGE} features in a window, over HTTP",
        f"OGC API Features, {ways}MapServer writes positions with six decimals and all values as text. innospace makes each page "
        "anew (`--page-cache 0`); kept: the same server as it is by default, where most of these pages were asked for before. "
        "Bare axum sends the same 100 KB whatever is asked: what this machine can do at all.",
    )
    filtered = Table(
        f"Page of {PAGE} features by filter in a window, over HTTP",
        f"OGC API Features with the filter `{FILTER}` in CQL2, {ways}MapServer has filters in WFS only, where it does not "
        "count all matches. Pages of innospace are made anew and kept as above.",
    )
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(Service(program, file.parent, "--page-cache=0"))
        keeping = stack.enter_context(Service(program, file.parent))
        peers = list(started(stack, database, MapServer, Tipg, PyGeoApi))
        body = WORK / "hundred.bin"
        body.write_bytes(bytes(100_000))
        limit = stack.enter_context(Program(bare, body, "content-type", "application/geo+json"))
        write_paths(BARE, "/", [([], None)])
        # Requests a second of peers where the goals were set.
        set_by = {"": (20_000, BARE, 44_000), FILTER: (8_000, PyGeoApi.name, 54)}
        for table, filter in ((plain, ""), (filtered, FILTER)):
            asked = full_pages(windows, counts[filter])
            servers = {OURS: (service.address, OUR_PAGE + (f"&filter={quote(filter)}" if filter else ""))}
            servers |= {one.name: (one.address, one.filtered if filter else one.path) for one in peers}
            for name, (address, path) in servers.items():
                say(f"checking {len(asked)} answers of {name}")
                check(name, address, path, asked)
                write_paths(name, path, asked)
            for connections in (8, 1):
                actions = {
                    name: driver(name, address, connections, options.seconds) for name, (address, _) in servers.items()
                }
                found = medians(alternate(options.rounds, actions))
                label = f"{connections} connection{'s' if connections > 1 else ''}"
                add_driven(table, label, "requests", found)
                if connections == 8:
                    eight = found
            table.add("KB a response", column(found, 3), None)
            actions = {
                OURS: driver(OURS, keeping.address, 8, options.seconds),
                BARE: driver(BARE, limit.address, 8, options.seconds),
            }
            kept = medians(alternate(options.rounds, actions))
            add_driven(table, "8 connections, kept", "requests", kept)
            least, name, then = set_by[filter]
            beside = Beside(name, then, (eight | {BARE: kept[BARE]}).get(name, [None])[0])
            goals = []
            for found, how in ((eight, "made anew"), (kept, "kept")):
                measure = f"{table.title}, 8 connections, {how}, requests a second"
                goals.append(Goal(measure, found[OURS][0], least=least, beside=beside))
            yield table, goals


def full_pages(windows, counts):
    """Medium windows of which a page is full, with what they hold."""
    medium = zip(windows[part("medium")], counts[part("medium")], strict=True)
    asked = [(window, matched) for window, matched in medium if matched >= PAGE][:PATHS_OVER_HTTP]
    if not asked:
        raise Wrong(f"no medium window holds {PAGE} features")
    return asked


def write_paths(name, path, asked):
    (WORK / f"paths-{name}").write_text("".join(path.format(*window) + "\n" for window, _ in asked))


def started(stack, database, *kinds):
    """Servers over the database; those that cannot be started are left out."""
    for kind in kinds:
        if not database:
            not_run[kind.name] = f"it reads from {POSTGIS}, which is not run"
        elif server := attempt(kind.name, lambda kind=kind: stack.enter_context(kind(database))):
            yield server


def check(name, address, path, asked):
    """Each answer is 200, holds a full page, and counts what was counted in process."""
    for window, matched in asked:
        with urllib.request.urlopen(address + path.format(*window), timeout=60) as response:
            page = json.load(response)
            found = (response.status, len(page["features"]), page.get("numberMatched", matched))
        if found != (200, PAGE, matched):
            raise Wrong(
                f"{name}, window {window}: status, features, matches are {found}, expected {(200, PAGE, matched)}"
            )


def driver(name, address, connections, seconds, *headers):
    """Drives a server with wrk round the addresses of its file. Requests a second, p50 and p99 in milliseconds, kilobytes a response."""

    def drive():
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout",
            "30s",
            "-s",
            Path(__file__).with_name("drive.lua"),
            *(f"--header={header}" for header in headers),
            address,
        ]
        said = machine.output(*command, env=os.environ | {"PATHS": str(WORK / f"paths-{name}")})
        found = json.loads(said.strip().splitlines()[-1])
        if found["failed"] or not found["requests"]:
            problem = f"{found['failed']} of {found['requests']} responses over HTTP failed"
            raise Wrong(f"{name}: {problem}") if name == OURS else NotRun(problem)
        time.sleep(found["p99"] / 1e3)  # the server ends what wrk has left
        return (
            found["requests"] / found["seconds"],
            found["p50"],
            found["p99"],
            found["bytes"] / found["requests"] / 1e3,
        )

    return drive


def column(figures, at):
    """By program, one of its numbers."""
    return {name: numbers[at] for name, numbers in figures.items()}


def add_driven(table, label, what, figures):
    """Adds the rows of what a driver has measured."""
    for at, measure in enumerate((f"{what} a second", "p50, ms", "p99, ms")):
        table.add(f"{label}, {measure}", column(figures, at), "least" if at else "most")


def fetch(name, address):
    """The body of an answer."""
    try:
        with urllib.request.urlopen(address, timeout=300) as response:
            return response.read()
    except (OSError, http.client.HTTPException) as fault:
        raise Wrong(f"{name}: {fault}") if name == OURS else NotRun(f"{address.partition('?')[0]}: {fault}")
