//! Commands and their arguments, as they are typed and as the help shows them.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{USUAL_PAGE_CACHE_BYTES, USUAL_TILE_CACHE_BYTES};

/// Serves the layers of an innovation zone as map queries: OGC API Features under /ogc, a map at /.
#[derive(Debug, Parser)]
#[command(name = "innospace", version, arg_required_else_help = true, max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
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
pub(super) struct ImportArgs {
    /// GeoJSON, newline-delimited GeoJSON, shapefile (folder, .shp or .zip), GeoPackage, CSV, XLSX, KML, KMZ, FlatGeobuf, GeoParquet
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// The collection that is made, or replaced
    #[arg(long, value_name = "ID")]
    pub(super) collection: String,
    #[command(flatten)]
    pub(super) data: DataArgs,
    /// Show what would be done, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Write without asking
    #[arg(long, short, conflicts_with = "dry_run")]
    pub(super) yes: bool,
    /// Form of the collection's file; when left out GeoParquet for more than 50,000 features, which loads much faster, else GeoJSON
    #[arg(long, value_enum, value_name = "FORM")]
    pub(super) store_as: Option<StoreAs>,
    /// Keep the features that the collection has; rows whose id is there are refused
    #[arg(long)]
    pub(super) append: bool,
    /// Where a file holds several: the layer, the sheet, the shapefile
    #[arg(long, value_name = "NAME")]
    pub(super) layer: Option<String>,
    /// System of the coordinates, as EPSG:4547
    #[arg(long, value_name = "CODE")]
    pub(super) crs: Option<String>,
    /// Degrees of the file: gcj02 and bd09 are converted, wgs84 is taken as it is
    #[arg(long, value_name = "DATUM")]
    pub(super) from: Option<String>,
    /// A field and the heading it is read from; geometry, x and y name columns of tables that hold the place
    #[arg(long, value_name = "FIELD=HEADING", value_parser = field_and_heading)]
    pub(super) map: Vec<(String, String)>,
    /// Unit of the stated areas: m2, ha, mu or km2
    #[arg(long, value_name = "UNIT")]
    pub(super) area_unit: Option<String>,
    /// Write old codes of land uses as the national ones of 2023, where one means the same
    #[arg(long)]
    pub(super) national_codes: bool,
    /// Encoding of tables and attributes, as gbk
    #[arg(long, value_name = "NAME")]
    pub(super) encoding: Option<String>,
    /// How the positions are known: surveyed, authoritative, digitised, osm, gazetteer or interpreted
    #[arg(long, value_name = "WORD")]
    pub(super) basis: Option<String>,
    /// How far positions may be off, metres
    #[arg(long, value_name = "M")]
    pub(super) accuracy_m: Option<u32>,
    /// Where the data is from; the names of the files when left out
    #[arg(long, value_name = "TEXT")]
    pub(super) source: Option<String>,
    /// Title of the collection
    #[arg(long, value_name = "TEXT")]
    pub(super) title: Option<String>,
    /// Who is credited for it
    #[arg(long, value_name = "TEXT")]
    pub(super) attribution: Option<String>,
    /// A report on every row that was repaired or refused: .txt, .json or .csv
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// How the report is written to standard output
    #[arg(long, value_enum, default_value_t = ImportFormat::Text)]
    pub(super) format: ImportFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum StoreAs {
    Geojson,
    Geoparquet,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ImportFormat {
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
pub(super) struct PointArgs {
    /// Longitude and latitude in degrees, or coordinates in the axes of --point-crs
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true)]
    pub(super) point: Option<String>,
    /// Coordinate reference system of the position
    #[arg(long, value_name = "URI")]
    pub(super) point_crs: Option<String>,
    /// The shifted degrees that the position is given in: gcj02 or bd09
    #[arg(long, value_name = "DATUM")]
    pub(super) datum: Option<String>,
    /// How many metres the position may be off; exact when left out
    #[arg(long, value_name = "M")]
    pub(super) point_accuracy: Option<String>,
}

/// How an answer is written.
#[derive(Debug, Args)]
pub(super) struct AnswerArgs {
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    pub(super) format: AnswerFormat,
    /// Language of names and words
    #[arg(long, value_enum, default_value_t = LangArg::En)]
    pub(super) lang: LangArg,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum AnswerFormat {
    Text,
    Json,
}

/// Where a question starts from.
#[derive(Debug, Args)]
pub(super) struct StartArgs {
    #[command(flatten)]
    pub(super) point: PointArgs,
    /// Instead of a position: the feature to start from
    #[arg(long, value_name = "LAYER:ID")]
    pub(super) feature: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct NearArgs {
    /// The layer whose features are looked for
    pub(super) layer: String,
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    pub(super) start: StartArgs,
    /// How many; 5 when left out
    #[arg(long, value_name = "N")]
    pub(super) k: Option<String>,
    /// Only what is no farther, metres
    #[arg(long, value_name = "M")]
    pub(super) max_distance: Option<String>,
    /// CQL2 text over the features
    #[arg(long, value_name = "CQL2")]
    pub(super) filter: Option<String>,
    #[command(flatten)]
    pub(super) answer: AnswerArgs,
}

#[derive(Debug, Args)]
pub(super) struct ReachArgs {
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    pub(super) start: StartArgs,
    /// Minutes of each ring, split by commas; 5,10,15 when left out
    #[arg(long, value_name = "LIST")]
    pub(super) minutes: Option<String>,
    /// Kilometres an hour; that of the data when left out, else 4.8
    #[arg(long, value_name = "KMH")]
    pub(super) speed: Option<String>,
    /// Metres walked for a metre straight; that of the data when left out, else 1.3
    #[arg(long, value_name = "FACTOR")]
    pub(super) detour: Option<String>,
    /// network or straight; the network where there is one near, when left out
    #[arg(long, value_name = "MODE")]
    pub(super) mode: Option<String>,
    /// The layers whose features are looked for, split by commas
    #[arg(long, value_name = "LIST")]
    pub(super) collections: Option<String>,
    /// Count what is only planned, too
    #[arg(long)]
    pub(super) planned: bool,
    /// Layers of polygons that are counted in each ring, split by commas
    #[arg(long, value_name = "LIST")]
    pub(super) polygons: Option<String>,
    /// What else is measured of those with their centre in a ring, as in sum(people)
    #[arg(long, value_name = "LIST")]
    pub(super) measure: Option<String>,
    #[command(flatten)]
    pub(super) answer: AnswerArgs,
}

#[derive(Debug, Args)]
pub(super) struct AtArgs {
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    pub(super) point: PointArgs,
    /// The layers to look in, split by commas; all when left out
    #[arg(long, value_name = "LIST")]
    pub(super) collections: Option<String>,
    /// How far a line or a point may be, metres; 25 when left out
    #[arg(long, value_name = "M")]
    pub(super) tolerance: Option<String>,
    #[command(flatten)]
    pub(super) answer: AnswerArgs,
}

#[derive(Debug, Args)]
pub(super) struct DistanceArgs {
    /// The first feature
    #[arg(value_name = "LAYER:ID")]
    pub(super) from: String,
    /// The second feature
    #[arg(value_name = "LAYER:ID")]
    pub(super) to: String,
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    pub(super) answer: AnswerArgs,
}

#[derive(Debug, Args)]
pub(super) struct AlongArgs {
    /// The line
    #[arg(value_name = "LAYER:ID")]
    pub(super) line: String,
    #[command(flatten)]
    pub(super) data: DataArgs,
    /// The layers whose features are looked for, split by commas
    #[arg(long, value_name = "LIST")]
    pub(super) collections: Option<String>,
    /// How far from the line, metres; its half width when left out, else 1000
    #[arg(long, value_name = "M")]
    pub(super) max_offset: Option<String>,
    /// Only what comes later than this feature
    #[arg(long, value_name = "LAYER:ID")]
    pub(super) after: Option<String>,
    /// The most features
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<String>,
    /// Draws the strip diagram into a file instead: SVG or PNG, by the suffix
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Of the diagram: light or dark
    #[arg(long, value_name = "THEME", requires = "output")]
    pub(super) theme: Option<String>,
    /// Of the diagram: pixels across
    #[arg(long, value_name = "PX", requires = "output")]
    pub(super) width: Option<String>,
    /// Of the diagram: the layer whose features are counted along the line in a band below it
    #[arg(long, value_name = "LAYER", requires = "output")]
    pub(super) density: Option<String>,
    /// Of the diagram: length of the stretches of that band, metres
    #[arg(long, value_name = "M", requires = "density")]
    pub(super) step: Option<String>,
    #[command(flatten)]
    pub(super) answer: AnswerArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Sample {
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
pub(super) struct SelectArgs {
    /// CQL2 text over the features
    #[arg(long, value_name = "CQL2")]
    pub(super) filter: Option<String>,
    /// West, south, east, north in degrees
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    pub(super) bbox: Option<String>,
    /// A date, a timestamp, or an interval with a slash
    #[arg(long, value_name = "TIME")]
    pub(super) datetime: Option<String>,
}

/// The names and meanings are those of the parameters of the HTTP resource `/plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// Only this section, as in 三(一)4 or 专栏3-1; all when left out
    pub(super) section: Option<String>,
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    pub(super) answer: AnswerArgs,
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
pub(super) struct ReportArgs {
    /// units, progress, parcels or site
    pub(super) kind: String,
    /// Of a report on a site: the id of a place of the plan, or of a feature, or collection:id; those of several stand side by side
    pub(super) ids: Vec<String>,
    #[command(flatten)]
    pub(super) data: DataArgs,
    /// The day to report of, not before the plan; that of the data when left out
    #[arg(long, value_name = "DAY")]
    pub(super) as_of: Option<String>,
    /// zh, en or both
    #[arg(long, value_name = "LANG", default_value = "en")]
    pub(super) lang: String,
    /// html, pdf, docx, xlsx, csv, json or txt; told by the suffix of the output when left out
    #[arg(long, value_name = "FORM")]
    pub(super) format: Option<String>,
    /// Of CSV, which table of the report: its main one when left out
    #[arg(long, value_name = "NAME")]
    pub(super) table: Option<String>,
    /// Of a report on units: only those that lie in a feature, collection:id
    #[arg(long, value_name = "COLLECTION:ID")]
    pub(super) within: Option<String>,
    /// Of a report on units: only those that lie in a polygon, WKT or GeoJSON, longitude first
    #[arg(long, value_name = "GEOMETRY")]
    pub(super) polygon: Option<String>,
    /// Of a report on parcels: the collection
    #[arg(long, value_name = "ID")]
    pub(super) collection: Option<String>,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Where to write; standard output when left out
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
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
pub(super) struct TilesArgs {
    /// Layers split by commas, from below to above; all when none is named
    #[arg(default_value = "")]
    pub(super) layers: String,
    #[command(flatten)]
    pub(super) data: DataArgs,
    /// First and last zoom, or one
    #[arg(long, value_name = "MIN-MAX", default_value = "0-14", value_parser = zooms)]
    pub(super) zooms: Zooms,
    /// West, south, east, north in degrees; the extent of the layers when left out
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    pub(super) bbox: Option<String>,
    /// CQL2 text over the features
    #[arg(long, value_name = "CQL2")]
    pub(super) filter: Option<String>,
    /// A date, a timestamp, or an interval with a slash
    #[arg(long, value_name = "TIME")]
    pub(super) datetime: Option<String>,
    /// Fields that become attributes; all when left out
    #[arg(long, value_name = "LIST")]
    pub(super) properties: Option<String>,
    /// auto thins tiles that would grow beyond 500,000 bytes, full leaves no feature out
    #[arg(long, value_name = "HOW")]
    pub(super) detail: Option<String>,
    /// The kind of file; told by the suffix of the output when left out
    #[arg(long, value_enum)]
    pub(super) format: Option<TilesFormat>,
    /// Language of titles
    #[arg(long, value_enum, default_value_t = LangArg::En)]
    pub(super) lang: LangArg,
    /// Where to write
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: PathBuf,
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
pub(super) const MOST_ZOOM: u8 = 20;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum TilesFormat {
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
pub(super) struct ItemsArgs {
    /// The layer
    pub(super) layer: String,
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Text to look for
    #[arg(long, short, value_name = "TEXT")]
    pub(super) q: Option<String>,
    /// Fields, - for descending
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub(super) sortby: Option<String>,
    /// Fields to write; all when left out
    #[arg(long, value_name = "LIST")]
    pub(super) properties: Option<String>,
    /// Adds the field `distance_m`: LAYER:ID or a geometry, longitude first
    #[arg(long, value_name = "PLACE")]
    pub(super) distance_to: Option<String>,
    /// System of the coordinates
    #[arg(long, value_name = "URI")]
    pub(super) crs: Option<String>,
    /// Most features; all when left out
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<String>,
    /// The form; told by the suffix of the output when left out, else GeoJSON
    #[arg(long, value_enum)]
    pub(super) format: Option<ItemsFormat>,
    /// Language of titles and notes
    #[arg(long, value_enum, default_value_t = LangArg::En)]
    pub(super) lang: LangArg,
    /// Where to write; standard output when left out
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
pub(super) enum ItemsFormat {
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
pub(super) struct FindArgs {
    /// What to look for; several words are one text
    #[arg(required = true, value_name = "TEXT")]
    pub(super) text: Vec<String>,
    #[command(flatten)]
    pub(super) data: DataArgs,
    /// The most answers, 10 when left out
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<String>,
    /// West, south, east, north in degrees: what touches this window comes earlier
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    pub(super) bbox: Option<String>,
    /// Only these kinds, split by commas: types of units of the plan, else layers
    #[arg(long, value_name = "LIST")]
    pub(super) kind: Option<String>,
    /// Only these layers, split by commas
    #[arg(long, value_name = "LIST")]
    pub(super) collections: Option<String>,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = FindFormat::Text)]
    pub(super) format: FindFormat,
    /// Language of words in text
    #[arg(long, value_enum, default_value_t = LangArg::En)]
    pub(super) lang: LangArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FindFormat {
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
pub(super) struct CountArgs {
    /// The layer whose features are counted
    pub(super) layer: String,
    #[command(flatten)]
    pub(super) data: DataArgs,
    /// Fields, and one of area:LAYER, distance:LAYER, distance:LAYER/ID or along:LAYER/ID, split by commas
    #[arg(long, value_name = "LIST")]
    pub(super) group_by: Option<String>,
    /// share, area, overlap (m2, ha, mu); known, distinct, sum, mean, min, max, median, p90, share of a field
    #[arg(long, value_name = "LIST")]
    pub(super) measure: Option<String>,
    /// When a feature counts in an area: larger, intersects, within or centroid
    #[arg(long, value_name = "RULE")]
    pub(super) assign: Option<String>,
    /// A polygon as the only area, WKT or GeoJSON, longitude first
    #[arg(long, value_name = "POLYGON")]
    pub(super) polygon: Option<String>,
    /// Limits of bands of distance, metres
    #[arg(long, value_name = "LIST")]
    pub(super) bands: Option<String>,
    /// Length of the stretches of a line, metres; a round number when left out
    #[arg(long, value_name = "M")]
    pub(super) step: Option<String>,
    /// How far from a line what counts in its stretches may be, metres; its half width when left out, else 1000
    #[arg(long, value_name = "M")]
    pub(super) max_offset: Option<String>,
    /// ignore or respect: tell certain and possible counts apart
    #[arg(long, value_name = "HOW")]
    pub(super) accuracy: Option<String>,
    /// Take areas that overlap
    #[arg(long)]
    pub(super) overlap: bool,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// CQL2 text over the columns of the table
    #[arg(long, value_name = "CQL2")]
    pub(super) having: Option<String>,
    /// Columns of the table, - for descending
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub(super) sortby: Option<String>,
    /// Most groups
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<String>,
    #[command(flatten)]
    pub(super) table: TableArgs,
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
pub(super) struct ParcelsArgs {
    /// The layer; the one that is drawn as parcels when left out
    pub(super) layer: Option<String>,
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Instead of --filter, once for each criterion: CQL2 text, with a name and a colon before it where it is to have one
    #[arg(long, value_name = "[NAME: ]CQL2", conflicts_with = "filter")]
    pub(super) criterion: Vec<String>,
    /// Keys to rank by, - for descending: fields, and distance:PLACE of each of --distances
    #[arg(long, value_name = "LIST", allow_hyphen_values = true)]
    pub(super) sortby: Option<String>,
    /// Keys that make points, - where less is better, as in `area_m2*2,-distance:axes`
    #[arg(long, value_name = "LIST", allow_hyphen_values = true, conflicts_with = "sortby")]
    pub(super) weights: Option<String>,
    /// What distances are measured to: layers, and features as LAYER:ID; core, axis and belts when left out
    #[arg(long, value_name = "LIST")]
    pub(super) distances: Option<String>,
    /// How many matches a relaxation must yield; 10 when left out
    #[arg(long, value_name = "N")]
    pub(super) want: Option<String>,
    /// The size that neighbours must have together, square metres; that of a criterion on the area when left out
    #[arg(long, value_name = "M2")]
    pub(super) merge_area: Option<String>,
    /// The field by which neighbours must be alike
    #[arg(long, value_name = "FIELD")]
    pub(super) merge_by: Option<String>,
    /// The share of a unit that capped uses may fill; that of the data when left out
    #[arg(long, value_name = "SHARE")]
    pub(super) cap: Option<String>,
    /// Most ranks
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<String>,
    #[command(flatten)]
    pub(super) table: TableArgs,
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
pub(super) struct TopologyArgs {
    /// The layer; the one that is drawn as parcels when left out
    pub(super) layer: Option<String>,
    #[command(flatten)]
    pub(super) data: DataArgs,
    #[command(flatten)]
    pub(super) select: SelectArgs,
    /// Kinds to list: invalid-ring, duplicate, repeated-number, overlap, gap, sliver, stated-area; all are counted
    #[arg(long, value_name = "LIST")]
    pub(super) kind: Option<String>,
    /// Narrower overlaps and gaps are rounding, metres; 0.02 when left out
    #[arg(long, value_name = "M")]
    pub(super) tolerance: Option<String>,
    /// Narrower overlaps, gaps and features are slivers, metres; 1 when left out
    #[arg(long, value_name = "M")]
    pub(super) sliver_width: Option<String>,
    /// The largest gap, square metres; 200 when left out
    #[arg(long, value_name = "M2")]
    pub(super) gap_area: Option<String>,
    /// The share by which a stated area may differ; 0.01 when left out
    #[arg(long, value_name = "SHARE")]
    pub(super) area_tolerance: Option<String>,
    /// The field of stated areas; nothing is compared when empty
    #[arg(long, value_name = "FIELD")]
    pub(super) area_field: Option<String>,
    /// The field of numbers that stand once; nothing is compared when empty
    #[arg(long, value_name = "FIELD")]
    pub(super) number_field: Option<String>,
    /// Most defects to list; 100,000 when left out
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<String>,
    /// Exit code 1 when there is a defect
    #[arg(long)]
    pub(super) strict: bool,
    #[command(flatten)]
    pub(super) table: TableArgs,
}

/// How a table goes out.
#[derive(Debug, Args)]
pub(super) struct TableArgs {
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub(super) format: TableFormat,
    /// Language of titles and notes
    #[arg(long, value_enum, default_value_t = LangArg::En)]
    pub(super) lang: LangArg,
    /// Where to write; standard output when left out
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

impl TableArgs {
    /// A workbook is nothing for a terminal.
    pub(super) fn check(&self) -> anyhow::Result<()> {
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
pub(super) enum TableFormat {
    Table,
    Json,
    Csv,
    Xlsx,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum LangArg {
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
pub(super) struct MapArgs {
    #[command(flatten)]
    pub(super) data: DataArgs,
    /// Where to write; the suffix says the form: png, svg or pdf
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: PathBuf,
    /// What it shows: explore, the layout of the plan, or parcels
    #[arg(long, value_name = "VIEW", default_value = "explore")]
    pub(super) view: String,
    /// West, south, east, north in degrees; the map shows all of it
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true)]
    pub(super) bbox: Option<String>,
    /// Instead of --bbox: a part of the earth by its name in catalog.toml
    #[arg(long, value_name = "ID")]
    pub(super) extent: Option<String>,
    /// Longitude and latitude of the middle, with --zoom
    #[arg(long, value_name = "LON,LAT", allow_hyphen_values = true)]
    pub(super) center: Option<String>,
    /// Zoom of the middle, as in MapLibre
    #[arg(long, value_name = "Z")]
    pub(super) zoom: Option<String>,
    /// Features to highlight, LAYER:ID split by commas; without --bbox and --center the map is of them
    #[arg(long, value_name = "LIST")]
    pub(super) feature: Option<String>,
    /// Width in CSS pixels, 1600 when left out
    #[arg(long, value_name = "PX")]
    pub(super) width: Option<String>,
    /// Height in CSS pixels, 900 when left out
    #[arg(long, value_name = "PX")]
    pub(super) height: Option<String>,
    /// Pixels per CSS pixel, from 1 to 3
    #[arg(long, value_name = "N")]
    pub(super) scale: Option<String>,
    /// light or dark
    #[arg(long, value_name = "THEME")]
    pub(super) theme: Option<String>,
    /// Language of names and words
    #[arg(long, value_enum, default_value_t = LangArg::En)]
    pub(super) lang: LangArg,
    /// all, none, or some of title, legend, scalebar, north, graticule, attribution, approval, split by commas
    #[arg(long, value_name = "LIST")]
    pub(super) furniture: Option<String>,
    /// Title of the map; that of the data when left out
    #[arg(long, value_name = "TEXT")]
    pub(super) title: Option<String>,
    /// What draws areas and lines: innospace, or maplibre-rs for PNG, where it was built with it
    #[arg(long, value_enum, default_value_t = EngineArg::Innospace)]
    pub(super) engine: EngineArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineArg {
    Innospace,
    #[value(name = "maplibre-rs")]
    MaplibreRs,
}

#[derive(Debug, Args)]
pub(super) struct DataArgs {
    /// Folder with catalog.toml and its files, GeoJSON or `GeoParquet`; without a catalog.toml every such file is a layer
    #[arg(long, value_name = "DIR", env = "INNOSPACE_DATA", default_value = "geodata")]
    pub(super) data: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    pub(super) data: DataArgs,
    /// Where to listen; port 0 takes a free one. Loopback unless told otherwise
    #[arg(long, value_name = "ADDR:PORT", env = "INNOSPACE_LISTEN", default_value = "127.0.0.1:8080")]
    pub(super) listen: SocketAddr,
    /// The address clients see, used in links; without it each request's Host header is used
    #[arg(long, value_name = "URL", env = "INNOSPACE_PUBLIC_URL")]
    pub(super) public_url: Option<String>,
    /// Memory for tiles that were made, MiB; 0 keeps none
    #[arg(long, value_name = "MIB", env = "INNOSPACE_TILE_CACHE", default_value_t = USUAL_TILE_CACHE_BYTES >> 20)]
    pub(super) tile_cache: u64,
    /// Memory for pages of items that were made, MiB; 0 keeps none
    #[arg(long, value_name = "MIB", env = "INNOSPACE_PAGE_CACHE", default_value_t = USUAL_PAGE_CACHE_BYTES >> 20)]
    pub(super) page_cache: u64,
    /// Folder where drawings that are too long for a link are kept, or off; without it drawings of innospace in the user's
    /// folder of state
    #[arg(long, value_name = "DIR|off", env = "INNOSPACE_DRAWINGS")]
    pub(super) drawings: Option<PathBuf>,
    /// Form of the log on standard error
    #[arg(long, value_enum, env = "INNOSPACE_LOG_FORMAT", default_value = "text")]
    pub(super) log_format: LogFormat,
    /// What to log: off, error, warn, info, debug, trace, or a filter by module
    #[arg(long, value_name = "FILTER", env = "INNOSPACE_LOG", default_value = "info")]
    pub(super) log: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum LogFormat {
    Text,
    Json,
}
