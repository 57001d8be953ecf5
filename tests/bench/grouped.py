"""The other side of the comparison of grouped counts: parcels by district and land use.

    grouped.py shapely PARCELS DISTRICTS        GeoJSON read with pyogrio, a shapely STRtree over the parcels
    grouped.py sedonadb PARCELS DISTRICTS       the same, as tables in the memory of SedonaDB
    grouped.py postgis CONNECTION               tables parcels and districts of a database

Says `ready` once the data is there, and then answers each job named on standard input with one line of JSON,
[[nanoseconds, …], [answer, …]]. The jobs are `intersects`, `within` and `overlap`, each done on areas that must be
prepared and once more on areas that are, and `each`: the count in every district alone. grouped.rs speaks the same way.

An overlap is the part of a parcel's area that lies in a district. PostGIS measures that part on the ellipsoid. shapely
and SedonaDB measure in the plane of degrees: for them it is the parcel's area on the ellipsoid, made beforehand, times
the share that lies within.
"""

import json
import sys
import time


def shapely_jobs(parcels, districts):
    import numpy
    import shapely

    (names, areas), (uses, shapes) = read(districts, "district"), read(parcels, "use_code")
    sizes, plane = on_ellipsoid(shapes), shapely.area(shapes)
    # Codes of land use are a column like any other: made with the data, as an index is.
    values, codes = numpy.unique(uses.astype(str), return_inverse=True)
    values = [None if value == "None" else value for value in values.tolist()]
    tree = shapely.STRtree(shapes)

    def count(predicate):
        shapely.prepare(areas)
        at, row = tree.query(areas, predicate=predicate)
        size = len(areas), len(values)
        table = numpy.bincount(at * size[1] + codes[row], minlength=size[0] * size[1]).reshape(size)
        return [[names[at], values[use], int(table[at, use])] for at, use in zip(*table.nonzero(), strict=True)]

    def overlap():
        shapely.prepare(areas)
        at, row = tree.query(areas, predicate="contains")
        sums = numpy.bincount(at, weights=sizes[row], minlength=len(areas))
        # An intersection costs far more than a test, so what lies within is not cut.
        all_at, all_row = tree.query(areas, predicate="intersects")
        cut = ~numpy.isin(all_at * len(shapes) + all_row, at * len(shapes) + row)
        at, row = all_at[cut], all_row[cut]
        shares = shapely.area(shapely.intersection(shapes[row], areas[at])) / plane[row]
        sums += numpy.bincount(at, weights=shares * sizes[row], minlength=len(areas))
        return [[name, total] for name, total in zip(names, sums.tolist(), strict=True) if total]

    jobs = {"intersects": lambda: count("intersects"), "within": lambda: count("contains"), "overlap": overlap}
    # The tree prepares the area before it tests what it met, and forgets it.
    alone = [lambda area=area: len(tree.query(area, predicate="intersects")) for area in areas]
    return jobs, alone, lambda: shapely.destroy_prepared(areas)


def sedonadb_jobs(parcels, districts):
    import pyarrow
    import sedonadb
    import shapely

    connection = sedonadb.connect()

    def ask(text):
        return pyarrow.table(connection.sql(text)).to_pylist()

    for table, path, column in (("districts", districts, "district"), ("parcels", parcels, "use_code")):
        values, shapes = read(path, column)
        columns = {column: values, "size": on_ellipsoid(shapes), "wkb": shapely.to_wkb(shapes)}
        connection.create_data_frame(pyarrow.table(columns)).to_view("raw", overwrite=True)
        made = f"select row_number() over () as gid, {column}, size, st_geomfromwkb(wkb) as geom from raw"
        connection.sql(made).to_memtable().to_view(table)
    names = [row["district"] for row in ask("select district from districts order by district")]
    # What a border meets is cut, the rest lies within: to test every pair without the join's help takes far longer.
    connection.sql("select district, geom, st_boundary(geom) as border from districts").to_memtable().to_view("borders")
    overlap = """
        with met as (
            select d.district, p.gid, p.size, st_area(st_intersection(p.geom, d.geom)) / st_area(p.geom) as share
            from borders d join parcels p on st_intersects(d.border, p.geom)
        ), inside as (
            select d.district, p.gid, p.size from districts d join parcels p on st_within(p.geom, d.geom)
        )
        select district, sum(area) as area from (
            select district, size * share as area from met
            union all
            select i.district, i.size as area from inside i left anti join met m
            on i.gid = m.gid and i.district = m.district
        ) group by district"""
    jobs = jobs_in_sql(lambda text: [list(row.values()) for row in ask(text)], overlap)
    one = "select count(*) as n from districts d join parcels p on st_intersects(d.geom, p.geom) where district = '{}'"
    return jobs, [lambda name=name: ask(one.format(name))[0]["n"] for name in names], None


def postgis_jobs(connection):
    import psycopg

    cursor = psycopg.connect(connection, autocommit=True).cursor()

    def ask(text, *values):
        return cursor.execute(text, values, prepare=bool(values)).fetchall()

    names = [name for (name,) in ask("select district from districts order by district")]
    overlap = """
        select d.district, sum(st_area((
            case when st_within(p.geom, d.geom) then p.geom else st_intersection(p.geom, d.geom) end
        )::geography))
        from districts d join parcels p on st_intersects(d.geom, p.geom) group by 1"""
    one = "select count(*) from parcels p, districts d where d.district = %s and st_intersects(d.geom, p.geom)"
    jobs = jobs_in_sql(ask, overlap)
    return jobs, [lambda name=name: ask(one, name)[0][0] for name in names], None


def jobs_in_sql(ask, overlap):
    def count(test):
        joined = f"districts d join parcels p on {test}"
        return ask(f"select d.district, p.use_code, count(*) as n from {joined} group by d.district, p.use_code")

    return {
        "intersects": lambda: count("st_intersects(d.geom, p.geom)"),
        "within": lambda: count("st_within(p.geom, d.geom)"),
        "overlap": lambda: [row for row in ask(overlap) if row[1]],
    }


def read(path, column):
    """Values of a column, and geometries."""
    import pyogrio.raw
    import shapely

    _, _, shapes, (values,) = pyogrio.raw.read(path, columns=[column])
    return values, shapely.from_wkb(shapes)


def on_ellipsoid(shapes):
    """Square metres on the ellipsoid of WGS 84, by the cylindrical projection that keeps areas (Snyder 1987, 3-12)."""
    import numpy
    import shapely

    axis, e2 = 6_378_137.0, 0.006_694_379_990_141_317
    e = e2**0.5

    def project(positions):
        sine = numpy.sin(numpy.radians(positions[:, 1]))
        q = (1 - e2) * (sine / (1 - e2 * sine**2) + numpy.arctanh(e * sine) / e)
        return numpy.column_stack([axis * numpy.radians(positions[:, 0]), axis / 2 * q])

    return shapely.area(shapely.transform(shapes, project))


def clock(actions):
    took_ns, answers = [], []
    for action in actions:
        began = time.perf_counter_ns()
        answers.append(action())
        took_ns.append(time.perf_counter_ns() - began)
    return took_ns, answers


def main(kind, *source):
    makers = {"shapely": shapely_jobs, "sedonadb": sedonadb_jobs, "postgis": postgis_jobs}
    jobs, alone, forget = makers[kind](*source)
    print("ready", flush=True)
    for line in sys.stdin:
        if forget:
            forget()
        job = line.strip()
        print(json.dumps(clock(alone if job == "each" else [jobs[job]] * 2)), flush=True)


main(*sys.argv[1:])
