//! The API definition: what is served, from the tables that also check requests.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::collections::path_of;
use super::document::{Ask, ROOT};
use super::landing::FORMS;
use super::negotiate::{
    CSV, FLATGEOBUF, Format, GEOPARQUET, HTML, KML, MAP_PNG, MAP_SVG, MVT, NDJSON, OPENAPI, SCHEMA, TILEJSON,
    XLSX,
};
use super::params::{Parameter, format_parameter, items_parameters, view_parameters};
use super::{
    aggregates, along, defects, forms, grouping, items, locate, reach, schemas, search, shortlist, tiles,
    tilesets,
};
use crate::catalog::Catalog;
use crate::config::Limits;
use crate::finder::How;
use crate::geometry::GeometryKind;
use crate::model::{Lang, Layer};
use crate::query::defects::Kind;
use crate::tile::MatrixSet;

/// The definition (OpenAPI 3.0.3) of everything below the root of the API.
///
/// Collections stand in it one by one, because each has its own parameters.
pub fn definition(ask: &Ask, limits: Limits) -> Value {
    let about = &ask.catalog.about;
    let mut paths = Map::new();
    let fixed = [
        ("/", "landingPage", "Landing page", FORMS, "landingPage"),
        ("/conformance", "conformance", "Conformance classes", FORMS, "confClasses"),
        ("/api", "apiDefinition", "This API definition", &[OPENAPI, HTML][..], "object"),
        ("/collections", "collections", "All collections", FORMS, "collections"),
        ("/functions", "functions", "Functions of filters", FORMS, "functions"),
    ];
    for (path, id, summary, forms, schema) in fixed {
        let answer = Operation {
            id,
            summary,
            tag: "Service",
            forms,
            schema,
            parameters: vec![format_parameter(forms)],
        };
        paths.insert(path.to_owned(), answer.to_openapi(&[]));
    }
    let found = Operation {
        id: "search",
        summary: "Features by what people type",
        tag: "Service",
        forms: FORMS,
        schema: "found",
        parameters: search::parameters(&ask.catalog),
    };
    paths.insert("/search".to_owned(), found.to_openapi(&[]));
    for (path, id, summary, parameters, schema, needed) in [
        ("/at", "at", "Everything at a position", locate::at_parameters(&ask.catalog), "at", &["point"][..]),
        (
            "/distance",
            "distance",
            "How two features lie to each other",
            locate::distance_parameters(),
            "apart",
            &["from", "to"],
        ),
        ("/reach", "reach", "What is within a walk", reach::parameters(&ask.catalog), "reach", &[]),
    ] {
        let forms = if schema == "reach" { locate::NEAREST_FORMS } else { locate::FORMS };
        let answer = Operation { id, summary, tag: "Service", forms, schema, parameters };
        paths.insert(path.to_owned(), needing(answer.to_openapi(&[]), needed));
    }
    let layers: Vec<_> = ask.catalog.layers().map(|indexed| indexed.layer()).collect();
    let subject = Tiled { path: "/tiles", of: "dataset", prefix: "", title: "Dataset", tag: "Tiles" };
    tile_paths(&subject, &layers, limits, &mut paths);
    matrix_set_paths(&mut paths);
    for indexed in ask.catalog.layers() {
        collection_paths(indexed.layer(), limits, &mut paths);
        locate_paths(&ask.catalog, indexed.layer(), limits, &mut paths);
    }
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": about.title.say(ask.lang), "description": about.description.say(ask.lang),
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{ "url": ask.base.url(ROOT) }],
        "paths": paths,
        "components": { "schemas": all_schemas(), "responses": responses() },
    })
}

/// A resource of a collection whose parameters come in the address or in a body.
struct BothWays {
    name: &'static str,
    /// Id of the operation by POST.
    posted: &'static str,
    said: &'static str,
    schema: &'static str,
    forms: &'static [Format],
    posted_forms: &'static [Format],
    table: fn(&Layer, Limits, &[Format]) -> Vec<Parameter>,
}

const BOTH_WAYS: &[BothWays] = &[
    BothWays {
        name: aggregates::NAME,
        posted: "postAggregates",
        said: "counts and sums by groups",
        schema: "aggregates",
        forms: aggregates::FORMS,
        posted_forms: aggregates::POSTED_FORMS,
        table: grouping::parameters,
    },
    BothWays {
        name: shortlist::NAME,
        posted: "postShortlist",
        said: "suitable features by rank, and what would have to give",
        schema: "shortlist",
        forms: shortlist::FORMS,
        posted_forms: shortlist::POSTED_FORMS,
        table: shortlist::parameters,
    },
    BothWays {
        name: defects::NAME,
        posted: "postTopology",
        said: "do its polygons fit together",
        schema: "defectsGeoJSON",
        forms: defects::FORMS,
        posted_forms: defects::POSTED_FORMS,
        table: defects::parameters,
    },
];

/// The paths of a collection.
fn collection_paths(layer: &Layer, limits: Limits, paths: &mut Map<String, Value>) {
    let (path, title) = (path_of(layer), &layer.about.title.en);
    let tag = &*layer.about.title.en;
    let operation =
        |id: &str, summary: String, forms, schema: &str, parameters, path_parameters: &[Value]| {
            let id = format!("{}.{id}", layer.id);
            Operation { id: &id, summary: &summary, tag, forms, schema, parameters }
                .to_openapi(path_parameters)
        };
    let form = |forms| vec![format_parameter(forms)];
    paths.insert(
        path.clone(),
        operation("collection", format!("{title}: the collection"), FORMS, "collection", form(FORMS), &[]),
    );
    for resource in schemas::RESOURCES {
        paths.insert(
            format!("{path}/{}", resource.name),
            operation(
                resource.name,
                format!("{title}: {}", resource.titles.1),
                schemas::FORMS,
                "object",
                form(schemas::FORMS),
                &[],
            ),
        );
    }
    let parameters = items_parameters(layer, limits, forms::FORMS);
    paths.insert(
        format!("{path}/items"),
        operation(
            "items",
            format!("{title}: items"),
            forms::FORMS,
            "featureCollectionGeoJSON",
            parameters,
            &[],
        ),
    );
    let search = operation(
        "search",
        format!("{title}: items, the parameters in a body"),
        items::FOUND_FORMS,
        "featureCollectionGeoJSON",
        Vec::new(),
        &[],
    );
    let members = items_parameters(layer, limits, items::FOUND_FORMS);
    paths.insert(format!("{path}/search"), by_post(search, &members));
    for resource in BOTH_WAYS {
        let BothWays { name, posted, schema, forms, posted_forms, table, .. } = *resource;
        let said = format!("{title}: {}", resource.said);
        let mut both = operation(name, said.clone(), forms, schema, table(layer, limits, forms), &[]);
        let said = format!("{said}, the parameters in a body");
        let by_body = operation(posted, said, posted_forms, schema, Vec::new(), &[]);
        both["post"] = by_post(by_body, &table(layer, limits, posted_forms))["post"].take();
        paths.insert(format!("{path}/{name}"), both);
    }
    let tiles = format!("{path}/tiles");
    let subject = Tiled { path: &tiles, of: "collection", prefix: &format!("{}.", layer.id), title, tag };
    tile_paths(&subject, &[layer], limits, paths);
    paths.insert(
        format!("{path}/items/{{featureId}}"),
        operation(
            "item",
            format!("{title}: one item"),
            forms::FORMS,
            "featureGeoJSON",
            {
                let mut parameters = view_parameters(layer);
                parameters.push(format_parameter(forms::FORMS));
                parameters
            },
            &[feature_in_path()],
        ),
    );
}

/// The paths of what is near, and, where the layer has lines, of what stands along them.
fn locate_paths(catalog: &Catalog, layer: &Layer, limits: Limits, paths: &mut Map<String, Value>) {
    let (path, title, tag) = (path_of(layer), &layer.about.title.en, &*layer.about.title.en);
    let nearest = Operation {
        id: &format!("{}.nearest", layer.id),
        summary: &format!("{title}: the nearest to a position or a feature"),
        tag,
        forms: locate::NEAREST_FORMS,
        schema: "nearest",
        parameters: locate::nearest_parameters(layer, limits, locate::NEAREST_FORMS),
    };
    paths.insert(format!("{path}/nearest"), nearest.to_openapi(&[]));
    let is_line =
        |kind: &GeometryKind| matches!(kind, GeometryKind::LineString | GeometryKind::MultiLineString);
    if layer.geometries().kinds().iter().any(is_line) {
        let along = Operation {
            id: &format!("{}.along", layer.id),
            summary: &format!(
                "{title}: what stands along one of them, which is a line; as a picture, a strip diagram"
            ),
            tag,
            forms: along::FORMS,
            schema: "along",
            parameters: along::parameters(catalog, limits),
        };
        paths.insert(format!("{path}/items/{{featureId}}/along"), along.to_openapi(&[feature_in_path()]));
    }
}

fn feature_in_path() -> Value {
    json!({ "name": "featureId", "in": "path", "required": true, "description": "Id of the feature.",
            "schema": { "type": "string" } })
}

/// An operation some of whose parameters must be given.
fn needing(mut operation: Value, needed: &[&str]) -> Value {
    for parameter in operation["get"]["parameters"].as_array_mut().into_iter().flatten() {
        if parameter["name"].as_str().is_some_and(|name| needed.contains(&name)) {
            parameter["required"] = true.into();
        }
    }
    operation
}

/// What tiles are of, in the words of the definition.
struct Tiled<'a> {
    path: &'a str,
    of: &'a str,
    prefix: &'a str,
    title: &'a str,
    tag: &'a str,
}

/// The paths of tilesets and tiles; the ends of their ids are those of OGC 20-057, `/req/oas30/operation-id`.
fn tile_paths(subject: &Tiled<'_>, layers: &[&Layer], limits: Limits, paths: &mut Map<String, Value>) {
    let &Tiled { path, of, prefix, title, tag } = subject;
    let mut add = |below: &str, id: &str, summary: &str, forms, schema, parameters, in_path: &[Value]| {
        let (id, summary) = (format!("{prefix}{of}.vector.{id}"), format!("{title}: {summary}"));
        let operation = Operation { id: &id, summary: &summary, tag, forms, schema, parameters };
        paths.insert(format!("{path}{below}"), operation.to_openapi(in_path));
    };
    let set = set_in_path();
    let form = |forms| vec![format_parameter(forms)];
    add("", "getTileSetsList", "tilesets", FORMS, "tileSets", form(FORMS), &[]);
    let parameters = |forms| {
        let choice = (of == "dataset").then(|| tiles::collections_parameter(layers));
        choice.into_iter().chain(form(forms)).collect()
    };
    let (forms, in_path) = (tilesets::forms_of(false), [set.clone()]);
    add("/{tileMatrixSetId}", "getTileSet", "one tileset", forms, "tileSet", parameters(forms), &in_path);
    // A path that is spelt out goes before one with a name in it (OpenAPI 3.0, Paths Object).
    let (forms, only) = (tilesets::forms_of(true), MatrixSet::WebMercatorQuad.id());
    let (id, summary) = (format!("{only}.getTileSet"), format!("the tileset in {only}"));
    add(&format!("/{only}"), &id, &summary, forms, "tileSet", parameters(forms), &[]);
    let number = |name: &str, description: &str| {
        json!({ "name": name, "in": "path", "required": true, "description": description,
                "schema": { "type": "integer", "minimum": 0 } })
    };
    let matrix = json!({ "name": "tileMatrix", "in": "path", "required": true, "schema": { "type": "string" },
        "description": "Id of a matrix of the set; greater is finer." });
    let in_path =
        [set, matrix, number("tileRow", "Row from the north."), number("tileCol", "Column from the west.")];
    let parameters = tiles::parameters(layers, limits, of == "dataset");
    let below = "/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}";
    add(below, "getTile", "one tile", tiles::FORMS, "tile", parameters, &in_path);
}

fn set_in_path() -> Value {
    json!({ "name": "tileMatrixSetId", "in": "path", "required": true, "description": "A tile matrix set.",
            "schema": { "type": "string", "enum": MatrixSet::ALL.map(MatrixSet::id) } })
}

fn matrix_set_paths(paths: &mut Map<String, Value>) {
    let operation = |id, summary, schema, in_path: &[Value]| {
        let parameters = vec![format_parameter(FORMS)];
        Operation { id, summary, tag: "Tiles", forms: FORMS, schema, parameters }.to_openapi(in_path)
    };
    paths.insert(
        "/tileMatrixSets".to_owned(),
        operation("getTileMatrixSetsList", "All tile matrix sets", "tileMatrixSets", &[]),
    );
    paths.insert(
        "/tileMatrixSets/{tileMatrixSetId}".to_owned(),
        operation("getTileMatrixSet", "One tile matrix set", "tileMatrixSet", &[set_in_path()]),
    );
}

/// A GET operation, which also answers HEAD.
struct Operation<'a> {
    id: &'a str,
    summary: &'a str,
    tag: &'a str,
    forms: &'a [Format],
    schema: &'a str,
    parameters: Vec<Parameter>,
}

impl Operation<'_> {
    fn to_openapi(&self, path_parameters: &[Value]) -> Value {
        let content: Map<String, Value> = self
            .forms
            .iter()
            .map(|form| {
                let schema = match *form {
                    HTML | CSV | KML | NDJSON | MAP_SVG => json!({ "type": "string" }),
                    MAP_PNG | XLSX | FLATGEOBUF | GEOPARQUET | MVT => {
                        json!({ "type": "string", "format": "binary" })
                    }
                    OPENAPI | SCHEMA | TILEJSON => json!({ "type": "object" }),
                    _ => json!({ "$ref": format!("#/components/schemas/{}", self.schema) }),
                };
                (form.media_type.to_owned(), json!({ "schema": schema }))
            })
            .collect();
        let parameters: Vec<Value> = path_parameters
            .iter()
            .cloned()
            .chain(self.parameters.iter().map(Parameter::to_openapi))
            .collect();
        let mut responses = json!({
            "200": { "description": self.summary, "content": content,
                     "headers": { "ETag": { "schema": { "type": "string" } } } },
            "304": { "$ref": "#/components/responses/NotModified" },
            "400": { "$ref": "#/components/responses/BadRequest" },
            "406": { "$ref": "#/components/responses/NotAcceptable" },
            "500": { "$ref": "#/components/responses/ServerError" },
        });
        if !path_parameters.is_empty() {
            responses["404"] = json!({ "$ref": "#/components/responses/NotFound" });
        }
        if matches!(
            self.schema,
            "aggregates" | "shortlist" | "tile" | "nearest" | "at" | "apart" | "along" | "reach"
        ) {
            responses["503"] = json!({ "$ref": "#/components/responses/Busy" });
        }
        if self.schema == "tile" {
            let number = |description: &str| json!({ "schema": { "type": "integer", "minimum": 0 }, "description": description });
            responses["200"]["headers"]["OGC-NumberMatched"] = number("How many features are there.");
            responses["200"]["headers"]["OGC-NumberReturned"] = number("How many of them show.");
        }
        if self.schema.ends_with("GeoJSON") {
            responses["200"]["headers"]["Content-Crs"] = json!({ "schema": { "type": "string" },
                "description": "Coordinate reference system of the coordinates, in angle brackets (OGC 18-058r1, 6.2.3)." });
            let number = |description: &str| json!({ "schema": { "type": "integer", "minimum": 0 }, "description": description });
            responses["200"]["headers"]["OGC-NumberMatched"] = number("How many features match.");
            responses["200"]["headers"]["OGC-NumberReturned"] = number("How many features are written.");
            responses["200"]["headers"]["Link"] = json!({ "schema": { "type": "string" },
                "description": "The pages before and after; in forms without links of their own, all links (RFC 8288)." });
            responses["200"]["headers"]["Content-Disposition"] = json!({ "schema": { "type": "string" },
                "description": "The name of the forms that are files (RFC 6266)." });
            responses["503"] = json!({ "$ref": "#/components/responses/Busy" });
        }
        json!({ "get": {
            "operationId": self.id, "summary": self.summary, "tags": [self.tag],
            "parameters": parameters, "responses": responses,
        } })
    }
}

/// The operation by POST, its parameters as members of a JSON object.
fn by_post(mut operations: Value, parameters: &[Parameter]) -> Value {
    let mut operation = operations["get"].take();
    let member = |parameter: &Parameter| {
        let schema = match &*parameter.name {
            // CQL2 JSON and GeoJSON may stand there as they are.
            "filter" | "having" | "polygon" => {
                json!({ "oneOf": [parameter.schema.clone(), { "type": "object" }, { "type": "boolean" }] })
            }
            // Texts, as in an address, are taken for all.
            _ => json!({ "anyOf": [parameter.schema.clone(), { "type": "string" }] }),
        };
        let mut member = schema;
        member["description"] = (*parameter.description).into();
        (parameter.name.to_string(), member)
    };
    let members: Map<String, Value> = parameters.iter().map(member).collect();
    operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": {
        "type": "object", "properties": members, "additionalProperties": false,
    } } } });
    if let Some(responses) = operation["responses"].as_object_mut() {
        responses.remove("304");
        responses.insert("413".to_owned(), json!({ "$ref": "#/components/responses/TooLarge" }));
        responses.insert("415".to_owned(), json!({ "$ref": "#/components/responses/UnsupportedMediaType" }));
    }
    json!({ "post": operation })
}

fn responses() -> Value {
    let problem = |description: &str| {
        json!({ "description": description,
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/problem" } } } })
    };
    json!({
        "NotModified": { "description": "The client already holds this representation." },
        "BadRequest": problem("A parameter is unknown, stands twice, or its value makes no sense."),
        "NotFound": problem("No such thing."),
        "NotAcceptable": problem("None of the accepted media types is offered."),
        "TooLarge": problem("The body is longer than is read."),
        "UnsupportedMediaType": problem("The body is not of the media type that is read."),
        "ServerError": problem("The server failed."),
        "Busy": problem("The query took longer than the server allows."),
    })
}

fn all_schemas() -> Value {
    let mut all = schemas();
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), locate_schemas()) {
        all.extend(more);
    }
    all["defectsGeoJSON"] =
        defects_schema(&json!({ "type": "array", "items": { "$ref": "#/components/schemas/link" } }));
    all
}

fn schemas() -> Value {
    let links = json!({ "type": "array", "items": { "$ref": "#/components/schemas/link" } });
    let text = json!({ "type": "string" });
    json!({
        "link": { "type": "object", "required": ["href", "rel"],
            "properties": { "href": text, "rel": text, "type": text, "title": text } },
        "landingPage": { "type": "object", "required": ["links"],
            "properties": { "title": text, "description": text, "attribution": text, "links": links } },
        "confClasses": { "type": "object", "required": ["conformsTo"],
            "properties": { "conformsTo": { "type": "array", "items": text }, "links": links } },
        "found": found_schema(&links),
        "shortlist": shortlist_schema(&links),
        "functions": { "type": "object", "required": ["functions"],
            "properties": { "links": links, "functions": { "type": "array", "items": { "type": "object",
                "required": ["name", "returns"],
                "properties": { "name": text, "description": text,
                    "arguments": { "type": "array", "items": { "type": "object", "required": ["type"],
                        "properties": { "title": text, "type": { "type": "array", "items": text }, "required": { "type": "boolean" } } } },
                    "returns": { "type": "array", "items": text } } } } } },
        "collections": { "type": "object", "required": ["links", "collections"],
            "properties": { "links": links, "numberMatched": { "type": "integer" }, "numberReturned": { "type": "integer" },
                "collections": { "type": "array", "items": { "$ref": "#/components/schemas/collection" } } } },
        "collection": { "type": "object", "required": ["id", "links"],
            "properties": { "id": text, "title": text, "description": text, "attribution": text, "links": links,
                "synthetic": { "type": "boolean", "description": "True when every feature is made up." },
                "itemType": text, "crs": { "type": "array", "items": text }, "storageCrs": text,
                "extent": { "type": "object", "properties": {
                    "spatial": { "type": "object", "properties": { "crs": text,
                        "bbox": { "type": "array", "items": { "type": "array", "minItems": 4, "maxItems": 4, "items": { "type": "number" } } } } },
                    "temporal": { "type": "object", "properties": { "trs": text,
                        "interval": { "type": "array", "items": { "type": "array", "minItems": 2, "maxItems": 2,
                            "items": { "type": "string", "format": "date-time", "nullable": true } } } } } } } } },
        "tileMatrixSets": { "type": "object", "required": ["tileMatrixSets"],
            "properties": { "links": links, "tileMatrixSets": { "type": "array", "items": { "type": "object",
                "required": ["id", "links"],
                "properties": { "id": text, "title": text, "uri": text, "crs": text, "links": links } } } } },
        "tileMatrixSet": { "type": "object", "required": ["crs", "tileMatrices"],
            "properties": { "links": links, "id": text, "title": text, "uri": text, "crs": text, "wellKnownScaleSet": text,
                "orderedAxes": { "type": "array", "items": text },
                "tileMatrices": { "type": "array", "items": { "type": "object",
                    "required": ["id", "scaleDenominator", "cellSize", "pointOfOrigin", "tileWidth", "tileHeight", "matrixWidth", "matrixHeight"],
                    "properties": { "id": text, "cornerOfOrigin": text,
                        "scaleDenominator": { "type": "number" }, "cellSize": { "type": "number" },
                        "pointOfOrigin": { "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "number" } },
                        "tileWidth": { "type": "integer" }, "tileHeight": { "type": "integer" },
                        "matrixWidth": { "type": "integer" }, "matrixHeight": { "type": "integer" } } } } } },
        "tileSets": { "type": "object", "required": ["tilesets"],
            "properties": { "links": links, "tilesets": { "type": "array", "items": { "$ref": "#/components/schemas/tileSetItem" } } } },
        "tileSetItem": { "type": "object", "required": ["dataType", "crs", "links"],
            "properties": { "title": text, "dataType": { "type": "string", "enum": ["vector"] }, "crs": text,
                "tileMatrixSetURI": text, "links": links } },
        "tileSet": { "allOf": [{ "$ref": "#/components/schemas/tileSetItem" }, { "type": "object",
            "properties": { "tileMatrixSetId": text, "attribution": text,
                "tileMatrixSetLimits": { "type": "array", "items": { "type": "object",
                    "required": ["tileMatrix", "minTileRow", "maxTileRow", "minTileCol", "maxTileCol"],
                    "properties": { "tileMatrix": text,
                        "minTileRow": { "type": "integer", "minimum": 0 }, "maxTileRow": { "type": "integer", "minimum": 0 },
                        "minTileCol": { "type": "integer", "minimum": 0 }, "maxTileCol": { "type": "integer", "minimum": 0 } } } },
                "layers": { "type": "array", "items": { "type": "object", "required": ["id", "dataType"] } },
                "boundingBox": { "type": "object", "required": ["lowerLeft", "upperRight"] },
                "centerPoint": { "type": "object", "required": ["coordinates"] } } }] },
        "tile": { "type": "object", "required": ["type", "features"], "description": "The features as they lie in the tile.",
            "properties": { "type": { "type": "string", "enum": ["FeatureCollection"] },
                "numberReturned": { "type": "integer", "minimum": 0 },
                "features": { "type": "array", "items": { "type": "object" } } } },
        "aggregates": { "type": "object",
            "required": ["collection", "columns", "groups", "total", "groupsMatched", "groupsReturned", "links"],
            "properties": { "links": links, "collection": text, "synthetic": { "type": "boolean" },
                "assign": text, "notes": { "type": "object", "additionalProperties": text },
                "columns": { "type": "array", "items": { "type": "object", "required": ["name", "title", "type", "role"],
                    "properties": { "name": text, "title": text, "type": text, "unit": text,
                        "role": { "type": "string", "enum": ["key", "measure"] } } } },
                "groups": { "type": "array", "description": "One object for each group: the values of all columns by name.",
                    "items": { "type": "object" } },
                "unassigned": { "type": "object", "description": "The measures of what has a position and lies in no place." },
                "withoutGeometry": { "type": "object", "description": "The measures of what has no position." },
                "total": { "type": "object", "description": "The measures of all features." },
                "groupsMatched": { "type": "integer", "minimum": 0 }, "groupsReturned": { "type": "integer", "minimum": 0 },
                "countedAgain": { "type": "integer", "minimum": 0,
                    "description": "How often features count in a group beyond the first." },
                "timeStamp": { "type": "string", "format": "date-time" }, "dataDate": { "type": "string", "format": "date" } } },
        "featureCollectionGeoJSON": { "type": "object", "required": ["type", "features"],
            "properties": { "type": { "type": "string", "enum": ["FeatureCollection"] }, "links": links,
                "synthetic": { "type": "boolean" },
                "timeStamp": { "type": "string", "format": "date-time" },
                "numberMatched": { "type": "integer", "minimum": 0 }, "numberReturned": { "type": "integer", "minimum": 0 },
                "features": { "type": "array", "items": { "$ref": "#/components/schemas/featureGeoJSON" } } } },
        "featureGeoJSON": { "type": "object", "required": ["type", "geometry", "properties"],
            "properties": { "type": { "type": "string", "enum": ["Feature"] }, "links": links,
                "id": { "oneOf": [{ "type": "string" }, { "type": "integer" }] },
                "geometry": { "type": "object", "nullable": true, "description": "A geometry object of RFC 7946, or null." },
                "properties": { "type": "object", "nullable": true } } },
        "problem": { "type": "object", "description": "RFC 9457 problem details.",
            "properties": { "type": text, "title": text, "status": { "type": "integer" }, "detail": text, "instance": text,
                "parameter": { "type": "string", "description": "The parameter that is to blame." },
                "request_id": text } },
    })
}

/// What a shortlist is.
fn shortlist_schema(links: &Value) -> Value {
    let text = json!({ "type": "string" });
    json!({ "type": "object",
            "required": ["collection", "searched", "numberMatched", "numberReturned", "unknown", "criteria", "relaxation", "rank", "items", "links"],
            "properties": { "links": links, "collection": text, "synthetic": { "type": "boolean" }, "statement": text,
                "searched": { "type": "integer", "minimum": 0 }, "numberMatched": { "type": "integer", "minimum": 0 },
                "numberReturned": { "type": "integer", "minimum": 0 },
                "unknown": { "type": "integer", "minimum": 0, "description": "Features that fail no criterion, and of which a value is not known. With numberMatched and what fails each criterion first they add up to searched." },
                "criteria": { "type": "array", "items": { "type": "object",
                    "required": ["number", "filter", "failed", "unknown", "matchedWithout", "relaxation"],
                    "properties": { "number": { "type": "integer", "minimum": 1 }, "name": text, "filter": text,
                        "failed": { "type": "integer", "minimum": 0, "description": "Features that fail it first." },
                        "unknown": { "type": "integer", "minimum": 0 },
                        "matchedWithout": { "type": "integer", "minimum": 0, "description": "Features that match without it." },
                        "relaxation": { "type": "object", "nullable": true, "required": ["enough", "statement"],
                            "description": "The least move of its bounds, or the fewest values more, with which as many match as are wanted; null where enough match." } } } },
                "relaxation": { "type": "object", "required": ["wanted", "needed", "best", "statement"],
                    "properties": { "wanted": { "type": "integer" }, "needed": { "type": "boolean" }, "statement": text,
                        "best": { "type": "integer", "nullable": true, "description": "The number of the criterion that, relaxed, lets in the fewest by itself." } } },
                "rank": { "type": "object", "required": ["by", "rule", "keys"] },
                "items": { "type": "array", "items": { "type": "object", "required": ["rank", "id", "parts", "distances", "properties"] } },
                "merge": { "type": "object", "description": "Neighbours that are large enough together." },
                "cap": { "type": "object", "description": "The share of capped uses in the units of the listed features." },
                "timeStamp": { "type": "string", "format": "date-time" }, "dataDate": { "type": "string", "format": "date" } } })
}

/// What a topology check is.
fn defects_schema(links: &Value) -> Value {
    let text = json!({ "type": "string" });
    let count = json!({ "type": "integer", "minimum": 0 });
    let counts = |names: Vec<&str>| {
        let properties: Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), count.clone())).collect();
        json!({ "type": "object", "required": names, "properties": properties })
    };
    let number =
        |description: &str| json!({ "type": "number", "nullable": true, "description": description });
    let defect = json!({ "type": "object", "required": ["kind", "detail", "what", "features"],
        "properties": {
            "kind": { "type": "string", "enum": Kind::ALL.map(Kind::name) },
            "detail": { "type": "string", "nullable": true }, "what": text,
            "features": { "type": "array", "items": text, "description": "Ids of the features that take part." },
            "area_m2": number("Of an overlap, a gap or a sliver, square metres."),
            "width_m": number("Its mean width: twice its area by its perimeter, metres."),
            "share": number("Of a duplicate: the share of the larger feature that both have in common."),
            "number": { "type": "string", "nullable": true, "description": "The repeated number." },
            "stated_m2": number("The stated area, square metres."), "measured_m2": number("The geodesic area, square metres."),
            "difference": number("By which share of the measured area the stated one is larger."),
            "accuracy_m": number("The greatest accuracy of the features, metres; null when one is not known."),
            "within_accuracy": { "type": "boolean", "nullable": true, "description": "Is the place narrower than that?" },
            "longitude": number("The centre of the place."), "latitude": number("The centre of the place."),
        } });
    json!({ "type": "object",
        "required": ["type", "collection", "numberMatched", "numberReturned", "defects", "kinds", "slivers", "checked", "belowTolerance", "rules", "notes", "features", "links"],
        "properties": { "type": { "type": "string", "enum": ["FeatureCollection"] }, "collection": text, "links": links,
            "synthetic": { "type": "boolean" }, "statement": text,
            "numberMatched": { "type": "integer", "minimum": 0, "description": "Defects of the asked kinds." },
            "numberReturned": count,
            "defects": { "type": "integer", "minimum": 0, "description": "Defects of all kinds, whatever is listed." },
            "kinds": counts(Kind::ALL.map(Kind::name).to_vec()), "slivers": counts(vec!["overlap", "gap", "feature"]),
            "checked": counts(vec!["polygons", "others", "notCompared", "withoutArea", "withoutNumber"]),
            "belowTolerance": { "type": "integer", "minimum": 0, "description": "Overlaps and gaps narrower than the tolerance." },
            "rules": { "type": "object" }, "notes": { "type": "array", "items": text },
            "features": { "type": "array", "items": { "type": "object", "required": ["type", "id", "geometry", "properties"],
                "properties": { "type": { "type": "string", "enum": ["Feature"] }, "id": text,
                    "geometry": { "type": "object", "nullable": true, "description":
                        "The overlap or gap; the feature, of duplicates one; a position of a faulty ring; the centres of features with one number." },
                    "properties": defect } } },
            "timeStamp": { "type": "string", "format": "date-time" }, "dataDate": { "type": "string", "format": "date" } } })
}

/// What a search answers.
fn found_schema(links: &Value) -> Value {
    let text = json!({ "type": "string" });
    let words =
        json!({ "type": "object", "required": ["zh", "en"], "properties": { "zh": text, "en": text } });
    let kind = json!({ "type": "object", "required": ["id", "zh", "en"],
        "properties": { "id": text, "zh": text, "en": text, "count": { "type": "integer", "minimum": 1 } } });
    let range = json!({ "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "integer", "minimum": 0 } });
    let numbers = |count: u8, what: &str| {
        json!({ "type": "array", "nullable": true, "minItems": count,
        "maxItems": count, "items": { "type": "number" }, "description": what })
    };
    let hit = json!({ "type": "object", "required": ["collection", "id", "kind", "name", "match", "point", "bbox", "href"],
        "properties": {
            "collection": text, "id": text, "kind": kind, "name": words, "href": text, "synthetic": { "type": "boolean" },
            "match": { "type": "object", "required": ["how", "text", "ranges"],
                "properties": {
                    "how": { "type": "string", "enum": How::NAMES }, "text": text,
                    "ranges": { "type": "array", "items": range, "description":
                        "What of text was typed: first and behind last UTF-16 code unit, as JavaScript slices." } } },
            "point": numbers(2, "A place on the feature: longitude, latitude; null without a position."),
            "bbox": numbers(4, "West, south, east, north; null without a position."),
        } });
    json!({ "type": "object", "required": ["q", "numberReturned", "groups", "hits", "links"],
        "properties": { "q": text, "numberReturned": { "type": "integer", "minimum": 0 }, "links": links,
            "groups": { "type": "array", "items": kind, "description": "The kinds of the hits, in the order of their best." },
            "hits": { "type": "array", "items": hit, "description": "Best first." } } })
}

/// The schemas of what is near, here, apart and along.
fn locate_schemas() -> Value {
    let links = json!({ "type": "array", "items": { "$ref": "#/components/schemas/link" } });
    let text = json!({ "type": "string" });
    let metres =
        |description: &str| json!({ "type": "number", "nullable": true, "description": description });
    let mut schemas = json!({
        "member": { "type": "object", "required": ["collection", "id", "name", "accuracyM"], "description": "A feature, by name.",
            "properties": { "collection": text, "id": { "oneOf": [{ "type": "string" }, { "type": "integer" }] }, "name": text,
                "accuracyM": metres("To how many metres it is known; null when that is not known.") } },
        "nearest": { "type": "object", "required": ["type", "collection", "from", "features"],
            "description": "Features, nearest first. Each has, beside its own properties, distance_m, distance_accuracy_m (the sum of both accuracies, null when one is not known), bearing_deg and direction of the way to it, inside (true when the distance is 0) and nearest_position.",
            "properties": { "type": { "type": "string", "enum": ["FeatureCollection"] }, "links": links, "collection": text,
                "from": { "type": "object", "description": "The position or the feature that distances are from." },
                "statement": text, "synthetic": { "type": "boolean" }, "numberReturned": { "type": "integer", "minimum": 0 },
                "features": { "type": "array", "items": { "$ref": "#/components/schemas/featureGeoJSON" } } } },
        "at": { "type": "object", "required": ["at", "toleranceM", "numberMatched", "collections"],
            "properties": { "links": links, "at": { "type": "object" }, "toleranceM": { "type": "number" }, "statement": text,
                "numberMatched": { "type": "integer", "minimum": 0 },
                "collections": { "type": "array", "items": { "type": "object", "required": ["collection", "numberMatched", "features"],
                    "properties": { "collection": text, "title": text, "synthetic": { "type": "boolean" },
                        "numberMatched": { "type": "integer", "minimum": 0 }, "numberReturned": { "type": "integer", "minimum": 0 },
                        "features": { "type": "array", "items": { "$ref": "#/components/schemas/featureGeoJSON" } } } } } } },
        "apart": { "type": "object", "required": ["from", "to", "distanceM", "relations"],
            "properties": { "links": links, "from": { "$ref": "#/components/schemas/member" }, "to": { "$ref": "#/components/schemas/member" },
                "distanceM": { "type": "number", "minimum": 0 }, "distanceAccuracyM": metres("The sum of both accuracies; null when one is not known."),
                "bearingDeg": metres("Degrees clockwise from north; null when the distance is 0."),
                "direction": { "type": "string", "nullable": true }, "relations": { "type": "array", "items": text },
                "de9im": text, "statement": text,
                "nearestOnFrom": { "type": "array", "items": { "type": "number" } }, "nearestOnTo": { "type": "array", "items": { "type": "number" } } } },
        "along": { "type": "object", "required": ["line", "lengthM", "stops"],
            "properties": { "links": links, "line": { "$ref": "#/components/schemas/member" }, "lengthM": { "type": "number", "minimum": 0 },
                "start": { "type": "object", "nullable": true }, "end": { "type": "object", "nullable": true },
                "after": { "type": "object", "nullable": true }, "maxOffsetM": { "type": "number" }, "statement": text,
                "numberMatched": { "type": "integer", "minimum": 0 }, "numberReturned": { "type": "integer", "minimum": 0 },
                "stops": { "type": "array", "items": { "allOf": [{ "$ref": "#/components/schemas/member" }, { "type": "object",
                    "required": ["chainageM", "offsetM", "side"],
                    "properties": { "chainageM": { "type": "number" }, "offsetM": { "type": "number" },
                        "offsetAccuracyM": metres("The sum of both accuracies; null when one is not known."),
                        "side": { "type": "string", "nullable": true, "enum": ["left", "right", null] },
                        "beyond": { "type": "string", "nullable": true, "enum": ["start", "end", null] },
                        "stretchM": { "type": "array", "items": { "type": "number" } }, "aheadM": { "type": "number" } } }] } } } },
    });
    schemas["reach"] = reach_schema();
    schemas
}

/// The schema of what is within a walk.
fn reach_schema() -> Value {
    let text = json!({ "type": "string" });
    let number =
        |description: &str| json!({ "type": "number", "nullable": true, "description": description });
    let category = json!({ "type": "object", "required": ["category", "title", "total", "counts", "nearest"],
        "properties": { "category": text, "title": text, "total": { "type": "integer" },
            "withoutPosition": { "type": "integer", "description": "Of so many nobody knows whether they are near." },
            "counts": { "type": "array", "items": { "type": "integer" }, "description": "In the order of the rings." },
            "nearest": { "type": "object", "nullable": true, "description": "Within 60 minutes." } } });
    let facility = json!({ "allOf": [{ "$ref": "#/components/schemas/member" }, { "type": "object",
        "required": ["category", "minutes", "walkM"],
        "properties": { "category": text, "minutes": { "type": "number" }, "walkM": { "type": "number" },
            "distanceM": { "type": "number" }, "distanceAccuracyM": number("The sum of both accuracies; null when one is not known."),
            "within": number("The minutes of the first ring that holds it.") } }] });
    let ring = json!({ "type": "object", "properties": { "minutes": { "type": "number" },
        "count": { "type": "integer", "description": "With their centre in the ring." },
        "areaHa": number("Hectares of these; null when there are none."),
        "overlapHa": number("Hectares of all polygons that lie in the ring.") } });
    let polygons = json!({ "type": "object", "required": ["collection", "rings"],
        "properties": { "collection": text, "title": text, "synthetic": { "type": "boolean" },
            "rings": { "type": "array", "items": ring } } });
    let links = json!({ "type": "array", "items": { "$ref": "#/components/schemas/link" } });
    json!({ "type": "object", "required": ["type", "from", "mode", "statement", "features", "categories", "facilities", "polygons"],
            "description": "Rings, each the area within so many minutes on foot, the smaller ones included, with minutes, walk_m, mode, area_ha, facilities (how many are in it), counts (by category) and gaps (categories with none in it).",
            "properties": { "type": { "type": "string", "enum": ["FeatureCollection"] }, "links": links,
                "from": { "type": "object", "description": "The position or the feature that walks start from." },
                "mode": { "type": "string", "enum": ["network", "straight"], "description": "Along a network, or straight lines times the detour factor." },
                "statement": text, "speedKmh": { "type": "number" }, "detourFactor": { "type": "number" },
                "offNetworkM": number("How far a start or an end may be from the network; null in mode straight."),
                "features": { "type": "array", "items": { "$ref": "#/components/schemas/featureGeoJSON" } },
                "categories": { "type": "array", "items": category },
                "numberMatched": { "type": "integer", "minimum": 0 }, "numberReturned": { "type": "integer", "minimum": 0 },
                "facilities": { "type": "array", "items": facility },
                "polygons": { "type": "array", "items": polygons } } })
}

/// The definition for people.
pub fn page(definition: &Value, lang: Lang) -> Markup {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let empty = Map::new();
    let paths = definition["paths"].as_object().unwrap_or(&empty);
    html! {
        p { (lang.pick("所有资源应答 GET 和 HEAD。坐标默认为 CRS84：先经度后纬度，单位度；参数 crs 和 bbox-crs 可另选。", "All resources answer GET and HEAD. Coordinates are CRS84 (longitude first, then latitude, in degrees) unless crs and bbox-crs say otherwise.")) }
        @for (path, operations) in paths {
            h2 { code {
                @if operations["post"].is_object() { "POST " }
                (ROOT) (path.trim_end_matches('/'))
            } }
            p { (text(&operations["get"]["summary"])) (text(&operations["post"]["summary"])) }
            @if operations["get"].is_object() { div.scroll { table {
                thead { tr {
                    th scope="col" { (lang.pick("参数", "parameter")) }
                    th scope="col" { (lang.pick("类型", "type")) }
                    th scope="col" { (lang.pick("说明", "description")) }
                } }
                tbody { @for parameter in operations["get"]["parameters"].as_array().unwrap_or(&Vec::new()) { tr {
                    td { code { (text(&parameter["name"])) } }
                    td { (text(&parameter["schema"]["type"])) }
                    td { (text(&parameter["description"])) }
                } } }
            } } }
        }
    }
}
