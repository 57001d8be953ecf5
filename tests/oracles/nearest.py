"""How near two geometries are: reads pairs as WKT, a tab between them, and writes the metres of the shortest geodesic between
them, edges being straight in degrees; 0 where they share a position. Found by looking: pairs of edges on a grid of shares
that closes in on the nearest of its spots."""

import sys

import numpy
import pyproj
import shapely

GEOD = pyproj.Geod(ellps="WGS84")
STEPS = 24


def edges(shape):
    if hasattr(shape, "geoms"):
        return [edge for part in shape.geoms for edge in edges(part)]
    if shape.geom_type == "Polygon":
        return [edge for ring in (shape.exterior, *shape.interiors) for edge in edges(ring)]
    at = list(shape.coords)
    return list(zip(at, at[1:])) if len(at) > 1 else [(at[0], at[0])]


def spots(edge, shares):
    (ax, ay), (bx, by) = edge
    return ax + (bx - ax) * shares, ay + (by - ay) * shares


def between(p, q):
    low, high = numpy.zeros(2), numpy.ones(2)
    best = numpy.inf
    for _ in range(14):
        s, t = (numpy.linspace(low[axis], high[axis], STEPS + 1) for axis in (0, 1))
        s, t = (grid.ravel() for grid in numpy.meshgrid(s, t))
        metres = GEOD.inv(*spots(p, s), *spots(q, t))[2]
        at = int(numpy.argmin(metres))
        best = min(best, metres[at])
        reach = (high - low) / STEPS * 1.5
        middle = numpy.array([s[at], t[at]])
        low, high = numpy.clip(middle - reach, 0, 1), numpy.clip(middle + reach, 0, 1)
    return best


for line in sys.stdin:
    a, b = (shapely.from_wkt(text) for text in line.rstrip("\n").split("\t"))
    print(0.0 if a.intersects(b) else min(between(p, q) for p in edges(a) for q in edges(b)))
