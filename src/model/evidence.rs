//! What is there to show that a unit exists or a number was reached?
//!
//! In: nothing but values a reader has checked. Out: dated entries, each with its document. Leaves out: what follows
//! from them.

use super::layer::Words;
use super::plan::words_of;
use super::time::Date;

words_of! {
    /// What a document says of a unit.
    Event {
        /// An authority has designated it an innovation unit.
        Designated = "designated",
        /// It is built.
        Built = "built",
    }
}

/// Where something is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Title and number; never empty.
    pub title: Box<str>,
    /// Where it can be read.
    pub address: Option<Box<str>>,
}

/// A row of the register of innovation units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Id of the unit: a place of the plan, or one that the register itself names.
    pub unit: Box<str>,
    /// What happened.
    pub event: Event,
    /// The first day on which it holds.
    pub from: Date,
    /// The first day on which it no longer holds.
    pub until: Option<Date>,
    /// What says so.
    pub document: Document,
    /// Our remark.
    pub note: Option<Box<str>>,
    /// Line in the file.
    pub line: u64,
}

impl Entry {
    /// Does it hold on a day?
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// A unit that the register tells more of than the plan does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Id.
    pub id: Box<str>,
    /// Name; none for places of the plan, which have theirs.
    pub name: Option<Words>,
    /// Id of its type, where the register says so.
    pub unit_type: Option<Box<str>>,
    /// The unit, place or core it stands in, where the register says so.
    pub within: Option<Box<str>>,
}

/// A number that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Id of the indicator, or of the target that is none.
    pub subject: Box<str>,
    /// The day that it speaks of.
    pub date: Date,
    /// The number, in the unit of the indicator or target.
    pub value: f64,
    /// What says so.
    pub document: Document,
    /// Our remark.
    pub note: Option<Box<str>>,
    /// Line in the file.
    pub line: u64,
}

/// All evidence beside the plan.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// Is there a register, though it may have no entry?
    pub has_register: bool,
    /// Units, in the order of their first entry.
    pub units: Vec<Registered>,
    /// The register, in the order of the file.
    pub register: Vec<Entry>,
    /// What was observed, by date and then in the order of the file.
    pub observations: Vec<Observation>,
}
