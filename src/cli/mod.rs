//! Which command was asked?

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, ErrorKind, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use crate::api::{self, App, Question};
use crate::archive::{self, Kind};
use crate::catalog::Catalog;
use crate::config::{Config, Limits, USUAL_PAGE_CACHE_BYTES, USUAL_TILE_CACHE_BYTES};
#[cfg(feature = "maplibre-rs")]
use crate::engine;
use crate::geometry::{Bounds, GeometryKind};
use crate::index::IndexedLayer;
use crate::intake::{Intake, Order, ReportForm};
use crate::model::{Lang, Layer, Value};
use crate::render::locate::Told;
use crate::report::{self, Form};
use crate::sample::{self, SampleError};
use crate::store::manifest::FileFormat;
use crate::store::{self, Checked, Effect, Loaded, Store, Watch};

/// Serves the layers of an innovation zone as map queries: OGC API Features under /ogc, a map at /.
#[derive(Debug, Parser)]
#[command(name = "innospace", version, arg_required_else_help = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a data folder over HTTP; changed files are taken up while it runs
    Serve(ServeArgs),
    /// Read a data folder and list every flaw: exit code 1 when there is any
    Check(DataArgs),
    /// Show what is in each layer: features, extent, fields with types and nulls, memory
    Inspect {
        #[command(flatten)]
        data: DataArgs,
        /// Layers to show; all when none is named
        layers: Vec<String>,
    },
    /// Write the features of a layer that a query finds: GeoJSON, CSV, workbook and others, by the suffix of the file
    #[command(after_help = ITEMS_EXAMPLES)]
    Items(Box<ItemsArgs>),
    /// Find features by what people type: names, pinyin, initials, codes, sections of the plan, with slips
    #[command(after_help = FIND_EXAMPLES)]
    Find(FindArgs),
    /// Count the features of a layer, in all or by fields, areas or distance, with sums and other measures
    #[command(after_help = COUNT_EXAMPLES)]
    Count(Box<CountArgs>),
    /// The parcels that suit, by rank, with what leaves out the others and what would have to give
    #[command(after_help = PARCELS_EXAMPLES)]
    Parcels(Box<ParcelsArgs>),
    /// Whether the polygons of a layer fit together: faulty rings, duplicates, overlaps, gaps, slivers, stated areas
    #[command(after_help = TOPOLOGY_EXAMPLES)]
    Topology(Box<TopologyArgs>),
    /// The nearest features of a layer from a position or a feature, with straight-line distance and direction
    #[command(after_help = NEAR_EXAMPLES)]
    Near(Box<NearArgs>),
    /// Everything at a position, in all layers or some
    At(Box<AtArgs>),
    /// How far apart two features are, where they are nearest, and how they lie to each other
    Distance(DistanceArgs),
    /// What stands along a line, in order, with chainage, offset and side; or a strip diagram of it
    #[command(after_help = ALONG_EXAMPLES)]
    Along(Box<AlongArgs>),
    /// What is within a walk of 5, 10, 15 minutes: facilities by category, gaps, parcels
    #[command(after_help = REACH_EXAMPLES)]
    Reach(Box<ReachArgs>),
    /// Write vector tiles of layers into one file, `PMTiles` or `MBTiles`
    #[command(after_help = TILES_EXAMPLES)]
    Tiles(Box<TilesArgs>),
    /// Draw the map as a picture: PNG, SVG or PDF, by the suffix of the file
    #[command(after_help = MAP_EXAMPLES)]
    Map(Box<MapArgs>),
    /// The sections of the plan with what they state, the features that cite them, and what stands without the other
    Plan(PlanArgs),
    /// Report on innovation units, the progress of the plan, parcels or one place: HTML, PDF, DOCX, XLSX, CSV, JSON or text
    #[command(after_help = REPORT_EXAMPLES)]
    Report(Box<ReportArgs>),
    /// Take files of others into the data folder: found out are format, encoding, system, units, fields
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(Box<ImportArgs>),
    /// Make synthetic data to try things out with
    Sample {
        #[command(subcommand)]
        what: Sample,
    },
    /// Draw the squares that the folder asks for; `innospace map` starts it
    #[cfg(feature = "maplibre-rs")]
    #[command(hide = true, name = engine::COMMAND)]
    Squares,
}

const IMPORT_EXAMPLES: &str = "\
Examples:
  innospace import parcels.shp --collection parcels --dry-run
  innospace import 地块.zip --collection parcels --basis authoritative --accuracy-m 1 --report import.csv
  innospace import sites.xlsx --collection parcels --append --from gcj02 --map parcel_no=编号 --yes

Nothing is written before it is accepted. Rows that cannot be taken go to a table that can be corrected and imported.";

/// What is imported, and how it is to be understood where that is not to be found out.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command")]
#[expect(clippy::doc_markdown, reason = "this is the help on a terminal")]
struct ImportArgs {
    /// GeoJSON, newline-delimited GeoJSON, shapefile (folder, .shp or .zip), GeoPackage, CSV, XLSX, KML, KMZ, FlatGeobuf, GeoParquet
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The collection that is made, or replaced
    #[arg(long, value_name = "ID")]
    collection: String,
    #[command(flatten)]
    data: DataArgs,
    /// Show what would be done, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write without asking
    #[arg(long, short, conflicts_with = "dry_run")]
    yes: bool,
    /// Form of the collection's file; when left out GeoParquet for more than 50,000 features, which loads much faster, else GeoJSON
    #[arg(long, value_enum, value_name = "FORM")]
    store_as: Option<StoreAs>,
    /// Keep the features that the collection has; rows whose id is there are refused
    #[arg(long)]
    append: bool,
    /// Where a file holds several: the layer, the sheet, the shapefile
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// System of the coordinates, as EPSG:4547
    #[arg(long, value_name = "CODE")]
    crs: Option<String>,
    /// Degrees of the file: gcj02 and bd09 are converted, wgs84 is taken as it is
    #[arg(long, value_name = "DATUM")]
    from: Option<String>,
    /// A field and the heading it is read from; geometry, x and y name columns of tables that hold the place
    #[arg(long, value_name = "FIELD=HEADING", value_parser = field_and_heading)]
    map: Vec<(String, String)>,
    /// Unit of the stated areas: m2, ha, mu or km2
    #[arg(long, value_name = "UNIT")]
    area_unit: Option<String>,
    /// Write old codes of land uses as the national ones of 2023, where one means the same
    #[arg(long)]
    national_codes: bool,
    /// Encoding of tables and attributes, as gbk
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// How the positions are known: surveyed, authoritative, digitised, osm, gazetteer or interpreted
    #[arg(long, value_name = "WORD")]
    basis: Option<String>,
    /// How far positions may be off, metres
    #[arg(long, value_name = "M")]
    accuracy_m: Option<u32>,
    /// Where the data is from; the names of the files when left out
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// Title of the collection
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Who is credited for it
    #[arg(long, value_name = "TEXT")]
    attribution: Option<String>,
    /// A report on every row that was repaired or refused: .txt, .json or .csv
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// How the report is written to standard output
    #[arg(long, value_enum, default_value_t = ImportFormat::Text)]
    format: ImportFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StoreAs {
    Geojson,
    Geoparquet,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ImportFormat {
    Text,
    Json,
    Csv,
}

fn field_and_heading(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').filter(|(field, heading)| !field.is_empty() && !heading.is_empty());
    parts
        .map(|(field, heading)| (field.to_owned(), heading.to_owned()))
        .ok_or_else(|| "expected a field and a heading, as in parcel_no=编号".to_owned())
}

const NEAR_EXAMPLES: &str = "\
Examples:
  innospace near sites --point 114.16,30.49
  innospace near sites --point 114.165,30.487 --datum gcj02 --filter \"lifecycle = 'existing'\"
  innospace near parcels --feature cores:core-chegu-innovation --k 3 --max-distance 500 --format json

Answers are those of http://…/ogc/collections/{collection}/nearest.";

const REACH_EXAMPLES: &str = "\
Examples:
  innospace reach --point 114.16,30.49
  innospace reach --feature sites:nantaizihu-innovation-block --minutes 10,20 --speed 4 --format json

Answers are those of http://…/ogc/reach. They walk along the layers that [walk] network in catalog.toml lists, else
straight with a detour factor, and say which.";

const ALONG_EXAMPLES: &str = "\
Examples:
  innospace along axes:axis-chegu-avenue
  innospace along axes:axis-chegu-avenue --after cores:core-chegu-innovation --max-offset 3000
  innospace along axes:axis-chegu-avenue --lang zh --density parcels --output strip.svg

Answers are those of http://…/ogc/collections/{collection}/items/{id}/along.";

/// How a position is given; the names are those of the parameters over HTTP.
#[derive(Debug, Args)]
struct PointArgs {
    /// Longitude and latitude in degrees, or coordinates in the axes of --point-crs
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true)]
    point: Option<String>,
    /// Coordinate reference system of the position
    #[arg(long, value_name = "URI")]
    point_crs: Option<String>,
    /// The shifted degrees that the position is given in: gcj02 or bd09
    #[arg(long, value_name = "DATUM")]
    datum: Option<String>,
    /// How many metres the position may be off; exact when left out
    #[arg(long, value_name = "M")]
    point_accuracy: Option<String>,
}

/// How an answer is written.
#[derive(Debug, Args)]
struct AnswerArgs {
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    format: AnswerFormat,
    /// Language of names and words
    #[arg(long, value_enum, default_value_t = LangArg::En)]
    lang: LangArg,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum AnswerFormat {
    Text,
    Json,
}

/// Where a question starts from.
#[derive(Debug, Args)]
struct StartArgs {
    #[command(flatten)]
    point: PointArgs,
    /// Instead of a position: the feature to start from
    #[arg(long, value_name = "LAYER:ID")]
    feature: Option<String>,
}

#[derive(Debug, Args)]
struct NearArgs {
    /// The layer whose features are looked for
    layer: String,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    start: StartArgs,
    /// How many; 5 when left out
    #[arg(long, value_name = "N")]
    k: Option<String>,
    /// Only what is no farther, metres
    #[arg(long, value_name = "M")]
    max_distance: Option<String>,
    /// CQL2 text over the features
    #[arg(long, value_name = "CQL2")]
    filter: Option<String>,
    #[command(flatten)]
    answer: AnswerArgs,
}

#[derive(Debug, Args)]
struct ReachArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    start: StartArgs,
    /// Minutes of each ring, split by commas; 5,10,15 when left out
    #[arg(long, value_name = "LIST")]
    minutes: Option<String>,
    /// Kilometres an hour; that of the data when left out, else 4.8
    #[arg(long, value_name = "KMH")]
    speed: Option<String>,
    /// Metres walked for a metre straight; that of the data when left out, else 1.3
    #[arg(long, value_name = "FACTOR")]
    detour: Option<String>,
    /// network or straight; the network where there is one near, when left out
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// The layers whose features are looked for, split by commas
    #[arg(long, value_name = "LIST")]
    collections: Option<String>,
    /// Count what is only planned, too
    #[arg(long)]
    planned: bool,
    /// Layers of polygons that are counted in each ring, split by commas
    #[arg(long, value_name = "LIST")]
    polygons: Option<String>,
    /// What else is measured of those with their centre in a ring, as in sum(people)
    #[arg(long, value_name = "LIST")]
    measure: Option<String>,
    #[command(flatten)]
    answer: AnswerArgs,
}

#[derive(Debug, Args)]
struct AtArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    point: PointArgs,
    /// The layers to look in, split by commas; all when left out
    #[arg(long, value_name = "LIST")]
    collections: Option<String>,
    /// How far a line or a point may be, metres; 25 when left out
    #[arg(long, value_name = "M")]
    tolerance: Option<String>,
    #[command(flatten)]
    answer: AnswerArgs,
}

#[derive(Debug, Args)]
struct DistanceArgs {
    /// The first feature
    #[arg(value_name = "LAYER:ID")]
    from: String,
    /// The second feature
    #[arg(value_name = "LAYER:ID")]
    to: String,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    answer: AnswerArgs,
}

#[derive(Debug, Args)]
struct AlongArgs {
    /// The line
    #[arg(value_name = "LAYER:ID")]
    line: String,
    #[command(flatten)]
    data: DataArgs,
    /// The layers whose features are looked for, split by commas
    #[arg(long, value_name = "LIST")]
    collections: Option<String>,
    /// How far from the line, metres; its half width when left out, else 1000
    #[arg(long, value_name = "M")]
    max_offset: Option<String>,
    /// Only what comes later than this feature
    #[arg(long, value_name = "LAYER:ID")]
    after: Option<String>,
    /// The most features
    #[arg(long, value_name = "N")]
    limit: Option<String>,
    /// Draws the strip diagram into a file instead: SVG or PNG, by the suffix
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Of the diagram: light or dark
    #[arg(long, value_name = "THEME", requires = "output")]
    theme: Option<String>,
    /// Of the diagram: pixels across
    #[arg(long, value_name = "PX", requires = "output")]
    width: Option<String>,
    /// Of the diagram: the layer whose features are counted along the line in a band below it
    #[arg(long, value_name = "LAYER", requires = "output")]
    density: Option<String>,
    /// Of the diagram: length of the stretches of that band, metres
    #[arg(long, value_name = "M", requires = "density")]
    step: Option<String>,
    #[command(flatten)]
    answer: AnswerArgs,
}

#[derive(Debug, Subcommand)]
enum Sample {
    /// Parcels over the built-up subdistricts of a data folder: a street grid, off water and roads.
    ///
    /// Every feature says `"synthetic": true`. Same data, count and seed: same bytes. The parcels share the
    /// ground, so more of them are smaller.
    Parcels {
        #[command(flatten)]
        data: DataArgs,
        /// How many parcels
        #[arg(long, value_name = "N", default_value_t = 3000)]
        count: u64,
        /// Which of all possible samples
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
        /// Where to write; standard output when left out
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Which features; the names and meanings are those of the parameters of items over HTTP.
#[derive(Debug, Args)]
struct SelectArgs {
    /// CQL2 text over the features
    #[arg(long, value_name = "CQL2")]
    filter: Option<String>,
    /// West, south, east, north in degrees
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    bbox: Option<String>,
    /// A date, a timestamp, or an interval with a slash
    #[arg(long, value_name = "TIME")]
    datetime: Option<String>,
}

/// The names and meanings are those of the parameters of the HTTP resource `/plan`.
#[derive(Debug, Args)]
struct PlanArgs {
    /// Only this section, as in 三(一)4 or 专栏3-1; all when left out
    section: Option<String>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    answer: AnswerArgs,
}

const REPORT_EXAMPLES: &str = "\
Examples:
  innospace report units
  innospace report units --as-of 2025-12-31 --lang both --output units.pdf
  innospace report units --within belts:belt-smart-manufacturing --format csv --table list-1
  innospace report progress --format csv --table indicators
  innospace report parcels --filter \"use_code = 'M0' AND status = 'idle'\" --output m0.docx
  innospace report site nantaizihu-innovation-block --output block.html
  innospace report site chunsun huazhong-zhigu ai-tech-park --output side-by-side.pdf

Same data and words: same bytes. Reports are those of http://…/reports/{kind}.{form}.";

/// The names and meanings are those of the parameters of reports over HTTP.
#[derive(Debug, Args)]
struct ReportArgs {
    /// units, progress, parcels or site
    kind: String,
    /// Of a report on a site: the id of a place of the plan, or of a feature; those of several stand side by side
    ids: Vec<String>,
    #[command(flatten)]
    data: DataArgs,
    /// The day to report of, not before the plan; that of the data when left out
    #[arg(long, value_name = "DAY")]
    as_of: Option<String>,
    /// zh, en or both
    #[arg(long, value_name = "LANG")]
    lang: Option<String>,
    /// html, pdf, docx, xlsx, csv, json or txt; told by the suffix of the output when left out
    #[arg(long, value_name = "FORM")]
    format: Option<String>,
    /// Of CSV, which table of the report: its main one when left out
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    /// Of a report on units: only those that lie in a feature, collection:id
    #[arg(long, value_name = "COLLECTION:ID")]
    within: Option<String>,
    /// Of a report on units: only those that lie in a polygon, WKT or GeoJSON, longitude first
    #[arg(long, value_name = "GEOMETRY")]
    polygon: Option<String>,
    /// Of a report on parcels: the collection
    #[arg(long, value_name = "ID")]
    collection: Option<String>,
    #[command(flatten)]
    select: SelectArgs,
    /// Where to write; standard output when left out
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

const TILES_EXAMPLES: &str = "\
Examples:
  innospace tiles --output zone.pmtiles
  innospace tiles zone,water,parcels --zooms 8-16 --output base.mbtiles
  innospace tiles parcels --filter \"use_code = 'M0'\" --properties use_code,far --output m0.pmtiles

A run that was ended goes on where it stood when it is started again with the same words. Same data and words: same
bytes. Tiles are those of http://…/tiles/{layers}/{z}/{x}/{y}.mvt; empty ones are left out.";

/// The names and meanings are those of the parameters of tiles over HTTP.
#[derive(Debug, Args)]
struct TilesArgs {
    /// Layers split by commas, from below to above; all when none is named
    #[arg(default_value = "")]
    layers: String,
    #[command(flatten)]
    data: DataArgs,
    /// First and last zoom, or one
    #[arg(long, value_name = "MIN-MAX", default_value = "0-14", value_parser = zooms)]
    zooms: Zooms,
    /// West, south, east, north in degrees; the extent of the layers when left out
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    bbox: Option<String>,
    /// CQL2 text over the features
    #[arg(long, value_name = "CQL2")]
    filter: Option<String>,
    /// A date, a timestamp, or an interval with a slash
    #[arg(long, value_name = "TIME")]
    datetime: Option<String>,
    /// Fields that become attributes; all when left out
    #[arg(long, value_name = "LIST")]
    properties: Option<String>,
    /// auto thins tiles that would grow beyond 500,000 bytes, full leaves no feature out
    #[arg(long, value_name = "HOW")]
    detail: Option<String>,
    /// The kind of file; told by the suffix of the output when left out
    #[arg(long, value_enum)]
    format: Option<TilesFormat>,
    /// Language of titles
    #[arg(long, value_enum, default_value_t = LangArg::Zh)]
    lang: LangArg,
    /// Where to write
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

/// First and last zoom.
type Zooms = [u8; 2];

fn zooms(text: &str) -> Result<Zooms, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let zoom = |text: &str| text.trim().parse().ok().filter(|zoom: &u8| *zoom <= MOST_ZOOM);
    match (zoom(first), zoom(last)) {
        (Some(first), Some(last)) if first <= last => Ok([first, last]),
        _ => Err(format!("expected one zoom or two as in 8-16, from 0 to {MOST_ZOOM}")),
    }
}

/// Beyond it one unit of a tile is less than a centimetre.
const MOST_ZOOM: u8 = 20;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TilesFormat {
    Pmtiles,
    Mbtiles,
}

const ITEMS_EXAMPLES: &str = "\
Examples:
  innospace items parcels --filter \"use_code = 'M0' AND status = 'idle' AND area_m2 > 20000\" -o idle.xlsx
  innospace items parcels --filter \"DWITHIN(geometry, feature('axes', 'axis-chegu-avenue'), 500)\" \\
    --distance-to axes:axis-chegu-avenue --sortby distance_m --properties parcel_no,area_m2,distance_m --format csv";

/// The names and meanings are those of the HTTP resource `/ogc/collections/{id}/items`.
#[derive(Debug, Args)]
struct ItemsArgs {
    /// The layer
    layer: String,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Text to look for
    #[arg(long, short, value_name = "TEXT")]
    q: Option<String>,
    /// Fields, - for descending
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    sortby: Option<String>,
    /// Fields to write; all when left out
    #[arg(long, value_name = "LIST")]
    properties: Option<String>,
    /// Adds the field `distance_m`: LAYER:ID or a geometry, longitude first
    #[arg(long, value_name = "PLACE")]
    distance_to: Option<String>,
    /// System of the coordinates
    #[arg(long, value_name = "URI")]
    crs: Option<String>,
    /// Most features; all when left out
    #[arg(long, value_name = "N")]
    limit: Option<String>,
    /// The form; told by the suffix of the output when left out, else GeoJSON
    #[arg(long, value_enum)]
    format: Option<ItemsFormat>,
    /// Language of titles and notes
    #[arg(long, value_enum, default_value_t = LangArg::En)]
    lang: LangArg,
    /// Where to write; standard output when left out
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum ItemsFormat {
    Geojson,
    Ndjson,
    Csv,
    Xlsx,
    Kml,
    Fgb,
    Parquet,
}

const FIND_EXAMPLES: &str = "\
Examples:
  innospace find 南太子湖
  innospace find ntzh
  innospace find \"zhuan kou\" --kind subdistricts
  innospace find JS0405-001 --format json
  innospace find '三(一)4' --limit 20

The answers are those of http://…/ogc/search?q=….";

/// The names and meanings are those of the parameters of the HTTP resource `/ogc/search`.
#[derive(Debug, Args)]
struct FindArgs {
    /// What to look for; several words are one text
    #[arg(required = true, value_name = "TEXT")]
    text: Vec<String>,
    #[command(flatten)]
    data: DataArgs,
    /// The most answers, 10 when left out
    #[arg(long, value_name = "N")]
    limit: Option<String>,
    /// West, south, east, north in degrees: what touches this window comes earlier
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    bbox: Option<String>,
    /// Only these kinds, split by commas: types of units of the plan, else layers
    #[arg(long, value_name = "LIST")]
    kind: Option<String>,
    /// Only these layers, split by commas
    #[arg(long, value_name = "LIST")]
    collections: Option<String>,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = FindFormat::Text)]
    format: FindFormat,
    /// Language of words in text
    #[arg(long, value_enum, default_value_t = LangArg::Zh)]
    lang: LangArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FindFormat {
    Text,
    Json,
}

const COUNT_EXAMPLES: &str = "\
Examples:
  innospace count sites
  innospace count parcels --group-by area:subdistricts,use_code --measure 'area(mu),mean(far)'
  innospace count sites --group-by area:subdistricts --accuracy respect
  innospace count parcels --group-by distance:axes --bands 500,1000 --filter \"status = 'built'\"
  innospace count parcels --group-by along:axes/axis-chegu-avenue --step 1000 --measure 'overlap(ha)'
  innospace count parcels --group-by use_code --having 'count > 100' --sortby=-count --format csv";

/// The names and meanings are those of the HTTP resource `/ogc/collections/{id}/aggregates`.
#[derive(Debug, Args)]
struct CountArgs {
    /// The layer whose features are counted
    layer: String,
    #[command(flatten)]
    data: DataArgs,
    /// Fields, and one of area:LAYER, distance:LAYER, distance:LAYER/ID or along:LAYER/ID, split by commas
    #[arg(long, value_name = "LIST")]
    group_by: Option<String>,
    /// share, area, overlap (m2, ha, mu); known, distinct, sum, mean, min, max, median, p90, share of a field
    #[arg(long, value_name = "LIST")]
    measure: Option<String>,
    /// When a feature counts in an area: larger, intersects, within or centroid
    #[arg(long, value_name = "RULE")]
    assign: Option<String>,
    /// A polygon as the only area, WKT or GeoJSON, longitude first
    #[arg(long, value_name = "POLYGON")]
    polygon: Option<String>,
    /// Limits of bands of distance, metres
    #[arg(long, value_name = "LIST")]
    bands: Option<String>,
    /// Length of the stretches of a line, metres; a round number when left out
    #[arg(long, value_name = "M")]
    step: Option<String>,
    /// How far from a line what counts in its stretches may be, metres; its half width when left out, else 1000
    #[arg(long, value_name = "M")]
    max_offset: Option<String>,
    /// ignore or respect: tell certain and possible counts apart
    #[arg(long, value_name = "HOW")]
    accuracy: Option<String>,
    /// Take areas that overlap
    #[arg(long)]
    overlap: bool,
    #[command(flatten)]
    select: SelectArgs,
    /// CQL2 text over the columns of the table
    #[arg(long, value_name = "CQL2")]
    having: Option<String>,
    /// Columns of the table, - for descending
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    sortby: Option<String>,
    /// Most groups
    #[arg(long, value_name = "N")]
    limit: Option<String>,
    #[command(flatten)]
    table: TableArgs,
}

const PARCELS_EXAMPLES: &str = "\
Examples:
  innospace parcels --filter \"use_code = 'M0' AND status = 'idle' AND area_m2 > 20000\"
  innospace parcels --criterion \"idle: status = 'idle'\" --criterion \"large: area_m2 >= 30000\" --want 5
  innospace parcels --filter \"use_code = 'M0'\" --weights area_m2*2,-distance:axes --format xlsx -o list.xlsx
  innospace parcels --filter \"use_code = 'M0' AND status = 'idle'\" --merge-area 50000

The answers are those of http://…/ogc/collections/{id}/shortlist.";

/// The names and meanings are those of the HTTP resource `/ogc/collections/{id}/shortlist`.
#[derive(Debug, Args)]
struct ParcelsArgs {
    /// The layer; the one that is drawn as parcels when left out
    layer: Option<String>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Instead of --filter, once for each criterion: CQL2 text, with a name and a colon before it where it is to have one
    #[arg(long, value_name = "[NAME: ]CQL2", conflicts_with = "filter")]
    criterion: Vec<String>,
    /// Keys to rank by, - for descending: fields, and distance:PLACE of each of --distances
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    sortby: Option<String>,
    /// Keys that make points, - where less is better, as in `area_m2*2,-distance:axes`
    #[arg(long, value_name = "LIST", allow_hyphen_values = true, conflicts_with = "sortby")]
    weights: Option<String>,
    /// What distances are measured to: layers, and features as LAYER:ID; core, axis and belts when left out
    #[arg(long, value_name = "LIST")]
    distances: Option<String>,
    /// How many matches a relaxation must yield; 10 when left out
    #[arg(long, value_name = "N")]
    want: Option<String>,
    /// The size that neighbours must have together, square metres; that of a criterion on the area when left out
    #[arg(long, value_name = "M2")]
    merge_area: Option<String>,
    /// The field by which neighbours must be alike
    #[arg(long, value_name = "FIELD")]
    merge_by: Option<String>,
    /// The share of a unit that capped uses may fill; that of the data when left out
    #[arg(long, value_name = "SHARE")]
    cap: Option<String>,
    /// Most ranks
    #[arg(long, value_name = "N")]
    limit: Option<String>,
    #[command(flatten)]
    table: TableArgs,
}

const TOPOLOGY_EXAMPLES: &str = "\
Examples:
  innospace topology
  innospace topology parcels --kind overlap,gap --format json -o defects.geojson
  innospace topology parcels --filter \"use_code = 'M0'\" --sliver-width 0.5 --format xlsx -o defects.xlsx
  innospace topology parcels --strict

JSON is GeoJSON, the defects as a layer. The exit code is 0 when the check was made, with --strict 1 when it found a defect;
2 when it could not be made. Rings that are open or too short are no features: `innospace check` tells what became of them.
The answers are those of http://…/ogc/collections/{id}/topology.";

/// The names and meanings are those of the HTTP resource `/ogc/collections/{id}/topology`.
#[derive(Debug, Args)]
struct TopologyArgs {
    /// The layer; the one that is drawn as parcels when left out
    layer: Option<String>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Kinds to list: invalid-ring, duplicate, repeated-number, overlap, gap, sliver, stated-area; all are counted
    #[arg(long, value_name = "LIST")]
    kind: Option<String>,
    /// Narrower overlaps and gaps are rounding, metres; 0.02 when left out
    #[arg(long, value_name = "M")]
    tolerance: Option<String>,
    /// Narrower overlaps, gaps and features are slivers, metres; 1 when left out
    #[arg(long, value_name = "M")]
    sliver_width: Option<String>,
    /// The largest gap, square metres; 200 when left out
    #[arg(long, value_name = "M2")]
    gap_area: Option<String>,
    /// The share by which a stated area may differ; 0.01 when left out
    #[arg(long, value_name = "SHARE")]
    area_tolerance: Option<String>,
    /// The field of stated areas; nothing is compared when empty
    #[arg(long, value_name = "FIELD")]
    area_field: Option<String>,
    /// The field of numbers that stand once; nothing is compared when empty
    #[arg(long, value_name = "FIELD")]
    number_field: Option<String>,
    /// Most defects to list; 100,000 when left out
    #[arg(long, value_name = "N")]
    limit: Option<String>,
    /// Exit code 1 when there is a defect
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    table: TableArgs,
}

/// How a table goes out.
#[derive(Debug, Args)]
struct TableArgs {
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    format: TableFormat,
    /// Language of titles and notes
    #[arg(long, value_enum, default_value_t = LangArg::En)]
    lang: LangArg,
    /// Where to write; standard output when left out
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl TableArgs {
    /// A workbook is nothing for a terminal.
    fn check(&self) -> anyhow::Result<()> {
        if self.output.is_none()
            && matches!(self.format, TableFormat::Xlsx)
            && std::io::stdout().is_terminal()
        {
            bail!("a workbook is no text; name a file with --output");
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TableFormat {
    Table,
    Json,
    Csv,
    Xlsx,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LangArg {
    Zh,
    En,
}

const MAP_EXAMPLES: &str = "\
Examples:
  innospace map -o map.png
  innospace map -o map.pdf --lang en --theme dark --furniture all
  innospace map -o core.svg --feature cores:core-chegu-innovation
  innospace map -o parcels.png --view parcels --center 114.16,30.48 --zoom 14 --scale 2";

/// The names and meanings are those of the parameters of the HTTP resource `/maps`.
#[derive(Debug, Args)]
struct MapArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Where to write; the suffix says the form: png, svg or pdf
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// What it shows: explore, the layout of the plan, or parcels
    #[arg(long, value_name = "VIEW", default_value = "explore")]
    view: String,
    /// West, south, east, north in degrees; the map shows all of it
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    bbox: Option<String>,
    /// Instead of --bbox: a part of the earth by its name in catalog.toml
    #[arg(long, value_name = "ID")]
    extent: Option<String>,
    /// Longitude and latitude of the middle, with --zoom
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true)]
    center: Option<String>,
    /// Zoom of the middle, as in MapLibre
    #[arg(long, value_name = "Z")]
    zoom: Option<String>,
    /// Features to highlight, LAYER:ID split by commas; without --bbox and --center the map is of them
    #[arg(long, value_name = "LIST")]
    feature: Option<String>,
    /// Width in CSS pixels, 1600 when left out
    #[arg(long, value_name = "PX")]
    width: Option<String>,
    /// Height in CSS pixels, 900 when left out
    #[arg(long, value_name = "PX")]
    height: Option<String>,
    /// Pixels per CSS pixel, from 1 to 3
    #[arg(long, value_name = "N")]
    scale: Option<String>,
    /// light or dark
    #[arg(long, value_name = "THEME")]
    theme: Option<String>,
    /// zh or en
    #[arg(long, value_name = "LANG")]
    lang: Option<String>,
    /// all, none, or some of title, legend, scalebar, north, graticule, attribution, approval, split by commas
    #[arg(long, value_name = "LIST")]
    furniture: Option<String>,
    /// Title of the map; that of the data when left out
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// What draws areas and lines: innospace, or maplibre-rs for PNG, where it was built with it
    #[arg(long, value_enum, default_value_t = EngineArg::Innospace)]
    engine: EngineArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineArg {
    Innospace,
    #[value(name = "maplibre-rs")]
    MaplibreRs,
}

/// The other engine, where one was asked for.
#[cfg_attr(
    feature = "maplibre-rs",
    expect(clippy::unnecessary_wraps, reason = "a program without the feature has no other engine")
)]
fn engine_of(engine: EngineArg) -> anyhow::Result<Option<api::MapEngine>> {
    match engine {
        EngineArg::Innospace => Ok(None),
        #[cfg(feature = "maplibre-rs")]
        EngineArg::MaplibreRs => {
            Ok(Some(|picture| engine::paint(picture).map_err(|fault| fault.to_string())))
        }
        #[cfg(not(feature = "maplibre-rs"))]
        EngineArg::MaplibreRs => bail!(
            "this program was built without maplibre-rs; build it with \
             cargo build --release --features maplibre-rs (make maplibre installs what that needs)"
        ),
    }
}

#[derive(Debug, Args)]
struct DataArgs {
    /// Folder with catalog.toml and its files, GeoJSON or `GeoParquet`; without a catalog.toml every such file is a layer
    #[arg(long, value_name = "DIR", env = "INNOSPACE_DATA", default_value = "geodata")]
    data: PathBuf,
}

#[derive(Debug, Args)]
struct ServeArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Where to listen; port 0 takes a free one. Loopback unless told otherwise
    #[arg(long, value_name = "ADDR:PORT", env = "INNOSPACE_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The address clients see, used in links; without it each request's Host header is used
    #[arg(long, value_name = "URL", env = "INNOSPACE_PUBLIC_URL")]
    public_url: Option<String>,
    /// Memory for tiles that were made, MiB; 0 keeps none
    #[arg(long, value_name = "MIB", env = "INNOSPACE_TILE_CACHE", default_value_t = USUAL_TILE_CACHE_BYTES >> 20)]
    tile_cache: u64,
    /// Memory for pages of items that were made, MiB; 0 keeps none
    #[arg(long, value_name = "MIB", env = "INNOSPACE_PAGE_CACHE", default_value_t = USUAL_PAGE_CACHE_BYTES >> 20)]
    page_cache: u64,
    /// Folder where drawings that are too long for a link are kept, or off; without it drawings of innospace in the user's
    /// folder of state
    #[arg(long, value_name = "DIR|off", env = "INNOSPACE_DRAWINGS")]
    drawings: Option<PathBuf>,
    /// Form of the log on standard error
    #[arg(long, value_enum, env = "INNOSPACE_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,
    /// What to log: off, error, warn, info, debug, trace, or a filter by module
    #[arg(long, value_name = "FILTER", env = "INNOSPACE_LOG", default_value = "info")]
    log: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

/// Runs the command of the process arguments.
///
/// # Errors
/// What the command could not do.
pub fn run() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Serve(args) => serve(&args),
        Command::Check(args) => check(&args.data),
        Command::Inspect { data, layers } => inspect(&data.data, &layers),
        Command::Items(args) => items(&args),
        Command::Find(args) => find(&args),
        Command::Count(args) => count(&args),
        Command::Parcels(args) => parcels(&args),
        Command::Topology(args) => topology(&args),
        Command::Near(args) => near(&args),
        Command::At(args) => at(&args),
        Command::Distance(args) => distance(&args),
        Command::Along(args) => along(&args),
        Command::Reach(args) => reach(&args),
        Command::Tiles(args) => tiles(&args),
        Command::Map(args) => map(&args),
        Command::Plan(args) => plan(&args),
        Command::Report(args) => make_report(&args),
        Command::Import(args) => import(&args),
        Command::Sample { what: Sample::Parcels { data, count, seed, output } } => {
            sample_parcels(&data.data, count, seed, output.as_deref())
        }
        #[cfg(feature = "maplibre-rs")]
        Command::Squares => engine::serve().map(|()| ExitCode::SUCCESS),
    }
}

/// Text for standard output; a reader that has gone away is no error.
fn print(text: impl AsRef<[u8]>) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(text.as_ref()) {
        Err(fault) if fault.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    spinner.enable_steady_tick(std::time::Duration::from_millis(120));
    spinner
}

/// Reads a data folder, with a spinner on a terminal.
fn load(store: &mut Store) -> anyhow::Result<Loaded> {
    let spinner = spinner();
    let loaded = store.load(&mut |file| spinner.set_message(format!("reading {file}")));
    spinner.finish_and_clear();
    Ok(loaded?)
}

fn start_log(args: &ServeArgs) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&args.log)
        .with_context(|| format!("--log {:?} is no filter", args.log))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Text => log.with_target(false).with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).with_target(false).init(),
    }
    Ok(())
}

fn serve(args: &ServeArgs) -> anyhow::Result<ExitCode> {
    start_log(args)?;
    let public_url = args.public_url.as_deref().map(public_url).transpose()?;
    let mut store = Store::new(&args.data.data);
    let watch = Watch::begin(&store);
    let loaded = load(&mut store)?;
    log_warnings(&loaded);
    let config = Config {
        listen: args.listen,
        public_url,
        limits: Limits::default(),
        tile_cache_bytes: args.tile_cache.saturating_mul(1 << 20),
        page_cache_bytes: args.page_cache.saturating_mul(1 << 20),
        drawings: drawings_folder(args.drawings.as_deref()),
    };
    let app = Arc::new(App::new(loaded.catalog, config));
    // The service listens meanwhile; only a search that comes before it is done waits.
    let making = Arc::clone(&app);
    std::thread::Builder::new().name("names".to_owned()).spawn(move || making.make_ready())?;
    match watch {
        Ok(watch) => {
            let app = Arc::clone(&app);
            std::thread::Builder::new().name("watch".to_owned()).spawn(move || {
                watch.run(store, |outcome| {
                    publish(&app, outcome);
                    true
                });
            })?;
        }
        Err(fault) => tracing::warn!("changed files will not be noticed: {fault}"),
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(64).build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(app.config.listen)
            .await
            .with_context(|| format!("cannot listen on {}", app.config.listen))?;
        let address = listener.local_addr()?;
        // Who reads the next line may ask the process to end at once.
        let stopped = stopped();
        print(format!("listening on http://{address}\n"))?;
        api::serve(app, listener, stopped).await;
        anyhow::Ok(())
    })?;
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    Ok(ExitCode::SUCCESS)
}

/// Where drawings are kept: as asked, else below `XDG_STATE_HOME` (XDG Base Directory Specification), never in the data.
fn drawings_folder(asked: Option<&Path>) -> Option<PathBuf> {
    let own = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    match asked {
        Some(off) if off == Path::new("off") => None,
        Some(folder) => Some(folder.to_owned()),
        None => {
            let state = own("XDG_STATE_HOME")
                .or_else(|| own("LOCALAPPDATA"))
                .or_else(|| own("HOME").map(|home| home.join(".local/state")));
            if state.is_none() {
                tracing::warn!(
                    "long drawings will not be kept: there is no folder of state; name one with --drawings"
                );
            }
            state.map(|state| state.join("innospace/drawings"))
        }
    }
}

/// An absolute http or https address without query, its last slash cut off.
fn public_url(text: &str) -> anyhow::Result<String> {
    let uri: axum::http::Uri =
        text.parse().with_context(|| format!("--public-url {text:?} is no address"))?;
    let fits = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.authority().is_some()
        && uri.query().is_none();
    if !fits {
        bail!("--public-url is {text:?}, expected an address as in https://map.example.org");
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn publish(app: &App, outcome: Result<Loaded, store::StoreError>) {
    match outcome {
        Ok(loaded) if loaded.catalog.revision == app.catalog.snapshot().revision => {}
        Ok(loaded) => {
            log_warnings(&loaded);
            let changed: Vec<_> = loaded.changed.iter().map(crate::model::LayerId::as_str).collect();
            tracing::info!(revision = %loaded.catalog.revision, changed = changed.join(","), "published");
            app.publish(loaded.catalog);
        }
        Err(fault) => {
            tracing::error!("the changed data is not served, the data before it still is: {fault}");
        }
    }
}

fn log_warnings(loaded: &Loaded) {
    for warning in loaded.warnings.list().iter().take(20) {
        tracing::warn!("{warning}");
    }
    let total = loaded.warnings.total();
    if total > 20 {
        tracing::warn!("{total} warnings in all; `innospace check` lists them");
    }
}

/// Done when the process is asked to end; requests count from this call on.
fn stopped() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let (interrupt, terminate) = {
        use tokio::signal::unix::{SignalKind, signal};
        (asked(signal(SignalKind::interrupt())), asked(signal(SignalKind::terminate())))
    };
    #[cfg(not(unix))]
    let (interrupt, terminate) = (
        async {
            let _ = tokio::signal::ctrl_c().await;
        },
        std::future::pending::<()>(),
    );
    async {
        tokio::select! { () = interrupt => {}, () = terminate => {} }
        tracing::info!("stopping");
    }
}

/// Done when the signal comes; never, where the system does not tell.
#[cfg(unix)]
async fn asked(signal: std::io::Result<tokio::signal::unix::Signal>) {
    match signal {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

fn check(data: &Path) -> anyhow::Result<ExitCode> {
    let spinner = spinner();
    let Checked { layers, features, warnings, errors } =
        Store::new(data).check(&mut |file| spinner.set_message(format!("reading {file}")));
    spinner.finish_and_clear();
    let mut text = String::new();
    for error in &errors {
        writeln!(text, "error: {error}")?;
    }
    for warning in warnings.list() {
        writeln!(text, "{warning}")?;
    }
    let listed = warnings.list().len() as u64;
    if listed < warnings.total() {
        writeln!(text, "… and {} more", warnings.total() - listed)?;
    }
    writeln!(
        text,
        "{layers} layers, {features} features; {} errors, {} skipped, {} repaired, {} notes",
        errors.len(),
        warnings.count(Effect::Skipped),
        warnings.count(Effect::Repaired),
        warnings.count(Effect::Noted),
    )?;
    print(&text)?;
    Ok(if warnings.total() == 0 && errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn inspect(data: &Path, wanted: &[String]) -> anyhow::Result<ExitCode> {
    let loaded = load(&mut Store::new(data))?;
    let catalog = &loaded.catalog;
    if let Some(unknown) = wanted.iter().find(|id| catalog.layer(id).is_none()) {
        let known: Vec<_> = catalog.layers().map(|layer| layer.layer().id.as_str()).collect();
        bail!("there is no layer {unknown:?}; layers are {}", known.join(", "));
    }
    print(inspection(catalog, wanted)?)?;
    Ok(ExitCode::SUCCESS)
}

fn inspection(catalog: &Catalog, wanted: &[String]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let mut memory = 0;
    for indexed in catalog.layers() {
        memory += indexed.memory();
        let layer = indexed.layer();
        if wanted.is_empty() || wanted.iter().any(|id| *id == layer.id.as_str()) {
            describe(&mut text, indexed)?;
        }
    }
    writeln!(
        text,
        "{} layers, {} in memory, revision {}",
        catalog.layers().len(),
        size(memory),
        catalog.revision
    )?;
    Ok(text)
}

fn describe(text: &mut String, indexed: &IndexedLayer) -> std::fmt::Result {
    let layer = indexed.layer();
    let about = &layer.about;
    writeln!(text, "{}  {} · {}", layer.id, about.title.zh, about.title.en)?;
    if about.synthetic {
        writeln!(text, "  SYNTHETIC: every feature is made up")?;
    }
    let kinds: Vec<_> = layer.geometries().kinds().into_iter().map(GeometryKind::name).collect();
    let kinds = if kinds.is_empty() { "no geometry".to_owned() } else { kinds.join(", ") };
    writeln!(text, "  features   {} ({kinds}); {} without position", layer.len(), indexed.nowhere().len())?;
    if let Some(extent) = layer.extent {
        if let Some(bounds) = extent.bounds {
            let edges = bounds.bbox().map(|edge| edge.to_string());
            writeln!(text, "  extent     {} (west, south, east, north; degrees)", edges.join(", "))?;
        }
        if let Some((first, last)) = extent.interval {
            let end = |moment: Option<crate::model::Timestamp>| {
                moment.map_or("..".to_owned(), |moment| moment.to_string())
            };
            writeln!(text, "  time       {}/{}", end(first), end(last))?;
        }
    }
    let geometries = layer.geometries();
    let grid = if geometries.is_gridded() { "multiples of 1e-7 degree" } else { "64-bit reals" };
    writeln!(text, "  positions  {} ({grid})", geometries.position_count())?;
    writeln!(
        text,
        "  memory     {}: geometry {}, index {}, the rest ids and fields",
        size(indexed.memory()),
        size(geometries.memory()),
        size(indexed.index_memory())
    )?;
    let width = layer.schema.fields().map(|(_, field)| field.name.chars().count()).max().unwrap_or(0);
    for (at, field) in layer.schema.fields() {
        let nulls = layer.column(at).nulls();
        let unit = field.unit.as_deref().map(|unit| format!(" [{unit}]")).unwrap_or_default();
        let example = example(layer, at).map(|value| format!(", as in {value}")).unwrap_or_default();
        writeln!(text, "    {:width$}  {}{unit}, {nulls} null{example}", field.name, field.kind.name())?;
    }
    text.push('\n');
    Ok(())
}

/// The first value that is known, cut to 40 characters.
fn example(layer: &Layer, field: crate::model::FieldIx) -> Option<String> {
    let value =
        layer.positions().map(|ix| layer.feature(ix).value(field)).find(|value| *value != Value::Null)?;
    let text = match value {
        Value::Null => return None,
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) => value.to_string(),
        Value::Text(text) | Value::Json(text) => text.to_owned(),
        Value::Date(day) => day.to_string(),
        Value::Timestamp(moment) => moment.to_string(),
    };
    let cut: String = text.chars().take(40).collect();
    Some(if cut.len() < text.len() { format!("{cut}…") } else { cut })
}

fn size(bytes: usize) -> String {
    indicatif::HumanBytes(bytes as u64).to_string()
}

fn find(args: &FindArgs) -> anyhow::Result<ExitCode> {
    let catalog = load(&mut Store::new(&args.data.data))?.catalog;
    let text = Some(args.text.join(" "));
    let given = [
        ("q", &text),
        ("limit", &args.limit),
        ("bbox", &args.bbox),
        ("kind", &args.kind),
        ("collections", &args.collections),
    ];
    let as_json = args.format == FindFormat::Json;
    let found = api::find(&catalog, &parameters(given), lang_of(args.lang), as_json);
    print(found.map_err(anyhow::Error::msg)?)?;
    Ok(ExitCode::SUCCESS)
}

fn count(args: &CountArgs) -> anyhow::Result<ExitCode> {
    let catalog = load(&mut Store::new(&args.data.data))?.catalog;
    let given = [
        ("group-by", &args.group_by),
        ("measure", &args.measure),
        ("assign", &args.assign),
        ("polygon", &args.polygon),
        ("bands", &args.bands),
        ("step", &args.step),
        ("max-offset", &args.max_offset),
        ("accuracy", &args.accuracy),
        ("filter", &args.select.filter),
        ("bbox", &args.select.bbox),
        ("datetime", &args.select.datetime),
        ("having", &args.having),
        ("sortby", &args.sortby),
        ("limit", &args.limit),
    ];
    let mut parameters = parameters(given);
    if args.overlap {
        parameters.push(("overlap", "true".to_owned()));
    }
    args.table.check()?;
    let lang = lang_of(args.table.lang);
    let made = api::count(&catalog, &args.layer, &parameters, lang, |told, cover| match args.table.format {
        TableFormat::Table => Ok(told.text().into_bytes()),
        TableFormat::Json => Ok(format!("{:#}\n", told.json()).into_bytes()),
        TableFormat::Csv => told.csv(),
        TableFormat::Xlsx => told.xlsx(cover),
    });
    deliver(args.table.output.as_deref(), &made.map_err(anyhow::Error::msg)?)
}

fn parcels(args: &ParcelsArgs) -> anyhow::Result<ExitCode> {
    // A name is a word or several before a colon; a colon in a filter stands in a text, or in a name without spaces.
    let criterion = |text: &String| match text.split_once(": ").filter(|(name, _)| !name.contains('\'')) {
        Some((name, filter)) => serde_json::json!({ "name": name.trim(), "filter": filter }),
        None => text.as_str().into(),
    };
    let criteria: Vec<serde_json::Value> = args.criterion.iter().map(criterion).collect();
    let criteria = (!criteria.is_empty()).then(|| serde_json::Value::from(criteria).to_string());
    let given = [
        ("criteria", &criteria),
        ("filter", &args.select.filter),
        ("bbox", &args.select.bbox),
        ("datetime", &args.select.datetime),
        ("sortby", &args.sortby),
        ("weights", &args.weights),
        ("distances", &args.distances),
        ("want", &args.want),
        ("merge-area", &args.merge_area),
        ("merge-by", &args.merge_by),
        ("cap", &args.cap),
        ("limit", &args.limit),
    ];
    args.table.check()?;
    let catalog = load(&mut Store::new(&args.data.data))?.catalog;
    let (layer, lang) = (args.layer.as_deref(), lang_of(args.table.lang));
    let made =
        api::shortlist(&catalog, layer, &parameters(given), lang, |told, cover| match args.table.format {
            TableFormat::Table => Ok(told.text().into_bytes()),
            TableFormat::Json => Ok(format!("{:#}\n", told.json()).into_bytes()),
            TableFormat::Csv => told.csv(),
            TableFormat::Xlsx => told.xlsx(cover),
        });
    deliver(args.table.output.as_deref(), &made.map_err(anyhow::Error::msg)?)
}

fn topology(args: &TopologyArgs) -> anyhow::Result<ExitCode> {
    let given = [
        ("kind", &args.kind),
        ("tolerance", &args.tolerance),
        ("sliver-width", &args.sliver_width),
        ("gap-area", &args.gap_area),
        ("area-tolerance", &args.area_tolerance),
        ("area-field", &args.area_field),
        ("number-field", &args.number_field),
        ("filter", &args.select.filter),
        ("bbox", &args.select.bbox),
        ("datetime", &args.select.datetime),
        ("limit", &args.limit),
    ];
    args.table.check()?;
    let catalog = load(&mut Store::new(&args.data.data))?.catalog;
    let (layer, lang) = (args.layer.as_deref(), lang_of(args.table.lang));
    let made =
        api::topology(&catalog, layer, &parameters(given), lang, |told, cover| match args.table.format {
            TableFormat::Table => Ok(told.text().into_bytes()),
            TableFormat::Json => Ok(format!("{:#}\n", told.json()?).into_bytes()),
            TableFormat::Csv => told.csv(),
            TableFormat::Xlsx => told.xlsx(cover),
        });
    let (made, defects) = made.map_err(anyhow::Error::msg)?;
    let done = deliver(args.table.output.as_deref(), &made)?;
    Ok(if args.strict && defects > 0 { ExitCode::from(1) } else { done })
}

fn items(args: &ItemsArgs) -> anyhow::Result<ExitCode> {
    let suffix = args.output.as_deref().and_then(Path::extension).and_then(|suffix| suffix.to_str());
    let told = match suffix.map(str::to_ascii_lowercase).as_deref() {
        None | Some("json") => Some(ItemsFormat::Geojson),
        Some(suffix) => ItemsFormat::from_str(suffix, true).ok(),
    };
    let Some(format) = args.format.or(told) else {
        bail!(
            "name the form by the suffix .geojson, .ndjson, .csv, .xlsx, .kml, .fgb or .parquet, or with --format"
        );
    };
    let is_binary = matches!(format, ItemsFormat::Xlsx | ItemsFormat::Fgb | ItemsFormat::Parquet);
    if args.output.is_none() && is_binary && std::io::stdout().is_terminal() {
        bail!("this form is no text; name a file with --output");
    }
    let catalog = load(&mut Store::new(&args.data.data))?.catalog;
    let given = [
        ("filter", &args.select.filter),
        ("bbox", &args.select.bbox),
        ("datetime", &args.select.datetime),
        ("q", &args.q),
        ("sortby", &args.sortby),
        ("properties", &args.properties),
        ("distance-to", &args.distance_to),
        ("crs", &args.crs),
        ("limit", &args.limit),
    ];
    let form = match format {
        ItemsFormat::Geojson => api::GEOJSON,
        ItemsFormat::Ndjson => api::NDJSON,
        ItemsFormat::Csv => api::CSV,
        ItemsFormat::Xlsx => api::XLSX,
        ItemsFormat::Kml => api::KML,
        ItemsFormat::Fgb => api::FLATGEOBUF,
        ItemsFormat::Parquet => api::GEOPARQUET,
    };
    let made = api::export(&catalog, &args.layer, &parameters(given), form, lang_of(args.lang));
    let made = made.map_err(anyhow::Error::msg)?;
    deliver(args.output.as_deref(), &made)
}

/// Answers a question about places on standard output.
fn locate(
    data: &DataArgs,
    question: Question<'_>,
    parameters: &[(&'static str, String)],
    answer: &AnswerArgs,
) -> anyhow::Result<ExitCode> {
    let catalog = load(&mut Store::new(&data.data))?.catalog;
    let told = api::locate(&catalog, question, parameters, lang_of(answer.lang));
    tell(&told.map_err(anyhow::Error::msg)?, answer)
}

/// Writes an answer on standard output.
fn tell(told: &Told, answer: &AnswerArgs) -> anyhow::Result<ExitCode> {
    let lang = lang_of(answer.lang);
    print(match answer.format {
        AnswerFormat::Text => told.text(lang),
        AnswerFormat::Json => format!("{:#}\n", told.json),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Writes what a command made into a file, or to standard output.
fn deliver(output: Option<&Path>, made: &[u8]) -> anyhow::Result<ExitCode> {
    match output {
        Some(path) => {
            std::fs::write(path, made).with_context(|| format!("cannot write {}", path.display()))?;
        }
        None => print(made)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The position as parameters.
fn point_parameters(point: &PointArgs) -> Vec<(&'static str, String)> {
    parameters([
        ("point", &point.point),
        ("point-crs", &point.point_crs),
        ("datum", &point.datum),
        ("point-accuracy", &point.point_accuracy),
    ])
}

fn start_parameters(start: &StartArgs) -> Vec<(&'static str, String)> {
    [point_parameters(&start.point), parameters([("feature", &start.feature)])].concat()
}

fn near(args: &NearArgs) -> anyhow::Result<ExitCode> {
    let given = [("k", &args.k), ("max-distance", &args.max_distance), ("filter", &args.filter)];
    let parameters = [start_parameters(&args.start), parameters(given)].concat();
    locate(&args.data, Question::Nearest(&args.layer), &parameters, &args.answer)
}

fn at(args: &AtArgs) -> anyhow::Result<ExitCode> {
    let given = [("collections", &args.collections), ("tolerance", &args.tolerance)];
    let parameters = [point_parameters(&args.point), parameters(given)].concat();
    locate(&args.data, Question::At, &parameters, &args.answer)
}

fn distance(args: &DistanceArgs) -> anyhow::Result<ExitCode> {
    let parameters = [("from", args.from.clone()), ("to", args.to.clone())];
    locate(&args.data, Question::Distance, &parameters, &args.answer)
}

fn along(args: &AlongArgs) -> anyhow::Result<ExitCode> {
    let given = [
        ("collections", &args.collections),
        ("max-offset", &args.max_offset),
        ("after", &args.after),
        ("limit", &args.limit),
        ("theme", &args.theme),
        ("width", &args.width),
        ("density", &args.density),
        ("step", &args.step),
    ];
    let given = parameters(given);
    let Some(output) = &args.output else {
        return locate(&args.data, Question::Along(&args.line), &given, &args.answer);
    };
    let as_pixels = match output.extension().and_then(|suffix| suffix.to_str()) {
        Some("svg") => false,
        Some("png") => true,
        _ => bail!("name the form of the diagram by the suffix .svg or .png"),
    };
    let catalog = load(&mut Store::new(&args.data.data))?.catalog;
    let lang = lang_of(args.answer.lang);
    let made = api::draw_strip(&catalog, &args.line, &given, lang, as_pixels).map_err(anyhow::Error::msg)?;
    deliver(Some(output), &made)
}

fn plan(args: &PlanArgs) -> anyhow::Result<ExitCode> {
    let catalog = load(&mut Store::new(&args.data.data))?.catalog;
    let as_json = matches!(args.answer.format, AnswerFormat::Json);
    let told = api::read_plan(&catalog, args.section.as_deref(), lang_of(args.answer.lang), as_json);
    print(told.map_err(anyhow::Error::msg)?)?;
    Ok(ExitCode::SUCCESS)
}

fn reach(args: &ReachArgs) -> anyhow::Result<ExitCode> {
    let given = [
        ("minutes", &args.minutes),
        ("speed", &args.speed),
        ("detour", &args.detour),
        ("mode", &args.mode),
        ("collections", &args.collections),
        ("polygons", &args.polygons),
        ("measure", &args.measure),
    ];
    let mut parameters = [start_parameters(&args.start), parameters(given)].concat();
    if args.planned {
        parameters.push(("planned", "true".to_owned()));
    }
    let catalog = load(&mut Store::new(&args.data.data))?.catalog;
    let told = api::stroll(&catalog, &parameters, lang_of(args.answer.lang));
    tell(&told.map_err(anyhow::Error::msg)?, &args.answer)
}

fn tiles(args: &TilesArgs) -> anyhow::Result<ExitCode> {
    let suffix = args.output.extension().and_then(|suffix| suffix.to_str()).unwrap_or("");
    let kind = match (args.format, suffix.to_ascii_lowercase().as_str()) {
        (Some(TilesFormat::Pmtiles), _) | (None, "pmtiles") => Kind::PmTiles,
        (Some(TilesFormat::Mbtiles), _) | (None, "mbtiles") => Kind::MbTiles,
        (None, _) => bail!("name the kind of file by the suffix .pmtiles or .mbtiles, or with --format"),
    };
    let catalog = load(&mut Store::new(&args.data.data))?.catalog;
    let given = [
        ("filter", &args.filter),
        ("datetime", &args.datetime),
        ("properties", &args.properties),
        ("detail", &args.detail),
    ];
    let parameters = parameters(given);
    let window = args.bbox.as_deref().map(window).transpose()?;
    let order =
        api::archive_order(&catalog, &args.layers, &parameters, window, args.zooms, lang_of(args.lang));
    let order = order.map_err(anyhow::Error::msg)?;
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template(
        "{bar:40} {human_pos}/{human_len} tiles, {per_sec}, {eta} left",
    )?);
    let made = archive::write(&order, kind, &args.output, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    let archive::Made { tiles, taken_over, thinned, bytes } = made;
    let mut said = format!("{}: {tiles} tiles, {bytes} bytes", args.output.display());
    if taken_over > 0 {
        // Writing to a text does not fail.
        let _ = write!(said, ", {taken_over} taken over from a run that was ended");
    }
    if thinned > 0 {
        let _ = write!(said, ", features left out of {thinned} tiles (--detail full leaves none out)");
    }
    print(format!("{said}\n").as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// West, south, east, north in degrees.
fn window(text: &str) -> anyhow::Result<Bounds> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    match numbers.as_deref() {
        Ok(&[west, south, east, north]) => Bounds::new(west, south, east, north).context("--bbox"),
        _ => bail!("--bbox is {text:?}, expected west,south,east,north in degrees"),
    }
}

/// The parameters that were given, as the service names them.
fn parameters<const N: usize>(given: [(&'static str, &Option<String>); N]) -> Vec<(&'static str, String)> {
    given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
}

fn lang_of(lang: LangArg) -> Lang {
    match lang {
        LangArg::Zh => Lang::Zh,
        LangArg::En => Lang::En,
    }
}

fn map(args: &MapArgs) -> anyhow::Result<ExitCode> {
    let engine = engine_of(args.engine)?;
    let catalog = load(&mut Store::new(&args.data.data))?.catalog;
    let given = [
        ("bbox", &args.bbox),
        ("extent", &args.extent),
        ("center", &args.center),
        ("zoom", &args.zoom),
        ("features", &args.feature),
        ("width", &args.width),
        ("height", &args.height),
        ("scale", &args.scale),
        ("theme", &args.theme),
        ("lang", &args.lang),
        ("furniture", &args.furniture),
        ("title", &args.title),
    ];
    let parameters = parameters(given);
    let suffix =
        args.output.extension().map(|suffix| suffix.to_string_lossy().to_lowercase()).unwrap_or_default();
    let file = format!("{}.{suffix}", args.view);
    let (bytes, missing) = api::draw_map(&catalog, &file, &parameters, engine).map_err(anyhow::Error::msg)?;
    if let Some(missing) = missing {
        eprintln!("warning: no font has {missing}; boxes are drawn");
    }
    let path = &args.output;
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn make_report(args: &ReportArgs) -> anyhow::Result<ExitCode> {
    let Some(kind) = report::Kind::parse(&args.kind) else {
        bail!(
            "{:?} is no report: expected one of {}",
            args.kind,
            report::Kind::ALL.map(report::Kind::name).join(", ")
        );
    };
    let suffix =
        args.output.as_ref().and_then(|path| path.extension()).map(|suffix| suffix.to_string_lossy());
    let name = args.format.clone().or_else(|| suffix.map(|suffix| suffix.to_lowercase()));
    let name = name.unwrap_or_else(|| Form::Text.name().to_owned());
    let Some(form) = Form::parse(&name) else {
        bail!("{name:?} is no form of reports: expected one of {}", Form::ALL.map(Form::name).join(", "));
    };
    if args.output.is_none()
        && matches!(form, Form::Pdf | Form::Docx | Form::Xlsx)
        && std::io::stdout().is_terminal()
    {
        bail!("this is no text; name a file with --output");
    }
    let ids = (!args.ids.is_empty()).then(|| args.ids.join(","));
    let given = [
        ("as_of", &args.as_of),
        ("lang", &args.lang),
        ("table", &args.table),
        ("ids", &ids),
        ("within", &args.within),
        ("polygon", &args.polygon),
        ("collection", &args.collection),
        ("filter", &args.select.filter),
        ("bbox", &args.select.bbox),
        ("datetime", &args.select.datetime),
    ];
    let catalog = load(&mut Store::new(&args.data.data))?.catalog;
    let (document, bytes) =
        api::make_report(&catalog, kind, form, &parameters(given)).map_err(anyhow::Error::msg)?;
    let missing = report::pdf::missing(&document);
    if !missing.is_empty() && matches!(form, Form::Pdf) {
        eprintln!("warning: no font has {}; boxes are drawn", missing.iter().collect::<String>());
    }
    deliver(args.output.as_deref(), &bytes)
}

fn import(args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let form = match args.format {
        ImportFormat::Text => ReportForm::Text,
        ImportFormat::Json => ReportForm::Json,
        ImportFormat::Csv => ReportForm::Csv,
    };
    let is_known = |path: &PathBuf| {
        path.extension().and_then(|suffix| ReportForm::of_suffix(suffix.to_str()?)).is_some()
    };
    if args.report.as_ref().is_some_and(|path| !is_known(path)) {
        bail!("--report: name the form by the suffix .txt, .json or .csv");
    }
    let may_ask = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if !args.dry_run && !args.yes && !may_ask {
        bail!("nobody can be asked here whether to write: say --yes, or --dry-run to look first");
    }
    let order = Order {
        files: args.files.clone(),
        data: args.data.data.clone(),
        collection: args.collection.clone(),
        layer: args.layer.clone(),
        encoding: args.encoding.clone(),
        crs: args.crs.clone(),
        from: args.from.clone(),
        map: args.map.clone(),
        area_unit: args.area_unit.clone(),
        national_codes: args.national_codes,
        form: args.store_as.map(|form| match form {
            StoreAs::Geojson => FileFormat::GeoJson,
            StoreAs::Geoparquet => FileFormat::GeoParquet,
        }),
        append: args.append,
        basis: args.basis.clone(),
        accuracy_m: args.accuracy_m,
        source: args.source.clone(),
        title: args.title.clone(),
        attribution: args.attribution.clone(),
        report: args.report.clone(),
    };
    let spinner = spinner();
    let mut intake = Intake::prepare(order, &mut |what| spinner.set_message(format!("reading {what}")))?;
    if !args.yes {
        let preview = intake.preview()?;
        spinner.finish_and_clear();
        let blockers = intake
            .blockers()
            .iter()
            .fold(String::new(), |said, blocker| said + "stopped    " + blocker + "\n");
        if args.dry_run {
            print(preview.written(form))?;
            eprint!("{blockers}");
            return Ok(ExitCode::from(u8::from(!blockers.is_empty())));
        }
        eprint!("{}{blockers}", preview.written(ReportForm::Text));
        if !blockers.is_empty() {
            return Ok(ExitCode::from(1));
        }
        eprint!("write {} features into {}? [y/N] ", preview.taken, args.data.data.display());
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "是") {
            eprintln!("nothing was written");
            return Ok(ExitCode::from(1));
        }
    }
    let made = intake.write()?;
    spinner.finish_and_clear();
    print(made.written(form))?;
    Ok(ExitCode::SUCCESS)
}

fn sample_parcels(data: &Path, count: u64, seed: u64, output: Option<&Path>) -> anyhow::Result<ExitCode> {
    let ground = store::ground(data)?;
    // indicatif draws on a terminal only.
    let bar = ProgressBar::new(count);
    bar.set_style(ProgressStyle::with_template(
        "{bar:40} {human_pos}/{human_len} parcels, {per_sec}, {eta} left",
    )?);
    let mut heard = |written| bar.set_position(written);
    let Some(path) = output else {
        let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
        return match sample::parcels(&ground, count, seed, &mut out, &mut heard)
            .and_then(|_| Ok(out.flush()?))
        {
            Err(SampleError::Write(fault)) if fault.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
            done => done.map(|()| ExitCode::SUCCESS).map_err(Into::into),
        };
    };
    let in_file = || format!("cannot write {}", path.display());
    let mut out = BufWriter::with_capacity(1 << 16, File::create(path).with_context(in_file)?);
    let summary = sample::parcels(&ground, count, seed, &mut out, &mut heard).with_context(in_file)?;
    out.flush().with_context(in_file)?;
    bar.finish_and_clear();
    eprintln!(
        "{}: {} synthetic parcels, {} with a hole, {}",
        path.display(),
        summary.parcels,
        summary.with_hole,
        indicatif::HumanBytes(summary.bytes)
    );
    Ok(ExitCode::SUCCESS)
}
