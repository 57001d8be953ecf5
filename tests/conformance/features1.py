"""Annex A of OGC 17-069r4 (Features Part 1): classes core, geojson, html and oas30."""
import datetime
import json
import urllib.parse

from wire import *

SUITE = "Features Part 1"
CONF = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"

TILE = "/{tileMatrix}/{tileRow}/{tileCol}"

skipped(SUITE, "/conf/gmlsf0/*, /conf/gmlsf2/*", "the service does not declare GML")
skipped(SUITE, "/conf/core/http, step 2", "the service itself speaks no TLS")
skipped(SUITE, "/conf/html/content, step 2", "manual inspection; here: ids and links of the JSON stand in the page")


@test(SUITE, "/conf/core/http")
def http(root):
    for each in read(root)["links"]:
        answer = ask(each["href"], each["type"])
        assert (answer.status, answer.version) == (200, 11), (each["href"], answer.status, answer.version)


@test(SUITE, "/conf/core/crs84")
def crs84(root):
    for collection in collections(root):
        answer = ask(items(collection, limit=10000), GEOJSON)
        assert answer.headers.get("content-crs", f"<{CRS84}>") == f"<{CRS84}>"
        for feature in json.loads(answer.body)["features"]:
            for at in positions(feature["geometry"]):
                assert -180 <= at[0] <= 180 and -90 <= at[1] <= 90, (collection["id"], feature["id"], at)


@test(SUITE, "/conf/core/root-op")
def root_op(root):
    for url in (root, f"{root}/"):
        read(url)


@test(SUITE, "/conf/core/root-success")
def root_success(root):
    found = valid(read(root), LANDING)
    typed(found)
    for rel in ("conformance", "data"):
        assert link(found, rel)["type"] == JSON, rel
    assert links(found, "service-desc") or links(found, "service-doc")
    every_type(root, found, "/")


@test(SUITE, "/conf/core/api-definition-op")
def api_definition_op(root):
    found = read(root)
    for each in links(found, "service-desc") + links(found, "service-doc"):
        answer = ask(each["href"], each["type"])
        assert answer.status == 200, each
        assert answer.headers["content-type"].startswith(each["type"]), (each, answer.headers["content-type"])


@test(SUITE, "/conf/core/api-definition-success")
def api_definition_success(root):
    api = definition(root)
    assert api["openapi"].startswith("3.0.") and api["info"]["title"] and api["info"]["version"]
    assert {"/", "/conformance", "/collections"} <= set(api["paths"])
    assert not Page(ask(link(read(root), "service-doc")["href"], HTML).body.decode()).faults


@test(SUITE, "/conf/core/conformance-op")
def conformance_op(root):
    for each in links(read(root), "conformance"):
        read(each["href"])
    read(f"{root}/conformance")


@test(SUITE, "/conf/core/conformance-success")
def conformance_success(root):
    found = valid(read(f"{root}/conformance"), CONFORMANCE)["conformsTo"]
    for name in ("core", "geojson", "html", "oas30"):
        assert CONF + name in found, name


@test(SUITE, "/conf/core/fc-md-op")
def fc_md_op(root):
    for each in links(read(root), "data"):
        read(each["href"])
    read(f"{root}/collections")


@test(SUITE, "/conf/core/fc-md-success")
def fc_md_success(root):
    valid(read(f"{root}/collections"), COLLECTIONS)


@test(SUITE, "/conf/core/fc-md-links")
def fc_md_links(root):
    every_type(root, read(f"{root}/collections"), "/collections")


@test(SUITE, "/conf/core/fc-md-items")
def fc_md_items(root):
    listed = [each["id"] for each in collections(root)]
    served = {path.split("/")[2] for path in definition(root)["paths"] if path.startswith("/collections/")}
    assert len(listed) == len(set(listed)) and set(listed) == {urllib.parse.unquote(each) for each in served}, (listed, served)


@test(SUITE, "/conf/core/fc-md-items-links")
def fc_md_items_links(root):
    api = definition(root)
    for collection in collections(root):
        typed(collection)
        path = f"/collections/{urllib.parse.quote(collection['id'])}/items"
        kinds = [each["type"] for each in links(collection, "items")]
        assert sorted(kinds) == sorted(offered(api, api["paths"][path]["get"])), collection["id"]
        for each in links(collection, "items"):
            answer = ask(each["href"] + ("&" if "?" in each["href"] else "?") + "limit=1", each["type"])
            assert answer.status == 200 and kind(answer) == each["type"].split(";")[0], (each, answer.status, kind(answer))


@test(SUITE, "/conf/core/fc-md-extent")
def fc_md_extent(root):
    for collection in collections(root):
        found = features(collection)
        shapes = [shape(feature) for feature in found if feature["geometry"]]
        if "spatial" not in collection.get("extent", {}):
            assert not shapes, f"{collection['id']} has geometries and no extent"
        else:
            whole = window(*extent(collection))
            assert all(whole.covers(each) for each in shapes), collection["id"]
        known = roles(collection)
        lives = [life for life in (lifetime(feature, known) for feature in found) if life]
        if lives:
            start, end = [moment and span(moment)[0] for moment in collection["extent"]["temporal"]["interval"][0]]
            for low, high in lives:
                assert start is None or low and start <= low, (collection["id"], low)
                # An interval ends with the last date of a feature, which lasts until the next begins.
                assert end is None or high and high < end + datetime.timedelta(days=1), (collection["id"], high)


@test(SUITE, "/conf/core/sfc-md-op")
def sfc_md_op(root):
    for collection in collections(root):
        read(f"{root}/collections/{urllib.parse.quote(collection['id'])}")
    refused(f"{root}/collections/{NOBODY}", 404)


@test(SUITE, "/conf/core/sfc-md-success")
def sfc_md_success(root):
    for collection in collections(root):
        own = valid(read(base(collection)), COLLECTION)
        assert own.keys() == collection.keys(), collection["id"]
        for member in own.keys() - {"links"}:
            assert own[member] == collection[member], (collection["id"], member)
        known = [(each["rel"], each["href"], each["type"]) for each in own["links"]]
        assert all((each["rel"], each["href"], each["type"]) in known for each in collection["links"]), collection["id"]


@test(SUITE, "/conf/core/fc-op")
def fc_op(root):
    for collection in collections(root):
        for each in links(collection, "items"):
            if each["type"] == GEOJSON:
                read(each["href"], GEOJSON)
    refused(f"{root}/collections/{NOBODY}/items", 404)


def declared(root, name, expected):
    api = definition(root)
    for path, method, operation in operations(api):
        if path.endswith("/items"):
            found = parameters(api, operation)[name]
            assert not found.get("required") and (found["style"], found["explode"]) == ("form", False), (path, found)
            assert expected(found["schema"]), (path, found)


@test(SUITE, "/conf/core/fc-bbox-definition")
def fc_bbox_definition(root):
    def sizes(schema):
        forms = schema.get("oneOf", [schema])
        return schema["type"] == "array" and schema["items"]["type"] == "number" \
            and min(each["minItems"] for each in forms) == 4 and max(each["maxItems"] for each in forms) == 6
    declared(root, "bbox", sizes)


@test(SUITE, "/conf/core/fc-bbox-response")
def fc_bbox_response(root):
    for collection in spatial(root):
        west, south, east, north = extent(collection)
        across, up = (west + east) / 2, (south + north) / 2
        found = features(collection)
        shapes = [(feature["id"], shape(feature)) for feature in found]
        for box in [(west, south, east, north), (west, south, across, north), (across, up, east, north), (170, -90, -170, 90),
                    (across, up, across, up), (-180, 89.9, 180, 90)]:
            wanted = [id for id, geometry in shapes if geometry is None or geometry.intersects(window(*box))]
            there = features(collection, bbox=comma(box))
            assert ids(there) == wanted, (collection["id"], box, sorted(map(str, set(ids(there)) ^ set(wanted)))[:5])
            assert there == [feature for feature in found if feature["id"] in set(wanted)], "features change with the window"
        heights = comma((west, south, -1e4, east, north, 1e4))
        assert matched(collection, bbox=heights) == len(found), "six numbers"


@test(SUITE, "/conf/core/fc-limit-definition")
def fc_limit_definition(root):
    declared(root, "limit", lambda schema: schema["type"] == "integer" and schema["minimum"] >= 1
             and schema["default"] <= schema["maximum"])


@test(SUITE, "/conf/core/fc-limit-response")
def fc_limit_response(root):
    api = definition(root)
    for collection in collections(root):
        path = f"/collections/{urllib.parse.quote(collection['id'])}/items"
        schema = parameters(api, api["paths"][path]["get"])["limit"]["schema"]
        whole = matched(collection)
        most = schema["maximum"]
        for query, most in [({"limit": 1}, 1), ({"limit": 2}, 2), ({}, schema["default"]),
                            *(({"limit": each}, most) for each in (most, most + 1, 10**9))]:
            page = read(items(collection, **query), GEOJSON)
            assert len(page["features"]) == min(most, whole), (collection["id"], query, len(page["features"]))


@test(SUITE, "/conf/core/fc-time-definition")
def fc_time_definition(root):
    declared(root, "datetime", lambda schema: schema["type"] == "string")


@test(SUITE, "/conf/core/fc-time-response")
def fc_time_response(root):
    for collection in collections(root):
        found, known = features(collection), roles(collection)
        lives = [(feature["id"], lifetime(feature, known)) for feature in found]
        dates = sorted({moment.date().isoformat() for _, life in lives if life for moment in life if moment}) or ["2021-01-01"]
        for date in {dates[0], dates[len(dates) // 2], dates[-1]}:
            noon = f"{date}T12:00:00Z"
            for text, low, high in [(date, date, date), (noon, noon, noon), (f"../{date}", None, date), (f"/{date}", None, date),
                                    (f"{date}/..", date, None), (f"{date}/", date, None), (f"{dates[0]}/{date}", dates[0], date),
                                    (f"{noon}/{date}T23:00:00Z", noon, f"{date}T23:00:00Z")]:
                start, end = low and span(low)[0], high and span(high)[1]
                wanted = [id for id, life in lives if life is None or not (
                    start and life[1] and life[1] < start or end and life[0] and life[0] > end)]
                there = ids(features(collection, datetime=text))
                assert there == wanted, (collection["id"], text, there[:9], wanted[:9])


WRONG = {"limit": ["0", "-1", "x", "1.5", ""],
         "bbox": ["1,2,3", "1,2,3,x", "1,2,3,4,5", "0,1,2,0", "0,0,181,1", "0,0,1,91", "nan,0,1,1", ""],
         "datetime": ["soon", "2022-01-01/2021-01-01", "2022-13-01", "2022-02-30", "a/b/c", ""],
         "f": ["x"]}


@test(SUITE, "/conf/core/query-param-invalid")
def query_param_invalid(root):
    for collection in collections(root):
        for name, values in WRONG.items():
            for value in values:
                refused(items(collection, **{name: value}))
        refused(items(collection) + "limit=1&limit=2")
        refused(items(collection) + "limit=%FF")


@test(SUITE, "/conf/core/query-param-unknown")
def query_param_unknown(root):
    for path, method, _ in operations(definition(root)):
        if method == "get" and address(root, path):
            refused(more(address(root, path), **{NOBODY: 1}))


@test(SUITE, "/conf/core/fc-response")
def fc_response(root):
    for collection in collections(root):
        valid(read(items(collection), GEOJSON), FEATURES)
        found = features(collection)
        assert len(found) == len(set(ids(found))), f"{collection['id']}: an id twice"
        for one in found[:3]:
            same = features(collection, id=one["id"])
            assert same == [one], (collection["id"], one["id"], len(same))


@test(SUITE, "/conf/core/fc-links")
def fc_links(root):
    for collection in collections(root):
        every_type(root, read(items(collection, limit=1), GEOJSON), f"/collections/{urllib.parse.quote(collection['id'])}/items")


@test(SUITE, "/conf/core/fc-timeStamp")
def fc_timestamp(root):
    for collection in collections(root):
        stamp = read(items(collection, limit=1), GEOJSON)["timeStamp"]
        age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(stamp)
        assert stamp.endswith("Z") and abs(age.total_seconds()) < 5, stamp


@test(SUITE, "/conf/core/fc-numberMatched")
def fc_number_matched(root):
    for collection in collections(root):
        whole = features(collection)
        selections = [{}, {"datetime": "2022-06-01"}]
        if "spatial" in collection.get("extent", {}):
            west, south, east, north = extent(collection)
            selections += [{"bbox": comma((west, south, (west + east) / 2, north))}]
        for query in selections:
            size = max(1, len(whole) // 3)
            walked = list(pages(items(collection, limit=size, **query)))
            seen = [feature for page in walked for feature in page["features"]]
            assert {page["numberMatched"] for page in walked} == {len(seen)}, (collection["id"], query, len(seen))
            assert all(len(page["features"]) == size for page in walked[:-1]), "a page before the last is short"
            assert seen == features(collection, **query), (collection["id"], query)


@test(SUITE, "/conf/core/fc-numberReturned")
def fc_number_returned(root):
    for collection in collections(root):
        for page in pages(items(collection, limit=1000)):
            assert page["numberReturned"] == len(page["features"]), collection["id"]


def some(root):
    """The first features of each layer and its last, all of a small one."""
    for collection in collections(root):
        found = features(collection)
        for feature in found if len(found) < 10 else found[:3] + found[-1:]:
            yield collection, feature, read(item(collection, feature), GEOJSON)


@test(SUITE, "/conf/core/f-op")
def f_op(root):
    assert len(list(some(root))) > 1, "nothing to test"
    for collection in collections(root):
        refused(f"{base(collection)}/items/{NOBODY}", 404)


@test(SUITE, "/conf/core/f-success")
def f_success(root):
    for collection, feature, own in some(root):
        valid(own, FEATURE)
        assert {name: own[name] for name in feature} == feature, (collection["id"], feature["id"])


@test(SUITE, "/conf/core/f-links")
def f_links(root):
    for collection, feature, own in some(root):
        every_type(root, own, f"/collections/{urllib.parse.quote(collection['id'])}/items/{{featureId}}")
        assert any(each["href"] == base(collection) for each in links(own, "collection")), (collection["id"], feature["id"])


@test(SUITE, "/conf/geojson/definition")
def geojson_definition(root):
    api = definition(root)
    for path, method, operation in operations(api):
        if method == "get" and address(root, path):
            of_features = "/items" in path and not path.endswith("/along") or path.endswith(("/nearest", "/reach", "/topology"))
            wanted = GEOJSON if of_features or TILE in path else JSON
            if wanted in offered(api, operation):
                read(address(root, path), wanted)
            else:
                assert path == "/api" or path.endswith(("/schema", "/queryables", "/sortables")), path


@test(SUITE, "/conf/geojson/content")
def geojson_content(root):
    for collection in collections(root):
        for page in pages(items(collection, limit=10000)):
            valid(page, FEATURES)
            for feature in page["features"]:
                closed(feature["geometry"])
    for collection, feature, own in some(root):
        assert str(own["id"]) == str(feature["id"]), (collection["id"], feature["id"])
    valid(read(root), LANDING)
    valid(read(f"{root}/conformance"), CONFORMANCE)
    valid(read(f"{root}/collections"), COLLECTIONS)


def html_pages(root):
    for path, method, operation in operations(definition(root)):
        # A tile is no page: maps show it.
        if method == "get" and address(root, path) and TILE not in path:
            yield path, address(root, path), ask(address(root, path), HTML)


@test(SUITE, "/conf/html/definition")
def html_definition(root):
    for path, _, answer in html_pages(root):
        assert (answer.status, kind(answer)) == (200, HTML), (path, answer.status, kind(answer))


@test(SUITE, "/conf/html/content")
def html_content(root):
    for path, url, answer in html_pages(root):
        page = Page(answer.body.decode())
        assert not page.faults, (path, page.faults)
        text = "".join(page.text)
        if path.endswith("/items"):
            found = read(url, GEOJSON)
            assert all(str(id) in text for id in ids(found["features"])), path
            assert len(page.linked) == len(links(found, "alternate")) > 0, path
        if path == "/collections":
            assert all(each["title"] in text for each in collections(root)), path


def exchanges(root):
    """Every operation with every kind of answer that can be asked for from outside."""
    for path, method, operation in operations(definition(root)):
        url = address(root, path)
        if not url:
            continue
        if method == "post":
            for body, sent in [(b'{"limit": 1}', JSON), (b"{", JSON), (b'{"limit": 0}', JSON), (b"{}", "text/plain")]:
                yield path, operation, ask(url, GEOJSON, body, content_type=sent)
            yield path, operation, ask(url, "image/png", b"{}", content_type=JSON)
            continue
        for accept in (JSON, GEOJSON, SCHEMA, MVT, TILEJSON, HTML, "*/*", "image/png"):
            yield path, operation, ask(url, accept)
        yield path, operation, ask(more(url, **{NOBODY: 1}), "*/*")
        tag = ask(url, "*/*").headers["etag"]
        yield path, operation, ask(url, "*/*", if_none_match=tag)
        for name in ("{featureId}", "{tileMatrixSetId}"):
            if name in path:
                yield path, operation, ask(root + path.replace(name, NOBODY), "*/*")


@test(SUITE, "/conf/oas30/completeness")
def completeness(root):
    api = definition(root)
    for path, operation, answer in exchanges(root):
        assert str(answer.status) in operation["responses"], (path, answer.status)
        if answer.status == 200:
            given = {each.split(";")[0] for each in offered(api, operation)}
            assert kind(answer) in given, (path, kind(answer))


@test(SUITE, "/conf/oas30/exceptions-codes")
def exceptions_codes(root):
    api, seen = definition(root), set()
    for path, operation, answer in exchanges(root):
        if answer.status >= 400:
            seen.add(answer.status)
            assert str(answer.status) in operation["responses"], (path, answer.status)
            assert kind(answer) in offered(api, operation, str(answer.status)), (path, answer.status, kind(answer))
            assert json.loads(answer.body)["status"] == answer.status, path
    assert {400, 404, 406} <= seen < set(range(400, 500)), seen


@test(SUITE, "/conf/oas30/definition-1")
def definition_1(root):
    found = read(root)
    assert link(found, "service-desc")["type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert link(found, "service-doc")["type"] == HTML
    assert kind(ask(link(found, "service-doc")["href"], HTML)) == HTML
    assert ask(link(found, "service-desc")["href"], "*/*").headers["content-type"] == link(found, "service-desc")["type"]


@test(SUITE, "/conf/oas30/definition-2")
def definition_2(root):
    from openapi_spec_validator import OpenAPIV30SpecValidator

    OpenAPIV30SpecValidator(definition(root)).validate()


@test(SUITE, "/conf/oas30/oas-impl")
def oas_impl(root):
    api = definition(root)
    assert [each["url"] for each in api["servers"]] == [root]
    for path, method, operation in operations(api):
        url = address(root, path)
        if method != "get" or not url:
            continue
        known = parameters(api, operation)
        # A strip diagram shows all that stands along its line, or none.
        few = {"limit": 1} if "limit" in known and not path.endswith("/along") else {}
        for name, about in known.items():
            schema = about["schema"]
            for value in schema.get("enum", []) + ([schema["default"]] if "default" in schema else []):
                if name in ("f", "crs", "bbox-crs", "filter-lang", "filter-crs", "limit", "offset"):
                    answer = ask(more(url, **few | {name: value}), "*/*")
                    assert answer.status == 200, (path, name, value, answer.status)


@test(SUITE, "/conf/oas30/security")
def security(root):
    api = definition(root)
    schemes = api.get("components", {}).get("securitySchemes", {})
    for path, operation, answer in exchanges(root):
        needed = operation.get("security", api.get("security", []))
        assert all(name in schemes for each in needed for name in each), path
        assert needed or (answer.status not in (401, 403) and "www-authenticate" not in answer.headers), (path, answer.status)
