//! The layout of `plan.toml`: core, axis, belts, points and the blocks among them.

use super::super::entry::Entry;
use crate::model::plan::{
    Block, CandidateCounts, Content, Core, CorePart, Course, Direction, Layout, LayoutPart, NO_TYPE, Part,
};

pub(super) fn layout(entry: &Entry<'_>) -> Layout {
    let layout = Layout {
        formula: entry.words("formula"),
        cores: entry.list("cores", core),
        axes: entry.list("axes", course),
        belts: entry.list("belts", course),
        parts: Vec::new(),
        shared_terminus: entry.text("shared_terminus"),
        unit_types: entry.all_named("unit_types"),
        target: entry.text("target"),
        nesting: entry.words("nesting"),
        citations: entry.citations(),
    };
    let parts = parts(entry, &layout);
    unit_types(entry, &layout);
    Layout { parts, ..layout }
}

/// The parts, held against what the lists of the layout hold.
fn parts(entry: &Entry<'_>, layout: &Layout) -> Vec<LayoutPart> {
    let faults = entry.faults();
    let parts = entry.list("parts", |raw| {
        let part = raw.needed("part", |raw, key| raw.word(key, Part::parse, Part::ALL).map(Some));
        let list = match part {
            Some(Part::Core) => Some(("cores", layout.cores.len())),
            Some(Part::Axis) => Some(("axes", layout.axes.len())),
            Some(Part::Belt) => Some(("belts", layout.belts.len())),
            Some(Part::Point) | None => None,
        };
        if let (Some(stated), Some((list, found)), Some(part)) = (raw.count("count"), list, part)
            && stated != found
            && !faults.is_open(&entry.at(list))
        {
            faults.count(raw.at("count"), stated, found, format_args!("features of part {part}"));
        }
        let (sentence, citations) = (raw.needed("sentence", Entry::words), raw.citations());
        Some(LayoutPart { part: part?, ids: Vec::new(), sentence, citations })
    });
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if !parts.is_sorted_by(|one, next| one.part < next.part) {
        let order: Vec<_> = parts.iter().map(|part| part.part.as_str()).collect();
        let expected = "each part once, in the order of the formula: core, axis, belt, point";
        faults.wrong(entry.at("parts"), &order.join(", "), expected);
    }
    parts
}

fn unit_types(entry: &Entry<'_>, layout: &Layout) {
    let types = &layout.unit_types;
    for (n, named) in types.iter().enumerate().filter(|(_, named)| !named.id.is_empty()) {
        let at = entry.at("unit_types").entry(n).at("id");
        if types[..n].iter().any(|other| other.id == named.id) {
            entry.faults().wrong(at, &named.id, "each type once");
        } else if *named.id == *NO_TYPE {
            let expected = "another id; this one stands for units whose type is not told";
            entry.faults().wrong(at, NO_TYPE, expected);
        }
    }
}

fn core(entry: &Entry<'_>) -> Core {
    Core {
        id: entry.needed("id", Entry::text),
        name: entry.needed("name", Entry::words),
        body: entry.text("body"),
        parts: entry.list("parts", |part| CorePart {
            place: part.needed("place", Entry::text),
            relation: part.text("relation"),
            near: part.texts("near"),
            functions: part.texts("functions"),
            hosts: part.texts("hosts"),
        }),
        citations: entry.citations(),
    }
}

fn course(entry: &Entry<'_>) -> Course {
    Course {
        id: entry.needed("id", Entry::text),
        name: entry.needed("name", Entry::words),
        direction: entry.word("direction", Direction::parse, Direction::ALL),
        start: entry.text("start"),
        anchors: entry.texts("anchors"),
        end: entry.text("end"),
        follows: entry.texts("follows"),
        strings_together: entry.texts("strings_together"),
        passes: entry.texts("passes"),
        functions: entry.texts("functions"),
        industries: entry.texts("industries"),
        leaves_zone: entry.flag("leaves_zone"),
        citations: entry.citations(),
    }
}

pub(super) fn candidates(entry: &Entry<'_>) -> CandidateCounts {
    CandidateCounts {
        named: entry.count("named"),
        nested: entry.count("nested"),
        top_level: entry.count("top_level"),
        named_and_carriers: entry.count("named_and_carriers"),
        named_carriers_and_outcomes: entry.count("named_carriers_and_outcomes"),
        citations: entry.citations(),
    }
}

pub(super) fn block(entry: &Entry<'_>) -> Block {
    let sides = entry.table("bounded_by", |sides| {
        let stated = ["east", "south", "west", "north"].map(|side| Some((side.into(), sides.text(side)?)));
        stated.into_iter().flatten().collect()
    });
    Block {
        id: entry.needed("id", Entry::text),
        situation: entry.words("situation"),
        bounded_by: sides.unwrap_or_default(),
        contains: entry.list("contains", |content| Content {
            what: content.needed("what", Entry::text),
            count: content.needed("count", Entry::count),
            places: content.texts("places"),
            group: content.text("group"),
        }),
        components: entry.count("components"),
        core_site: entry.text("core_site"),
        investors: entry.texts("investors"),
        draws_in: entry.text("draws_in"),
        complement: entry.words("complement"),
        notes: entry.all_words("notes"),
        citations: entry.citations(),
    }
}
