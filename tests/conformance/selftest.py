"""Does the gate fail when it should? A proxy before the good server breaks one thing at a time; each test meant for it
must fail."""
import contextlib
import http.client
import http.server
import json
import re
import sys
import threading
import urllib.parse

import features1, crs, filtering, common, tilesets, extras
from wire import *



def of(suite):
    plain = suite in (extras.SUITE, tilesets.FURTHER)
    return lambda *names: [(suite, name if plain else f"/conf/{name}") for name in names]


F1, F2, F3, C1, C2, X = map(of, (features1.SUITE, crs.SUITE, filtering.SUITE, common.ONE, common.TWO, extras.SUITE))
ROOT, CONFORMS, API, ALL, FUNCTIONS_ = "/ogc/?", "/ogc/conformance", "/ogc/api", "/ogc/collections", "/ogc/functions"
ONE, ITEMS, ITEM, SEARCH = (f"{ALL}/[^/]+{end}" for end in ("", "/items", "/items/[^/]+", "/search"))
QUERYABLES, SORTABLES, FORM = (f"{ALL}/[^/]+/{end}" for end in ("queryables", "sortables", "schema"))
CHANGED = (JSON, GEOJSON, SCHEMA, TILEJSON, "application/vnd.oai.openapi+json")
OWN = ("content-length", "connection", "transfer-encoding")  # headers of one hop
LATITUDE_FIRST = "http://www.opengis.net/def/crs/EPSG/0/4326"
FAULTS = []


class Exchange:
    """A request and its answer."""

    def __init__(self, method, target, headers, body):
        self.method, self.headers, self.body = method, headers, body
        self.path, _, self.raw = target.partition("?")
        self.query = urllib.parse.parse_qsl(self.raw, keep_blank_values=True)
        self.status, self.sent, self.answer = None, [], b""

    def rewrite(self, change):
        """change: name and value to a new value; None drops the parameter."""
        new = [(name, change(name, value)) for name, value in self.query]
        if new != self.query:
            self.query = [(name, value) for name, value in new if value is not None]
            self.raw = urllib.parse.urlencode(self.query)

    def asked(self, name):
        return dict(self.query).get(name)

    def header(self, name):
        return next((value for each, value in self.sent if each.lower() == name), "")

    def put(self, name, value):
        self.sent = [(each, kept) for each, kept in self.sent if each.lower() != name] + [(name, value)] * (value is not None)

    @property
    def kind(self):
        return self.header("content-type").split(";")[0]


def broken(name, meant, at=".*", request=None, change=None, answer=None):
    """A fault: `request` alters what reaches the server, `change` a JSON document it answers with 200, `answer` anything
    else of the answer."""
    FAULTS.append((name, meant, at, request, change, answer))


def ignored(*names):
    return lambda exchange: exchange.rewrite(lambda name, value: None if name in names else value)


def rewriting(change):
    return lambda it: it.rewrite(change)


def refusing(wanted):
    """400 for what the server takes."""
    def change(exchange):
        if wanted(exchange):
            exchange.status = 400
    return change


def status(new, old=None):
    def change(exchange):
        if old in (None, exchange.status):
            exchange.status = new
    return change


def typed_as(new, old):
    def change(exchange):
        if exchange.kind == old:
            exchange.put("content-type", new)
    return change


def each_link(change):
    def changed(found, _):
        found["links"] = [new for new in map(change, found["links"]) if new]
    return changed


def no_link(rel, kind=None):
    return each_link(lambda each: None if each["rel"] == rel and kind in (None, each["type"]) else each)


def in_list(change):
    """For what stands in both the list of collections and the collection."""
    def changed(found, exchange):
        for each in found.get("collections", [found]):
            change(each)
    return changed


def of_features(change):
    def changed(found, exchange):
        found["features"] = change(found["features"])
    return changed


def each_feature(change):
    def changed(found, _):
        for feature in found.get("features", [found]):
            change(feature)
    return changed


def each_ring(change):
    def changed(feature):
        if feature["geometry"] and feature["geometry"]["type"] == "Polygon":
            change(feature["geometry"]["coordinates"][0])
    return each_feature(changed)


def each_operation(change):
    def changed(found, _):
        for path, methods in found["paths"].items():
            for operation in methods.values():
                change(path, operation)
    return changed


def each_parameter(wanted, **new):
    def change(path, operation):
        for each in operation.get("parameters", []):
            if each["name"] == wanted:
                each.update(new)
    return each_operation(change)


def moved(by):
    def change(coordinates):
        position = coordinates and isinstance(coordinates[0], (int, float))
        return by(coordinates) if position else [change(each) for each in coordinates]

    def changed(feature):
        if feature["geometry"] and "coordinates" in feature["geometry"]:
            feature["geometry"]["coordinates"] = change(feature["geometry"]["coordinates"])
    return each_feature(changed)


def swapped(at):
    return at[1::-1] + at[2:]


def put(*way, to):
    """Sets the member at the end of the way; `to` may be a function of the old value."""
    def changed(found, _=None):
        *path, last = way
        for name in path:
            found = found[name]
        found[last] = to(found[last]) if callable(to) else to
    return changed


def edited(old, new, kind=HTML):
    def change(exchange):
        if exchange.kind == kind:
            exchange.answer = exchange.answer.replace(old.encode(), new.encode())
    return change


def undeclared(uri):
    return put("conformsTo", to=lambda uris: [each for each in uris if each != uri])


def next_page(change):
    """Alters the address of the next page."""
    return each_link(lambda each: each | {"href": change(each["href"])} if each["rel"] == "next" else each)


def further(href, by):
    return re.sub(r"offset=(\d+)", lambda found: f"offset={int(found[1]) + by}", href)


def as_200(exchange):
    """Says 200 to what the server refuses."""
    if exchange.status == 400:
        exchange.status = 200
        exchange.answer = b'{"type":"FeatureCollection","features":[],"links":[],"numberMatched":0,"numberReturned":0}'
        exchange.put("content-type", GEOJSON)


def only_with(name, function):
    return lambda found, exchange: function(found, exchange) if exchange.asked(name) is not None else None


# Features Part 1: core

broken("root without a slash only", F1("core/root-op"), at="/ogc/", answer=status(404))
broken("HTTP 1.0", F1("core/http"), request=lambda it: setattr(it, "old", True))
broken("latitude first", F1("core/crs84", "core/fc-bbox-response"), at=ITEMS, change=moved(swapped))
broken("landing page without data", F1("core/root-success"), at=ROOT,
       change=each_link(lambda each: each | {"rel": "items"} if each["rel"] == "data" else each))
broken("landing page without its HTML", F1("core/root-success"), at=ROOT, change=no_link("alternate"))
broken("definition as plain JSON", F1("core/api-definition-op", "oas30/definition-1"), at=API,
       answer=typed_as(JSON, "application/vnd.oai.openapi+json"))
broken("definition of an older version", F1("core/api-definition-success"), at=API, change=put("openapi", to="2.0"))
broken("no conformance declaration", F1("core/conformance-op") + C1("landing-page/conformance-op"), at=CONFORMS,
       answer=status(404))
broken("class core not declared", F1("core/conformance-success"), at=CONFORMS, change=undeclared(features1.CONF + "core"))
broken("collections as GeoJSON", F1("core/fc-md-op", "geojson/definition"), at=ALL, answer=typed_as(GEOJSON, JSON))
broken("a box of three numbers", F1("core/fc-md-success") + C1("json/content"), at=f"{ALL}|{ONE}",
       change=in_list(lambda each: "extent" in each and each["extent"]["spatial"]["bbox"][0].pop()))
broken("collections without their HTML", F1("core/fc-md-links"), at=ALL, change=no_link("alternate"))
broken("a collection is not listed", F1("core/fc-md-items") + C2("collections/collections-list-collections"), at=ALL,
       change=lambda found, _: found["collections"].pop())
broken("no link to items as HTML", F1("core/fc-md-items-links"), at=ALL,
       change=in_list(lambda each: no_link("items", HTML)(each, None)))
broken("extent too small", F1("core/fc-md-extent"), at=ALL,
       change=put("collections", 0, "extent", "spatial", "bbox", 0, 2, to=lambda east: east - 0.5))
broken("features before the temporal extent", F1("core/fc-md-extent"), at=ALL,
       change=put("collections", 0, "extent", "temporal", "interval", 0, 0, to="2021-06-01T00:00:00Z"))
broken("unknown collection there", F1("core/sfc-md-op"), at=ONE, answer=status(200, 404))
broken("a collection has two titles", F1("core/sfc-md-success"), at=ONE, change=put("title", to=lambda title: title + "!"))
broken("a collection lacks a link of the list", F1("core/sfc-md-success"), at=ONE, change=no_link("items", HTML))
broken("items of an unknown collection", F1("core/fc-op"), at=ITEMS, answer=status(200, 404))
broken("bbox explodes", F1("core/fc-bbox-definition"), at=API, change=each_parameter("bbox", explode=True))
broken("limit without maximum", F1("core/fc-limit-definition"), at=API,
       change=each_parameter("limit", schema={"type": "integer"}))
broken("datetime is a number", F1("core/fc-time-definition"), at=API,
       change=each_parameter("datetime", schema={"type": "number"}))
broken("bbox ignored", F1("core/fc-bbox-response"), request=ignored("bbox"))
broken("bbox leaves out features without place", F1("core/fc-bbox-response"), at=ITEMS,
       change=only_with("bbox", of_features(lambda found: [each for each in found if each["geometry"]])))
broken("bbox does not cross the antimeridian", F1("core/fc-bbox-response"),
       request=rewriting(lambda name, value: value.replace("170,-90,-170,90", "170,-90,180,90") if name == "bbox" else value))
broken("limit ignored", F1("core/fc-limit-response") + C1("core/query-param-value-integer"), request=ignored("limit"))
broken("limit above the maximum refused", F1("core/fc-limit-response"), at=ITEMS,
       answer=refusing(lambda it: it.asked("limit") == "1000000000"))
broken("datetime ignored", F1("core/fc-time-response"), request=ignored("datetime"))
broken("datetime leaves out features without time", F1("core/fc-time-response"), at=ITEMS,
       change=only_with("datetime", of_features(
           lambda found: [each for each in found if each["properties"].get("valid_from") or each["properties"].get("valid_to")])))
broken("a last day lasts no longer than its midnight", F1("core/fc-time-response"), at=ITEMS,
       change=only_with("datetime", lambda found, it: found.update(features=[
           each for each in found["features"] if f"{each['properties'].get('valid_to')}T12:00:00Z" != it.asked("datetime")])))
broken("500 for 400", F1("core/query-param-invalid", "oas30/exceptions-codes"), answer=status(500, 400))
broken("bad values pass", F1("core/query-param-invalid"), answer=as_200)
broken("a second limit wins", F1("core/query-param-invalid"),
       request=lambda it: setattr(it, "raw", it.raw.replace("limit=1&limit=2", "limit=2")))
broken("errors as plain text", F1("core/query-param-invalid"), answer=typed_as("text/plain", "application/problem+json"))
broken("unknown parameters pass", F1("core/query-param-unknown"), request=ignored(NOBODY))
broken("an id twice", F1("core/fc-response"), at=ITEMS, change=of_features(lambda found: found[:1] + found))
broken("no type of the collection", F1("core/fc-response", "geojson/content"), at=ITEMS, change=put("type", to="Features"))
broken("more features than asked for by id", F1("core/fc-response") + F3("queryables-query-parameters/query-param"),
       request=ignored("id"))
broken("items without self", F1("core/fc-links"), at=ITEMS, change=no_link("self"))
broken("items without CSV among the links", F1("core/fc-links"), at=ITEMS, change=no_link("alternate", "text/csv; charset=utf-8"))
broken("a time stamp of yesterday", F1("core/fc-timeStamp"), at=ITEMS, change=put("timeStamp", to="2020-01-01T00:00:00Z"))
broken("numberMatched off by one", F1("core/fc-numberMatched"), at=ITEMS, change=put("numberMatched", to=lambda count: count + 1))
broken("numberMatched counts the page", F1("core/fc-numberMatched"), at=ITEMS,
       change=lambda found, _: found.update(numberMatched=len(found["features"])))
broken("next loops", F1("core/fc-numberMatched"), at=ITEMS, change=next_page(lambda href: re.sub("&offset=.*", "", href)))
broken("next skips a feature", F1("core/fc-numberMatched"), at=ITEMS, change=next_page(lambda href: further(href, 1)))
broken("next repeats a feature", F1("core/fc-numberMatched"), at=ITEMS,
       change=next_page(lambda href: further(href, -1) if "limit=3" in href else href))
broken("no next", F1("core/fc-numberMatched"), at=ITEMS, change=no_link("next"))
broken("next forgets the window", F1("core/fc-numberMatched"), at=ITEMS,
       change=next_page(lambda href: re.sub("bbox=[^&]*&?", "", href)))
broken("numberReturned off by one", F1("core/fc-numberReturned"), at=ITEMS,
       change=put("numberReturned", to=lambda count: count + 1))
broken("unknown feature there", F1("core/f-op"), at=ITEM, answer=status(200, 404))
broken("ids with a slash not found", F1("core/f-op"), at=".*/a%2Fb", answer=status(404))
broken("a feature differs from its collection", F1("core/f-success"), at=ITEM, change=put("properties", to={}))
broken("a feature is moved", F1("core/f-success"), at=ITEM, change=moved(lambda at: [at[0] + 1e-6, *at[1:]]))
broken("a feature without its collection", F1("core/f-links"), at=ITEM, change=no_link("collection"))

# Features Part 1: encodings and definition

broken("items as application/json", F1("geojson/definition", "core/fc-op"), at=ITEMS, answer=typed_as(JSON, GEOJSON))
broken("a feature says another id", F1("geojson/content"), at=ITEM, change=put("id", to="0"))
broken("a ring is open", F1("geojson/content"), at=ITEMS, change=each_ring(lambda ring: ring.append([0, 0])))
broken("rings turn clockwise", F1("geojson/content"), at=ITEMS, change=each_ring(list.reverse))
broken("HTML as plain text", F1("html/definition"), answer=typed_as("text/plain", HTML))
broken("a tag is not closed", F1("html/content"), answer=edited("</main>", ""))
broken("a feature is not on the page", F1("html/content"), at=ITEMS, answer=edited("nowhere", ""))
broken("406 not defined", F1("oas30/completeness", "oas30/exceptions-codes"), at=API,
       change=each_operation(lambda path, operation: operation["responses"].pop("406")))
broken("GeoJSON not defined", F1("oas30/completeness"), at=API, change=each_operation(
    lambda path, operation: operation["responses"]["200"]["content"].pop(GEOJSON, None)))
broken("no HTML of the definition", F1("oas30/definition-1"), at=ROOT, change=no_link("service-doc"))
broken("an operation without answers", F1("oas30/definition-2"), at=API,
       change=lambda found, _: found["paths"]["/conformance"]["get"].pop("responses"))
broken("a defined format is missing", F1("oas30/oas-impl"), at=ITEMS, answer=refusing(lambda it: it.asked("f") == "kml"))
broken("a password nobody spoke of", F1("oas30/security"), at=SEARCH, answer=status(401))

# Features Part 2

broken("a system without URI", F2("crs/crs-uri"), at=f"{ALL}|{ONE}", change=in_list(lambda each: each["crs"].append("EPSG:4326")))
broken("CRS84 not listed", F2("crs/default-crs"), at=f"{ALL}|{ONE}", change=in_list(lambda each: each["crs"].remove(CRS84)))
broken("stored in a system not listed", F2("crs/storageCrs"), at=f"{ALL}|{ONE}",
       change=in_list(lambda each: each.update(storageCrs="http://www.opengis.net/def/crs/EPSG/0/2154")))
broken("no Content-Crs", F2("crs/crs-parameter", "crs/crs-parameter-default"), answer=lambda it: it.put("content-crs", None))
broken("Content-Crs without brackets", F2("crs/crs-parameter", "crs/crs-parameter-default"),
       answer=lambda it: it.put("content-crs", it.header("content-crs").strip("<>")))
broken("an unknown system passes", F2("crs/crs-parameter-invalid"), request=ignored("crs"))
broken("axes not turned", F2("crs/crs-parameter-transform"), at=f"{ITEMS}|{ITEM}",
       change=lambda found, it: moved(swapped)(found, it) if (it.asked("crs") or "").endswith("/4326") else None)
broken("a kilometre off", F2("crs/crs-parameter-transform"), at=f"{ITEMS}|{ITEM}", change=lambda found, it: moved(
    lambda at: [at[0] + 1000, *at[1:]])(found, it) if (it.asked("crs") or "").endswith("/3857") else None)
broken("bbox-crs ignored", F2("crs/bbox-crs-parameter", "crs/bbox-crs-parameter-invalid"), request=ignored("bbox-crs"))
broken("bbox-crs turns the axes of CRS84", F2("crs/bbox-crs-parameter-default"),
       request=rewriting(lambda name, value: LATITUDE_FIRST if (name, value) == ("bbox-crs", CRS84) else value))

# Features Part 3

for name in ("queryables", "filter", "features-filter"):
    broken(f"class {name} not declared", F3(f"{name}/get-conformance"), at=CONFORMS, change=undeclared(filtering.CONF + name))
broken("a field hidden by a parameter, declared all the same", F3("queryables-query-parameters/get-conformance"), at=CONFORMS,
       change=put("conformsTo", to=lambda uris: uris + [filtering.CONF + "queryables-query-parameters"]))
broken("no Link header to the queryables", F3("queryables/get-queryables-uris"), answer=lambda it: it.put("link", None))
broken("queryables of another id",
       F3("queryables/get-queryables") + X("Common Part 3 /conf/schemas, /conf/queryables, /conf/sortables"),
       at=QUERYABLES, change=put("$id", to="queryables"))
broken("a geometry with a type and no format", F3("queryables/get-queryables"), at=QUERYABLES,
       change=put("properties", "geometry", to={"format": "point"}))
broken("queryables ignored as parameters", F3("queryables-query-parameters/query-param")
       + C1("core/query-param-value-boolean", "core/query-param-value-decimal", "core/query-param-value-double"),
       request=ignored("use", "row", "far", "idle"))
broken("filter ignored", F3("filter/filter-param", "filter/filter-lang-default", "filter/filter-crs-wgs84",
                            "features-filter/mixing-expression") + X("CQL2 /conf/functions"),
       request=ignored("filter", "filter-lang", "filter-crs"))
broken("a null differs from a value", F3("filter/filter-param"),
       request=rewriting(lambda _, value: re.sub(r"^(.*) <> (.*)$", r"NOT (\1 IS NOT NULL AND \1 = \2)", value)))
broken("text read as JSON when no language is named", F3("filter/filter-lang-default"), at=ITEMS,
       answer=refusing(lambda it: it.asked("filter") and not it.asked("filter-lang")))
broken("unknown names are null", F3("filter/expression-construction"), answer=as_200)
broken("queryables that allow any name", F3("filter/expression-construction"), at=QUERYABLES,
       change=put("additionalProperties", to=True))
broken("filters in latitude and longitude", F3("filter/filter-crs-wgs84"), request=lambda it: it.asked("filter") and not it.asked(
    "filter-crs") and setattr(it, "raw", it.raw + "&filter-crs=http://www.opengis.net/def/crs/EPSG/0/4326"))
broken("filter-crs ignored", F3("filter/filter-crs-param"), request=ignored("filter-crs"))
broken("the list of collections without the list", F3("features-filter/get-collections"), at=ALL,
       change=lambda found, _: found.update(collections={}))
broken("no link to the queryables", F3("features-filter/get-collection"), at=ONE, change=no_link(REL + "queryables"))
broken("next forgets the filter", F3("features-filter/filter-on-items"), at=ITEMS,
       change=next_page(lambda href: re.sub("filter=[^&]*&?", "", href)))
broken("bbox ignored beside a filter", F3("features-filter/mixing-expression"),
       request=lambda it: it.asked("filter") and ignored("bbox")(it))

# Common

broken("names of parameters in any case", C1("core/query-param-capitalization"),
       request=lambda it: setattr(it, "raw", it.raw.replace("LIMIT=", "limit=").replace("&OFFSET=", "&offset=")))
broken("a semicolon splits too", C1("core/query-param-list-delimiter"),
       request=rewriting(lambda name, value: value.replace(";", ",") if name == "bbox" else value))
broken("an escaped comma is none", C1("core/query-param-list-escape"), answer=refusing(lambda it: "0%2C0%2c1" in it.raw))
broken("an empty window is the world", C1("core/query-param-list-empty"),
       request=lambda it: it.asked("bbox") == "" and ignored("bbox")(it))
broken("TRUE is true", C1("core/query-param-value-boolean"),
       request=rewriting(lambda name, value: "true" if value == "TRUE" else value))
broken("leading zeros refused", C1("core/query-param-value-integer"), answer=refusing(lambda it: it.asked("limit") == "0002"))
broken("exponents refused", C1("core/query-param-value-double"),
       answer=refusing(lambda it: re.search("[0-9]e", it.asked("far") or "")))
broken("landing page without Common's conformance", C1("landing-page/root-success"), at=ROOT, change=no_link(REL + "conformance"))
broken("class landing-page misspelt", C1("landing-page/conformance-success"), at=CONFORMS,
       change=put("conformsTo", to=lambda uris: [each.replace("landing-page", "landingPage") for each in uris]))
broken("JSON asked for, HTML sent", C1("json/definition"), at=FUNCTIONS_, answer=typed_as(HTML, JSON))
broken("class collections not declared", C2("collections/collections-list-op"), at=CONFORMS,
       change=undeclared(f"{common.CONF}ogcapi-common-2/1.0/conf/collections"))
broken("a collection without self", C2("collections/description-links"), at=ONE,
       change=each_link(lambda each: each | {"rel": "about"} if each["rel"] == "self" else each))
broken("a second box outside of the first", C2("collections/description-extent-multi"), at=ALL,
       change=put("collections", 0, "extent", "spatial", "bbox", to=lambda boxes: boxes + [[0, 0, 90, 90]]))

# Further parts

broken("values not of their schema", X("Common Part 3 /conf/schemas, /conf/queryables, /conf/sortables"), at=FORM,
       change=lambda found, _: "row" in found["properties"] and put("properties", "row", "maximum", to=2)(found))
broken("properties in the order of the layer",
       X("Features Part 6 /conf/properties, /conf/properties-features") + C1("core/query-param-list-delimiter"),
       request=ignored("properties"))
broken("a coarse map has more corners", X("Features Part 7 /conf/zoom-level, /conf/zoom-level-features"), at=ITEMS,
       change=only_with("zoom-level", each_ring(lambda ring: ring.insert(1, ring[0]))))
broken("sortby ignored", X("Features Part 8 /conf/sortables, /conf/sorting, /conf/features-sorting"), request=ignored("sortby"))
broken("nulls first when falling", X("Features Part 8 /conf/sortables, /conf/sorting, /conf/features-sorting"), at=ITEMS,
       change=lambda found, it: it.asked("sortby") == "-far" and of_features(lambda all: all[::-1])(found, it))
broken("q ignored", X("Features Part 9, text search"), request=ignored("q"))
broken("a function that is not there", X("CQL2 /conf/functions"), at=FUNCTIONS_,
       change=put("functions", 0, "name", to="nobody_knows"))
broken("POST without its filter", X("items by POST answer as items by GET"), at=SEARCH,
       request=lambda it: setattr(it, "body", json.dumps(json.loads(it.body) | {"filter": True}).encode()))


@contextlib.contextmanager
def proxy(upstream, at=".*", request=None, change=None, answer=None):
    """A server that passes everything on with the host it was asked for, so that all links lead back to it."""
    host = urllib.parse.urlsplit(upstream).netloc

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0))) or None
            exchange = Exchange(self.command, self.path, dict(self.headers), body)
            here = re.fullmatch(at, exchange.path)
            if request and here:
                request(exchange)
            behind = http.client.HTTPConnection(host, timeout=30)
            target = exchange.path + (f"?{exchange.raw}" if exchange.raw else "")
            kept = {name: value for name, value in exchange.headers.items() if name.lower() not in OWN}
            behind.request(exchange.method, target, exchange.body, kept)
            got = behind.getresponse()
            exchange.status, exchange.sent, exchange.answer = got.status, got.getheaders(), got.read()
            behind.close()
            if change and here and exchange.status == 200 and exchange.kind in CHANGED and exchange.answer \
                    and not exchange.header("content-encoding"):
                found = json.loads(exchange.answer)
                change(found, exchange)
                exchange.answer = json.dumps(found, ensure_ascii=False).encode()
            if answer and here:
                answer(exchange)
            self.protocol_version = "HTTP/1.0" if hasattr(exchange, "old") else "HTTP/1.1"
            self.send_response_only(exchange.status)
            for name, value in exchange.sent:
                if name.lower() not in OWN:
                    self.send_header(name, value)
            length = exchange.header("content-length") if self.command == "HEAD" else len(exchange.answer)
            self.send_header("content-length", str(length or 0))
            self.send_header("connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(exchange.answer)
            self.close_connection = True

        do_GET = do_HEAD = do_POST = pass_on

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    slips = []
    server.handle_error = lambda *_: slips.append(repr(sys.exception()))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ogc"
    finally:
        server.shutdown()
        server.server_close()
    assert not slips, f"the proxy itself fails: {slips[0]}"


def failing(upstream, how=(), wanted=None):
    with proxy(upstream, *how) as root:
        return {(suite, ats): fault.replace(root, "") for suite, ats, fault in run(root, wanted) if fault}


def missed(upstream):
    """Faults that a test meant for them did not find: each must fail, and otherwise than it does when nothing is broken."""
    anyway = failing(upstream)
    for name, meant, *how in FAULTS:
        seen = failing(upstream, how, set(meant))
        for suite, ats in meant:
            if seen.get((suite, ats)) in (None, anyway.get((suite, ats))):
                yield f"{name}: not seen by {suite}, {ats}"


def unproven():
    """Tests for which no server was broken."""
    broken_for = {function for _, meant, *_ in FAULTS for suite, ats, function in TESTS if (suite, ats) in meant}
    strays = {each for _, meant, *_ in FAULTS for each in meant} - {(suite, ats) for suite, ats, _ in TESTS}
    assert not strays, f"faults are meant for tests that are not there: {strays}"
    return [f"{suite} {ats}" for suite, ats, function in TESTS if function not in broken_for]
