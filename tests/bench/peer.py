"""The other side of the comparison of windows and positions: counts in windows, and what is nearest.

    peer.py shapely FILE LIST           GeoJSON read with pyogrio or GeoParquet with pyarrow, a shapely STRtree over it
    peer.py sedonadb GEOPARQUET LIST    a table in the memory of SedonaDB; it is loaded and counted, and has no jobs
    peer.py postgis CONNECTION LIST     table parcels of a database

Says `ready` once the data is there, and then answers each job named on standard input with one line of JSON,
[[answer, …], [nanoseconds, …]], in the order of the list. The jobs are those of windows.rs, and `degrees N`: the
distances to the N nearest in the plane of degrees, which is how these programs are used.
"""

import json
import re
import sys
import time

# The ellipsoid of WGS 84: half its longer axis, the square of its eccentricity.
AXIS, E2 = 6_378_137.0, 0.006_694_379_990_141_317


def shapely_jobs(path, windows, positions):
    import numpy
    import shapely

    if path.endswith(".parquet"):
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(path)
        columns = {name: table[name] for name in table.column_names}
        shapes = columns.pop("geometry").to_numpy()
    else:
        import pyogrio.raw

        about, _, shapes, values = pyogrio.raw.read(path)
        columns = dict(zip(about["fields"], values, strict=True))
    geometries = shapely.from_wkb(shapes)
    tree = shapely.STRtree(geometries)
    boxes = [shapely.box(*window) for window in windows]

    def count(condition):
        # The tree prepares the box before it tests what it met.
        if not condition:
            return boxes, lambda box: len(tree.query(box, predicate="intersects"))
        mask = numpy.ones(len(geometries), bool)
        for name, value in re.findall(r"(\w+) = '(\w+)'", condition):
            mask &= numpy.asarray(columns[name]) == value
        return boxes, lambda box: int(mask[tree.query(box, predicate="intersects")].sum())

    # The tree knows only the one nearest, so a box is widened until it surely holds them all.
    def widened(position, most, distances, units):
        x, y = position
        radius = 0.0015
        while True:
            rows = tree.query(shapely.box(x - radius, y - radius, x + radius, y + radius))
            if len(rows) >= most:
                found = numpy.sort(distances(geometries[rows]))[:most]
                if found[-1] <= radius * units:
                    return found.tolist()
            radius *= 2

    def degrees(most):
        def near(position):
            point = shapely.Point(position)
            return widened(position, int(most), lambda near: shapely.distance(near, point), 1)

        return positions, near

    def nearest(most):
        origin = shapely.Point(0, 0)

        def near(position):
            # Metres from the position by the radii of curvature at the latitude halfway.
            def project(corners):
                half = numpy.radians((corners[:, 1] + position[1]) / 2)
                bend = 1 - E2 * numpy.sin(half) ** 2
                east, north = numpy.radians(corners - position).T
                metres = (AXIS / bend**0.5 * numpy.cos(half) * east, AXIS * (1 - E2) / bend**1.5 * north)
                return numpy.column_stack(metres)

            # A degree of longitude is the shorter one; a hundredth is left for its change within the box.
            units = project(numpy.array([[position[0] + 1, position[1]]]))[0, 0] * 0.99
            return widened(
                position, int(most), lambda near: shapely.distance(shapely.transform(near, project), origin), units
            )

        return positions, near

    return {"count": count, "nearest": nearest, "degrees": degrees}


def sedonadb_jobs(path, *_):
    import pyarrow
    import sedonadb

    connection = sedonadb.connect()
    connection.read_parquet(path).to_memtable().to_view("parcels")
    pyarrow.table(connection.sql("select count(*) from parcels"))
    return {"connection": connection}  # kept


def postgis_jobs(connection, windows, positions):
    import psycopg

    cursor = psycopg.connect(connection, autocommit=True).cursor()

    def ask(question):
        return lambda values: cursor.execute(question, values, prepare=True).fetchall()

    def count(condition):
        window = "st_intersects(geom, st_makeenvelope(%s, %s, %s, %s, 4326))"
        found = ask(f"select count(*) from parcels where {' and '.join(filter(None, (window, condition)))}")
        return windows, lambda window: found(window)[0][0]

    def distances(question):
        found = ask(question)
        return positions, lambda at: [distance for (distance,) in found({"x": at[0], "y": at[1]})]

    point = "st_setsrid(st_makepoint(%(x)s, %(y)s), 4326)"

    def degrees(most):
        return distances(f"select geom <-> {point} from parcels order by geom <-> {point} limit {most}")

    # Three times as many by degrees surely hold those by metres: a degree of longitude is half one of latitude or more.
    def nearest(most):
        near = f"select geom from parcels order by geom <-> {point} limit {3 * int(most)}"
        return distances(
            f"with near as materialized ({near}) "
            f"select st_distance(geom::geography, {point}::geography) from near order by 1 limit {most}"
        )

    return {"count": count, "nearest": nearest, "degrees": degrees}


def main(kind, source, path):
    with open(path) as lines:
        listed = [tuple(map(float, line.split(","))) for line in lines]
    windows, positions = ([numbers for numbers in listed if len(numbers) == size] for size in (4, 2))
    makers = {"shapely": shapely_jobs, "sedonadb": sedonadb_jobs, "postgis": postgis_jobs}
    jobs = makers[kind](source, windows, positions)
    print("ready", flush=True)
    for line in sys.stdin:
        job, _, more = line.strip().partition(" ")
        asked, answer = jobs[job](more)
        answers, took_ns = [], []
        for one in asked:
            began = time.perf_counter_ns()
            answers.append(answer(one))
            took_ns.append(time.perf_counter_ns() - began)
        print(json.dumps([answers, took_ns]), flush=True)


main(*sys.argv[1:])
