"""What PROJ's geodesics answer: reads pairs of geometries as WKT, a tab between them, and writes for each the area and
the length of the first and the distance of both, metres, or "invalid". The distance is that of positions set along
the edges, ever denser around the nearest, so it is never too short."""

import sys

import numpy
import shapely

from geodesic import GEOD, area, length

STEPS = 12


def edges(shape):
    if shape.geom_type == "Polygon":
        return [edge for ring in (shape.exterior, *shape.interiors) for edge in edges(shapely.LineString(ring.coords))]
    if hasattr(shape, "geoms"):
        return [edge for part in shape.geoms for edge in edges(part)]
    ends = list(shape.coords)
    return list(zip(ends[:-1], ends[1:])) or [(ends[0], ends[0])]


def between(edge, low, high):
    """Positions along an edge, and their shares."""
    shares = numpy.linspace(max(low, 0), min(high, 1), STEPS)
    (x, y), (u, v) = edge
    return x + (u - x) * shares, y + (v - y) * shares, shares


def nearest(p, q, of_p=(0, 1), of_q=(0, 1), rounds=4):
    """The least distance of positions on two edges: a coarse grid, then finer ones around the best."""
    (x, y, s), (u, v, t) = between(p, *of_p), between(q, *of_q)
    i, j = (grid.ravel() for grid in numpy.meshgrid(range(STEPS), range(STEPS)))
    distances = GEOD.inv(x[i], y[i], u[j], v[j])[2]
    best = distances.argmin()
    if rounds == 0:
        return distances[best]
    around = lambda shares, at: (2 * shares[max(at - 1, 0)] - shares[at], 2 * shares[min(at + 1, STEPS - 1)] - shares[at])
    return min(distances[best], nearest(p, q, around(s, i[best]), around(t, j[best]), rounds - 1))


def distance(a, b):
    if a.intersects(b):
        return 0.0
    pairs = [(p, q) for p in edges(a) for q in edges(b)]

    def rough(pair):
        # Longitudes across the antimeridian are brought together.
        (p, q) = ([(x - 360 if x > 180 else x, y) for x, y in edge] for edge in pair)
        turn = 360 * round((q[0][0] - p[0][0]) / 360)
        narrow = numpy.cos(numpy.radians((p[0][1] + q[0][1]) / 2))
        return shapely.LineString([(x * narrow, y) for x, y in p]).distance(
            shapely.LineString([((x - turn) * narrow, y) for x, y in q])
        )

    return min(nearest(*pair) for pair in sorted(pairs, key=rough)[:12])


for line in sys.stdin:
    a, b = map(shapely.from_wkt, line.rstrip("\n").split("\t"))
    if a.is_valid and b.is_valid:
        print(f"{area(a)!r}\t{length(a)!r}\t{float(distance(a, b))!r}")
    else:
        print("invalid")
