"""What tiles hold: annex A of OGC 20-057 (Tiles Part 1) for tiles, Mapbox Vector Tile 2.1, and the service's own promises.
Decoded by the mapbox_vector_tile of Python; positions by PROJ, shapes by GEOS; contents against items."""
import gzip
import json


import mapbox_vector_tile
import numpy
from mapbox_vector_tile.Mapbox import vector_tile_pb2

from tilesets import *

BUFFER, EXTENT = 64, 4096
LARGEST = 500_000


def fetched(url, accept=MVT):
    answer = ask(url, accept)
    assert answer.status == 200, f"{url}: {answer.status}"
    assert kind(answer) == accept, f"{url}: {kind(answer)}"
    return answer


def decoded(body):
    """Layers of features, y down as in the tile."""
    return mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})


def id_of(feature):
    return str(feature.get("id") or feature["properties"].get("id"))


def by_id(layers):
    """The features of decoded layers by id, in their order. A geometry of mixed kinds takes several features of a tile."""
    there = {}
    for layer in layers.values():
        for each in layer["features"]:
            there.setdefault(id_of(each), []).append(each)
    return there


def some_tiles(grid, found, count=2):
    """Tiles with features, coarse and fine: the first features and the last, in three matrices."""
    placed = [feature for feature in found if feature["geometry"] and not shape(feature).is_empty]
    names = list(grid.matrices)
    for feature in [*placed[:count - 1], *placed[-1:]]:
        at = next(positions(feature["geometry"]))[:2]
        for matrix in (names[0], names[10], names[18]):
            col, row = numpy.floor(grid.place(matrix, [at])[0]).astype(int).tolist()
            one = grid.matrices[matrix]
            if 0 <= row < one["matrixHeight"]:
                yield matrix, row, min(col, one["matrixWidth"] - 1)


def cases(root):
    """Each collection with each of its tilesets and some tiles of it."""
    for collection in spatial(root):
        found = features(collection)
        for tileset, _, grid in tilesets(root, collection):
            yield collection, found, tileset, grid, list(dict.fromkeys(some_tiles(grid, found)))


def some_of(found):
    """At most 200 of many, evenly."""
    return list(found)[::len(found) // 200 + 1]


def rings(geometry):
    """The parts of a geometry as it is encoded (Mapbox Vector Tile 2.1, 4.3); what the rules forbid fails."""
    at, x, y, part, parts, place = None, 0, 0, [], [], 0
    while place < len(geometry):
        command, count = geometry[place] & 7, geometry[place] >> 3
        place += 1
        assert command in (1, 2, 7) and count > 0, (command, count)
        if command == 7:
            assert count == 1 and part, "a ring is closed that was not begun"
            parts.append((part, True))
            part = []
            continue
        for _ in range(count):
            if command == 1 and part:
                parts.append((part, False))
                part = []
            step = [(value >> 1) ^ -(value & 1) for value in geometry[place:place + 2]]
            place += 2
            assert command == 1 or step != [0, 0], "a line to where it is"
            x, y = x + step[0], y + step[1]
            part.append((x, y))
    return parts + [(part, False)] * bool(part)


def area(ring):
    """Twice the area by the surveyor's formula; positive when it turns clockwise on a screen."""
    return sum(x * y2 - x2 * y for (x, y), (x2, y2) in zip(ring, ring[1:] + ring[:1]))


def sound(body):
    """Mapbox Vector Tile 2.1, 4.1 to 4.4."""
    tile = vector_tile_pb2.tile()
    assert tile.ParseFromString(body) == len(body)
    names = [layer.name for layer in tile.layers]
    assert len(names) == len(set(names)) and all(names), names
    for layer in tile.layers:
        assert (layer.version, layer.extent) == (2, EXTENT) and len(layer.features) > 0, layer.name
        assert len(set(layer.keys)) == len(layer.keys), layer.name
        for value in layer.values:
            assert len(value.ListFields()) == 1, (layer.name, value)
        known = [feature.id for feature in layer.features if feature.HasField("id")]
        assert len(known) == len(set(known)), layer.name
        for feature in layer.features:
            keys, values = list(feature.tags[::2]), list(feature.tags[1::2])
            assert len(keys) == len(values) == len(set(keys)), layer.name
            assert all(key < len(layer.keys) for key in keys) and all(value < len(layer.values) for value in values)
            parts = rings(list(feature.geometry))
            assert parts and feature.type in (1, 2, 3), (layer.name, feature.type)
            for part, is_closed in parts:
                assert is_closed == (feature.type == 3) and len(part) >= {1: 1, 2: 2, 3: 3}[feature.type], (layer.name, part)
                # A polygon that is too small for the grid is a triangle of one unit.
                assert all(-BUFFER <= at <= EXTENT + BUFFER + 1 for each in part for at in each), (layer.name, part)
            if feature.type == 3:
                signs = [area(part) for part, _ in parts]
                assert signs[0] > 0 and 0 not in signs, (layer.name, signs)


def outlines(grid, tile, geometry):
    """A geometry in units of a tile, cut at its buffer; also what comes in over the antimeridian."""
    matrix, row, col = tile
    turn = grid.matrices[matrix]["matrixWidth"]

    def units(at, by):
        return (grid.place(matrix, at) - [col + by * turn, row]) * EXTENT
    all = [shapely.transform(shapely.force_2d(geometry), lambda at, by=by: units(at, by)) for by in (-1, 0, 1)]
    window = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    return shapely.union_all([shapely.make_valid(each).intersection(window) for each in all])


def packed(value):
    """Tiles hold no lists and objects; these are texts there."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) if isinstance(value, (list, dict)) else value


def near(drawn, exact, where):
    """Drawn as exact, but for rounding to the grid; what is narrower than three units may be narrower still. All of the
    tile is drawn; that of its buffer matters to outlines only."""
    tile = shapely.box(0, 0, EXTENT, EXTENT)
    def far(one, two):
        return 0 if one.is_empty else float(shapely.distance(shapely.points(shapely.get_coordinates(one)), two).max())
    assert far(drawn, exact) <= 2, (where, "drawn where nothing is", far(drawn, exact))
    for part in getattr(exact, "geoms", [exact]):
        if part.geom_type == "Polygon":
            missing = part.buffer(-1.5).intersection(tile).difference(drawn).area
            assert missing < 1, (where, "not drawn", missing)
        elif part.length > 4 or part.geom_type == "Point":
            assert far(part, drawn) <= 1.5, (where, "not drawn", far(part, drawn))


@test(SUITE, "/conf/core/tc-op")
def tile_operation(root):
    for subject, _, _ in subjects(root):
        for found, href, grid in tilesets(root, subject):
            limits = found.get("tileMatrixSetLimits", [])
            for each in limits[:1] + limits[9:10] + limits[-1:]:
                for row, col in {(each["minTileRow"], each["minTileCol"]), (each["maxTileRow"], each["maxTileCol"])}:
                    for form in (MVT, GEOJSON):
                        fetched(filled(template(found, form), (each["tileMatrix"], row, col)), form)
                    assert ask(href + f"/{each['tileMatrix']}/{row}/{col}", "*/*").status == 200, href
                    refused(href + f"/{each['tileMatrix']}/{row}/{col}?f={NOBODY}")
                    assert ask(href + f"/{each['tileMatrix']}/{row}/{col}", "image/png").status == 406, href


@test(SUITE, "/conf/core/tc-success")
def success(root):
    """What items say lies in a tile is in it, and nothing that lies beyond its buffer."""
    for collection, _, tileset, grid, tiles in cases(root):
        for tile in tiles:
            url = filled(template(tileset, MVT), tile, detail="full")
            layers = decoded(fetched(url).body)
            assert set(layers) <= {collection["id"]}, (url, list(layers))
            there = list(by_id(layers))
            boxes = (comma(grid.box(tile, margin)) for margin in (0, (BUFFER + 1) / EXTENT))
            within, around = ([str(each["id"]) for each in features(collection, bbox=box) if each["geometry"]] for box in boxes)
            assert set(within) <= set(there) <= set(around), (url, set(within) - set(there), set(there) - set(around))
            assert there == [id for id in around if id in set(there)], (url, "another order")


@test(SUITE, "/conf/core/tc-error")
def outside(root):
    for subject, _, _ in subjects(root):
        for found, href, grid in tilesets(root, subject):
            last = list(grid.matrices)[-1]
            for tile in (f"{int(last) + 1}/0/0", "-1/0/0", "x/0/0", "0/0/-1", "0/-1/0", "0/x/0", f"{last}/{2**32}/0", "0/1.0/0",
                         f"0/0/{'9' * 40}", "0/1/0", "0/0/2", "00/0/0", "255/0/0", "256/0/0"):
                refused(f"{href}/{tile}", 404)
            for each in found.get("tileMatrixSetLimits", [])[::6]:
                matrix, one = each["tileMatrix"], grid.matrices[each["tileMatrix"]]
                for row, col in [(each["minTileRow"] - 1, each["minTileCol"]), (each["maxTileRow"] + 1, each["minTileCol"]),
                                 (each["minTileRow"], each["minTileCol"] - 1), (each["minTileRow"], each["maxTileCol"] + 1)]:
                    refused(f"{href}/{matrix}/{row}/{col}", 404)
            if "tileMatrixSetLimits" not in found:
                assert fetched(f"{href}/0/0/0").body == b"", href
    refused(f"{root}/tiles/{NOBODY}/0/0/0", 404)


@test(SUITE, "/conf/mvt/content")
def mvt(root):
    """Valid by the rules of the format, and each feature where PROJ and the definition of the set put it."""
    for collection, found, tileset, grid, tiles in cases(root):
        origin = {str(feature["id"]): feature for feature in found}
        for tile in tiles:
            url = filled(template(tileset, MVT), tile, detail="full")
            body = fetched(url).body
            sound(body)
            for id, parts in some_of(by_id(decoded(body)).items()):
                whole, drawn = origin[id], [shapely.geometry.shape(part["geometry"]) for part in parts]
                assert all(each.is_valid for each in drawn), (url, id)
                assert len(parts) == 1 or whole["geometry"]["type"] == "GeometryCollection", (url, id, "a feature twice")
                near(shapely.union_all(drawn), outlines(grid, tile, shape(whole)), (url, id))
                known = {name: packed(value) for name, value in whole["properties"].items() if value is not None}
                for part in parts:
                    assert part["properties"] | {"id": None} == known | {"id": None}, (url, id, part["properties"], known)


@test(SUITE, "/conf/geojson/content")
def geojson(root):
    for collection, found, tileset, grid, tiles in cases(root):
        origin = {str(feature["id"]): feature for feature in found}
        for tile in tiles:
            url = filled(template(tileset, GEOJSON), tile)
            page = json.loads(fetched(url, GEOJSON).body)
            valid(page | {"features": some_of(page["features"])}, FEATURES)
            wanted = list(by_id(decoded(fetched(filled(template(tileset, MVT), tile, detail="full")).body)))
            assert [str(each["id"]) for each in page["features"]] == wanted, (url, "others than the vector tile")
            assert page.get("numberReturned", len(wanted)) == len(wanted), url
            for each in some_of(page["features"]):
                whole = origin[str(each["id"])]
                assert each["properties"] == whole["properties"], (url, whole["id"])
                closed(each["geometry"])
                near(*(outlines(grid, tile, shape(one)) for one in (each, whole)), (url, whole["id"]))


def dataset(root, id="WebMercatorQuad"):
    return next((found, href, grid) for found, href, grid in tilesets(root, read(root)) if href.endswith(f"/{id}"))


def top(root):
    """The tile that shows all there is, of the dataset: template of vector tiles, name."""
    found, _, _ = dataset(root)
    return template(found, MVT), ("0", 0, 0)


@test(SUITE, "/conf/collections-selection/query-collections")
def query_collections(root):
    ids_ = [each["id"] for each in collections(root)]
    url, tile = top(root)
    addresses = [filled(url, tile), dataset(root)[1]]
    api = definition(root)
    for path in ("/tiles/{tileMatrixSetId}", "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}"):
        about = parameters(api, api["paths"][path]["get"]).get("collections")
        assert about, f"{path} has no parameter collections"
        assert (about["in"], about.get("required", False), about["style"], about["explode"]) == ("query", False, "form", False)
        assert about["schema"]["type"] == "array" and about["schema"]["items"]["type"] == "string", path
    for each in addresses:
        for chosen in (ids_[:1], ids_[:2], ids_[::-1]):
            answer = ask(filled(each, (), collections=",".join(chosen)), "*/*")
            assert answer.status == 200, (each, chosen, answer.status)
        for wrong in (NOBODY, f"{ids_[0]},{NOBODY}", ""):
            refused(filled(each, (), collections=wrong))
    # The limits are those of the tileset, whatever is chosen of it.
    found, _, _ = dataset(root)
    edge = found["tileMatrixSetLimits"][-1]
    for chosen in ids_:
        corner = edge["tileMatrix"], edge["minTileRow"], edge["minTileCol"]
        assert ask(filled(url, corner, collections=chosen)).status in (200, 204), (chosen, corner)


@test(SUITE, "/conf/collections-selection/collections-response")
def collections_response(root):
    url, tile = top(root)
    shown = [name for name in decoded(fetched(filled(url, tile)).body) if not name.endswith(":counts")]
    assert shown == [each["id"] for each in collections(root) if each["id"] in shown] and len(shown) > 1, shown
    for chosen in (shown[:1], shown[::-1], shown[1:] + shown[:1]):
        there = decoded(fetched(filled(url, tile, collections=",".join(chosen))).body)
        assert [name for name in there if not name.endswith(":counts")] == chosen, (chosen, list(there))
    there = read(filled(dataset(root)[1], (), collections=",".join(shown[::-1])))
    assert [each["id"] for each in there["layers"]] == shown[::-1], "the tileset does not know the choice"
    kept = template(there, MVT)
    assert "collections=" in kept, kept


def shown(url, tile, accept=MVT, **query):
    if accept == GEOJSON:
        return [str(each["id"]) for each in json.loads(fetched(filled(url, tile, **query), GEOJSON).body)["features"]]
    return list(by_id(decoded(fetched(filled(url, tile, detail="full", **query)).body)))


def whole_tile(root):
    """Each collection with its tileset of Web Mercator and the finest tile that shows all of it."""
    for collection in spatial(root):
        found = next(each for each, href, _ in tilesets(root, collection) if href.endswith("/WebMercatorQuad"))
        single = [each for each in found["tileMatrixSetLimits"]
                  if (each["minTileRow"], each["minTileCol"]) == (each["maxTileRow"], each["maxTileCol"])]
        yield collection, found, tuple(single[-1][name] for name in ("tileMatrix", "minTileRow", "minTileCol"))


def same_as_items(root, queries):
    seen = 0
    for collection, found, tile in whole_tile(root):
        for query in queries(collection):
            wanted = [str(each["id"]) for each in features(collection, **query) if each["geometry"]]
            for form in (MVT, GEOJSON):
                there = shown(template(found, form), tile, form, **query)
                assert there == wanted, (collection["id"], query, form, there[:9], wanted[:9])
            seen += 1
    assert seen, "nothing to test"


@test(SUITE, "/conf/datetime/rc-op-datetime", "/conf/datetime/rc-datetime-definition", "/conf/datetime/rc-datetime-response")
def datetime_(root):
    assert CONF + "datetime" in read(f"{root}/conformance")["conformsTo"]
    api, found = tile_operations(root)
    for path, operation in found:
        about = parameters(api, operation)["datetime"]
        assert (about["schema"]["type"], about["style"], about["explode"]) == ("string", "form", False), (path, about)

    def times(collection):
        spans = [lifetime(feature, roles(collection)) for feature in features(collection)]
        dates = sorted({moment.date().isoformat() for span in spans if span for moment in span if moment}) or ["2021-01-01"]
        for date in {dates[0], dates[-1]}:
            for text in (date, f"../{date}", f"{date}/..", f"{date}T12:00:00Z", f"{dates[0]}/{date}"):
                yield {"datetime": text}
    same_as_items(root, times)
    url, tile = top(root)
    for wrong in ("soon", "2022-01-01/2021-01-01", ""):
        refused(filled(url, tile, datetime=wrong))


@test(SUITE, "/conf/datetime/op-subset", "/conf/datetime/axis")
def subset(root):
    """A part of the class datetime: who declares it takes subset=datetime(...) too."""
    if CONF + "datetime" not in read(f"{root}/conformance")["conformsTo"]:
        return
    url, tile = top(root)
    for one, two in (('datetime("2022-06-01")', "2022-06-01"), ('datetime("2022-06-01":*)', "2022-06-01/.."),
                     ('datetime(*:"2022-06-01")', "../2022-06-01")):
        bodies = [fetched(filled(url, tile, detail="full", **query)).body for query in ({"subset": one}, {"datetime": two})]
        assert bodies[0] == bodies[1], one
    refused(filled(url, tile, subset="height(3)"))
    refused(filled(url, tile, subset="datetime(soon)"))


@test(FURTHER, "filter, q, properties and fields as with items")
def conditions(root):
    def queries(collection):
        found = features(collection)
        middle = [(a + b) / 2 for a, b in zip(extent(collection)[:2], extent(collection)[2:])]
        west, south, _, _ = extent(collection)
        yield {"filter": f"S_INTERSECTS(geometry, BBOX({west},{south},{max(west, middle[0])},{max(south, middle[1])}))"}
        yield {"filter": "false"}
        yield {"filter": json.dumps({"op": "isNull", "args": [{"property": "geometry"}]}), "filter_lang": "cql2-json"}
        yield {"filter": "NOT (geometry IS NULL)"}
        known = read(link(collection, REL + "queryables")["href"], SCHEMA)["properties"]
        for feature in found[:1] + found[-1:]:
            yield {"id": feature["id"]}
            for name, value in feature["properties"].items():
                if name in known and isinstance(value, str) and "format" not in known[name] and value.isalnum():
                    yield {name: value}
                    yield {"q": value}
                    break
    same_as_items(root, queries)
    for collection, found, tile in whole_tile(root):
        names = [name for name, about in read(link(collection, REL + "schema")["href"], SCHEMA)["properties"].items()
                 if "type" in about and name != "id"]
        for chosen in (names[:2][::-1], names[-1:], []):
            url = filled(template(found, GEOJSON), tile, properties=",".join(chosen))
            assert all(list(each["properties"]) == chosen for each in json.loads(fetched(url, GEOJSON).body)["features"]), url
            url = filled(template(found, MVT), tile, properties=",".join(chosen), detail="full")
            for layer in decoded(fetched(url).body).values():
                assert all(set(each["properties"]) - {"id"} <= set(chosen) for each in layer["features"]), url
        for wrong in ({NOBODY: "1"}, {"filter": "="}, {"filter": "nobody_knows = 1"}, {"filter": "true", "filter_lang": "x"},
                      {"properties": NOBODY}, {"detail": "most"}, {"limit": "1"}, {"bbox": "0,0,1,1"},
                      {"collections": collection["id"]}):
            for form in (MVT, GEOJSON):
                refused(filled(template(found, form), tile, **wrong))
        refused(filled(template(found, MVT), tile) + "&detail=full&detail=full")


@test(FURTHER, "entity tags, compression, HEAD")
def transport(root):
    for collection, found, tile in whole_tile(root):
        for form in (MVT, GEOJSON):
            url = filled(template(found, form), tile)
            bare = fetched(url, form)
            assert "content-encoding" not in bare.headers and "accept-encoding" in bare.headers["vary"].lower(), url
            assert ask(url, form, accept_encoding="gzip;q=0, identity").headers.get("content-encoding") is None, url
            for accepted in ("gzip", "deflate;q=0.5, gzip"):
                packed = ask(url, form, accept_encoding=accepted)
                is_packed = packed.headers.get("content-encoding") == "gzip"
                assert (gzip.decompress(packed.body) if is_packed else packed.body) == bare.body, url
                if is_packed:
                    assert packed.headers["etag"].startswith("W/") or packed.headers["etag"] != bare.headers["etag"], url
            packed = ask(url, form, accept_encoding="gzip")
            assert packed.headers.get("content-encoding") == "gzip" or len(bare.body) < 1024, (url, "is not packed")
            for answer in (bare, packed):
                how = {"accept_encoding": "gzip"} if answer is packed else {}
                held = ask(url, form, if_none_match=answer.headers["etag"], **how)
                assert (held.status, held.body) == (304, b"") and held.headers["etag"] == answer.headers["etag"], url
                assert ask(url, form, if_none_match='"another"', **how).status == 200, url
            head = ask(url, form, method="HEAD")
            assert (head.status, head.body) == (200, b"") and kind(head) == form, url
            assert int(head.headers.get("content-length", len(bare.body))) == len(bare.body), url
            assert head.headers["etag"] == bare.headers["etag"], url
            for query in ({"filter": "false"}, {"properties": ""}, {"detail": "full"}):
                other = fetched(filled(url, (), **query), form)
                assert (other.headers["etag"] == bare.headers["etag"]) == (other.body == bare.body), (url, query)
                held = ask(filled(url, (), **query), form, if_none_match=bare.headers["etag"])
                assert held.status == (304 if other.body == bare.body else 200), (url, query)


@test(FURTHER, "thinning, and the headers that count")
def thinning(root):
    tiles = [(collection, filled(template(found, MVT), tile)) for collection, found, tile in whole_tile(root)]
    url, tile = top(root)
    for collection, url in [*tiles, (None, filled(url, tile))]:
        auto, full = fetched(url), fetched(filled(url, (), detail="full"))
        counts = [[int(answer.headers[f"ogc-number{name}"]) for name in ("matched", "returned")] for answer in (auto, full)]
        there = [{name: len(by_id({name: layer})) for name, layer in decoded(answer.body).items() if not name.endswith(":counts")}
                 for answer in (auto, full)]
        assert len(auto.body) <= LARGEST, url
        if len(full.body) <= LARGEST:
            assert auto.body == full.body, (url, "thinned without need", len(auto.body), len(full.body))
        assert [each[1] for each in counts] == [sum(each.values()) for each in there], url
        assert counts[1][0] == counts[1][1] == counts[0][0], (url, counts)
        assert not [name for name in decoded(full.body) if name.endswith(":counts")], url
        for name, layer in decoded(auto.body).items():
            if name.endswith(":counts"):
                plain_ = name.removesuffix(":counts")
                present, shown_ = (sum(each["properties"][key] for each in layer["features"]) for key in ("present", "shown"))
                assert (present, shown_) == (there[1][plain_], there[0][plain_]) and shown_ < present, (url, name)
            elif f"{name}:counts" not in decoded(auto.body):
                assert there[0][name] == there[1][name], (url, name, "thinned without a word")


@test(FURTHER, "tiles by zoom, x and y")
def by_zoom(root):
    for collection in spatial(root):
        id = collection["id"]
        found = next(each for each, href, _ in tilesets(root, collection) if href.endswith("/WebMercatorQuad"))
        about = read(plain(root, [id], ".json"), TILEJSON)
        fields = {each["id"]: each["fields"].keys() for each in about["vector_layers"]}
        limits = found["tileMatrixSetLimits"]
        for each in limits[:1] + limits[8:9] + limits[about["maxzoom"]:about["maxzoom"] + 1]:
            row, col, zoom = each["maxTileRow"], each["minTileCol"], each["tileMatrix"]
            at = about["tiles"][0].replace("{z}", zoom).replace("{x}", str(col)).replace("{y}", str(row))
            one, two = ask(at, "*/*"), fetched(filled(template(found, MVT), (zoom, row, col)))
            assert one.status == (200 if two.body else 204) and one.body == two.body, (at, one.status)
            assert one.status == 204 or kind(one) == MVT, at
            for name, layer in decoded(one.body).items():
                used = {key for feature in layer["features"] for key in feature["properties"]}
                assert used <= fields[name], (at, name, used - fields[name])
        for rest in ("/0/0/1.mvt", "/25/0/0.mvt", "/x/0/0.mvt", "/0/0/0.png", "/0/0/0"):
            refused(plain(root, [id], rest), 404)
        refused(plain(root, [id], f"/0/0/0.mvt?{NOBODY}=1"))
        both = plain(root, [id, collections(root)[0]["id"]], "/0/0/0.mvt")
        assert ask(both, "*/*").status in ((404,) if collections(root)[0]["id"] == id else (200, 204)), both
    refused(plain(root, [NOBODY], "/0/0/0.mvt"), 404)
