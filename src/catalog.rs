//! Which layers are served at this moment?
//!
//! In: layers. Out: one immutable catalogue, swapped whole. Leaves out: how the layers were read.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::geometry::positions::vicinity;
use crate::geometry::{Bounds, Crs};
use crate::index::IndexedLayer;
use crate::model::{Date, FeatureIx, Lang, Layer, PlanFacts, Words};

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

/// A part of the earth that a map may show.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedExtent {
    /// Its name in requests.
    pub id: Box<str>,
    /// Its title.
    pub title: Words,
    /// The part.
    pub bounds: Bounds,
}

/// What the data says of walks through it.
#[derive(Debug, Clone, PartialEq)]
pub struct WalkAbout {
    /// Ids of the layers whose lines are walked along; none where streets and paths are not known.
    pub network: Vec<Box<str>>,
    /// Ids of the layers whose features people walk to; none takes those drawn as facilities.
    pub facilities: Vec<Box<str>>,
    /// Kinds of features among them that nobody walks to.
    pub not_walked_to: Vec<Box<str>>,
    /// Words for kinds of facilities.
    pub titles: Vec<(Box<str>, Words)>,
    /// Kilometres an hour on foot.
    pub speed_kmh: f64,
    /// Metres walked for a metre straight where no street is known.
    pub detour_factor: f64,
    /// Metres that the start and the end of a walk may be from the network.
    pub off_network_m: f64,
}

impl WalkAbout {
    /// The least and the greatest speed, kilometres an hour: from a slow shuffle to a run.
    pub const SPEEDS: [f64; 2] = [1.0, 15.0];
    /// The least and the greatest factor.
    pub const FACTORS: [f64; 2] = [1.0, 3.0];
}

impl Default for WalkAbout {
    /// 4.8 km/h is 80 m a minute. In a rectangular grid of streets a walk is 4/π = 1.27 times the straight line, the mean over
    /// all directions. Together they make straight lines of 308, 615 and 923 m of 5, 10 and 15 minutes, where GB 50180-2018
    /// (table 3.0.4) has living circles of 300, 500 and 800 to 1000 m on foot.
    fn default() -> Self {
        Self {
            network: Vec::new(),
            facilities: Vec::new(),
            not_walked_to: Vec::new(),
            titles: Vec::new(),
            speed_kmh: 4.8,
            detour_factor: 1.3,
            off_network_m: 100.0,
        }
    }
}

/// Uses that may fill only a share of each unit of control plans.
#[derive(Debug, Clone, PartialEq)]
pub struct CapAbout {
    /// The field that names the unit of a feature.
    pub unit: Box<str>,
    /// The field that holds its use.
    pub uses: Box<str>,
    /// The uses that are capped.
    pub codes: Vec<Box<str>>,
    /// The share of a unit's area that they may fill.
    pub share: f64,
}

impl CapAbout {
    /// The share where the data names none.
    pub const USUAL_SHARE: f64 = 0.1;
}

/// What the whole set of layers is about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CatalogAbout {
    /// Title.
    pub title: Words,
    /// The language of those who ask for none; `None` where the data does not say.
    pub lang: Option<Lang>,
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
    /// What a map may show at a press, in the order of the data.
    pub extents: Vec<NamedExtent>,
    /// How its names are looked for.
    pub find: FindAbout,
    /// How people walk through it.
    pub walk: WalkAbout,
    /// Which uses are capped; none where the data names none.
    pub cap: Option<CapAbout>,
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
    /// The language of those who ask for none.
    #[must_use]
    pub fn lang(&self) -> Lang {
        self.about.lang.unwrap_or_default()
    }

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
        self.about.start_extent.or_else(|| self.window(|_| true))
    }

    /// Where the data lies: its zone, its subdistricts, what a map shows first, all layers. A collection that is itself held
    /// against the data counts only where there is no other, and one that lies where a guess has put it proves nothing.
    #[must_use]
    pub fn home(&self, held: Option<&str>) -> Option<Bounds> {
        let window = |keep: &dyn Fn(&Layer) -> bool| {
            self.window(|layer| keep(layer) && (held.is_none() || !layer.about.is_place_guessed))
        };
        let drawn = |role: &str| window(&|layer| layer.about.role() == role);
        drawn("zone")
            .or_else(|| drawn("subdistrict"))
            .or(self.about.start_extent)
            .or_else(|| window(&|layer| Some(layer.id.as_str()) != held))
            .or_else(|| window(&|_| true))
    }

    /// The home of the data, and where each layer lies; but for layers that reach far beyond it, as regions around a zone do.
    #[must_use]
    pub fn local_windows(&self) -> Vec<Bounds> {
        let Some(home) = self.home(None) else { return Vec::new() };
        let windows = self.layers.iter().filter_map(|indexed| indexed.layer().extent?.bounds);
        std::iter::once(home).chain(windows.filter(|window| vicinity(home).holds(*window))).collect()
    }

    /// Does the data lie where maps need an approval number, and coordinates may be in systems of China? So does what lies nowhere.
    #[must_use]
    pub fn is_in_china(&self) -> bool {
        self.home(None).is_none_or(|home| Crs::Epsg4490.covers(home))
    }

    /// The window around some layers.
    fn window(&self, keep: impl Fn(&Layer) -> bool) -> Option<Bounds> {
        let kept = self.layers.iter().map(|indexed| indexed.layer()).filter(|layer| keep(layer));
        Bounds::around(kept.filter_map(|layer| layer.extent?.bounds))
    }

    /// Who is credited for a layer.
    #[must_use]
    pub fn attribution<'a>(&'a self, layer: &'a Layer) -> &'a Words {
        layer.about.attribution.as_ref().unwrap_or(&self.about.attribution)
    }

    /// Who is credited for what shows some layers: the words of the catalogue, then the own ones of a layer behind its title.
    #[must_use]
    pub fn credits(&self, is_shown: impl Fn(&Layer) -> bool) -> Words {
        let whole = &self.about.attribution;
        let shown = self.layers().map(|indexed| indexed.layer()).filter(|layer| is_shown(layer));
        let own = shown.filter_map(|layer| Some((&layer.about.title, layer.about.attribution.as_ref()?)));
        let own: Vec<_> = own.filter(|(_, credit)| *credit != whole).collect();
        let credits = |lang: Lang| {
            let [colon, semicolon] = [lang.pick("：", ": "), lang.pick("；", "; ")];
            let own =
                own.iter().map(|(title, credit)| format!("{}{colon}{}", title.say(lang), credit.say(lang)));
            let all =
                std::iter::once(whole.say(lang).to_owned()).filter(|whole| !whole.is_empty()).chain(own);
            all.collect::<Vec<_>>().join(semicolon)
        };
        Words { zh: credits(Lang::Zh).into(), en: credits(Lang::En).into() }
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
