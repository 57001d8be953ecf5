"""Annexes A of OGC 20-057 (Tiles Part 1) and OGC 17-083r4 (2D TMS and TileSet Metadata 2.0): what tells of tiles. Lists,
tilesets, tile matrix sets, the definition; TileJSON 3.0.0. What tiles hold is in `tiles.py`."""
import functools
import math
import urllib.parse

import numpy
import pyproj

from wire import *

SUITE, SETS, FURTHER = "Tiles Part 1", "Tile matrix sets 2.0", "Tiles, further"
CONF, TMS = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/", "http://www.opengis.net/spec/tms/2.0/conf/"
REGISTER = "http://www.opengis.net/def/tilematrixset/OGC/1.0/"
CRS = "http://www.opengis.net/def/crs/"
OF = ("dataset.vector", "collection.vector")

skipped(SUITE, "/conf/png/*, /conf/jpeg/*, /conf/tiff/*, /conf/netcdf/*, /conf/xml/*", "the service does not declare them")
skipped(SETS, "/conf/xml-*, /conf/variablematrixwidth, /conf/json-variablematrixwidth", "the service does not declare them")


class Grid:
    """A tile matrix set as its definition draws it; positions by PROJ."""

    def __init__(self, about):
        self.about, self.matrices = about, {each["id"]: each for each in about["tileMatrices"]}
        system = pyproj.CRS.from_user_input(about["crs"])
        self.north_first, self.is_in_degrees = system.axis_info[0].direction == "north", system.is_geographic
        self.way = pyproj.Transformer.from_crs("OGC:CRS84", system, always_xy=True)

    def _tile(self, matrix):
        one = self.matrices[matrix]
        origin = one["pointOfOrigin"][::-1] if self.north_first else one["pointOfOrigin"]
        return origin, one["cellSize"] * one["tileWidth"], one["cellSize"] * one["tileHeight"]

    def place(self, matrix, at):
        """Columns and rows, with fractions, of longitudes and latitudes; on round the world beyond 180 degrees."""
        (left, top), width, height = self._tile(matrix)
        longitude, latitude = numpy.asarray(at, float).T
        turns = numpy.where(abs(longitude) > 180, numpy.round(longitude / 360), 0)
        if not self.is_in_degrees:
            latitude = numpy.clip(latitude, -89.99, 89.99)
        x, y = self.way.transform(longitude - 360 * turns, latitude)
        return numpy.column_stack([(x - left) / width + turns * self.matrices[matrix]["matrixWidth"], (top - y) / height])

    def degrees(self, matrix, col, row):
        (left, top), width, height = self._tile(matrix)
        return self.way.transform(left + col * width, top - row * height, direction="INVERSE")

    def box(self, tile, margin=0.0):
        """West, south, east, north of a tile with so much of it around; west > east across the antimeridian."""
        matrix, row, col = tile
        one = self.matrices[matrix]
        middle = self.degrees(matrix, one["matrixWidth"] / 2, one["matrixHeight"] / 2)[0]
        share = 360 / one["matrixWidth"]
        west, east = (middle - 180 + (col + by) * share for by in (-margin, 1 + margin))
        rows = [min(max(row + by, 0), one["matrixHeight"]) for by in (-margin, 1 + margin)]
        north, south = (self.degrees(matrix, one["matrixWidth"] / 2, at)[1] for at in rows)
        if east - west >= 360:
            west, east = -180, 180
        return (west + 360 if west < -180 else west), max(south, -90), (east - 360 if east > 180 else east), min(north, 90)


@functools.cache
def _grid(text):
    return Grid(json.loads(text))


def matrix_sets(root):
    """Address and definition of each tile matrix set."""
    for each in read(link(read(root), REL + "tiling-schemes")["href"])["tileMatrixSets"]:
        href = link(each, "self")["href"]
        yield each, href, read(href)


def tilesets(root, subject):
    """Each tileset of the dataset or a collection with its address; the grid of its set."""
    for each in read(link(subject, REL + "tilesets-vector")["href"])["tilesets"]:
        href = link(each, "self")["href"]
        found = read(href)
        yield found, href, _grid(ask(link(found, REL + "tiling-scheme")["href"]).body.decode())


def subjects(root):
    """The dataset and each collection with the ids of its layers and its extent."""
    all = collections(root)
    boxes = [each["extent"]["spatial"]["bbox"][0] for each in all if "spatial" in each.get("extent", {})]
    yield read(root), [each["id"] for each in all], boxes
    for each in all:
        yield each, [each["id"]], [box for box in [each.get("extent", {}).get("spatial", {}).get("bbox", [None])[0]] if box]


def template(found, kind):
    (one,) = [each for each in links(found, "item") if each["type"] == kind]
    assert one["templated"] is True, one
    for name in ("tileMatrix", "tileRow", "tileCol"):
        assert one["href"].count("{" + name + "}") == 1, one
    return one["href"]


def filled(template, tile, **query):
    for name, value in zip(("tileMatrix", "tileRow", "tileCol"), tile):
        template = template.replace("{" + name + "}", str(value))
    query = {DASHED.get(name, name): value for name, value in query.items()}
    mark = "&" if "?" in template else "?"
    return template + (mark + urllib.parse.urlencode(query) if query else "")


POINT = array_of(NUMBER, minItems=2, maxItems=2)
BOUNDS = object_of("lowerLeft upperRight", lowerLeft=POINT, upperRight=POINT, crs=TEXT,
                   orderedAxes=array_of(TEXT, minItems=2, maxItems=2))
KINDS = {"enum": ["map", "vector", "coverage"]}
MATRIX = object_of("id scaleDenominator cellSize pointOfOrigin tileWidth tileHeight matrixWidth matrixHeight", id=TEXT,
                   scaleDenominator=NUMBER, cellSize=NUMBER, cornerOfOrigin={"enum": ["topLeft", "bottomLeft"]},
                   pointOfOrigin=POINT, tileWidth=COUNT, tileHeight=COUNT, matrixWidth=COUNT, matrixHeight=COUNT)
MATRIX_SET = object_of("crs tileMatrices", id=TEXT, title=TEXT, uri=ADDRESS, crs=ADDRESS, orderedAxes=array_of(TEXT),
                       wellKnownScaleSet=ADDRESS, tileMatrices=array_of(MATRIX, minItems=1), boundingBox=BOUNDS)
LIMITS = object_of("tileMatrix minTileRow maxTileRow minTileCol maxTileCol", tileMatrix=TEXT, minTileRow=COUNT,
                   maxTileRow=COUNT, minTileCol=COUNT, maxTileCol=COUNT)
PROPERTIES = object_of("type properties", type={"const": "object"}, properties={
    "type": "object", "additionalProperties": object_of("type", type={"enum": "boolean integer number string".split()})})
SHEET = object_of("dataType id", id=TEXT, title=TEXT, dataType=KINDS, minTileMatrix=TEXT, maxTileMatrix=TEXT,
                  boundingBox=BOUNDS, propertiesSchema=PROPERTIES, geometryDimension={"enum": [0, 1, 2, 3]},
                  links=LINKS | {"minItems": 1})
TILESET_LINKS = array_of(object_of("href rel type", href=ADDRESS, rel=TEXT, type=TEXT, templated={"type": "boolean"}))
SUMMARY = object_of("dataType crs links", title=TEXT, dataType=KINDS, crs=ADDRESS, tileMatrixSetURI=ADDRESS,
                    links=TILESET_LINKS)
TILESET = SUMMARY | {"properties": SUMMARY["properties"] | dict(
    tileMatrixSetLimits=array_of(LIMITS), boundingBox=BOUNDS, layers=array_of(SHEET, minItems=1), attribution=TEXT,
    centerPoint=object_of("coordinates tileMatrix", coordinates=POINT, tileMatrix=TEXT, crs=ADDRESS))}
LIST = object_of("tilesets links", tilesets=array_of(SUMMARY, minItems=1), links=LINKS)
# https://github.com/mapbox/tilejson-spec, 3.0.0
VECTOR_LAYER = object_of("id fields", id=TEXT, description=TEXT, minzoom=COUNT, maxzoom=COUNT,
                         fields={"type": "object", "additionalProperties": TEXT})
ZOOM = {"type": "integer", "minimum": 0, "maximum": 30}
TILE_JSON = object_of(
    "tilejson tiles vector_layers", tilejson={"const": "3.0.0"}, vector_layers=array_of(VECTOR_LAYER), name=TEXT,
    tiles=array_of({"type": "string", "pattern": r"^https?://[^{]*\{z\}/\{x\}/\{y\}"}, minItems=1),
    center=array_of(NUMBER, minItems=3, maxItems=3), scheme={"enum": ["xyz", "tms"]},
    version={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"}, description=TEXT, attribution=TEXT, minzoom=ZOOM, maxzoom=ZOOM,
    bounds=array_of(NUMBER, minItems=4, maxItems=4))


@test(SUITE, "/conf/core/conformance-success")
def conformance_success(root):
    found = valid(read(f"{root}/conformance"), CONFORMANCE)["conformsTo"]
    for name in ("core", "tileset", "tilesets-list", "dataset-tilesets", "geodata-tilesets", "collections-selection", "oas30",
                 "mvt", "geojson"):
        assert CONF + name in found, name
    for name in ("tilematrixset", "tilesetmetadata", "tilematrixsetlimits"):
        assert {TMS + name, f"{TMS}json-{name}"} <= set(found), name


@test(SUITE, "/conf/dataset-tilesets/landingpage", "/conf/geodata-tilesets/desc-links")
def list_links(root):
    for subject, _, _ in subjects(root):
        (one,) = links(subject, REL + "tilesets-vector")
        assert one["type"] == JSON, one


@test(SUITE, "/conf/dataset-tilesets/operation", "/conf/geodata-tilesets/operation")
def list_operation(root):
    for subject, ids_, _ in subjects(root):
        own = root if "itemType" not in subject else base(subject)
        href = link(subject, REL + "tilesets-vector")["href"]
        assert href.split("?")[0] == f"{own}/tiles", (href, own)
        valid(read(f"{own}/tiles"), LIST)
        assert kind(ask(f"{own}/tiles", HTML)) == HTML
    refused(f"{root}/collections/{NOBODY}/tiles", 404)


@test(SUITE, "/conf/tilesets-list/tileset-links")
def tileset_links(root):
    known = {each["id"]: href for each, href, _ in matrix_sets(root)}
    for subject, _, _ in subjects(root):
        href = link(subject, REL + "tilesets-vector")["href"]
        found = valid(read(href), LIST)
        typed(found)
        assert len(links(found, "self")) == 1 and links(found, "alternate"), href
        assert len(found["tilesets"]) == len(known), href
        for each in found["tilesets"]:
            own = link(each, "self")["href"]
            assert own.split("?")[0].rpartition("/") == (href, "/", own.split("?")[0].rpartition("/")[2]), own
            id = own.rpartition("/")[2]
            assert link(each, REL + "tiling-scheme")["href"] == known[id], own
            whole = read(own)
            for member in ("title", "dataType", "crs", "tileMatrixSetURI"):
                assert each.get(member) == whole.get(member), (own, member)


@test(SUITE, "/conf/tileset/description")
def description(root):
    sets = {href: about for _, href, about in matrix_sets(root)}
    for subject, ids_, _ in subjects(root):
        for found, href, grid in tilesets(root, subject):
            valid(found, TILESET)
            assert len(links(found, "self")) == 1 and link(found, "self")["href"].split("?")[0] == href, href
            about = sets[link(found, REL + "tiling-scheme")["href"]]
            assert found["crs"] == about["crs"] and found.get("tileMatrixSetURI") == about.get("uri"), href
            assert "tileMatrixSetURI" not in found or found["tileMatrixSetURI"] == REGISTER + about["id"], href
            for form in (MVT, GEOJSON):
                template(found, form)
            for each in links(found, "alternate"):
                assert kind(ask(each["href"], "*/*")) == each["type"], each
    refused(f"{root}/tiles/{NOBODY}", 404)


@test(SETS, "/conf/tilesetmetadata/*, /conf/json-tilesetmetadata/*")
def metadata(root):
    about = {each["id"]: each for each in collections(root)}
    for subject, ids_, boxes in subjects(root):
        for found, href, grid in tilesets(root, subject):
            assert [each["id"] for each in found["layers"]] == ids_, href
            for each in found["layers"]:
                collection = about[each["id"]]
                assert each["title"] == collection["title"], (href, each["id"])
                whole = read(link(collection, REL + "schema")["href"], SCHEMA)["properties"]
                fields = {name for name, field in whole.items() if "type" in field}
                assert fields - {"id"} <= each["propertiesSchema"]["properties"].keys(), (href, each["id"])
                assert each["minTileMatrix"] in grid.matrices and each["maxTileMatrix"] in grid.matrices, (href, each["id"])
                shapes = {feature["geometry"]["type"] for feature in features(collection) if feature["geometry"]}
                sizes = {DIMENSIONS.get(name) for name in shapes}
                wanted = sizes.pop() if len(sizes) == 1 else None
                assert each.get("geometryDimension") == wanted, (href, each["id"], shapes)
                if "boundingBox" in each:
                    assert _box(each["boundingBox"]) == extent(collection), (href, each["id"])
            assert ("boundingBox" in found) == bool(boxes), href
            if boxes:
                west, south, east, north = _box(found["boundingBox"])
                assert [south, north] == [min(box[1] for box in boxes), max(box[3] for box in boxes)], href
                assert all(window(west, south, east, north).buffer(1e-9).covers(window(*box)) for box in boxes), href
                x, y = found["centerPoint"]["coordinates"]
                assert window(west, south, east, north).buffer(1e-6).covers(shapely.Point((x + 180) % 360 - 180, y)), href
                assert found["centerPoint"]["tileMatrix"] in grid.matrices, href


DIMENSIONS = {"Point": 0, "MultiPoint": 0, "LineString": 1, "MultiLineString": 1, "Polygon": 2, "MultiPolygon": 2}


def _box(found):
    assert found["crs"] == CRS84, found
    return [*found["lowerLeft"], *found["upperRight"]]


@test(SETS, "/conf/tilematrixsetlimits/*, /conf/json-tilematrixsetlimits/*")
def limits(root):
    for subject, _, boxes in subjects(root):
        for found, href, grid in tilesets(root, subject):
            assert ("tileMatrixSetLimits" in found) == bool(boxes), href
            if not boxes:
                continue
            west, south, east, north = _box(found["boundingBox"])
            assert [each["tileMatrix"] for each in found["tileMatrixSetLimits"]] == list(grid.matrices), href
            for each in found["tileMatrixSetLimits"]:
                matrix = grid.matrices[each["tileMatrix"]]
                (left, top), (right, bottom) = grid.place(each["tileMatrix"], [(west, north), (east, south)])
                rows, cols = (each["minTileRow"], each["maxTileRow"]), (each["minTileCol"], each["maxTileCol"])
                _edges(rows, (top, bottom), matrix["matrixHeight"], (href, each))
                if west <= east:
                    _edges(cols, (left, right), matrix["matrixWidth"], (href, each))
                else:
                    assert cols == (0, matrix["matrixWidth"] - 1), (href, each)


def _edges(found, exact, count, where):
    """The tiles that touch a span; one that only begins or ends on its edge may be there or not."""
    for number, place in zip(found, exact):
        allowed = {min(max(math.floor(place + by), 0), count - 1) for by in (-1e-5, 1e-5)}
        assert number in allowed, (where, allowed)


@test(SETS, "/conf/tilematrixset/*, /conf/json-tilematrixset/*")
def registered(root):
    seen = {}
    for listed, href, found in matrix_sets(root):
        valid(found, MATRIX_SET)
        seen[found["id"]] = found
        assert href == f"{root}/tileMatrixSets/{found['id']}", href
        assert all(listed.get(name) == found.get(name) for name in ("id", "title", "crs", "uri")), href
    assert set(seen) == {"WebMercatorQuad", "WorldCRS84Quad", "CGCS2000Quad"}, list(seen)
    # From the radius of WGS 84 and pixels of 0.28 mm, as the standard defines them; the register rounds to 15 digits.
    round_ = 2 * math.pi * 6378137
    scale = round_ / 256 / 0.00028
    numbers = {
        "WebMercatorQuad": (CRS + "EPSG/0/3857", ["X", "Y"], "GoogleMapsCompatible", 25, scale, round_ / 256, 1,
                            [-round_ / 2, round_ / 2]),
        "WorldCRS84Quad": (CRS + "OGC/1.3/CRS84", ["Lon", "Lat"], "GoogleCRS84Quad", 24, scale / 2, 360 / 512, 2, [-180, 90]),
        "CGCS2000Quad": (CRS + "EPSG/0/4490", ["Lat", "Lon"], None, 24, scale / 2, 360 / 512, 2, [90, -180])}
    for id, (system, axes, scales, levels, coarsest, cell, wide, origin) in numbers.items():
        about = seen[id]
        assert (about["crs"], about["orderedAxes"], len(about["tileMatrices"])) == (system, axes, levels), id
        assert about.get("uri") == (REGISTER + id if scales else None), (id, about.get("uri"))
        assert about.get("wellKnownScaleSet") == (scales and f"http://www.opengis.net/def/wkss/OGC/1.0/{scales}"), id
        for level, each in enumerate(about["tileMatrices"]):
            assert (each["id"], each["tileWidth"], each["tileHeight"]) == (str(level), 256, 256), (id, level)
            assert (each["matrixWidth"], each["matrixHeight"]) == (wide * 2**level, 2**level), (id, level)
            assert each.get("cornerOfOrigin", "topLeft") == "topLeft", (id, level)
            for one, two in [(each["scaleDenominator"], coarsest / 2**level), (each["cellSize"], cell / 2**level),
                             *zip(each["pointOfOrigin"], origin)]:
                assert math.isclose(one, two, rel_tol=3e-14), (id, level, one, two)
    refused(f"{root}/tileMatrixSets/{NOBODY}", 404)


def tile_operations(root):
    api = definition(root)
    return api, [(path, operation) for path, method, operation in operations(api) if path.endswith("/{tileCol}")]


@test(SUITE, "/conf/core/tc-tilematrix-definition", "/conf/core/tc-tilerow-definition", "/conf/core/tc-tilecol-definition")
def tile_parameters(root):
    api, found = tile_operations(root)
    assert len(found) == len(collections(root)) + 1
    for path, operation in found:
        for name, type_ in (("tileMatrix", "string"), ("tileRow", "integer"), ("tileCol", "integer")):
            about = parameters(api, operation, "path")[name]
            assert about["required"] is True and about["schema"]["type"] == type_, (path, about)
            assert type_ == "string" or about["schema"]["minimum"] == 0, (path, about)


@test(SUITE, "/conf/oas30/operation-id")
def operation_ids(root):
    given = [operation["operationId"] for _, _, operation in operations(definition(root))]
    assert len(given) == len(set(given)), "an id twice"
    for of, count in zip(OF, (1, len(collections(root)))):
        for name in ("getTileSetsList", "getTileSet", "getTile"):
            assert sum(f".{each}".endswith(f".{of}.{name}") for each in given) == count, (of, name)


@test(SUITE, "/conf/oas30/completeness")
def completeness(root):
    paths = definition(root)["paths"]
    for subject, _, _ in subjects(root):
        own = link(subject, REL + "tilesets-vector")["href"].removeprefix(root).split("?")[0]
        of_set = own + "/{tileMatrixSetId}"
        for path in (own, of_set, of_set + "/{tileMatrix}/{tileRow}/{tileCol}", "/tileMatrixSets/{tileMatrixSetId}"):
            assert path in paths, path
        known = {each["name"]: each for each in paths[of_set]["get"]["parameters"]}["tileMatrixSetId"]["schema"]["enum"]
        for found, href, _ in tilesets(root, subject):
            set_ = href.rpartition("/")[2]
            assert set_ in known, (href, known)
            for form in (MVT, GEOJSON):
                given = template(found, form).removeprefix(root).split("?")[0]
                assert given == f"{own}/{set_}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", given


def plain(root, list_, rest):
    return f"{root.removesuffix('/ogc')}/tiles/{','.join(urllib.parse.quote(each, safe='') for each in list_)}{rest}"


@test(FURTHER, "TileJSON 3.0.0")
def tile_json(root):
    for subject, ids_, boxes in subjects(root):
        href = plain(root, ids_, ".json")
        found = valid(read(href, TILEJSON), TILE_JSON)
        assert found["tiles"] == [plain(root, ids_, "/{z}/{x}/{y}.mvt")], found["tiles"]
        # Map libraries ask for application/json, browsers for anything.
        for accept in (JSON, "*/*", "application/json, text/plain;q=0.5"):
            answer = ask(href, accept)
            assert answer.status == 200 and json.loads(answer.body)["tiles"] == found["tiles"], (href, accept, answer.status)
        assert [each["id"] for each in found["vector_layers"] if not each["id"].endswith(":counts")] == ids_, href
        assert found["minzoom"] <= found["maxzoom"] and ("bounds" in found) == bool(boxes), href
        if boxes:
            west, south, east, north = found["bounds"]
            assert west <= east and south <= north and -180 <= west and east <= 180, found["bounds"]
            assert all(shapely.box(*found["bounds"]).buffer(1e-9).covers(window(*box)) for box in boxes), href
            x, y, zoom = found["center"]
            assert west <= x <= east and south <= y <= north and found["minzoom"] <= zoom <= found["maxzoom"], found["center"]
        for tileset, at, _ in tilesets(root, subject):
            forms = [each["href"] for each in links(tileset, "alternate") if each["type"] == TILEJSON]
            assert len(forms) == at.endswith("/WebMercatorQuad"), at
            assert all(read(form, TILEJSON) == found for form in forms), at
    kept = read(plain(root, [collections(root)[0]["id"]], ".json?detail=full&filter=true"), TILEJSON)["tiles"]
    assert kept[0].endswith("/{z}/{x}/{y}.mvt?detail=full&filter=true"), kept
    for rest, code in ((f".json?{NOBODY}=1", 400), (".json?filter=%3D", 400), (".xml", 404)):
        refused(plain(root, [collections(root)[0]["id"]], rest), code)
    refused(plain(root, [NOBODY], ".json"), 404)
