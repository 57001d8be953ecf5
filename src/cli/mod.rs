//! Which command was asked?

mod args;

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Parser as _, ValueEnum as _};
use indicatif::{ProgressBar, ProgressStyle};

use crate::api::{self, App, Question};
use crate::archive::{self, Kind};
use crate::catalog::Catalog;
use crate::config::{Config, Limits};
#[cfg(feature = "maplibre-rs")]
use crate::engine;
use crate::geometry::{Bounds, GeometryKind};
use crate::index::IndexedLayer;
use crate::intake::{Intake, Order, ReportForm};
use crate::model::{Lang, Layer, Value, counted};
use crate::render::locate::Told;
use crate::report::{self, Form};
use crate::sample::{self, SampleError};
use crate::store::manifest::FileFormat;
use crate::store::{self, Checked, Effect, Loaded, Store, Watch};

use args::{
    AlongArgs, AnswerArgs, AnswerFormat, AtArgs, Cli, Command, CountArgs, DataArgs, DistanceArgs, EngineArg,
    FindArgs, FindFormat, ImportArgs, ImportFormat, ItemsArgs, ItemsFormat, LangArg, LogFormat, MapArgs,
    NearArgs, ParcelsArgs, PlanArgs, PointArgs, ReachArgs, ReportArgs, Sample, ServeArgs, StartArgs, StoreAs,
    TableFormat, TilesArgs, TilesFormat, TopologyArgs,
};

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

/// An http or https address without path and query, its last slash cut off: the web app and what redirects stand at the root of
/// their host.
fn public_url(text: &str) -> anyhow::Result<String> {
    let uri: axum::http::Uri =
        text.parse().with_context(|| format!("--public-url {text:?} is no address"))?;
    let fits = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.authority().is_some()
        && matches!(uri.path(), "" | "/")
        && uri.query().is_none();
    if !fits {
        bail!(
            "--public-url is {text:?}, expected an address as in https://map.example.org, without a path: the service stands at \
             the root of its host"
        );
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
        "{}, {}; {}, {} skipped, {} repaired, {}",
        counted(layers as u64, "layer"),
        counted(features as u64, "feature"),
        counted(errors.len() as u64, "error"),
        warnings.count(Effect::Skipped),
        warnings.count(Effect::Repaired),
        counted(warnings.count(Effect::Noted), "note"),
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

fn map(args: &MapArgs) -> anyhow::Result<ExitCode> {
    let engine = engine_of(args.engine)?;
    let catalog = load(&mut Store::new(&args.data.data))?.catalog;
    let lang = Some(lang_of(args.lang).name().to_owned());
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
        ("lang", &lang),
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
    let (ids, lang) = ((!args.ids.is_empty()).then(|| args.ids.join(",")), Some(args.lang.clone()));
    let given = [
        ("as_of", &args.as_of),
        ("lang", &lang),
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
    let missing = report::missing(&document, form);
    if !missing.is_empty() {
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
            eprintln!("nothing was written (--dry-run)");
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
