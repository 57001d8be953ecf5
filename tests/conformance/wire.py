"""What the suites share: the list of tests, requests, links, pages, geometry."""
import collections as bags
import datetime
import html.parser
import itertools
import json
import urllib.error
import urllib.parse
import urllib.request

import jsonschema
import shapely
import shapely.geometry

JSON, GEOJSON, HTML, SCHEMA = "application/json", "application/geo+json", "text/html", "application/schema+json"
MVT, TILEJSON = "application/vnd.mapbox-vector-tile", "application/vnd.mapbox.tile+json"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
NOBODY = "nobody-knows-this"
DASHED = {"bbox_crs": "bbox-crs", "filter_crs": "filter-crs", "filter_lang": "filter-lang", "zoom_level": "zoom-level"}
TESTS = []
SKIPPED = []

Answer = bags.namedtuple("Answer", "status headers body version")


def test(suite, *ids):
    def keep(function):
        TESTS.extend((suite, ats, function) for ats in ids)
        return function
    return keep


def skipped(suite, ids, reason):
    SKIPPED.append((suite, ids, reason))


def ask(url, accept=JSON, body=None, method=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, {"accept": accept} | headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Answer(answer.status, answer.headers, answer.read(), answer.version)
    except urllib.error.HTTPError as fault:
        return Answer(fault.code, fault.headers, fault.read(), None)


def kind(answer):
    return answer.headers.get_content_type()


def read(url, accept=JSON):
    answer = ask(url, accept)
    assert answer.status == 200, f"{url}: {answer.status}"
    # Parameters such as ;version=3.0 stand in Accept and in the answer; Accept may name a bare type.
    assert kind(answer) == accept.split(";")[0], f"{url}: {kind(answer)} for {accept}"
    return json.loads(answer.body)


def refused(url, status=400):
    answer = ask(url)
    assert answer.status == status, f"{url}: {answer.status}"
    assert kind(answer) == "application/problem+json", f"{url}: {kind(answer)}"


def links(found, rel):
    return [each for each in found["links"] if each["rel"] == rel]


def link(found, rel):
    assert links(found, rel), f"no link {rel}"
    return links(found, rel)[0]


def typed(found):
    assert all(each.get("href") and each.get("rel") and each.get("type") for each in found["links"]), found["links"]


def collections(root):
    found = read(link(read(root), "data")["href"])["collections"]
    assert found, "nothing to test"
    return found


def spatial(root):
    found = [each for each in collections(root) if "spatial" in each.get("extent", {})]
    assert found, "nothing to test"
    return found


def base(collection):
    return link(collection, "self")["href"].split("?")[0]


def items(collection, /, **query):
    query = {DASHED.get(name, name): value for name, value in query.items()}
    return f"{base(collection)}/items?" + urllib.parse.urlencode(query)


def item(collection, feature):
    return f"{base(collection)}/items/{urllib.parse.quote(str(feature['id']), safe='')}"


def matched(collection, /, **query):
    return read(items(collection, limit=1, **query), GEOJSON)["numberMatched"]


def pages(url):
    been = set()
    while url:
        assert url not in been, f"next leads back to {url}"
        been.add(url)
        page = read(url, GEOJSON)
        yield page
        url = next((each["href"] for each in links(page, "next")), None)


def features(collection, /, **query):
    return [feature for page in pages(items(collection, limit=10000, **query)) for feature in page["features"]]


def ids(found):
    return [feature["id"] for feature in found]


def positions(geometry):
    if geometry is None:
        return
    if geometry["type"] == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from positions(part)
        return

    def walk(coordinates):
        if coordinates and isinstance(coordinates[0], (int, float)):
            yield coordinates
        else:
            for each in coordinates:
                yield from walk(each)
    yield from walk(geometry["coordinates"])


def shape(feature):
    return feature["geometry"] and shapely.geometry.shape(feature["geometry"])


def window(west, south, east, north):
    if west <= east:
        return shapely.box(west, south, east, north)
    return shapely.union_all([shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)])


def comma(numbers):
    return ",".join(map(repr, numbers))


def extent(collection):
    return collection["extent"]["spatial"]["bbox"][0]


def definition(root):
    desc = link(read(root), "service-desc")
    return read(desc["href"], desc["type"])


def resolved(api, part):
    while "$ref" in part:
        at = api
        for name in part["$ref"].removeprefix("#/").split("/"):
            at = at[name]
        part = at
    return part


def operations(api):
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            if method in ("get", "post"):
                yield path, method, operation


def parameters(api, operation, where="query"):
    found = [resolved(api, each) for each in operation.get("parameters", [])]
    return {each["name"]: each for each in found if each["in"] == where}


def offered(api, operation, status="200"):
    return list(resolved(api, operation["responses"][status]).get("content", {}))


def address(root, path):
    """The path of the definition with ids that exist; None when the layer is empty."""
    if "{tileMatrixSetId}" in path:
        # The tileset of Web Mercator has a path of its own in the definition, since it has one more form.
        name = "WorldCRS84Quad" if path.endswith("/tiles/{tileMatrixSetId}") else "WebMercatorQuad"
        tileset, _, rest = path.replace("{tileMatrixSetId}", name).partition("/{tileMatrix}")
        # The finest matrix, where row and column differ; without limits all tiles are there.
        limits = read(root + tileset).get("tileMatrixSetLimits", [{}])[-1] if rest else {}
        numbers = [limits.get(name, "0") for name in ("tileMatrix", "maxTileRow", "maxTileCol")]
        return root + "/".join(map(str, [tileset, *numbers] if rest else [tileset]))
    if "{featureId}" not in path:
        return more(root + path.rstrip("/"), **needed(root, path))
    found = read(root + path.partition("/{featureId}")[0] + "?limit=1000", GEOJSON)["features"]
    if path.endswith("/along"):
        found = [each for each in found if is_line(each)]
    return found and root + path.replace("{featureId}", urllib.parse.quote(str(found[0]["id"]), safe=""))


def is_line(feature):
    return feature["geometry"] is not None and feature["geometry"]["type"] in ("LineString", "MultiLineString")


def more(url, **query):
    """An address with more parameters, whether it has some or none."""
    query = {DASHED.get(name, name): value for name, value in query.items()}
    return url + ("&" if "?" in url else "?") * bool(query) + urllib.parse.urlencode(query)


def named(root):
    """A feature with a position, as parameters name it."""
    for collection in collections(root):
        for feature in read(items(collection, limit=100), GEOJSON)["features"]:
            if feature["geometry"] is not None:
                return f"{collection['id']}:{feature['id']}"
    raise AssertionError("nothing to test")


def needed(root, path):
    """The parameters without which a resource has no answer."""
    if path in ("/at", "/reach") or path.endswith("/nearest"):
        return {"point": "1,1"}
    return {"from": named(root), "to": named(root)} if path == "/distance" else {}


def sample(parameter, sortables=()):
    """A value the schema of the parameter allows, and which no server may refuse."""
    schema, name = parameter["schema"], parameter["name"]
    known = {"bbox": "0,0,1,1", "datetime": "2021-01-01/..", "filter": "true", "q": "a", "offset": "0", "limit": "1",
             "group-by": "", "measure": "share", "polygon": "POLYGON((0 0,1 0,1 1,0 0))", "bands": "500,1000,2000,5000",
             "having": "count > 0", "overlap": "false", "subset": 'datetime("2021-01-01":*)', "distance-to": "POINT(1 1)",
             "point": "1,1", "width": "800", "step": "1000", "minutes": "5", "mode": "straight",
             # What is weighed is a field of numbers, what is capped is told by the data; neither is known here.
             "criteria": "[]", "distances": "", "merge-by": "", "weights": None, "cap": None}
    if name in known:
        return known[name]
    if name == "sortby":
        return next(iter(sortables), None)
    if name == "properties":
        return "".join(schema["items"].get("enum", [])[:1])
    schema = schema["items"] if schema["type"] == "array" else schema
    if "enum" in schema:
        return str(schema["enum"][0])
    plain = {"integer": "1", "number": "1.5", "boolean": "true", "date": "2021-01-01", "date-time": "2021-01-01T00:00:00Z"}
    return plain.get(schema.get("format"), plain.get(schema["type"], schema.get("default", "a")))


def every_type(root, found, path):
    """Links self and alternate name each media type of the definition, and each answers with it."""
    typed(found)
    api = definition(root)
    own = [each for each in found["links"] if each["rel"] in ("self", "alternate")]
    assert len(links(found, "self")) == 1, found["links"]
    assert sorted(each["type"] for each in own) == sorted(offered(api, api["paths"][path]["get"])), path
    for each in own:
        answer = ask(each["href"], each["type"])
        assert answer.status == 200 and kind(answer) == each["type"].split(";")[0], (each, answer.status, kind(answer))


def span(text):
    """First and last moment of a date or a date-time."""
    if len(text) == 10:
        day = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
        return day, day + datetime.timedelta(days=1, microseconds=-1)
    moment = datetime.datetime.fromisoformat(text)
    return moment, moment


def lifetime(feature, roles):
    """First and last moment of a feature, None for an open end; None for a feature without time."""
    at = {role: feature["properties"].get(name) for role, name in roles.items()}
    if at.get("primary-instant"):
        return span(at["primary-instant"])
    start, end = at.get("primary-interval-start"), at.get("primary-interval-end")
    if start or end:
        return start and span(start)[0], end and span(end)[1]


def roles(collection):
    found = read(link(collection, REL + "schema")["href"], SCHEMA)["properties"]
    return {about["x-ogc-role"]: name for name, about in found.items() if "x-ogc-role" in about}


class Page(html.parser.HTMLParser):
    """Enough of HTML 5 to find what is not closed, not declared or not there."""
    VOID = "area base br col embed hr img input link meta source track wbr".split()

    def __init__(self, text):
        super().__init__()
        self.open, self.faults, self.text, self.linked, self.seen = [], [], [], [], bags.Counter()
        if not text.lower().startswith("<!doctype html>"):
            self.faults.append("no doctype")
        self.feed(text)
        self.close()
        self.faults += [f"{tag} is not closed" for tag in self.open]
        self.faults += [f"{self.seen[tag]} {tag}" for tag in ("html", "head", "title", "body", "main") if self.seen[tag] != 1]

    def handle_starttag(self, tag, attributes):
        self.seen[tag] += 1
        attributes = dict(attributes)
        if tag == "html" and not attributes.get("lang"):
            self.faults.append("no language")
        if tag == "link" and attributes.get("rel") == "alternate":
            self.linked.append(attributes["href"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"/{tag} closes nothing")

    def handle_data(self, data):
        self.text.append(data)


def object_of(required, **members):
    return {"type": "object", "required": required.split(), "properties": members}


TEXT, NUMBER, COUNT = {"type": "string"}, {"type": "number"}, {"type": "integer", "minimum": 0}


def array_of(each, **more):
    return {"type": "array", "items": each} | more


ADDRESS = {"type": "string", "pattern": "^https?://"}
LINKS = array_of(object_of("href rel", href=ADDRESS, rel=TEXT, type=TEXT, title=TEXT, hreflang=TEXT))
LANDING = object_of("links", title=TEXT, description=TEXT, links=LINKS)
CONFORMANCE = object_of("conformsTo", conformsTo=array_of(TEXT, uniqueItems=True))
BOX = {"anyOf": [array_of(NUMBER, minItems=size, maxItems=size) for size in (4, 6)]}
INTERVAL = array_of({"type": ["string", "null"]}, minItems=2, maxItems=2)
EXTENT = object_of("", spatial=object_of("", bbox=array_of(BOX, minItems=1), crs={"const": CRS84}),
                   temporal=object_of("", interval=array_of(INTERVAL, minItems=1), trs=TEXT))
COLLECTION = object_of("id links", id=TEXT, title=TEXT, description=TEXT, links=LINKS, itemType=TEXT, crs=array_of(TEXT),
                       extent=EXTENT)
COLLECTIONS = object_of("links collections", links=LINKS, collections=array_of(COLLECTION))


def nested(depth, at_least=0):
    return array_of(nested(depth - 1), minItems=at_least) if depth else array_of(NUMBER, minItems=2, maxItems=4)


RING = array_of(nested(0), minItems=4)
SHAPES = {"Point": nested(0), "MultiPoint": nested(1), "LineString": nested(1, 2), "MultiLineString": array_of(nested(1, 2)),
          "Polygon": array_of(RING, minItems=1), "MultiPolygon": array_of(array_of(RING, minItems=1))}
SIMPLE = [object_of("type coordinates", type={"const": name}, coordinates=form) for name, form in SHAPES.items()]
BAG = object_of("type geometries", type={"const": "GeometryCollection"}, geometries=array_of({"oneOf": SIMPLE}))
GEOMETRY = {"oneOf": [{"type": "null"}, *SIMPLE, BAG]}
FEATURE = object_of("type geometry properties", type={"const": "Feature"}, id={"type": ["string", "integer"]}, geometry=GEOMETRY,
                    properties={"type": ["object", "null"]}, links=LINKS) | {"not": {"required": ["crs"]}}
FEATURES = object_of("type features", type={"const": "FeatureCollection"}, features=array_of(FEATURE), links=LINKS,
                     timeStamp=TEXT, numberMatched=COUNT, numberReturned=COUNT) | {"not": {"required": ["crs"]}}
TYPES = array_of({"enum": "string number integer datetime geometry boolean".split()})
ARGUMENTS = array_of(object_of("type", title=TEXT, type=TYPES))
FUNCTIONS = object_of("functions", functions=array_of(
    object_of("name returns", name=TEXT, description=TEXT, arguments=ARGUMENTS, returns=array_of(TEXT))))


def valid(document, schema):
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    return document


def closed(geometry):
    """Rings end where they begin and turn as RFC 7946, 3.1.6 wants."""
    if geometry and geometry["type"] in ("Polygon", "MultiPolygon"):
        polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        for polygon in polygons:
            for place, ring in enumerate(polygon):
                assert ring[0] == ring[-1], ring[:2]
                assert shapely.LinearRing(ring).is_ccw == (place == 0), ("turns the wrong way", ring[:2])


def run(root, wanted=None):
    """Yields suite and id of each test, and what failed or None."""
    for suite, ats, function in TESTS:
        if wanted and (suite, ats) not in wanted:
            continue
        try:
            function(root)
            yield suite, ats, None
        except Exception as fault:  # an odd answer is a failure of the server, whatever it breaks here
            yield suite, ats, f"{type(fault).__name__}: {' '.join(str(fault).split())[:400]}"


def first(iterable, count):
    return list(itertools.islice(iterable, count))
