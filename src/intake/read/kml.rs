//! KML 2.2 (OGC 07-147r2): placemarks, their data and geometries.

use std::path::Path;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Stated, Take, Told, metered};
use crate::geometry::{Crs, System};
use crate::intake::IntakeError;
use crate::intake::row::{Cell, Figure, Headings, Row};

/// What is being read of a placemark.
#[derive(Default)]
struct Placemark {
    row: Row,
    /// Name of the data that the next text belongs to.
    data: Option<String>,
    rings: Option<Vec<Vec<[f64; 2]>>>,
    kind: Kind,
}

#[derive(Default, Clone, Copy, PartialEq)]
enum Kind {
    Point,
    #[default]
    Line,
}

pub(super) fn read(path: &Path, headings: &mut Headings, take: &mut Take<'_>) -> Result<Told, IntakeError> {
    let unfit = |reason: String| IntakeError::unfit(path, &reason);
    let (source, spent) = metered(path)?;
    let mut xml = Reader::from_reader(source);
    let (mut buffer, mut text, mut placemark, mut number) = (Vec::new(), String::new(), None::<Placemark>, 0);
    let (mut is_kml, mut open) = (false, 0_u64);
    loop {
        buffer.clear();
        let event = xml.read_event_into(&mut buffer).map_err(|fault| {
            unfit(format!("is no readable XML, at byte {}: {fault}", xml.error_position()))
        })?;
        match event {
            Event::Eof => break,
            Event::Start(tag) => {
                open += 1;
                if open > 1000 {
                    return Err(unfit("its elements are nested deeper than 1000".to_owned()));
                }
                text.clear();
                let name = local(tag.name().as_ref());
                is_kml |= matches!(name.as_str(), "kml" | "Document" | "Folder" | "Placemark");
                if name == "Placemark" {
                    placemark = Some(Placemark::default());
                }
                if let Some(mark) = &mut placemark {
                    begin(mark, &name, &tag);
                }
            }
            Event::Text(part) => text.push_str(&part),
            Event::CData(part) => text.push_str(&part),
            Event::GeneralRef(name) => text.push_str(&entity(&name)),
            Event::End(tag) => {
                open = open.saturating_sub(1);
                let name = local(tag.name().as_ref());
                if name == "Placemark" {
                    if let Some(Placemark { row, .. }) = placemark.take() {
                        number += 1;
                        take(Row { number, ..row })?;
                    }
                } else if let Some(mark) = &mut placemark {
                    end(mark, &name, &text, headings).map_err(unfit)?;
                }
                if placemark.is_none() {
                    spent.set(0);
                }
                text.clear();
            }
            _ => {}
        }
    }
    if !is_kml {
        return Err(unfit("is no KML".to_owned()));
    }
    Ok(Told {
        stated: Stated::System(System::Known(Crs::Crs84)),
        by: "KML (OGC 07-147r2, 4.2)",
        ..Told::default()
    })
}

fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_owned()
}

fn entity(name: &str) -> String {
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    match name {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        _ => number.and_then(char::from_u32).map_or_else(|| format!("&{name};"), String::from),
    }
}

fn begin(mark: &mut Placemark, name: &str, tag: &BytesStart<'_>) {
    match name {
        "Data" | "SimpleData" => {
            let name = tag.try_get_attribute("name").ok().flatten().and_then(|name| {
                name.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
            });
            mark.data = name;
        }
        "Polygon" => mark.rings = Some(Vec::new()),
        "Point" => mark.kind = Kind::Point,
        "LineString" | "LinearRing" => mark.kind = Kind::Line,
        _ => {}
    }
}

fn end(mark: &mut Placemark, name: &str, text: &str, headings: &mut Headings) -> Result<(), String> {
    let mut put = |mark: &mut Placemark, name: &str| {
        let cell = Cell::text(text);
        if cell != Cell::Null {
            let at = headings.number(name)?;
            if !mark.row.cells.iter().any(|(known, _)| *known == at) {
                mark.row.cells.push((at, cell));
            }
        }
        Ok::<_, String>(())
    };
    match name {
        "name" | "description" => put(mark, name)?,
        "begin" => put(mark, "valid_from")?,
        "end" => put(mark, "valid_to")?,
        // Of data it is the value that holds, of simple data the element itself.
        "value" | "SimpleData" => {
            if let Some(data) = mark.data.take() {
                put(mark, &data)?;
            }
        }
        "coordinates" => match positions(text) {
            Err(reason) => {
                mark.row.fault.get_or_insert(reason);
            }
            Ok(run) => match (&mut mark.rings, mark.kind) {
                (Some(rings), _) => rings.push(run),
                (None, Kind::Point) => mark.row.figures.extend(run.first().map(|at| Figure::Point(*at))),
                (None, Kind::Line) => mark.row.figures.push(Figure::Line(run)),
            },
        },
        "Polygon" => {
            mark.row.figures.extend(mark.rings.take().filter(|rings| !rings.is_empty()).map(Figure::Polygon));
        }
        _ => {}
    }
    Ok(())
}

/// Tuples of longitude, latitude and perhaps height, split by white space.
fn positions(text: &str) -> Result<Vec<[f64; 2]>, String> {
    let position = |tuple: &str| {
        let mut numbers = tuple.split(',').map(|number| number.trim().parse::<f64>());
        match (numbers.next(), numbers.next()) {
            (Some(Ok(x)), Some(Ok(y))) => Ok([x, y]),
            _ => Err(format!("coordinates hold {tuple:?}, expected longitude,latitude")),
        }
    };
    text.split_whitespace().map(position).collect()
}
