//! How do the properties of a layer look as a JSON schema?
//!
//! In: a layer. Out: a schema of JSON Schema 2020-12 with the keywords of OGC 23-058r2 (Common Part 3, Features
//! Part 5). Leaves out: where it stands.
//!
//! The schema is logical: it says what a value is where there is one. A null of the data is a property without a
//! value. Lists of texts and limits of numbers are those of the data as they are now.

use serde_json::{Map, Value, json};

use crate::geometry::GeometryKind;
use crate::model::plan::PlanFacts;
use crate::model::{Domain, Element, Field, FieldIx, Ids, Lang, Layer, Value as Cell, ValueKind};
use crate::register::say;

/// The name of the id, unless a field has it.
pub const ID: &str = "id";
/// The name of the geometry, unless a field has it.
pub const GEOMETRY: &str = "geometry";

/// What the properties are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be returned.
    Schema,
    /// To be named by filters and as query parameters.
    Queryables,
    /// To be sorted by.
    Sortables,
}

/// The schema of a layer; `id` is its own address without a query.
#[must_use]
pub fn schema(layer: &Layer, purpose: Purpose, id: &str, facts: Option<&PlanFacts>, lang: Lang) -> Value {
    let mut json = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": id,
        "title": layer.about.title.say(lang),
    });
    if let Some(description) = &layer.about.description {
        json["description"] = description.say(lang).into();
    }
    json["type"] = "object".into();
    json["properties"] = properties(layer, purpose, facts, lang).into();
    // What a client may name is closed, and an unknown name is refused. What is returned may grow with the data.
    if purpose != Purpose::Schema {
        json["additionalProperties"] = false.into();
    }
    json
}

/// The properties in their order: id, geometry, fields.
fn properties(layer: &Layer, purpose: Purpose, facts: Option<&PlanFacts>, lang: Lang) -> Map<String, Value> {
    let mut all = Map::new();
    let has = |name| layer.schema.find(name).is_some();
    let mut place = 0;
    let mut add = |name: &str, mut property: Value, wanted: bool| {
        place += 1;
        if wanted {
            property["x-ogc-propertySeq"] = place.into();
            all.insert(name.to_owned(), property);
        }
    };
    if !has(ID) {
        let mut property = json!({ "title": lang.pick("标识", "identifier"), "x-ogc-role": "id" });
        property["type"] = id_type(layer).into();
        add(ID, property, true);
    }
    if !has(GEOMETRY) {
        let title = lang.pick("几何", "geometry");
        let format = geometry_format(&layer.geometries().kinds());
        let property = json!({ "title": title, "x-ogc-role": "primary-geometry", "format": format });
        add(GEOMETRY, property, purpose != Purpose::Sortables);
    }
    for (at, field) in layer.schema.fields() {
        let mut property = json!({});
        if let Some(title) = &field.title {
            property["title"] = title.say(lang).into();
        }
        if let Some(role) = role(layer, at) {
            property["x-ogc-role"] = role.into();
        }
        let domain = if purpose == Purpose::Sortables { &Domain::Any } else { layer.domain(at) };
        merge(&mut property, value_schema(field, domain));
        if let Domain::Texts(texts) = domain {
            let titles = titles_of(layer, field, texts, facts, lang);
            if !titles.is_empty() {
                property["x-enum-titles"] = titles.into();
            }
        }
        if let Some(unit) = field.unit.as_deref().filter(|_| is_number(field.kind)) {
            property["x-ogc-unit"] = unit.into();
        }
        add(&field.name, property, purpose != Purpose::Sortables || field.kind.is_simple());
    }
    all
}

/// What people call the codes of fields: the title of the field with the code, and the words.
#[must_use]
pub fn codes(
    layer: &Layer,
    fields: &[FieldIx],
    facts: Option<&PlanFacts>,
    lang: Lang,
) -> Vec<(String, String)> {
    let mut codes = Vec::new();
    for &at in fields {
        let field = layer.schema.field(at);
        let Domain::Texts(texts) = layer.domain(at) else { continue };
        let title = field.title.as_ref().map_or(&*field.name, |title| title.say(lang));
        for (code, words) in titles_of(layer, field, texts, facts, lang) {
            codes.extend(words.as_str().map(|words| (format!("{title}: {code}"), words.to_owned())));
        }
    }
    codes
}

/// What people call the values of a field. Of a field `x_code` beside one `x_name_zh` or `x_name_en` that is the name in
/// the same feature; else the words that the plan and this service have for such codes.
fn titles_of(
    layer: &Layer,
    field: &Field,
    texts: &[Box<str>],
    facts: Option<&PlanFacts>,
    lang: Lang,
) -> Map<String, Value> {
    let stem = field.name.strip_suffix("_code");
    let names = stem.and_then(|stem| layer.schema.find(&format!("{stem}_name_{}", lang.name())));
    let mut titles = Map::new();
    if let (Some((name, _)), Some((code, _))) = (names, layer.schema.find(&field.name)) {
        for row in 0..layer.len() {
            if titles.len() == texts.len() {
                break;
            }
            if let (Cell::Text(code), Cell::Text(name)) =
                (layer.column(code).value(row), layer.column(name).value(row))
                && !titles.contains_key(code)
            {
                titles.insert(code.to_owned(), name.into());
            }
        }
    }
    for text in texts {
        if let Some(words) = say::word(facts, &field.name, text).filter(|_| !titles.contains_key(&**text)) {
            titles.insert(text.to_string(), words.say(lang).into());
        }
    }
    titles
}

/// The JSON type of ids.
#[must_use]
pub fn id_type(layer: &Layer) -> &'static str {
    if matches!(layer.ids(), Ids::Integer(_)) { "integer" } else { "string" }
}

/// The constraints of a field's values, without words.
#[must_use]
pub fn value_schema(field: &Field, domain: &Domain) -> Value {
    let mut json = match field.kind {
        ValueKind::Bool => json!({ "type": "boolean" }),
        ValueKind::Integer => json!({ "type": "integer" }),
        ValueKind::Real => json!({ "type": "number" }),
        ValueKind::Text => json!({ "type": "string" }),
        ValueKind::Date => json!({ "type": "string", "format": "date" }),
        ValueKind::Timestamp => json!({ "type": "string", "format": "date-time" }),
        ValueKind::Array => json!({ "type": "array" }),
        ValueKind::Object => json!({ "type": "object" }),
    };
    match domain {
        Domain::Any => {}
        Domain::Integers(least, greatest) => {
            merge(&mut json, json!({ "minimum": least, "maximum": greatest }));
        }
        Domain::Reals(least, greatest) => merge(&mut json, json!({ "minimum": least, "maximum": greatest })),
        Domain::Texts(list) => json["enum"] = list.iter().map(|text| &**text).collect(),
        Domain::Arrays(element) => {
            let kind = match element {
                Element::Text => "string",
                Element::Integer => "integer",
                Element::Real => "number",
                Element::Bool => "boolean",
            };
            json["items"] = json!({ "type": kind });
        }
    }
    json
}

fn merge(json: &mut Value, more: Value) {
    if let (Some(json), Value::Object(more)) = (json.as_object_mut(), more) {
        json.extend(more);
    }
}

fn is_number(kind: ValueKind) -> bool {
    matches!(kind, ValueKind::Integer | ValueKind::Real)
}

/// The part a field plays (OGC 23-058r2, 7.3 and 8). Start and end of an interval have one granularity there;
/// where those of the layer differ, neither plays a part.
fn role(layer: &Layer, at: FieldIx) -> Option<&'static str> {
    if layer.id_field() == Some(at) {
        return Some("id");
    }
    let time = layer.time?;
    let kind = |at: Option<FieldIx>| at.map(|at| layer.schema.field(at).kind);
    if time.start == time.end {
        return (time.start == Some(at)).then_some("primary-instant");
    }
    if time.start.is_some() && time.end.is_some() && kind(time.start) != kind(time.end) {
        return None;
    }
    match Some(at) {
        at if at == time.start => Some("primary-interval-start"),
        at if at == time.end => Some("primary-interval-end"),
        _ => None,
    }
}

/// The name of the kinds of geometry that occur (OGC 23-058r2, `/req/schemas/properties`, C).
fn geometry_format(kinds: &[GeometryKind]) -> &'static str {
    use GeometryKind::{
        GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon,
    };
    match kinds {
        [Point] => "geometry-point",
        [MultiPoint] => "geometry-multipoint",
        [LineString] => "geometry-linestring",
        [MultiLineString] => "geometry-multilinestring",
        [Polygon] => "geometry-polygon",
        [MultiPolygon] => "geometry-multipolygon",
        [GeometryCollection] => "geometry-geometrycollection",
        [Point | MultiPoint, Point | MultiPoint] => "geometry-point-or-multipoint",
        [LineString | MultiLineString, LineString | MultiLineString] => {
            "geometry-linestring-or-multilinestring"
        }
        [Polygon | MultiPolygon, Polygon | MultiPolygon] => "geometry-polygon-or-multipolygon",
        _ => "geometry-any",
    }
}
