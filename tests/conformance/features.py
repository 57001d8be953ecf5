"""Our own executable form of abstract tests of OGC 17-069r4 (Features Part 1), 18-058r1 (Part 2) and of Common Part 1.

Black box over HTTP. Each test has the id of the abstract test it executes; it is not the OGC's own test suite.
"""
import json
import urllib.error
import urllib.parse
import urllib.request

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
TESTS = []


def test(ats):
    def keep(function):
        TESTS.append((ats, function))
        return function
    return keep


def get(url, accept="application/json"):
    request = urllib.request.Request(url, headers={"accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as fault:
        return fault.code, fault.headers, fault.read()


def document(url, accept="application/json"):
    status, headers, body = get(url, accept)
    assert status == 200, f"{url}: {status}"
    return json.loads(body), headers


def link(found, rel):
    links = [each for each in found["links"] if each["rel"] == rel]
    assert links, f"no link {rel}"
    return links[0]


def collections(root):
    return document(link(document(root)[0], "data")["href"])[0]["collections"]


def items(collection, **query):
    href = f"{link(collection, 'self')['href'].split('?')[0]}/items"
    return href + "?" + urllib.parse.urlencode(query)


def pages(url):
    while url:
        page, _ = document(url, "application/geo+json")
        yield page
        url = next((each["href"] for each in page["links"] if each["rel"] == "next"), None)


def positions(coordinates):
    if isinstance(coordinates[0], (int, float)):
        yield coordinates
    else:
        for each in coordinates:
            yield from positions(each)


@test("ogcapi-features-1 /conf/core/root-op, root-success")
def landing(root):
    found, headers = document(root)
    assert headers.get_content_type() == "application/json"
    for rel in ["conformance", "data", "self"]:
        assert link(found, rel)["type"] == "application/json", rel
    assert any(each["rel"] in ("service-desc", "service-doc") for each in found["links"])


@test("ogcapi-features-1 /conf/core/api-definition-op, api-definition-success")
def definition(root):
    desc = link(document(root)[0], "service-desc")
    status, headers, _ = get(desc["href"], desc["type"])
    assert status == 200 and headers["content-type"] == desc["type"], headers["content-type"]


@test("ogcapi-features-1 /conf/core/conformance-op, conformance-success")
def conformance(root):
    found, _ = document(link(document(root)[0], "conformance")["href"])
    for name in ["core", "geojson", "html", "oas30"]:
        assert f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" in found["conformsTo"], name


@test("ogcapi-features-1 /conf/core/fc-md-op, fc-md-items, sfc-md-op, sfc-md-success")
def metadata(root):
    for collection in collections(root):
        own, _ = document(link(collection, "self")["href"])
        for member in ["id", "title", "description", "extent", "crs", "storageCrs", "itemType"]:
            assert own.get(member) == collection.get(member), (collection["id"], member)
        known = [(each["rel"], each["href"]) for each in own["links"]]
        assert all((each["rel"], each["href"]) in known for each in collection["links"] if each["rel"] == "items")
        kinds = [each.get("type") for each in own["links"] if each["rel"] == "items"]
        assert "application/geo+json" in kinds and "text/html" in kinds, kinds


@test("ogcapi-features-1 /conf/core/fc-op, fc-limit-response-1, fc-response, fc-links, fc-numberMatched, fc-numberReturned")
def paging(root):
    for collection in collections(root):
        seen, matched = [], None
        for page in pages(items(collection, limit=500)):
            assert page["type"] == "FeatureCollection" and page["timeStamp"].endswith("Z")
            assert page["numberReturned"] == len(page["features"]) <= 500
            assert matched in (None, page["numberMatched"]), "numberMatched changes"
            matched = page["numberMatched"]
            for rel in ["self", "alternate"]:
                assert link(page, rel)["type"]
            seen += [feature["id"] for feature in page["features"]]
        assert len(seen) == len(set(seen)) == matched, (collection["id"], len(seen), matched)


@test("ogcapi-features-1 /conf/core/fc-limit-definition, query-param-invalid, query-param-unknown")
def refusals(root):
    for collection in collections(root):
        for query in [{"limit": "0"}, {"limit": "-1"}, {"limit": "x"}, {"bbox": "1,2,3"}, {"bbox": "1,2,3,x"},
                      {"bbox": "0,1,2,0"}, {"datetime": "soon"}, {"datetime": "2022-01-01/2021-01-01"},
                      {"nobody-knows-this": "1"}, {"crs": "http://www.opengis.net/def/crs/EPSG/0/0"},
                      {"bbox-crs": "x", "bbox": "1,2,3,4"}]:
            status, headers, _ = get(items(collection, **query))
            assert status == 400, (collection["id"], query, status)
            assert headers.get_content_type() == "application/problem+json", headers.get_content_type()
        assert get(items(collection, limit=10**9))[0] == 200, "a limit above the maximum is no error"
    assert get(f"{root}/collections/nobody-knows-this")[0] == 404
    assert get(f"{root}/collections/nobody-knows-this/items")[0] == 404


@test("ogcapi-features-1 /conf/core/fc-bbox-definition, fc-bbox-response")
def windows(root):
    for collection in collections(root):
        if "extent" not in collection:
            continue
        west, south, east, north = collection["extent"]["spatial"]["bbox"][0]
        whole = document(items(collection, limit=1))[0]["numberMatched"]
        box = ",".join(map(str, [west, south, east, north]))
        assert document(items(collection, limit=1, bbox=box))[0]["numberMatched"] == whole, collection["id"]
        middle = (west + east) / 2
        for page in pages(items(collection, limit=500, bbox=f"{west},{south},{middle},{north}")):
            for feature in page["features"]:
                geometry = feature["geometry"]
                if geometry and geometry["type"] != "GeometryCollection":
                    assert min(at[0] for at in positions(geometry["coordinates"])) <= middle, feature["id"]
        assert get(items(collection, limit=1, bbox="170,-20,-170,20"))[0] == 200, "across the antimeridian"


@test("ogcapi-features-1 /conf/core/f-op, f-success, f-links")
def single(root):
    for collection in collections(root):
        for feature in document(items(collection, limit=3))[0]["features"]:
            base = items(collection).split("?")[0]
            own, headers = document(f"{base}/{urllib.parse.quote(str(feature['id']), safe='')}", "application/geo+json")
            assert headers.get_content_type() == "application/geo+json"
            assert own["id"] == feature["id"] and own["geometry"] == feature["geometry"]
            for rel in ["self", "alternate", "collection"]:
                assert link(own, rel)["type"], rel
            assert get(f"{base}/nobody-knows-this")[0] == 404


@test("ogcapi-features-2 /conf/crs/crs-uri, storage-crs, fc-md-crs-list")
def systems(root):
    for collection in collections(root):
        assert CRS84 in collection["crs"], collection["id"]
        assert collection.get("storageCrs") in collection["crs"], collection["id"]


@test("ogcapi-features-2 /conf/crs/content-crs-header, crs-parameter, bbox-crs-parameter")
def coordinates(root):
    for collection in collections(root):
        _, headers = document(items(collection, limit=1))
        assert headers["content-crs"] == f"<{CRS84}>", headers["content-crs"]
        plain = document(items(collection, limit=5))[0]["features"]
        for crs in collection["crs"]:
            found, headers = document(items(collection, limit=5, crs=crs))
            assert headers["content-crs"] == f"<{crs}>", headers["content-crs"]
            assert [each["id"] for each in found["features"]] == [each["id"] for each in plain], crs
            if crs.endswith("/EPSG/0/4326"):
                for one, two in zip(plain, found["features"]):
                    if one["geometry"] and "coordinates" in one["geometry"]:
                        swapped = [[at[1], at[0]] for at in positions(two["geometry"]["coordinates"])]
                        assert [at[:2] for at in positions(one["geometry"]["coordinates"])] == swapped, one["id"]
        assert get(items(collection, crs="http://www.opengis.net/def/crs/OGC/0/none"))[0] == 400


@test("ogcapi-features-3 /conf/filter (filter, filter-lang, filter-crs refused when wrong; combined by AND)")
def filters(root):
    for collection in collections(root):
        whole = document(items(collection, limit=1))[0]["numberMatched"]
        assert document(items(collection, limit=1, filter="true"))[0]["numberMatched"] == whole
        assert document(items(collection, limit=1, filter="false"))[0]["numberMatched"] == 0
        literal = {"filter": "true", "filter-lang": "cql2-json"}
        assert document(items(collection, limit=1, **literal))[0]["numberMatched"] == whole
        for query in [{"filter": "("}, {"filter": "nobody_knows = 1"}, {"filter": "true", "filter-lang": "sql"},
                      {"filter": "true", "filter-crs": "x"}, {"filter": "S_INTERSECTS(geometry,POINT(90 180))"}]:
            assert get(items(collection, **query))[0] == 400, (collection["id"], query)


@test("ogcapi-features-1 /conf/core/fc-time-definition, fc-time-response")
def times(root):
    for collection in collections(root):
        interval = collection.get("extent", {}).get("temporal", {}).get("interval", [[None, None]])[0]
        whole = document(items(collection, limit=1))[0]["numberMatched"]
        ends = "/".join(end or ".." for end in interval)
        if ends != "../..":
            assert document(items(collection, limit=1, datetime=ends))[0]["numberMatched"] == whole, collection["id"]
        assert get(items(collection, limit=1, datetime="2021-01-01/.."))[0] == 200


@test("ogcapi-features-3 /conf/queryables, queryables-query-parameters; ogcapi-common-3 /conf/schemas, sortables")
def schemas(root):
    conforms = document(f"{root}/conformance")[0]["conformsTo"]
    as_parameters = any(each.endswith("/queryables-query-parameters") for each in conforms)
    for collection in collections(root):
        found = {}
        for name in ["schema", "queryables", "sortables"]:
            href = link(collection, f"http://www.opengis.net/def/rel/ogc/1.0/{name}")["href"]
            found[name], headers = document(href, "application/schema+json")
            assert headers.get_content_type() == "application/schema+json", headers.get_content_type()
            assert found[name]["$id"] == href and found[name]["type"] == "object", href
            assert found[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema", href
        for name, about in found["queryables"]["properties"].items():
            quoted = '"' + name.replace('"', '""') + '"'
            whole = document(items(collection, limit=1))[0]["numberMatched"]
            parts = [document(items(collection, limit=1, filter=f"{quoted} IS {how}NULL"))[0]["numberMatched"]
                     for how in ("", "NOT ")]
            assert sum(parts) == whole, (collection["id"], name, parts, whole)
            if as_parameters and about.get("type") in ("integer", "number"):
                assert get(items(collection, **{name: "x"}))[0] == 400, (collection["id"], name)
        for name in found["sortables"]["properties"]:
            there = document(items(collection, limit=3, sortby=name))[0]
            assert get(items(collection, limit=3, sortby=f"-{name}"))[0] == 200, (collection["id"], name)
            values = [feature["properties"].get(name) for feature in there["features"] if name in feature["properties"]]
            known = [value for value in values if value is not None]
            assert known == sorted(known) and values[:len(known)] == known, (collection["id"], name, values)
        assert get(items(collection, sortby="nobody_knows"))[0] == 400


@test("cql2 /conf/functions")
def functions(root):
    sample = {"geometry": "POINT(114 30)", "number": "1", "string": "'m'", "datetime": "DATE('2020-01-01')"}
    functions = document(link(document(root)[0], "http://www.opengis.net/def/rel/ogc/1.0/functions")["href"])[0]
    assert functions["functions"]
    for function in functions["functions"]:
        call = f"{function['name']}({','.join(sample[each['type'][0]] for each in function['arguments'])})"
        for collection in collections(root)[:2]:
            status, _, body = get(items(collection, limit=1, filter=f"{call} IS NOT NULL"))
            assert status == 200, (call, body)
            assert json.loads(body)["numberMatched"] == document(items(collection, limit=1))[0]["numberMatched"], call


@test("items by POST answer as items by GET")
def posted(root):
    for collection in collections(root):
        href = f"{link(collection, 'self')['href'].split('?')[0]}/search"
        body = json.dumps({"filter": {"op": "isNull", "args": [{"property": "geometry"}]}, "limit": 5}).encode()
        request = urllib.request.Request(href, body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            found = json.load(answer)
        wanted = document(items(collection, limit=5, filter="geometry IS NULL"))[0]
        assert found["numberMatched"] == wanted["numberMatched"], collection["id"]
        assert found["features"] == wanted["features"], collection["id"]


def run(root):
    """Yields the id of each test and what failed, or None."""
    for ats, function in TESTS:
        try:
            function(root)
            yield ats, None
        except Exception as fault:  # an odd answer is a failure of the server, whatever it breaks here
            yield ats, f"{type(fault).__name__}: {fault}"
