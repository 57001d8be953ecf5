"""Reads runs of positions, longitude and latitude, those of one line with spaces between: metres of the geodesic from the first to
the last, and the most that any position between lies off it, metres."""

import sys

import pyproj

GEOD = pyproj.Geod(ellps="WGS84")

for line in sys.stdin:
    at = [tuple(map(float, pair.split(","))) for pair in line.split()]
    (x, y), (u, v) = at[0], at[-1]
    azimuth, _, metres = GEOD.inv(x, y, u, v)
    off = 0.0
    for a, b in at[1:-1]:
        along = GEOD.inv(x, y, a, b)[2]
        c, d, _ = GEOD.fwd(x, y, azimuth, along)
        off = max(off, GEOD.inv(a, b, c, d)[2])
    print(metres, off)
