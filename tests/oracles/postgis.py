"""Groups as PostGIS counts them. Reads lines with tabs between their parts and answers each: "area", id and WKT, and
"feature", id, use and WKT, the WKT empty for no geometry, with nothing; a name of GROUPS with its groups, "area use
value" with spaces between them and commas between groups."""

import sys

import psycopg

from cluster import Cluster

# The whole of a feature is that of its positions as they are; edges of parts are straight in degrees, and a geodesic
# between positions this near, some 10 m, is as good as straight.
SIZE = "st_area(st_segmentize({}, 1e-4)::geography)"
GROUPS = {
    "intersects": "select a.id, f.use, count(*) from areas a join features f on st_intersects(a.geom, f.geom) group by 1, 2",
    "within": "select a.id, f.use, count(*) from areas a join features f on st_within(f.geom, a.geom) group by 1, 2",
    "centroid": """
        select first, use, count(*) from (
            select f.id, f.use, min(a.id collate "C") as first
            from areas a join features f on st_intersects(a.geom, st_centroid(f.geom)) group by 1, 2
        ) centred group by 1, 2""",
    "overlap": f"""
        select a.id, f.use, sum(
            {SIZE.format("st_intersection(a.geom, f.geom)")} / {SIZE.format("f.geom")} * st_area(f.geom::geography)
        )
        from areas a join features f on st_intersects(a.geom, f.geom)
        where st_dimension(f.geom) = 2 group by 1, 2""",
}

with Cluster() as cluster, psycopg.connect(cluster.connection, autocommit=True) as connection:
    connection.execute("create table areas (id text, geom geometry)")
    connection.execute("create table features (id text, use text, geom geometry)")
    for line in sys.stdin:
        kind, *values = line.rstrip("\n").split("\t")
        if kind == "area":
            connection.execute("insert into areas values (%s, nullif(%s, '')::geometry)", values)
        elif kind == "feature":
            connection.execute("insert into features values (%s, %s, nullif(%s, '')::geometry)", values)
        else:
            groups = connection.execute(GROUPS[kind]).fetchall()
            print(",".join(f"{area} {use or '-'} {value}" for area, use, value in groups))
            continue
        print()
