"""The other side of the comparison of window queries: counts the features that touch each window of a list.

    peer.py shapely GEOJSON LIST        GEOJSON read with pyogrio, a shapely STRtree over it
    peer.py postgis CONNECTION LIST     table parcels(geom) of a database

Says `ready` once the data is there, and then answers each line of standard input with one line of JSON,
[[count, …], [nanoseconds, …]], in the order of the list. windows.rs speaks the same way.
"""

import json
import sys
import time


def shapely_counter(path, windows):
    import pyogrio.raw
    import shapely

    geometries = shapely.from_wkb(pyogrio.raw.read(path)[2])
    tree = shapely.STRtree(geometries)
    boxes = [shapely.box(*window) for window in windows]
    # The tree prepares the box before it tests what it met.
    return boxes, lambda box: len(tree.query(box, predicate="intersects"))


def postgis_counter(connection, windows):
    import psycopg

    cursor = psycopg.connect(connection, autocommit=True).cursor()
    question = "select count(*) from parcels where st_intersects(geom, st_makeenvelope(%s, %s, %s, %s, 4326))"
    return windows, lambda window: cursor.execute(question, window, prepare=True).fetchone()[0]


def main(kind, source, path):
    with open(path) as lines:
        windows = [tuple(map(float, line.split(","))) for line in lines]
    asked, count = {"shapely": shapely_counter, "postgis": postgis_counter}[kind](source, windows)
    print("ready", flush=True)
    for _ in sys.stdin:
        counts, took_ns = [], []
        for window in asked:
            began = time.perf_counter_ns()
            counts.append(count(window))
            took_ns.append(time.perf_counter_ns() - began)
        print(json.dumps([counts, took_ns]), flush=True)


main(*sys.argv[1:])
