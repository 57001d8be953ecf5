"""Annexes A of OGC 19-072 (Common Part 1) and of the draft OGC 20-024 (Common Part 2, class collections)."""
import json
import urllib.parse

import features1
from wire import *

ONE, TWO = "Common Part 1", "Common Part 2"
CONF = "http://www.opengis.net/spec/"

skipped(ONE, "/conf/core/query-param-value-special",
        "no class of the published standard includes it; inf and nan are no JSON numbers")
skipped(ONE, "/conf/core/query-param-list-escape, steps 3 and 4", "a comma that is not escaped is the delimiter itself")
skipped(TWO, "/conf/json/*, /conf/html/*, /conf/searchable-collections/*", "the service declares only collections of the draft")

# The tests of these ids are, word for word or nearly, those of Features Part 1.
for suite, ids_, function in [
        (ONE, "/conf/core/http", features1.http),
        (ONE, "/conf/core/query-param-name-unknown", features1.query_param_unknown),
        (ONE, "/conf/core/query-param-value-invalid", features1.query_param_invalid),
        (ONE, "/conf/landing-page/root-op", features1.root_op),
        (ONE, "/conf/landing-page/api-definition-op", features1.api_definition_op),
        (ONE, "/conf/landing-page/api-definition-success", features1.api_definition_success),
        (ONE, "/conf/html/definition", features1.html_definition),
        (ONE, "/conf/html/content", features1.html_content),
        (ONE, "/conf/oas30/completeness", features1.completeness),
        (ONE, "/conf/oas30/exceptions-codes", features1.exceptions_codes),
        (ONE, "/conf/oas30/definition-1", features1.definition_1),
        (ONE, "/conf/oas30/definition-2", features1.definition_2),
        (ONE, "/conf/oas30/oas-impl", features1.oas_impl),
        (ONE, "/conf/oas30/security", features1.security),
        (TWO, "/conf/collections/http", features1.http),
        (TWO, "/conf/collections/collections-list-success", features1.fc_md_success),
        (TWO, "/conf/collections/collections-list-collections", features1.fc_md_items),
        (TWO, "/conf/collections/collections-list-links", features1.fc_md_links),
        (TWO, "/conf/collections/description-op", features1.sfc_md_op),
        (TWO, "/conf/collections/description-success", features1.sfc_md_success),
        (TWO, "/conf/collections/description-extent", features1.fc_md_extent)]:
    test(suite, ids_)(function)


def every_parameter(root):
    """Address, name, schema and a good value of each query parameter of each operation; few features where it can say so."""
    api = definition(root)
    for path, method, operation in operations(api):
        url = address(root, path)
        if method == "get" and url:
            known, must = parameters(api, operation), needed(root, path)
            sortables = ()
            if path.endswith("/aggregates"):
                sortables = ("count",)
            elif "sortby" in known:
                sortables = read(root + path.removesuffix("items").removesuffix("shortlist") + "sortables", SCHEMA)["properties"]
            for name, about in known.items():
                few = {"limit": 1} if "limit" in known and name != "limit" else {}
                # A feature stands for the point that is needed elsewhere, and what is asked is not asked twice.
                rest = {} if name == "feature" else {other: value for other, value in must.items() if other != name}
                of_feature = name in ("feature", "after", *must) and name != "point"
                value = named(root) if of_feature else sample(about, sortables)
                yield more(url.split("?")[0], **few | rest), name, about["schema"], value


def under(url, name, value):
    return more(url, **{name: value})


@test(ONE, "/conf/core/query-param-capitalization")
def capitalization(root):
    every = list(every_parameter(root))
    # Two collections of one dataset may have fields whose names differ in case only.
    declared = {(url, name) for url, name, *_ in every}
    for url, name, schema, value in every:
        if value is not None:
            answer = ask(under(url, name, value), "*/*")
            assert answer.status == 200, (url, name, value, answer.status)
            if (url, name.swapcase()) not in declared:
                refused(under(url, name.swapcase(), value))


def raw(url, text):
    """An address with a parameter as it is written."""
    return url + ("&" if "?" in url else "?") + text


def lists(root):
    return [each for each in every_parameter(root) if each[2]["type"] == "array"]


@test(ONE, "/conf/core/query-param-list-delimiter")
def list_delimiter(root):
    for url, name, schema, value in lists(root):
        # Where no value is known to be good, there is no list of it.
        assert value is None or ask(under(url, name, value), "*/*").status == 200, (url, name)
        if value and name in ("bbox", "sortby", "properties"):
            refused(under(url, name, "0;0;1;1" if name == "bbox" else f"{value};{value}"))
            refused(under(url, name, "0 0 1 1" if name == "bbox" else f"{value}|{value}"))
    for collection in collections(root):
        names = list(read(link(collection, REL + "schema")["href"], SCHEMA)["properties"])
        chosen = [name for name in names if name not in ("geometry", "id")][:2]
        for feature in read(items(collection, limit=1, properties=",".join(chosen)), GEOJSON)["features"]:
            assert list(feature["properties"]) == chosen, (collection["id"], chosen)


@test(ONE, "/conf/core/query-param-list-escape")
def list_escape(root):
    for url, name, schema, value in lists(root):
        if "/items" not in url:
            continue
        if name == "bbox":
            plain, escaped = (read(raw(url, "bbox=" + text), GEOJSON) for text in ("0,0,1,1", "0%2C0%2c1%2C1"))
            assert plain["numberMatched"] == escaped["numberMatched"], url
        if name == "q":
            spaces = [read(raw(url, "q=" + text), GEOJSON)["numberMatched"] for text in ("a%20b", "a+b")]
            assert spaces[0] == spaces[1], url


@test(ONE, "/conf/core/query-param-list-empty")
def list_empty(root):
    for url, name, schema, value in lists(root):
        least = min(each.get("minItems", 0) for each in schema.get("oneOf", [schema]))
        answer = ask(under(url, name, ""), "*/*")
        assert answer.status == (400 if least else 200), (url, name, answer.status, f"minItems {least}")


@test(ONE, "/conf/core/query-param-value-boolean")
def value_boolean(root):
    for collection in collections(root):
        for text, kept in (("true", False), ("false", True)):
            for feature in read(items(collection, limit=5, skipGeometry=text), GEOJSON)["features"]:
                assert kept or feature["geometry"] is None, (collection["id"], text)
        refused(items(collection, skipGeometry="TRUE"))
        whole = features(collection)
        for name, about in read(link(collection, REL + "queryables")["href"], SCHEMA)["properties"].items():
            if about.get("type") == "boolean":
                for text, value in (("true", True), ("false", False)):
                    count = sum(feature["properties"].get(name) is value for feature in whole)
                    assert matched(collection, **{name: text}) == count, (collection["id"], name, text)


def numbers(root, kinds):
    for collection in collections(root):
        whole = None
        for name, about in read(link(collection, REL + "queryables")["href"], SCHEMA)["properties"].items():
            if about.get("type") in kinds and about.get("x-ogc-role") != "id":
                whole = features(collection) if whole is None else whole
                known = [feature["properties"].get(name) for feature in whole]
                value = next((each for each in known if each is not None), None)
                if value is not None and name not in ("limit", "offset"):
                    yield collection, name, value, known


@test(ONE, "/conf/core/query-param-value-integer")
def value_integer(root):
    for collection in collections(root):
        for text in ("2", "0002"):
            assert len(read(items(collection, limit=text), GEOJSON)["features"]) <= 2, (collection["id"], text)
        refused(items(collection, limit="-2"))
        refused(items(collection, offset="-1"))
    for collection, name, value, known in numbers(root, ["integer"]):
        for text, number in ((str(value), value), (str(-value), -value)):
            assert matched(collection, **{name: text}) == known.count(number), (collection["id"], name, text)
        refused(items(collection, **{name: "1x"}))


@test(ONE, "/conf/core/query-param-value-decimal")
def value_decimal(root):
    for collection, name, value, known in numbers(root, ["number"]):
        plain = f"{abs(value):.12f}"
        for text, number in (("00" + plain + "00", float(plain)), ("-" + plain + "0", -float(plain)), ("007", 7.0)):
            assert matched(collection, **{name: text}) == known.count(number), (collection["id"], name, text)


@test(ONE, "/conf/core/query-param-value-double")
def value_double(root):
    for collection, name, value, known in numbers(root, ["number"]):
        for text in (f"{value:.17e}", f"{value:.17E}"):
            assert matched(collection, **{name: text}) == known.count(value), (collection["id"], name, text)
        refused(items(collection, **{name: "1e"}))


@test(ONE, "/conf/landing-page/root-success")
def root_success(root):
    found = valid(read(root), LANDING)
    assert links(found, "service-desc") or links(found, "service-doc")
    assert link(found, REL + "conformance")["type"] == JSON


@test(ONE, "/conf/landing-page/conformance-op")
def conformance_op(root):
    for each in links(read(root), REL + "conformance"):
        valid(read(each["href"]), CONFORMANCE)
    valid(read(f"{root}/conformance"), CONFORMANCE)


@test(ONE, "/conf/landing-page/conformance-success")
def conformance_success(root):
    found = read(f"{root}/conformance")["conformsTo"]
    for name in ("core", "landing-page", "json", "html", "oas30"):
        assert f"{CONF}ogcapi-common-1/1.0/conf/{name}" in found, name


@test(ONE, "/conf/json/definition")
def json_definition(root):
    for path, method, operation in operations(definition(root)):
        if method == "get" and address(root, path):
            answer = ask(address(root, path), JSON)
            assert answer.status in (200, 406), (path, answer.status)
            assert answer.status == 406 or kind(answer) == JSON or kind(answer).endswith("json"), (path, kind(answer))


@test(ONE, "/conf/json/content")
def json_content(root):
    for path, schema in (("", LANDING), ("/conformance", CONFORMANCE), ("/collections", COLLECTIONS)):
        valid(read(root + path), schema)
    for collection in collections(root):
        valid(read(base(collection)), COLLECTION)


@test(TWO, "/conf/collections/collections-list-op")
def list_op(root):
    for rel in ("data", REL + "data"):
        for each in links(read(root), rel):
            read(each["href"])
    read(f"{root}/collections")
    assert f"{CONF}ogcapi-common-2/1.0/conf/collections" in read(f"{root}/conformance")["conformsTo"]


@test(TWO, "/conf/collections/description-links")
def description_links(root):
    for collection in collections(root):
        every_type(root, read(base(collection)), f"/collections/{urllib.parse.quote(collection['id'])}")


@test(TWO, "/conf/collections/description-extent-multi")
def extent_multi(root):
    for collection in collections(root):
        boxes = collection.get("extent", {}).get("spatial", {}).get("bbox", [])
        assert all(window(*boxes[0]).covers(window(*box)) for box in boxes[1:]), collection["id"]
        spans = collection.get("extent", {}).get("temporal", {}).get("interval", [])
        for start, end in spans[1:]:
            assert not spans[0][0] or start and span(start) >= span(spans[0][0]), collection["id"]
            assert not spans[0][1] or end and span(end) <= span(spans[0][1]), collection["id"]
