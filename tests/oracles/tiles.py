"""What an independent decoder and GEOS find in vector tiles: reads a JSON object a line with a source file (GeoJSON), the
name of the layer, a tile (set, matrix, row, col) and its bytes in hexadecimal digits, and writes what is wrong with the
tile as a JSON array of sentences, behind it a tab and the number of features compared.

Compared are ids, attributes and geometries of all features, the projection worked out here from its formula."""

import functools
import json
import math
import sys

import mapbox_vector_tile
import shapely
from shapely.geometry import box, shape

EXTENT, BUFFER = 4096, 64
WHOLE = box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
# Rounding to the grid moves a position by half a unit along each axis; the middle of an edge moves no further.
FAR = 1.0


def projection(set_id, matrix, row, col):
    rows = 2**matrix

    def mercator(longitude, latitude):
        down = 0.5 - math.asinh(math.tan(math.radians(max(-89.999999, min(89.999999, latitude))))) / (2 * math.pi)
        return ((longitude / 360 + 0.5) * rows - col) * EXTENT, (down * rows - row) * EXTENT

    def degrees(longitude, latitude):
        return ((longitude / 180 + 1) * rows - col) * EXTENT, ((0.5 - latitude / 180) * rows - row) * EXTENT

    return mercator if set_id == "WebMercatorQuad" else degrees


@functools.cache
def features(path):
    with open(path, encoding="utf-8") as file:
        return [(feature, shape(feature["geometry"])) for feature in json.load(file)["features"] if feature["geometry"]]


def placed(geometry, project):
    """The geometry in tile units, with its copies around the earth."""
    copies = []
    west, south, east, north = geometry.bounds
    for turn in (0, -360, 360):
        # Meridians and parallels stay straight, so the window shows what lies far off.
        (left, bottom), (right, top) = project(west + turn, south), project(east + turn, north)
        if left > EXTENT + BUFFER or right < -BUFFER or top > EXTENT + BUFFER or bottom < -BUFFER:
            continue
        copy = shapely.transform(geometry, lambda spots: [project(x + turn, y) for x, y, *_ in spots])
        if copy.intersects(WHOLE):
            copies.append(copy)
    return copies


def close(one, other, reach):
    """Does no position of one lie further than so many units from the other? Asked of the ends of its edges and of spots
    between them; buffers would be exact, and of walks that cross themselves they take GEOS for ever."""
    spots = shapely.points(shapely.get_coordinates(shapely.segmentize(one, 16)))
    shapely.prepare(other)
    return bool(shapely.dwithin(other, spots, reach + 1e-6).all())


def cut(geometry):
    areal = dimension(geometry) == 2
    return (shapely.make_valid(geometry) if areal else geometry).intersection(WHOLE)


def is_speck(geometry):
    west, south, east, north = geometry.bounds
    return max(east - west, north - south) < 1


def united(shapes):
    return shapes[0] if len(shapes) == 1 else shapely.unary_union(shapes)


def members(geometry):
    return geometry.geoms if hasattr(geometry, "geoms") else [geometry]


def dimension(geometry):
    return max((shapely.get_dimensions(member) for member in members(geometry)), default=-1)


def value(found):
    # Tiles hold lists and objects as JSON.
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")) if isinstance(found, (list, dict)) else found


def compare(ask):
    faults = []
    project = projection(ask["set"], ask["matrix"], ask["row"], ask["col"])
    layers = mapbox_vector_tile.decode(bytes.fromhex(ask["tile"]), default_options={"y_coord_down": True})
    if set(layers) - {ask["layer"]}:
        faults.append(f"layers {sorted(layers)}")
    layer = layers.get(ask["layer"], {"extent": EXTENT, "version": 2, "features": []})
    if (layer["extent"], layer["version"]) != (EXTENT, 2):
        faults.append(f"extent {layer['extent']}, version {layer['version']}")
    found = {}
    for feature in layer["features"]:
        key = str(feature["properties"].get("id", feature.get("id")))
        found.setdefault(key, []).append(feature)
    margin = box(-BUFFER + 1, -BUFFER + 1, EXTENT + BUFFER - 1, EXTENT + BUFFER - 1)
    compared = 0
    for feature, geometry in features(ask["source"]):
        key = str(feature["id"])
        copies = placed(geometry, project)
        drawn = found.pop(key, None)
        if drawn is None:
            if any(copy.intersects(margin) for copy in copies):
                faults.append(f"{key} is missing")
            continue
        compared += 1
        if not copies:
            # Half a unit beyond the border is as good as on it.
            if not any(shape(one["geometry"]).distance(WHOLE.boundary) <= FAR for one in drawn):
                faults.append(f"{key} lies outside")
            continue
        want = {name: value(held) for name, held in feature["properties"].items() if held is not None}
        want.setdefault("id", feature["id"])
        for one in drawn:
            has = dict(one["properties"])
            has.setdefault("id", one.get("id"))
            if has != want:
                faults.append(f"{key} has {has} instead of {want}")
        shapes = [shape(one["geometry"]) for one in drawn]
        for one in shapes:
            if not one.is_valid:
                faults.append(f"{key}: {shapely.is_valid_reason(one)}: {one.wkt[:200]}")
            if one.is_empty:
                faults.append(f"{key} is empty")
        if all(is_speck(copy) for copy in copies):
            # The grid cannot tell it from a spot, and what it looks like down there takes GEOS long to say.
            spots = united([box(*copy.bounds).buffer(FAR + 1.0) for copy in copies])
            if not all(spots.covers(one) for one in shapes):
                faults.append(f"{key} lies elsewhere: {shapes[0].wkt[:200]}")
            continue
        source = united([cut(copy) for copy in copies])
        whole = united([shapely.make_valid(one) if dimension(one) == 2 else one for one in shapes])
        # What the grid cannot tell from a line is drawn as a triangle one unit wide.
        reach = FAR + 1.0 if source.area < 2 * source.length else FAR
        if not close(whole, source, reach):
            faults.append(f"{key} reaches too far: {whole.wkt[:200]}")
        # What is thinner than the grid vanishes in it beside what is not.
        kept = [part.buffer(-1) if dimension(part) == 2 else part for part in members(source)]
        kept = [part for part in kept if dimension(part) == dimension(whole) and (part.area or part.length or 9) > 8]
        lost = [part for part in kept if not close(part, whole, reach)]
        if lost:
            faults.append(f"{key} lost {lost[0].wkt[:200]}")
    for key in found:
        faults.append(f"{key} stands in no source")
    return faults, compared


for line in sys.stdin:
    faults, compared = compare(json.loads(line))
    print(json.dumps(faults, ensure_ascii=False), compared, sep="\t")
