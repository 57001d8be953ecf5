//! The layout of `plan.toml`: core, axis, belts, points and the blocks among them.

use serde::Deserialize;

use super::{Id, Ids, RawNamed, RawWords, all_named, all_words, count, each, key};
use crate::model::plan::{
    Block, CandidateCounts, Content, Core, CorePart, Course, Direction, Layout, LayoutPart, NO_TYPE, Part,
};
use crate::store::plan::{At, PlanError, citations, one_of, wrong};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLayout {
    formula: Option<RawWords>,
    shared_terminus: Option<Id>,
    target: Option<Id>,
    nesting: Option<RawWords>,
    #[serde(default)]
    parts: Vec<RawPart>,
    #[serde(default)]
    cores: Vec<RawCore>,
    #[serde(default)]
    axes: Vec<RawCourse>,
    #[serde(default)]
    belts: Vec<RawCourse>,
    #[serde(default)]
    unit_types: Vec<RawNamed>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    part: String,
    count: Option<usize>,
    sentence: RawWords,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawLayout {
    pub(super) fn read(self) -> Result<Layout, PlanError> {
        let at = key("layout");
        let found = |part| match part {
            Part::Core => Some(self.cores.len()),
            Part::Axis => Some(self.axes.len()),
            Part::Belt => Some(self.belts.len()),
            Part::Point => None,
        };
        let parts = each("layout.parts", self.parts, |raw, at| {
            let part = one_of(at.at("part"), &raw.part, Part::parse, Part::ALL)?;
            if let (Some(stated), Some(found)) = (raw.count, found(part))
                && stated != found
            {
                return Err(count(at.at("count"), stated, found, format!("features of part {part}")));
            }
            let sentence = raw.sentence.read(&at.at("sentence"))?;
            Ok(LayoutPart {
                part,
                ids: Vec::new(),
                sentence,
                citations: citations(at, &raw.sections, raw.line)?,
            })
        })?;
        if !parts.is_sorted_by(|one, next| one.part < next.part) {
            let order: Vec<_> = parts.iter().map(|part| part.part.as_str()).collect();
            let expected = "each part once, in the order of the formula: core, axis, belt, point";
            return Err(wrong(at.at("parts"), &order.join(", "), expected));
        }
        let unit_types = all_named(&at, "unit_types", self.unit_types)?;
        let again = unit_types
            .iter()
            .enumerate()
            .find(|(n, named)| unit_types[..*n].iter().any(|other| other.id == named.id));
        if let Some((_, named)) = again {
            return Err(wrong(at.at("unit_types"), &named.id, "each type once"));
        }
        if unit_types.iter().any(|named| *named.id == *NO_TYPE) {
            let expected = "another id; this one stands for units whose type is not told";
            return Err(wrong(at.at("unit_types"), NO_TYPE, expected));
        }
        Ok(Layout {
            formula: RawWords::maybe(self.formula, &at.at("formula"))?,
            parts,
            cores: each("layout.cores", self.cores, RawCore::read)?,
            axes: each("layout.axes", self.axes, RawCourse::read)?,
            belts: each("layout.belts", self.belts, RawCourse::read)?,
            shared_terminus: self.shared_terminus,
            unit_types,
            target: self.target,
            nesting: RawWords::maybe(self.nesting, &at.at("nesting"))?,
            citations: citations(&at, &self.sections, self.line)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCore {
    id: Id,
    name: RawWords,
    body: Option<Id>,
    #[serde(default)]
    parts: Vec<RawCorePart>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCorePart {
    place: Id,
    relation: Option<Box<str>>,
    #[serde(default)]
    near: Ids,
    #[serde(default)]
    functions: Ids,
    #[serde(default)]
    hosts: Ids,
}

impl RawCore {
    fn read(self, at: &At) -> Result<Core, PlanError> {
        let part = |raw: RawCorePart| CorePart {
            place: raw.place,
            relation: raw.relation,
            near: raw.near,
            functions: raw.functions,
            hosts: raw.hosts,
        };
        Ok(Core {
            name: self.name.read(&at.at("name"))?,
            body: self.body,
            parts: self.parts.into_iter().map(part).collect(),
            citations: citations(at, &self.sections, self.line)?,
            id: self.id,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCourse {
    id: Id,
    name: RawWords,
    direction: Option<String>,
    start: Option<Id>,
    #[serde(default)]
    anchors: Ids,
    end: Option<Id>,
    #[serde(default)]
    follows: Ids,
    #[serde(default)]
    strings_together: Ids,
    #[serde(default)]
    passes: Ids,
    #[serde(default)]
    functions: Ids,
    #[serde(default)]
    industries: Ids,
    #[serde(default)]
    leaves_zone: bool,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawCourse {
    fn read(self, at: &At) -> Result<Course, PlanError> {
        let direction = |word: String| one_of(at.at("direction"), &word, Direction::parse, Direction::ALL);
        Ok(Course {
            name: self.name.read(&at.at("name"))?,
            direction: self.direction.map(direction).transpose()?,
            start: self.start,
            anchors: self.anchors,
            end: self.end,
            follows: self.follows,
            strings_together: self.strings_together,
            passes: self.passes,
            functions: self.functions,
            industries: self.industries,
            leaves_zone: self.leaves_zone,
            citations: citations(at, &self.sections, self.line)?,
            id: self.id,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCandidates {
    named: Option<usize>,
    nested: Option<usize>,
    top_level: Option<usize>,
    named_and_carriers: Option<usize>,
    named_carriers_and_outcomes: Option<usize>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawCandidates {
    pub(super) fn read(self) -> Result<CandidateCounts, PlanError> {
        Ok(CandidateCounts {
            named: self.named,
            nested: self.nested,
            top_level: self.top_level,
            named_and_carriers: self.named_and_carriers,
            named_carriers_and_outcomes: self.named_carriers_and_outcomes,
            citations: citations(&key("unit_candidates"), &self.sections, self.line)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBlock {
    id: Id,
    situation: Option<RawWords>,
    #[serde(default)]
    bounded_by: RawBounds,
    components: Option<usize>,
    core_site: Option<Id>,
    #[serde(default)]
    investors: Ids,
    draws_in: Option<Box<str>>,
    complement: Option<RawWords>,
    #[serde(default)]
    contains: Vec<RawContent>,
    #[serde(default)]
    notes: Vec<RawWords>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBounds {
    east: Option<Id>,
    south: Option<Id>,
    west: Option<Id>,
    north: Option<Id>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawContent {
    what: Box<str>,
    count: usize,
    #[serde(default)]
    places: Ids,
    group: Option<Id>,
}

impl RawBlock {
    pub(super) fn read(self, at: &At) -> Result<Block, PlanError> {
        let sides = self.bounded_by;
        let sides =
            [("east", sides.east), ("south", sides.south), ("west", sides.west), ("north", sides.north)];
        let content = |raw: RawContent| Content {
            what: raw.what,
            count: raw.count,
            places: raw.places,
            group: raw.group,
        };
        Ok(Block {
            situation: RawWords::maybe(self.situation, &at.at("situation"))?,
            bounded_by: sides.into_iter().filter_map(|(side, id)| Some((side.into(), id?))).collect(),
            contains: self.contains.into_iter().map(content).collect(),
            components: self.components,
            core_site: self.core_site,
            investors: self.investors,
            draws_in: self.draws_in,
            complement: RawWords::maybe(self.complement, &at.at("complement"))?,
            notes: all_words(at, "notes", self.notes)?,
            citations: citations(at, &self.sections, self.line)?,
            id: self.id,
        })
    }
}
