"""Foreign programs as clients: OWSLib, the GDAL driver for OGC API Features, validators of the API definition."""
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import urllib.request

BIN = pathlib.Path(sys.executable).parent


def counts(root):
    for each in json.load(urllib.request.urlopen(f"{root}/collections?f=json"))["collections"]:
        url = f"{root}/collections/{each['id']}/items?f=json&limit=1"
        yield each["id"], json.load(urllib.request.urlopen(url))["numberMatched"]


def owslib(root):
    from owslib.ogcapi.features import Features

    client = Features(root)

    def core():
        assert any(uri.endswith("ogcapi-features-1/1.0/conf/core") for uri in client.conformance()["conformsTo"])

    def listing():
        assert sorted(client.feature_collections()) == sorted(id for id, _ in counts(root))

    def reading():
        for id, matched in counts(root):
            first = client.collection_items(id, limit=2)
            assert first["numberMatched"] == matched, id
            west, south, east, north = client.collection(id)["extent"]["spatial"]["bbox"][0]
            assert client.collection_items(id, bbox=[west, south, east, north], limit=1)["numberMatched"] == matched
            assert client.collection_items(id, filter="false", limit=1)["numberMatched"] == 0
            client.collection_items(id, datetime_="2022-01-01/2023-01-01", limit=1)
            feature = first["features"][0]["id"]
            assert client.collection_item(id, str(feature))["id"] == feature

    yield "conformance", core
    yield "collections", listing
    yield "items: limit, bbox, filter, datetime; one item", reading


def gdal(root):
    def ogrinfo(*arguments):
        made = subprocess.run(["ogrinfo", "-ro", f"OAPIF:{root}", *arguments], capture_output=True, text=True, timeout=120)
        assert made.returncode == 0 and "ERROR" not in made.stderr, made.stderr[:500]
        return made.stdout

    def listing():
        said = ogrinfo("-q")
        for id, _ in counts(root):
            assert re.search(rf"\b{re.escape(id)}\b", said), f"{id} is not listed"

    def reading():
        for id, matched in counts(root):
            rows = ogrinfo("-al", "-q", "-geom=NO", "-fields=NO", id).count("OGRFeature(")
            assert rows == matched, (id, rows, matched)

    def window():
        for each in json.load(urllib.request.urlopen(f"{root}/collections?f=json"))["collections"]:
            id, (west, south, east, north) = each["id"], each["extent"]["spatial"]["bbox"][0]
            box = [west, south, (west + east) / 2, north]
            url = f"{root}/collections/{id}/items?f=json&limit=1&bbox={','.join(map(str, box))}"
            # The server counts features without place in every window; GDAL leaves them out.
            nowhere = urllib.parse.urlencode({"filter": "geometry IS NULL"})
            want, lost = (json.load(urllib.request.urlopen(at))["numberMatched"] for at in [url, f"{url}&{nowhere}"])
            rows = ogrinfo("-spat", *map(str, box), "-al", "-q", "-geom=NO", "-fields=NO", id).count("OGRFeature(")
            assert rows == want - lost, (id, rows, want, lost)

    yield "lists all collections", listing
    yield "reads all features", reading
    yield "spatial filter", window


def definition(root):
    def valid():
        from openapi_spec_validator import validate

        validate(json.load(urllib.request.urlopen(f"{root}/api?f=json")))

    def fuzzed():
        command = [BIN / "schemathesis", "run", f"{root}/api?f=json", "--url", root, "--max-examples", "10", "--seed", "1",
                   "--phases", "examples,coverage,fuzzing", "--generation-deterministic", "--checks",
                   "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"]
        made = subprocess.run(command, capture_output=True, text=True, timeout=240, env=os.environ | {"NO_COLOR": "1"})
        assert made.returncode == 0, made.stdout[-1500:]

    yield "openapi-spec-validator", valid
    yield "schemathesis", fuzzed


SUITES = {"Definition": definition, "OWSLib": owslib, "GDAL": gdal}
