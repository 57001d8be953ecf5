"""Annex A of OGC 19-079r2 (Features Part 3): queryables, queryables-query-parameters, filter, features-filter."""
import json

import jsonschema

from crs import boxed
from wire import *

SUITE = "Features Part 3"
CONF = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/"

skipped("CQL2 (OGC 21-065r2)", "/conf/*, functions apart",
        "needs the official test data as layers: `cargo test` runs them, see `tests/cases/annex.jsonc`")


def declares(name):
    def declared(root):
        assert CONF + name in valid(read(f"{root}/conformance"), CONFORMANCE)["conformsTo"], name
    return declared


for name in ("queryables", "filter", "features-filter"):
    test(SUITE, f"/conf/{name}/get-conformance")(declares(name))


def queryables(collection):
    return read(link(collection, REL + "queryables")["href"], SCHEMA)["properties"]


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def literal(value, about):
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return repr(value)
    text = "'" + value.replace("'", "''") + "'"
    return {"date": f"DATE({text})", "date-time": f"TIMESTAMP({text})"}.get(about.get("format"), text)


def value_of(feature, name, about):
    return feature["id"] if about.get("x-ogc-role") == "id" else feature["properties"].get(name)


def simple(collection):
    """Queryables with a type other than array or object, and a value of one feature where there is one."""
    found = features(collection)
    for name, about in queryables(collection).items():
        if about.get("type") in ("string", "number", "integer", "boolean"):
            known = [value_of(feature, name, about) for feature in found]
            yield name, about, known, next((value for value in known if value is not None), None), found


def geometries(root):
    for collection in spatial(root):
        names = [name for name, about in queryables(collection).items() if about.get("format", "").startswith("geometry-")]
        placed = [feature["id"] for feature in features(collection) if feature["geometry"]]
        if names and placed:
            yield collection, names[0], placed


@test(SUITE, "/conf/queryables/get-queryables-uris")
def get_queryables_uris(root):
    for collection in collections(root):
        answer = ask(items(collection), GEOJSON, method="HEAD")
        assert answer.status == 200 and answer.body == b"", (collection["id"], answer.status)
        found = " ".join(answer.headers.get_all("link", []))
        assert f'<{base(collection)}/queryables>; rel="{REL}queryables"' in found, (collection["id"], found)


@test(SUITE, "/conf/queryables/get-queryables")
def get_queryables(root):
    for collection in collections(root):
        href = link(collection, REL + "queryables")["href"]
        found = read(href, SCHEMA)
        assert found["$schema"] in [f"https://json-schema.org/draft/{each}/schema" for each in ("2019-09", "2020-12")]
        assert found["$id"] == href == f"{base(collection)}/queryables" and found["type"] == "object", href
        assert found["properties"] or not features(collection), href
        for name, about in found["properties"].items():
            assert "type" in about or about["format"].startswith("geometry-"), (href, name)
        jsonschema.Draft202012Validator.check_schema(found)


# A parameter of the service wins over a field of its name, and then the class must not be declared.
TAKEN = set("limit offset bbox bbox-crs datetime q sortby filter filter-lang filter-crs crs properties skipGeometry zoom-level distance-to "
            "f".split())


@test(SUITE, "/conf/queryables-query-parameters/get-conformance")
def query_parameters_declared(root):
    free = all(TAKEN.isdisjoint(queryables(collection)) for collection in collections(root))
    assert free == (f"{CONF}queryables-query-parameters" in read(f"{root}/conformance")["conformsTo"]), free


@test(SUITE, "/conf/queryables-query-parameters/query-param")
def query_param(root):
    for collection in collections(root):
        for name, about, known, value, found in simple(collection):
            if value is None or name in TAKEN:
                continue
            text = str(value).lower() if isinstance(value, bool) else str(value)
            there = read(items(collection, limit=100, **{name: text}), GEOJSON)
            counts = there["numberMatched"], known.count(value)
            assert counts[0] == counts[1], (collection["id"], name, text, counts)
            assert all(value_of(feature, name, about) == value for feature in there["features"]), (collection["id"], name)
            if about["type"] != "string" or "format" in about:
                refused(items(collection, **{name: "[invalid-value]"}))


def halves(collection, name, known, expression):
    """How many features the expression selects, in both encodings, and the first of them."""
    text = read(items(collection, limit=100, filter_lang="cql2-text", filter=expression), GEOJSON)
    assert text["numberMatched"] == sum(known), (collection["id"], expression, text["numberMatched"], sum(known))
    return text["features"]


@test(SUITE, "/conf/filter/filter-param")
def filter_param(root):
    for collection in collections(root):
        whole = matched(collection)
        for name, about, known, value, found in simple(collection):
            empty = [each is None for each in known]
            assert all(value_of(each, name, about) is None for each in halves(collection, name, empty, f"{quoted(name)} IS NULL"))
            halves(collection, name, [not each for each in empty], f"{quoted(name)} IS NOT NULL")
            tree = {"op": "isNull", "args": [{"property": name}]}
            assert matched(collection, filter=json.dumps(tree), filter_lang="cql2-json") == sum(empty), (collection["id"], name)
            if value is not None:
                same = [each == value for each in known]
                there = halves(collection, name, same, f"{quoted(name)} = {literal(value, about)}")
                assert all(value_of(each, name, about) == value for each in there), (collection["id"], name)
                # Neither selects a null: a comparison with it is unknown.
                other = [each is not None and each != value for each in known]
                halves(collection, name, other, f"{quoted(name)} <> {literal(value, about)}")
        for expression, count in [("TRUE", whole), ("FALSE", 0)]:
            assert matched(collection, filter=expression, filter_lang="cql2-text") == count, (collection["id"], expression)
        for lang, expressions in [("cql2-text", ["THIS IS NOT A FILTER", "("]), ("cql2-json", ["{", '{"op":"x"}'])]:
            for wrong in expressions:
                refused(items(collection, filter=wrong, filter_lang=lang))
        refused(items(collection, filter="TRUE", filter_lang="sql"))


@test(SUITE, "/conf/filter/filter-lang-default")
def filter_lang_default(root):
    for collection in collections(root):
        for name, about, known, value, found in first(simple(collection), 3):
            assert matched(collection, filter=f"{quoted(name)} IS NULL") == known.count(None), (collection["id"], name)
        refused(items(collection, filter="THIS IS NOT A FILTER"))


@test(SUITE, "/conf/filter/expression-construction")
def expression_construction(root):
    for collection in collections(root):
        found = read(link(collection, REL + "queryables")["href"], SCHEMA)
        assert found.get("additionalProperties") is False, f"{collection['id']}: unknown names would be null"
        for expression in ("this_is_not_a_queryable IS NULL", "this_is_not_a_queryable = 1"):
            refused(items(collection, filter=expression, filter_lang="cql2-text"))


def over(name, box):
    return f"S_INTERSECTS({quoted(name)},BBOX({comma(box)}))"


@test(SUITE, "/conf/filter/filter-crs-wgs84")
def filter_crs_wgs84(root):
    for collection, name, placed in geometries(root):
        assert ids(features(collection, filter=over(name, extent(collection)))) == placed, collection["id"]
        refused(items(collection, filter=over(name, (1e6, 1e6, 2e6, 2e6))))
        refused(items(collection, filter=f"S_INTERSECTS({quoted(name)},POINT(90 180))"))


@test(SUITE, "/conf/filter/filter-crs-param")
def filter_crs_param(root):
    for collection, name, placed in geometries(root):
        west, south, east, north = extent(collection)
        part = (west, south, (west + east) / 2, north)
        for crs in collection["crs"]:
            there = ids(features(collection, filter=over(name, boxed(crs, *extent(collection))), filter_crs=crs))
            assert there == placed, (collection["id"], crs, len(there), len(placed))
            # The same box as parameter bbox; that one also lets features without place pass.
            there = ids(features(collection, filter=over(name, boxed(crs, *part)), filter_crs=crs))
            boxes = ids(features(collection, bbox=comma(boxed(crs, *part)), bbox_crs=crs))
            assert there == [each for each in boxes if each in set(placed)], (collection["id"], crs)
        for wrong in ("http://www.opengis.net/def/crs/OGC/0/does_not_exist", "x"):
            refused(items(collection, filter=over(name, part), filter_crs=wrong))


@test(SUITE, "/conf/features-filter/get-collections")
def get_collections(root):
    valid(read(f"{root}/collections"), COLLECTIONS)


@test(SUITE, "/conf/features-filter/get-collection")
def get_collection(root):
    for collection in collections(root):
        for found in (collection, read(base(collection))):
            assert link(found, REL + "queryables")["href"] == f"{base(collection)}/queryables", collection["id"]


@test(SUITE, "/conf/features-filter/filter-on-items")
def filter_on_items(root):
    """The tests of class filter run on items as it is; here: all pages of a filtered answer."""
    for collection in collections(root):
        for name, about, known, value, found in first(simple(collection), 4):
            chosen = [feature for feature, each in zip(found, known) if each is not None]
            size = max(1, len(chosen) // 2)
            there = pages(items(collection, limit=size, filter=f"{quoted(name)} IS NOT NULL"))
            walked = [feature for page in there for feature in page["features"]]
            assert walked == chosen, (collection["id"], name, len(walked), len(chosen))


@test(SUITE, "/conf/features-filter/mixing-expression")
def mixing_expression(root):
    for collection, name, placed in geometries(root):
        west, south, east, north = extent(collection)
        whole = over(name, (west, south, east, north))
        assert ids(features(collection, filter=whole, bbox=comma((west, south, east, north)))) == placed, collection["id"]
        for box in [(0, 89.5, 1, 90), (0, -90, 1, -89.5)]:
            if not (south <= box[3] and box[1] <= north):
                assert features(collection, filter=whole, bbox=comma(box)) == [], (collection["id"], box)
        left, right = (west, south, west + (east - west) * .6, north), (west + (east - west) * .4, south, east, north)
        each = [set(ids(features(collection, bbox=comma(box)))) for box in (left, right)]
        there = set(ids(features(collection, filter=over(name, left), bbox=comma(right))))
        assert there == each[0] & each[1] & set(placed), (collection["id"], len(there))
        assert features(collection, filter="FALSE", datetime="2021-01-01/..") == [], collection["id"]
