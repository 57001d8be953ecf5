"""Areas and lengths of geodesics, metres."""

import pyproj

GEOD = pyproj.Geod(ellps="WGS84")


def area(shape):
    if shape.geom_type == "Polygon":
        rings = [abs(GEOD.polygon_area_perimeter(*ring.xy)[0]) for ring in (shape.exterior, *shape.interiors)]
        return rings[0] - sum(rings[1:])
    return sum(area(part) for part in shape.geoms) if hasattr(shape, "geoms") else 0.0


def length(shape):
    if shape.geom_type == "LineString":
        return GEOD.line_length(*shape.xy)
    if shape.geom_type == "Polygon":
        return sum(GEOD.line_length(*ring.xy) for ring in (shape.exterior, *shape.interiors))
    return sum(length(part) for part in shape.geoms) if hasattr(shape, "geoms") else 0.0
