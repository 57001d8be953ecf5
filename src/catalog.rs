//! Which layers are served at this moment?
//!
//! In: layers. Out: one immutable catalogue, swapped whole. Leaves out: how the layers were read.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::geometry::Bounds;
use crate::index::IndexedLayer;
use crate::model::{Date, FeatureIx, Layer, PlanFacts, Words};

/// Names one published catalogue: equal data, equal revision, on every machine and after every restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Revision(u64);

impl Revision {
    /// The revision of a digest of everything served.
    #[must_use]
    pub fn new(digest: u64) -> Self {
        Self(digest)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What the data says of how its names are looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FindAbout {
    /// Words that are read in another way than elsewhere, and their syllables without tones, split by spaces.
    pub readings: Vec<(Box<str>, Box<str>)>,
    /// Words that mean the same, in groups, folded to small letters.
    pub same: Vec<Vec<Box<str>>>,
}

/// What the whole set of layers is about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CatalogAbout {
    /// Title.
    pub title: Words,
    /// A sentence or two.
    pub description: Words,
    /// Who is credited.
    pub attribution: Words,
    /// SPDX id or address of the licence; empty when unknown.
    pub licence: Box<str>,
    /// The day the data stands for.
    pub data_date: Option<Date>,
    /// Approval number of the map, where an authority gave one.
    pub approval_number: Box<str>,
    /// What a map shows first.
    pub start_extent: Option<Bounds>,
    /// How its names are looked for.
    pub find: FindAbout,
}

/// The layers served, in the order of the catalogue file. Immutable.
#[derive(Debug)]
pub struct Catalog {
    /// Its name among all that were published.
    pub revision: Revision,
    /// What it is about.
    pub about: CatalogAbout,
    layers: Vec<Arc<IndexedLayer>>,
    /// The facts of the plan, where the data comes with one.
    pub plan: Option<PlanFacts>,
}

impl Catalog {
    /// Joins layers whose ids differ.
    #[must_use]
    pub fn new(
        revision: Revision,
        about: CatalogAbout,
        layers: Vec<Arc<IndexedLayer>>,
        plan: Option<PlanFacts>,
    ) -> Self {
        Self { revision, about, layers, plan }
    }

    /// All layers in order.
    #[must_use]
    pub fn layers(&self) -> impl ExactSizeIterator<Item = &Arc<IndexedLayer>> {
        self.layers.iter()
    }

    /// What a map shows first: the extent that is asked for, else that of all layers.
    #[must_use]
    pub fn start_extent(&self) -> Option<Bounds> {
        self.about.start_extent.or_else(|| {
            self.layers.iter().filter_map(|layer| layer.layer().extent?.bounds).reduce(Bounds::union)
        })
    }

    /// Who is credited for a layer.
    #[must_use]
    pub fn attribution<'a>(&'a self, layer: &'a Layer) -> &'a Words {
        layer.about.attribution.as_ref().unwrap_or(&self.about.attribution)
    }

    /// The feature of an id, whatever its layer: the first with a position, or the first without where none has one.
    #[must_use]
    pub fn feature(&self, id: &str) -> Option<(&Layer, FeatureIx)> {
        let all = || self.layers.iter().filter_map(|indexed| Some((indexed.layer(), indexed.find(id)?)));
        all().find(|(layer, ix)| layer.feature(*ix).geometry().is_some()).or_else(|| all().next())
    }

    /// The layer of an id.
    #[must_use]
    pub fn layer(&self, id: &str) -> Option<&Arc<IndexedLayer>> {
        self.layers.iter().find(|layer| layer.layer().id.as_str() == id)
    }
}

/// Where the published catalogue is found.
#[derive(Debug)]
pub struct CatalogHandle(ArcSwap<Catalog>);

impl CatalogHandle {
    /// Publishes a first catalogue.
    #[must_use]
    pub fn new(first: Catalog) -> Self {
        Self(ArcSwap::from_pointee(first))
    }

    /// The catalogue of this moment; a request takes it once and keeps to it.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Catalog> {
        self.0.load_full()
    }

    /// Publishes the next catalogue; requests under way keep the one they took.
    pub fn publish(&self, next: Catalog) {
        self.0.store(Arc::new(next));
    }
}
