//! Query strings to domain types; the only parser of request text.
//!
//! Each resource has one table of parameters. The table refuses unknown and repeated names
//! (OGC 17-069r4, 7.15 and `/req/core/query-param-unknown`) and writes the API definition.

use std::borrow::{Borrow, Cow};

use axum::http::Uri;
use serde_json::{Value as Json, json};

use super::negotiate::Format;
use super::problem::Problem;
use crate::catalog::Catalog;
use crate::config::Limits;
use crate::geometry::positions::{self, Reading};
use crate::geometry::{Crs, Shape, Window};
use crate::model::{Domain, Field, Interval, Lang, Layer, Words};
use crate::query::cql2::{self, Encoding, MOST_BYTES};
use crate::query::{
    DISTANCE, DistanceTo, Equality, Filter, ID_NAME, Page, Query, QueryError, Search, SortKey, with_features,
};
use crate::render::View;
use crate::render::schema::{GEOMETRY, id_type, value_schema};

/// A query parameter of a resource.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name.
    pub name: Cow<'static, str>,
    /// What it does.
    pub description: Cow<'static, str>,
    /// Its JSON schema.
    pub schema: Json,
}

impl Parameter {
    /// One of a name, with what it does and its JSON schema.
    pub fn new(
        name: impl Into<Cow<'static, str>>,
        description: impl Into<Cow<'static, str>>,
        schema: Json,
    ) -> Self {
        Self { name: name.into(), description: description.into(), schema }
    }

    /// As the API definition writes it.
    pub fn to_openapi(&self) -> Json {
        json!({
            "name": self.name, "in": "query", "required": false, "description": self.description,
            "schema": self.schema, "style": "form", "explode": false,
        })
    }
}

/// `f`, which every resource has.
pub fn format_parameter(offers: &[Format]) -> Parameter {
    let names: Vec<_> = offers.iter().map(|offer| offer.name).collect();
    Parameter::new(
        "f",
        "Representation of the answer; wins over the header Accept.",
        json!({ "type": "string", "enum": names }),
    )
}

/// The systems that are meant for a whole layer, that of the stored coordinates first.
pub fn systems(layer: &Layer) -> Vec<Crs> {
    let bounds = layer.extent.and_then(|extent| extent.bounds);
    Crs::all().filter(|crs| bounds.is_none_or(|bounds| crs.covers(bounds))).collect()
}

/// The systems that coordinates of a request may be in, whatever the data.
pub const ANY_CRS: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84, or http://www.opengis.net/def/crs/EPSG/0/ and 4326, \
                           4490, 3857, or a zone of CGCS2000 of three degrees, 4513 to 4554";

/// The schema of a system that is any of those.
pub fn any_crs_schema() -> Json {
    json!({ "type": "string", "format": "uri", "description": ANY_CRS, "default": Crs::Crs84.to_string() })
}

/// `crs`, which answers with coordinates have (OGC 18-058r1, 6.2.2).
pub fn crs_parameter(layer: &Layer) -> Parameter {
    Parameter::new(
        "crs",
        "Coordinate reference system of the answer, its axes in the order of its definition; CRS84 \
         (longitude, latitude) when left out.",
        crs_schema(&[layer]),
    )
}

/// A system that all of these layers are offered in.
pub fn crs_schema(layers: &[&Layer]) -> Json {
    let in_all = |crs: &Crs| layers.iter().all(|layer| systems(layer).contains(crs));
    let names: Vec<_> = Crs::all().filter(in_all).map(|crs| crs.to_string()).collect();
    json!({ "type": "string", "format": "uri", "enum": names, "default": Crs::Crs84.to_string() })
}

/// The system that a parameter names, CRS84 when it stands nowhere.
///
/// # Errors
/// A system that the layer is not offered in.
pub fn crs(params: &Params, name: &str, layer: &Layer) -> Result<Crs, Problem> {
    let Some(text) = params.get(name) else { return Ok(Crs::Crs84) };
    let offered = systems(layer);
    Crs::parse(text).filter(|crs| offered.contains(crs)).ok_or_else(|| {
        let names: Vec<_> = offered.iter().map(ToString::to_string).collect();
        Problem::parameter(name, text, &format!("one of {}", names.join(", ")))
    })
}

/// The names that `properties` knows: all that the schema of the layer has.
fn returnables(layer: &Layer) -> Vec<&str> {
    let absent = |name: &&str| layer.schema.find(name).is_none();
    let fields = layer.schema.fields().map(|(_, field)| &*field.name);
    [ID_NAME, GEOMETRY].into_iter().filter(absent).chain(fields).collect()
}

/// What of features is written: their system, their fields and their geometry (drafts of OGC 24-019 and 24-020).
pub fn view_parameters(layer: &Layer) -> Vec<Parameter> {
    vec![
        crs_parameter(layer),
        Parameter::new(
            "properties",
            "The properties to write, the fields in this order; all when left out, none when empty. The geometry is \
             one of them. Ids are always written.",
            json!({ "type": "array", "items": { "type": "string", "enum": returnables(layer) } }),
        ),
        Parameter::new(
            "skipGeometry",
            "Leaves the geometries out.",
            json!({ "type": "boolean", "default": false }),
        ),
        Parameter::new(
            "zoom-level",
            "Simplifies the geometries for a map at this level of WebMercatorQuad, to half a pixel; decimals are \
             levels in between.",
            json!({ "type": "number", "minimum": 0 }),
        ),
        Parameter::new(
            "distance-to",
            "Adds the field distance_m: metres on the ellipsoid from the nearest position of each feature to that of a \
             place, 0 where they touch. The place is {collectionId}:{featureId}, or a geometry as WKT or GeoJSON in \
             CRS84 (longitude first). It may stand in properties and in sortby.",
            json!({ "type": "string", "minLength": 3 }),
        ),
    ]
}

/// The shape of the parameter polygon; that it has an area is looked at where it is used.
///
/// # Errors
/// It is no geometry.
pub fn polygon(params: &Params) -> Result<Option<Shape>, Problem> {
    const EXPECTED: &str = "a polygon as WKT or GeoJSON, longitude first, in degrees";
    let Some(text) = params.get("polygon") else { return Ok(None) };
    cql2::geometry(text).map(Some).map_err(|fault| {
        if cql2::begins_geometry(text) {
            Problem::wrong_parameter("polygon", format!("polygon, {fault}; expected {EXPECTED}"))
        } else {
            Problem::parameter("polygon", text, EXPECTED)
        }
    })
}

/// The geometry that a text begins as, none where it begins as something else; its axes are as they stand.
///
/// # Errors
/// What is wrong with it, and where.
pub fn geometry(name: &str, text: &str) -> Result<Option<Shape>, Problem> {
    let wrong = |fault| Problem::wrong_parameter(name, format!("{name}, {fault}"));
    cql2::begins_geometry(text).then(|| cql2::geometry(text).map_err(wrong)).transpose()
}

/// The place that distances are measured from, if one is asked for.
///
/// # Errors
/// No such feature, one without position, what is no geometry, or a layer that has a field of that name.
pub fn distance_to(params: &Params, layer: &Layer, catalog: &Catalog) -> Result<Option<DistanceTo>, Problem> {
    const EXPECTED: &str = "collectionId:featureId of a feature with a position, or a geometry as WKT or GeoJSON, \
                            longitude first, in degrees";
    let Some(text) = params.get("distance-to") else { return Ok(None) };
    if layer.schema.find(DISTANCE).is_some() {
        let expected = format!("nothing, because this collection has a field {DISTANCE} of its own");
        return Err(Problem::parameter("distance-to", text, &expected));
    }
    let reading = Reading { crs: Crs::Crs84, north_first: false };
    let drawn = geometry("distance-to", text)?;
    if let Some(shape) = drawn.and_then(|shape| positions::placed(&shape, reading).ok()) {
        let words = Words { zh: "所给位置".into(), en: "the given place".into() };
        return Ok(Some(DistanceTo::new(shape, &words)));
    }
    let found = text.split_once(':').and_then(|(collection, id)| {
        let source = catalog.layer(collection)?;
        let feature = source.layer().feature(source.find(id)?);
        let geometry = feature.geometry().filter(|geometry| geometry.bounds().is_some())?;
        Some(DistanceTo::new(geometry.to_shape(), &feature.names()))
    });
    found.map(Some).ok_or_else(|| Problem::parameter("distance-to", text, EXPECTED))
}

/// What of a layer's features a request wants written.
///
/// # Errors
/// An unknown field, or a value that makes no sense.
pub fn view(params: &Params, layer: &Layer, lang: Lang) -> Result<View, Problem> {
    let mut view = View { lang, ..View::whole(layer, crs(params, "crs", layer)?) };
    if let Some(list) = params.get("properties") {
        view.fields.clear();
        view.geometry = false;
        for name in list.split(',').map(str::trim).filter(|_| !list.trim().is_empty()) {
            match layer.schema.find(name) {
                // A field named twice is written once, as members of an object are.
                Some((at, _)) if !view.fields.contains(&at) => view.fields.push(at),
                None if name != ID_NAME && name != GEOMETRY => {
                    let known = returnables(layer).join(", ");
                    let expected = format!("names of properties split by commas; properties are {known}");
                    return Err(Problem::parameter("properties", list, &expected));
                }
                _ => {}
            }
            view.geometry |= name == GEOMETRY;
        }
    }
    match params.get("skipGeometry") {
        None | Some("false") => {}
        Some("true") => view.geometry = false,
        Some(value) => return Err(Problem::parameter("skipGeometry", value, "true or false")),
    }
    if let Some(value) = params.get("zoom-level") {
        let zoom = value.parse().ok().filter(|zoom: &f64| zoom.is_finite() && *zoom >= 0.0);
        let zoom = zoom.ok_or_else(|| Problem::parameter("zoom-level", value, "a number from 0 on"))?;
        view.tolerance = Some(View::tolerance_at(zoom));
    }
    Ok(view)
}

/// Names that parameters of items have; a field of such a name is no parameter.
const RESERVED: &[&str] = &[
    "f",
    "limit",
    "offset",
    "bbox",
    "bbox-crs",
    "datetime",
    "crs",
    "filter",
    "filter-lang",
    "filter-crs",
    "q",
    "sortby",
    "properties",
    "skipGeometry",
    "zoom-level",
    "distance-to",
];

/// Is a field a parameter of items?
pub fn is_parameter(field: &Field) -> bool {
    field.kind.is_simple() && !RESERVED.contains(&&*field.name)
}

/// Parameters of items that select no features.
const NOT_SELECTING: &[&str] =
    &["limit", "offset", "sortby", "crs", "properties", "skipGeometry", "zoom-level", "distance-to", "f"];

/// The parameters of items that select features, for a resource with `own` names beside them.
pub fn selecting_parameters(
    layer: &Layer,
    limits: Limits,
    own: &'static [&str],
) -> impl Iterator<Item = Parameter> {
    let is_free = |name: &str| !NOT_SELECTING.contains(&name) && !own.contains(&name);
    items_parameters(layer, limits, &[]).into_iter().filter(move |parameter| is_free(&parameter.name))
}

/// The parameters of a layer's items.
pub fn items_parameters(layer: &Layer, limits: Limits, offers: &[Format]) -> Vec<Parameter> {
    let fixed = [
        Parameter::new(
            "limit",
            "The most features to return; a larger number is taken as the maximum.",
            json!({ "type": "integer", "minimum": 1, "maximum": limits.most_items, "default": limits.default_items }),
        ),
        Parameter::new(
            "offset",
            "Matching features to skip; links next and prev carry it.",
            json!({ "type": "integer", "minimum": 0, "default": 0 }),
        ),
        Parameter::new(
            "bbox",
            "West, south, east, north in degrees (CRS84: longitude first), or in the axes of bbox-crs; or six \
             numbers with a lowest height in third and a highest in sixth place, which are not looked at. West \
             greater than east crosses the antimeridian. Selects features that touch the window, and features \
             without position.",
            json!({ "type": "array", "oneOf": [{ "minItems": 4, "maxItems": 4 }, { "minItems": 6, "maxItems": 6 }],
                    "items": { "type": "number" } }),
        ),
        Parameter::new(
            "bbox-crs",
            "Coordinate reference system of bbox, its axes in the order of its definition; CRS84 when left out.",
            crs_schema(&[layer]),
        ),
        Parameter::new(
            "datetime",
            "A date, a date-time (RFC 3339), or an interval of two with a slash; .. or nothing leaves an end \
             open. Selects features whose time meets it, and features without time.",
            json!({ "type": "string", "minLength": 1 }),
        ),
        Parameter::new(
            "q",
            "Terms split by commas. Selects features of which a text, or an element of an array of texts, holds one \
             of them, whatever its case. Words of a term that white space splits must follow each other.",
            json!({ "type": "array", "minItems": 1, "items": { "type": "string" } }),
        ),
        Parameter::new(
            "sortby",
            "Sortables of the collection split by commas, each after + (or nothing) for ascending or - for \
             descending. Nulls come last either way; equals stay in the order of the collection.",
            json!({ "type": "array", "minItems": 1, "items": { "type": "string", "pattern": r"^[+-]?[^+\-\s].*$" } }),
        ),
        Parameter::new(
            "filter",
            "A CQL2 expression (OGC 21-065r2) over the queryables of the collection. Selects features for which it \
             is true, not those for which it is false or unknown.",
            json!({ "type": "string", "minLength": 1, "maxLength": MOST_BYTES }),
        ),
        Parameter::new(
            "filter-lang",
            "The encoding of filter.",
            json!({ "type": "string", "enum": Encoding::ALL.map(|(name, _)| name), "default": Encoding::ALL[0].0 }),
        ),
        Parameter::new(
            "filter-crs",
            "Coordinate reference system of the geometries in filter, their axes in the order of its definition; \
             CRS84 when left out.",
            crs_schema(&[layer]),
        ),
    ];
    // Each simple queryable is a parameter with its schema (OGC 19-079r2, 7.2), but for the values that occur: one
    // that does not occur is no error (17-069r4, 7.6), it finds nothing.
    let equals = |name: &str, title: &str, schema| {
        Parameter::new(name.to_owned(), format!("Only features whose {title} equals this value."), schema)
    };
    let id = layer.schema.find(ID_NAME).is_none();
    let id = id.then(|| equals(ID_NAME, "identifier", json!({ "type": id_type(layer) })));
    let fields = layer.schema.fields().filter(|(_, field)| is_parameter(field)).map(|(_, field)| {
        let title = field.title.as_ref().map_or(&*field.name, |title| &title.en);
        equals(&field.name, title, value_schema(field, &Domain::Any))
    });
    fixed
        .into_iter()
        .chain(view_parameters(layer))
        .chain([format_parameter(offers)])
        .chain(id)
        .chain(fields)
        .collect()
}

/// The names of a table.
fn names(table: &[Parameter]) -> String {
    table.iter().map(|parameter| &*parameter.name).collect::<Vec<_>>().join(", ")
}

/// The parameters of a request.
#[derive(Debug)]
pub struct Params {
    pairs: Vec<(String, String)>,
    /// The same as a query string has them.
    encoded: Vec<String>,
}

impl Params {
    fn new(pairs: Vec<(String, String)>) -> Self {
        let encode = |(name, value): &(String, String)| encoded(name, value);
        Self { encoded: pairs.iter().map(encode).collect(), pairs }
    }

    /// Reads a query string against a table.
    ///
    /// # Errors
    /// A name that is not in the table, or stands twice.
    pub fn parse(raw: Option<&str>, table: &[Parameter]) -> Result<Self, Problem> {
        let is_known = |name: &str| table.iter().any(|parameter| parameter.name == name);
        Self::parse_known(raw, is_known, || names(table))
    }

    /// Reads names and values, as they are, against a table.
    ///
    /// # Errors
    /// A name that is not known, or stands twice.
    pub fn of_pairs<K: AsRef<str>, V: AsRef<str>>(
        given: impl IntoIterator<Item: Borrow<(K, V)>>,
        table: &[Parameter],
    ) -> Result<Self, Problem> {
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
        Self::parse(Some(&text), table)
    }

    /// Reads a query string whose names are known without a table.
    ///
    /// # Errors
    /// A name that is not known, or stands twice.
    pub fn parse_known(
        raw: Option<&str>,
        is_known: impl Fn(&str) -> bool,
        known: impl Fn() -> String,
    ) -> Result<Self, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(raw.unwrap_or("").as_bytes()) {
            if name.is_empty() && value.is_empty() {
                continue;
            }
            if !is_known(&name) {
                return Err(Problem::unknown_parameter(&name, &known()));
            }
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(Problem::repeated_parameter(&name));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self::new(pairs))
    }

    /// Holds an address to have no parameters, because those of a request with a body stand there.
    ///
    /// # Errors
    /// It has one.
    pub fn none_beside_body(uri: &Uri) -> Result<(), Problem> {
        let mut pairs = form_urlencoded::parse(uri.query().unwrap_or("").as_bytes());
        pairs.next().map_or(Ok(()), |(name, _)| Err(Problem::beside_body(&name)))
    }

    /// Reads the members of a JSON object against a table: texts, numbers, booleans, arrays of these; `filter` may
    /// be CQL2 JSON as it is.
    ///
    /// # Errors
    /// What is no object of such members, or a name that is not in the table, or stands twice.
    pub fn of_json(body: &[u8], table: &[Parameter]) -> Result<Self, Problem> {
        const EXPECTED: &str = "expected a JSON object of parameters";
        let members = match cql2::strict_json(body) {
            Ok(Json::Object(members)) => members,
            Ok(_) => return Err(Problem::body(EXPECTED)),
            Err(fault) => return Err(Problem::body(&format!("{EXPECTED}; {fault}"))),
        };
        let mut pairs = Vec::with_capacity(members.len() + 1);
        for (name, value) in members {
            if !table.iter().any(|parameter| parameter.name == name) {
                return Err(Problem::unknown_parameter(&name, &names(table)));
            }
            let is_cql2 = name == "filter" && !value.is_string();
            // A geometry, a condition on groups and criteria say what they are.
            let is_object = matches!(name.as_str(), "polygon" | "having") && value.is_object()
                || name == "criteria" && value.is_array();
            let text = if is_cql2 || is_object { Some(value.to_string()) } else { plain(&value) };
            let text = text.ok_or_else(|| {
                Problem::parameter(
                    &name,
                    &value.to_string(),
                    "a text, a number, a boolean or an array of these",
                )
            })?;
            if is_cql2 {
                pairs.push(("filter-lang".to_owned(), Encoding::ALL[1].0.to_owned()));
            }
            pairs.push((name, text));
        }
        // The language that an object implies may be given, too, but not another.
        let mut unique: Vec<(String, String)> = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            match unique.iter().find(|(known, _)| *known == name) {
                Some((_, known)) if *known != value => {
                    return Err(Problem::parameter(&name, &value, "cql2-json, because filter is an object"));
                }
                Some(_) => {}
                None => unique.push((name, value)),
            }
        }
        Ok(Self::new(unique))
    }

    /// The parameters as the members of an object, some of them changed, or (with an empty value) left out.
    pub fn to_json(&self, changes: &[(&str, &str)]) -> Json {
        let kept = self.pairs().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let changed = changes.iter().copied().filter(|(_, value)| !value.is_empty());
        let is_json = self.get("filter-lang") == Some(Encoding::ALL[1].0);
        let member = |(name, value): (&str, &str)| {
            let json = if name == "filter" && is_json { serde_json::from_str(value).ok() } else { None };
            (name.to_owned(), json.unwrap_or_else(|| value.into()))
        };
        Json::Object(kept.chain(changed).map(member).collect())
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// How long all values are together.
    pub fn bytes(&self) -> usize {
        self.pairs.iter().map(|(_, value)| value.len()).sum()
    }

    /// All parameters, in the order given.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The query string with some parameters replaced, added, or (with an empty value) left out.
    pub fn with(&self, changes: &[(&str, &str)]) -> String {
        let is_kept = |name: &str| !changes.iter().any(|(changed, _)| *changed == name);
        let kept = std::iter::zip(&self.pairs, &self.encoded).filter(|((name, _), _)| is_kept(name));
        let changed = changes.iter().filter(|(_, value)| !value.is_empty());
        let mut query = String::new();
        let mut add = |pair: &str| {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(pair);
        };
        kept.for_each(|(_, pair)| add(pair));
        changed.for_each(|(name, value)| add(&encoded(name, value)));
        query
    }
}

/// A parameter as a query string has it.
fn encoded(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

/// A value as a query string would hold it.
fn plain(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Array(elements) => {
            let scalar = |element: &Json| plain(element).filter(|_| !element.is_array());
            Some(elements.iter().map(scalar).collect::<Option<Vec<_>>>()?.join(","))
        }
        Json::Null | Json::Object(_) => None,
    }
}

/// What a request for items asks.
///
/// # Errors
/// A value that makes no sense.
pub fn items(params: &Params, layer: &Layer, catalog: &Catalog, limits: Limits) -> Result<Query, Problem> {
    let page = page(params, limits.default_items, limits.most_items)?;
    Ok(Query { sort: sort(params)?, page, ..selection(params, layer, catalog, &[])? })
}

/// Which features a request is about; `own` are the names that the resource has beside those of items.
///
/// # Errors
/// A value that makes no sense.
pub fn selection(params: &Params, layer: &Layer, catalog: &Catalog, own: &[&str]) -> Result<Query, Problem> {
    let is_field = |name: &str| !RESERVED.contains(&name) && !own.contains(&name);
    let equal = params.pairs.iter().filter(|(name, _)| is_field(name));
    let bbox_crs = crs(params, "bbox-crs", layer)?;
    Ok(Query {
        window: params.get("bbox").map(|text| bbox(text, bbox_crs)).transpose()?,
        during: params.get("datetime").map(datetime).transpose()?,
        equal: equal.map(|(field, value)| Equality { field: field.clone(), value: value.clone() }).collect(),
        filter: filter(params, layer, catalog)?,
        search: read(params, "q", Search::EXPECTED, Search::parse)?,
        ..Query::default()
    })
}

/// The asked stretch of an answer.
///
/// # Errors
/// A limit or an offset that is no number.
pub fn page(params: &Params, usual: u32, most: u32) -> Result<Page, Problem> {
    let from = |least: u64| move |text: &str| whole(text).filter(|number| *number >= least);
    let limit = read(params, "limit", "a whole number from 1 on", from(1))?;
    let limit = limit.map_or(usual, |limit| u32::try_from(limit).unwrap_or(u32::MAX).min(most));
    Ok(Page { offset: read(params, "offset", "a whole number from 0 on", from(0))?.unwrap_or(0), limit })
}

/// A whole number; one that is larger than all that can be counted is taken as the largest.
pub fn whole(text: &str) -> Option<u64> {
    // Digits that are no number are too many.
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().or(is_digits.then_some(u64::MAX))
}

/// The order of an answer.
///
/// # Errors
/// Keys without names.
pub fn sort(params: &Params) -> Result<Vec<SortKey>, Problem> {
    let expected = "names split by commas, each alone or after - or +";
    Ok(read(params, "sortby", expected, SortKey::parse_list)?.unwrap_or_default())
}

/// The value of a parameter, read.
///
/// # Errors
/// It makes no sense.
pub fn read<T>(
    params: &Params,
    name: &str,
    expected: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let value = params.get(name);
    value.map(|text| parse(text).ok_or_else(|| Problem::parameter(name, text, expected))).transpose()
}

/// `width`, pixels across, of pictures that may have one of the least to the most.
pub fn width_parameter(description: &'static str, [least, most, usual]: [u16; 3]) -> Parameter {
    let schema = json!({ "type": "integer", "minimum": least, "maximum": most, "default": usual });
    Parameter::new("width", description, schema)
}

/// The value of `width`.
///
/// # Errors
/// It is no whole number, or none that such pictures have.
pub fn width(params: &Params, [least, most, usual]: [u16; 3]) -> Result<u16, Problem> {
    let expected = format!("a whole number of pixels from {least} to {most}");
    let is_allowed = |width: &u16| (least..=most).contains(width);
    Ok(read(params, "width", &expected, |text| text.parse().ok().filter(is_allowed))?.unwrap_or(usual))
}

/// `filter` with its encoding and its system (OGC 19-079r2, 8.2).
fn filter(params: &Params, layer: &Layer, catalog: &Catalog) -> Result<Option<Filter>, Problem> {
    let encoding = params.get("filter-lang").map_or(Ok(Encoding::Text), |name| {
        let known = Encoding::ALL.into_iter().find(|(known, _)| *known == name);
        known.map(|(_, encoding)| encoding).ok_or_else(|| {
            let names = Encoding::ALL.map(|(name, _)| name).join(" or ");
            Problem::parameter("filter-lang", name, &names)
        })
    })?;
    let crs = crs(params, "filter-crs", layer)?;
    let expr = params.get("filter").map(|text| cql2::parse(text, encoding)).transpose();
    let mut expr = expr.map_err(QueryError::from)?;
    if let Some(expr) = &mut expr {
        with_features(expr, crs, catalog).map_err(QueryError::from)?;
    }
    Ok(expr.map(|expr| Filter { expr, crs }))
}

/// A window.
///
/// # Errors
/// Numbers that make none.
pub fn bbox(text: &str, crs: Crs) -> Result<Window, Problem> {
    let expected = "4 or 6 numbers split by commas: the lower corner, then the upper (in CRS84: west, south, east, north)";
    let numbers: Option<Vec<f64>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
    let (low, high) = match numbers.as_deref() {
        Some(&[a, b, c, d]) => ([a, b], [c, d]),
        Some(&[a, b, low, c, d, high]) if low <= high => ([a, b], [c, d]),
        Some(&[_, _, _, _, _, _]) => {
            let expected = "the lowest height in third place, the highest in sixth";
            return Err(Problem::parameter("bbox", text, expected));
        }
        _ => return Err(Problem::parameter("bbox", text, expected)),
    };
    crs.window(low, high).map_err(|fault| Problem::parameter("bbox", text, &format!("{expected}; {fault}")))
}

fn datetime(text: &str) -> Result<Interval, Problem> {
    let expected = "a date (2025-12-31), a date-time (2025-12-31T08:00:00Z), or an interval \
                    (2021-01-01/2025-12-31, ../2025-12-31, 2021-01-01/..) that does not end before it starts";
    Interval::parse(text).ok_or_else(|| Problem::parameter("datetime", text, expected))
}
