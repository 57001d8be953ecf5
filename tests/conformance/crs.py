"""Annex A of OGC 18-058r1 (Features Part 2): class crs."""
import functools
import json
import re
import urllib.parse

import pyproj
import shapely

from wire import *

SUITE = "Features Part 2"
# What differs between two right implementations: rounding in the answer, and how an edge of a window is bent.
NEAR, EDGE = 3e-7, 2e-5


def listed(collection, root):
    own = read(base(collection))["crs"]
    assert own == collection["crs"], collection["id"]
    return [each for each in own if each != "#/crs"] + (read(f"{root}/collections")["crs"] if "#/crs" in own else [])


def everywhere(root):
    for collection in collections(root):
        for crs in listed(collection, root):
            yield collection, crs


@functools.cache
def turned(crs, back=False):
    """From degrees to a system or back, axes in the order of each definition."""
    return pyproj.Transformer.from_crs(*((crs, CRS84) if back else (CRS84, crs)))


@functools.cache
def degrees(crs):
    return crs == CRS84 or pyproj.CRS.from_user_input(crs).is_geographic


def boxed(crs, *box):
    """The smallest box of the system over a box in degrees; in metres a bit more, for what rounding takes away."""
    low, left, high, right = turned(crs).transform_bounds(*box, 101)
    more = 0 if degrees(crs) else 0.02
    return low - more, left - more, high + more, right + more


def outline(crs, low, left, high, right):
    """What a box of the system covers in degrees: no rectangle, and more than the box it was made from."""
    ring = shapely.box(low, left, high, right).exterior
    ring = shapely.segmentize(ring, ring.length / 400) if ring.length else ring
    return shapely.Polygon(zip(*turned(crs, True).transform(*zip(*ring.coords))))


@test(SUITE, "/conf/crs/crs-uri")
def crs_uri(root):
    for collection, crs in everywhere(root):
        for uri in (crs, collection.get("storageCrs", crs)):
            assert re.fullmatch(r"http://www\.opengis\.net/def/crs/[A-Za-z]+/[0-9.]+/[A-Za-z0-9]+", uri), uri
            pyproj.CRS.from_user_input(uri)


@test(SUITE, "/conf/crs/default-crs")
def default_crs(root):
    for collection in spatial(root):
        assert CRS84 in listed(collection, root), collection["id"]


@test(SUITE, "/conf/crs/storageCrs")
def storage_crs(root):
    for collection in collections(root):
        for found in (collection, read(base(collection))):
            assert found.get("storageCrs", CRS84) in listed(collection, root), collection["id"]


def both(collection, **query):
    """The layer and one feature of it, as the server answers them."""
    yield ask(items(collection, limit=50, **query), GEOJSON)
    for feature in read(items(collection, limit=1), GEOJSON)["features"]:
        yield ask(f"{item(collection, feature)}?{urllib.parse.urlencode(query)}", GEOJSON)


@test(SUITE, "/conf/crs/crs-parameter")
def crs_parameter(root):
    for collection, crs in everywhere(root):
        plain = [json.loads(answer.body) for answer in both(collection)]
        for answer, without in zip(both(collection, crs=crs), plain, strict=True):
            assert (answer.status, kind(answer)) == (200, GEOJSON), (collection["id"], crs, answer.status)
            assert answer.headers["content-crs"] == f"<{crs}>", (collection["id"], crs, answer.headers["content-crs"])
            found = json.loads(answer.body)
            valid(found, FEATURES if "features" in found else FEATURE)
            assert ids(found.get("features", [found])) == ids(without.get("features", [without])), (collection["id"], crs)


@test(SUITE, "/conf/crs/crs-parameter-invalid")
def crs_parameter_invalid(root):
    for collection in collections(root):
        for crs in ("http://www.opengis.net/def/crs/EPSG/0/0", "http://www.opengis.net/def/crs/EPSG/0/2154", "x", ""):
            for answer in both(collection, crs=crs):
                assert answer.status == 400, (collection["id"], crs, answer.status)


@test(SUITE, "/conf/crs/crs-parameter-default")
def crs_parameter_default(root):
    for collection in collections(root):
        for answer in both(collection):
            assert answer.headers["content-crs"] == f"<{CRS84}>", (collection["id"], answer.headers["content-crs"])


@test(SUITE, "/conf/crs/crs-parameter-transform")
def crs_parameter_transform(root):
    for collection, crs in everywhere(root):
        for answer, without in zip(both(collection, crs=crs), both(collection), strict=True):
            found, plain = json.loads(answer.body), json.loads(without.body)
            for one, two in zip(found.get("features", [found]), plain.get("features", [plain]), strict=True):
                there, here = ([at[:2] for at in positions(each["geometry"])] for each in (one, two))
                assert len(there) == len(here), (collection["id"], crs, one["id"])
                again = zip(*turned(crs, True).transform(*zip(*there))) if there else []
                for at, wanted, was in zip(again, here, there):
                    assert max(abs(a - b) for a, b in zip(at, wanted)) < NEAR, (collection["id"], crs, one["id"], was, wanted, at)


@test(SUITE, "/conf/crs/bbox-crs-parameter")
def bbox_crs_parameter(root):
    for collection in spatial(root):
        west, south, east, north = extent(collection)
        across, up = (west + east) / 2, (south + north) / 2
        found = features(collection)
        shapes = [shape(feature) for feature in found]
        free = {feature["id"] for feature in found if not feature["geometry"]}
        for crs in listed(collection, root):
            for box in [(west, south, across, north), (across, up, east, north), (west, south, east, up)]:
                there = set(ids(features(collection, bbox=comma(boxed(crs, *box)), bbox_crs=crs)))
                area = shapely.box(*box) if degrees(crs) else outline(crs, *boxed(crs, *box))
                must, may = (free | {id for id, hit in zip(ids(found), shapely.intersects(area.buffer(by), shapes)) if hit}
                             for by in (-EDGE, EDGE))
                assert must <= there <= may, (collection["id"], crs, box, first(must - there, 5), first(there - may, 5))


@test(SUITE, "/conf/crs/bbox-crs-parameter-invalid")
def bbox_crs_parameter_invalid(root):
    for collection in collections(root):
        for crs in ("http://www.opengis.net/def/crs/EPSG/0/0", "x", ""):
            refused(items(collection, bbox="0,0,1,1", bbox_crs=crs))


@test(SUITE, "/conf/crs/bbox-crs-parameter-default")
def bbox_crs_parameter_default(root):
    for collection in spatial(root):
        west, south, east, north = extent(collection)
        box = comma((west, south, (west + east) / 2, north))
        assert features(collection, bbox=box) == features(collection, bbox=box, bbox_crs=CRS84), collection["id"]
