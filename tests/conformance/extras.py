"""Declared beyond Features Parts 1 to 3 and Common: Common Part 3 (23-058r2), functions of CQL2 (21-065r2), drafts of
Features Parts 6 to 9, our own POST search."""
import json

import jsonschema
import shapely

from wire import *

SUITE = "Further parts"


def schema(collection, name):
    return read(link(collection, REL + name)["href"], SCHEMA)


@test(SUITE, "Common Part 3 /conf/schemas, /conf/queryables, /conf/sortables")
def schemas(root):
    for collection in collections(root):
        for name in ("schema", "queryables", "sortables"):
            found, href = schema(collection, name), link(collection, REL + name)["href"]
            assert (found["$id"], found["type"]) == (href, "object"), href
            assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema", href
            jsonschema.Draft202012Validator.check_schema(found)
        whole = schema(collection, "schema")["properties"]
        assert [about.get("x-ogc-role") for about in whole.values()].count("id") == 1, collection["id"]
        assert schema(collection, "queryables")["properties"].keys() <= whole.keys(), collection["id"]
        assert all(about["type"] not in ("array", "object") for about in schema(collection, "sortables")["properties"].values())
        fields = {name: {"anyOf": [about, {"type": "null"}]} for name, about in whole.items() if "type" in about}
        properties = {"type": "object", "properties": fields}
        for feature in features(collection)[:50]:
            valid(feature["properties"], properties)


@test(SUITE, "Features Part 6 /conf/properties, /conf/properties-features")
def properties(root):
    for collection in collections(root):
        names = [name for name, about in schema(collection, "schema")["properties"].items() if "type" in about and name != "id"]
        for chosen in (names[:2][::-1], names[-1:], []):
            for feature in read(items(collection, limit=5, properties=",".join(chosen)), GEOJSON)["features"]:
                assert list(feature["properties"]) == chosen, (collection["id"], chosen)
        refused(items(collection, properties=NOBODY))


@test(SUITE, "Features Part 7 /conf/zoom-level, /conf/zoom-level-features")
def zoom_level(root):
    for collection in spatial(root):
        plain = features(collection)
        for level in (0, 12):
            for one, two in zip(features(collection, zoom_level=level), plain, strict=True):
                coarse, fine = shape(one), shape(two)
                assert (coarse is None) == (fine is None), (collection["id"], one["id"])
                if coarse is not None and not coarse.is_empty:
                    assert coarse.is_valid or not fine.is_valid, (collection["id"], one["id"], level)
                    counts = [shapely.get_num_coordinates(each) for each in (coarse, fine)]
                    assert counts == sorted(counts), (collection["id"], one["id"], level, counts)
        for level in ("-1", "x", "inf"):
            refused(items(collection, zoom_level=level))


def ordered(values, falling):
    known = [value for value in values if value is not None]
    assert values[len(known):] == [None] * (len(values) - len(known)), "a null before a value"
    assert known == sorted(known, reverse=falling), "out of order"


@test(SUITE, "Features Part 8 /conf/sortables, /conf/sorting, /conf/features-sorting")
def sorting(root):
    for collection in collections(root):
        plain = features(collection, skipGeometry="true")
        for name, about in schema(collection, "sortables")["properties"].items():
            for sign in ("", "+", "-"):
                there = features(collection, sortby=sign + name, skipGeometry="true")
                assert sorted(map(str, ids(there))) == sorted(map(str, ids(plain))), (collection["id"], name)
                values = [feature["id"] if about.get("x-ogc-role") == "id" else feature["properties"][name] for feature in there]
                ordered(values, sign == "-")
        refused(items(collection, sortby="nobody_knows"))


@test(SUITE, "Features Part 9, text search")
def search(root):
    for collection in collections(root):
        for feature in features(collection)[:3]:
            for name, about in schema(collection, "queryables")["properties"].items():
                text = feature["properties"].get(name)
                if isinstance(text, str) and "format" not in about and text.isalnum():
                    found = features(collection, q=text.upper())
                    assert feature["id"] in ids(found), (collection["id"], text)
                    texts = [json.dumps(each["properties"], ensure_ascii=False).casefold() for each in found]
                    assert all(text.casefold() in each for each in texts), (collection["id"], text)
        assert features(collection, q="nobody knows this") == [], collection["id"]


@test(SUITE, "CQL2 /conf/functions")
def functions(root):
    # Of a polygon everything can be told; a point has no area.
    given = {"geometry": "POLYGON((114 30,115 30,115 31,114 30))", "number": "1", "string": "'m'", "datetime": "DATE('2020-01-01')"}
    found = valid(read(link(read(root), REL + "functions")["href"]), FUNCTIONS)["functions"]
    assert found and len(found) == len({each["name"] for each in found})
    for function in found:
        # Names of features are those of features that are there.
        there = dict(zip(("collection", "id"), named(root).split(":", 1)))
        value = lambda each: f"'{there[each['title']]}'" if each["title"] in there else given[each["type"][0]]
        call = f"{function['name']}({','.join(map(value, function['arguments']))})"
        for collection in collections(root)[:2]:
            assert matched(collection, filter=f"{call} IS NOT NULL") == matched(collection), call
    refused(items(collections(root)[0], filter="nobody_knows(1) = 1"))


@test(SUITE, "items by POST answer as items by GET")
def posted(root):
    for collection in collections(root):
        tree = {"op": "isNull", "args": [{"property": "geometry"}]}
        for query in ({"filter": tree, "limit": 5}, {"filter": {"op": "not", "args": [tree]}}, {"limit": 2, "offset": 1}):
            answer = ask(f"{base(collection)}/search", GEOJSON, json.dumps(query).encode(), content_type=JSON)
            assert answer.status == 200, (collection["id"], query, answer.status)
            plain = {name: json.dumps(value) for name, value in query.items()}
            wanted = read(items(collection, **plain, **{"filter-lang": "cql2-json"} if "filter" in query else {}), GEOJSON)
            there = json.loads(answer.body)
            assert all(there[name] == wanted[name] for name in ("numberMatched", "features")), (collection["id"], query)
