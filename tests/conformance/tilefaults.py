"""Broken servers of tiles, for `selftest.py`."""
import re

from mapbox_vector_tile.Mapbox import vector_tile_pb2

import tilesets
from selftest import *

T, S, TX = map(of, (tilesets.SUITE, tilesets.SETS, tilesets.FURTHER))
TILES = "/ogc(/collections/[^/]+)?/tiles"
TILESET, TILE, MATRIX_SET = f"{TILES}/[^/]+", f"{TILES}/[^/]+(/[^/]+){{3}}", "/ogc/tileMatrixSets/[^/]+"
PLAIN, ABOUT_PLAIN = "/tiles/[^/]+(/[^/]+){3}", "/tiles/[^/]+[.]json"
METADATA, LIMITS, SETS = (
    f"{name}/*, /conf/json-{name}/*" for name in ("tilesetmetadata", "tilematrixsetlimits", "tilematrixset"))
TILE_JSON, CONDITIONS, TRANSPORT, THINNING, BY_ZOOM = (
    "TileJSON 3.0.0", "filter, q, properties and fields as with items", "entity tags, compression, HEAD",
    "thinning, and the headers that count", "tiles by zoom, x and y")


def in_tile(change):
    """Alters each layer of a vector tile."""
    def changed(exchange):
        if exchange.status == 200 and exchange.kind == MVT and exchange.answer and not exchange.header("content-encoding"):
            tile = vector_tile_pb2.tile.FromString(exchange.answer)
            for layer in tile.layers:
                change(layer)
            exchange.answer = tile.SerializeToString()
    return changed


def moved_on(layer):
    """All five units to the east: the first number of a geometry is a way in zigzag."""
    for feature in layer.features:
        way = feature.geometry[1]
        east = ((way >> 1) ^ -(way & 1)) + 5
        feature.geometry[1] = 2 * east if east >= 0 else -2 * east - 1


def turned(exchange):
    """Rows counted from the south, as in TMS."""
    *start, zoom, col, row = exchange.path.split("/")
    row = row.removesuffix(".mvt")
    if zoom.isdigit() and row.isdigit() and int(zoom) < 30:
        exchange.path = "/".join([*start, zoom, col, f"{2**int(zoom) - 1 - int(row)}.mvt"])


def neighbour(exchange):
    *start, matrix, row, col = exchange.path.split("/")
    if matrix == "18" and col.isdigit():
        exchange.path = "/".join([*start, matrix, row, str(int(col) + 1)])


def without(name, **instead):
    """Sends a header on with another value, or none."""
    def change(exchange):
        exchange.headers = {each: kept for each, kept in exchange.headers.items() if each.lower() != name}
        exchange.headers.update({name: instead["value"]} if instead else {})
    return change


def none_there(exchange):
    if exchange.status == 404:
        exchange.status, exchange.answer = 200, b""
        exchange.put("content-type", MVT)


def each_template(change):
    return each_link(lambda each: each | change(each) if each["rel"] == "item" else each)


def each_layer(change):
    def changed(found, _):
        for layer in found["layers"]:
            change(layer)
    return changed


broken("class mvt not declared", T("core/conformance-success"), at=CONFORMS, change=undeclared(tilesets.CONF + "mvt"))
broken("limits of sets not declared", T("core/conformance-success"), at=CONFORMS,
       change=undeclared(tilesets.TMS + "json-tilematrixsetlimits"))
broken("landing page without tiles", T("dataset-tilesets/landingpage"), at=ROOT, change=no_link(REL + "tilesets-vector"))
broken("a collection without tiles", T("geodata-tilesets/desc-links"), at=f"{ALL}|{ONE}",
       change=in_list(lambda each: no_link(REL + "tilesets-vector")(each, None)))
broken("tilesets of a collection lead to those of the dataset", T("geodata-tilesets/operation"), at=f"{ALL}|{ONE}",
       change=in_list(lambda each: each_link(
           lambda one: one | {"href": re.sub("/collections/[^/]+/tiles", "/tiles", one["href"])})(each, None)))
broken("tilesets without a link to their set", T("tilesets-list/tileset-links"), at=TILES,
       change=lambda found, _: [no_link(REL + "tiling-scheme")(each, None) for each in found["tilesets"]])
broken("the list tells another system", T("tilesets-list/tileset-links"), at=TILES, change=put("tilesets", 0, "crs", to=CRS84))
broken("the list forgets tileMatrixSetURI", T("tilesets-list/tileset-links"), at=TILES,
       change=lambda found, _: found["tilesets"][1].pop("tileMatrixSetURI"))
broken("a tileset forgets tileMatrixSetURI", T("tileset/description"), at=TILESET,
       change=lambda found, _: found.pop("tileMatrixSetURI", None))
broken("a set of our own with a registered URI", T("tileset/description"), at=TILESET,
       change=lambda found, _: found.setdefault("tileMatrixSetURI", tilesets.REGISTER + "CGCS2000Quad"))
broken("the definition of a set of our own with a registered URI", S(SETS), at=MATRIX_SET,
       change=lambda found, _: found.setdefault("uri", tilesets.REGISTER + "CGCS2000Quad"))
broken("templates that do not say so", T("tileset/description"), at=TILESET,
       change=each_template(lambda each: {"templated": False}))
broken("templates with z, x and y", T("tileset/description"), at=TILESET, change=each_template(
    lambda each: {"href": each["href"].replace("{tileMatrix}/{tileRow}/{tileCol}", "{z}/{y}/{x}")}))
broken("a template of another media type", T("tileset/description"), at=TILESET,
       change=each_template(lambda each: {"type": each["type"].replace("vnd.mapbox-vector-tile", "x-protobuf")}))
broken("column before row", T("core/tc-op", "oas30/completeness"), at=TILESET, change=each_template(
    lambda each: {"href": each["href"].replace("{tileRow}/{tileCol}", "{tileCol}/{tileRow}")}))
broken("limits one row too far", S(LIMITS) + T("core/tc-op"), at=TILESET, change=lambda found, _: [
    each.update(maxTileRow=each["maxTileRow"] + 1) for each in found.get("tileMatrixSetLimits", [])])
broken("limits one column too near", S(LIMITS), at=TILESET, change=lambda found, _: [
    each.update(minTileCol=each["minTileCol"] + 1) for each in found.get("tileMatrixSetLimits", [])[20:]])
broken("a box that is too small", S(METADATA), at=f"{TILES}/.*Quad", change=lambda found, _: "boundingBox" in found and put(
    "boundingBox", "upperRight", 1, to=lambda north: north - 0.5)(found))
broken("layers in another order", S(METADATA), at=TILESET, change=lambda found, _: found["layers"].reverse())
broken("polygons as points", S(METADATA), at=TILESET,
       change=each_layer(lambda layer: "geometryDimension" in layer and layer.update(geometryDimension=0)))
broken("a layer forgets its attributes", S(METADATA), at=TILESET,
       change=each_layer(lambda layer: layer["propertiesSchema"].update(properties={})))
broken("scales at 96 dots per inch", S(SETS), at=MATRIX_SET, change=lambda found, _: [
    each.update(scaleDenominator=each["cellSize"] / 0.0254 * 96) for each in found["tileMatrices"]])
broken("CGCS2000 with longitude first", S(SETS), at=MATRIX_SET,
       change=lambda found, _: found.update(orderedAxes=["Lon", "Lat"]))
broken("a set that is not there", S(SETS), at=MATRIX_SET, answer=status(200, 404))
broken("tileCol need not be", T("core/tc-tilecol-definition"), at=API, change=each_parameter("tileCol", required=False))
broken("tileMatrix is a number", T("core/tc-tilematrix-definition"), at=API,
       change=each_parameter("tileMatrix", schema={"type": "integer"}))
broken("operationId without its suffix", T("oas30/operation-id"), at=API, change=each_operation(
    lambda _, operation: operation.update(operationId=operation["operationId"].replace("vector.getTileSet", "getTileSet"))))
broken("tilesets not in the definition", T("oas30/completeness"), at=API,
       change=lambda found, _: found["paths"].pop("/tiles/{tileMatrixSetId}"))
broken("a tile as octets", T("core/tc-op"), at=TILE, answer=typed_as("application/octet-stream", MVT))
broken("the tile of the neighbour", T("core/tc-success"), at=TILE, request=neighbour)
broken("a feature is not on the tile", T("core/tc-success"), at=TILE, answer=in_tile(lambda layer: layer.features.pop()))
broken("500 outside the limits", T("core/tc-error"), at=TILE, answer=status(500, 404))
broken("an empty tile outside the limits", T("core/tc-error"), at=TILE, answer=none_there)
broken("a tile five units off", T("mvt/content"), at=TILE, answer=in_tile(moved_on))
broken("a tile of version 1", T("mvt/content"), at=TILE, answer=in_tile(lambda layer: setattr(layer, "version", 1)))
broken("points that are lines", T("mvt/content"), at=TILE, answer=in_tile(
    lambda layer: [setattr(each, "type", 2) for each in layer.features]))
broken("attributes of a tile are mixed up", T("mvt/content"), at=TILE, answer=in_tile(
    lambda layer: len(layer.keys) > 1 and layer.keys.insert(0, layer.keys.pop())))
broken("GeoJSON tiles latitude first", T("geojson/content"), at=TILE, change=moved(swapped))
broken("a feature is not in a GeoJSON tile", T("geojson/content"), at=TILE,
       change=of_features(lambda found: found[:-1] if len(found) > 1 else found))
broken("an unknown collection is ignored", T("collections-selection/query-collections"), at=TILE, request=rewriting(
    lambda name, value: value.replace("," + NOBODY, "") if name == "collections" else value))
broken("collections ignored", T("collections-selection/collections-response"), at=TILE, request=ignored("collections"))
broken("collections ignored by tilesets", T("collections-selection/collections-response"), at=TILESET,
       request=ignored("collections"))
broken("collections in alphabetical order", T("collections-selection/collections-response"), at=TILE, request=rewriting(
    lambda name, value: ",".join(sorted(value.split(","))) if name == "collections" else value))
broken("datetime ignored on tiles", T("datetime/rc-datetime-response"), at=TILE, request=ignored("datetime"))
broken("datetime declared, subset not understood", T("datetime/axis"), at=f"{CONFORMS}|{TILE}", request=ignored("subset"),
       change=lambda found, _: "conformsTo" in found and found["conformsTo"].append(tilesets.CONF + "datetime"))
broken("filter ignored on tiles", TX(CONDITIONS), at=TILE, request=ignored("filter", "filter-lang"))
broken("q ignored on tiles", TX(CONDITIONS), at=TILE, request=ignored("q"))
broken("fields ignored on tiles", TX(CONDITIONS), at=TILE, request=ignored("id"))
broken("properties ignored on tiles", TX(CONDITIONS), at=TILE, request=ignored("properties"))
broken("unknown parameters pass on tiles", TX(CONDITIONS), at=TILE, request=ignored(NOBODY))
broken("the entity tag ignores the filter", TX(TRANSPORT), at=TILE, answer=lambda it: it.put("etag", f'"{it.path}{it.kind}"'))
broken("the entity tag ignores the compression", TX(TRANSPORT), at=TILE,
       answer=lambda it: it.put("etag", it.header("etag").replace("-gzip", "") or None))
broken("packed without saying so", TX(TRANSPORT), at=TILE, answer=lambda it: it.put("content-encoding", None))
broken("packed for all", TX(TRANSPORT), at=TILE, request=without("accept-encoding", value="gzip"))
broken("never packed", TX(TRANSPORT), at=TILE, request=without("accept-encoding", value="identity"))
broken("304 is not known", TX(TRANSPORT), at=TILE, request=without("if-none-match"))
broken("no HEAD", TX(TRANSPORT), at=TILE, answer=lambda it: it.method == "HEAD" and setattr(it, "status", 405))
broken("OGC-NumberReturned off by one", TX(THINNING), at=TILE,
       answer=lambda it: it.kind == MVT and it.put("ogc-numberreturned", str(int(it.header("ogc-numberreturned") or 0) + 1)))
broken("features left out without a word", TX(THINNING), at=TILE, answer=lambda it: it.asked("detail") is None and in_tile(
    lambda layer: len(layer.features) > 1 and layer.features.pop())(it))
broken("TileJSON 2", TX(TILE_JSON), at=ABOUT_PLAIN, change=put("tilejson", to="2.2.0"))
broken("TileJSON with y before x", TX(TILE_JSON), at=ABOUT_PLAIN,
       change=put("tiles", 0, to=lambda url: url.replace("{x}/{y}", "{y}/{x}")))
broken("TileJSON of another host", TX(TILE_JSON), at=ABOUT_PLAIN,
       change=lambda found, it: "application/json" in it.headers.get("Accept", "") and put(
           "tiles", 0, to="http://localhost/{z}/{x}/{y}.mvt")(found))
broken("TileJSON forgets the filter", TX(TILE_JSON), at=ABOUT_PLAIN, request=ignored("filter"))
broken("attributes that TileJSON does not tell", TX(BY_ZOOM), at=ABOUT_PLAIN,
       change=lambda found, _: [each.update(fields={}) for each in found["vector_layers"]])
broken("rows from the south", TX(BY_ZOOM), at=PLAIN, request=turned)
