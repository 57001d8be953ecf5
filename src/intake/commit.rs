//! How new data takes the place of the old: whole, or not at all.
//!
//! The data goes to a file of a name that nothing has, then `catalog.toml` is replaced by one that names it. That one
//! rename is the moment of change; whoever ends the process before it leaves the data as it was.

use std::fs::{self, File, TryLockError};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use toml_edit::{ArrayOfTables, Datetime, DocumentMut, InlineTable, Item, Table, value};

use super::IntakeError;
use super::mapping::KNOWN;
use crate::model::{Date, Words};
use crate::store::manifest::{self, FileFormat, LayerSpec, Manifest};
use crate::store::{self, Effect, Warning, Warnings};

/// The file whose lock an import of a folder holds; it has no content, and stays.
const LOCK: &str = ".import.lock";

/// How long an import waits for another to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// The file that data is written to before it is accepted as a whole.
pub(super) struct Draft {
    pub out: BufWriter<File>,
    path: PathBuf,
    /// Held until the draft is accepted or gone: a process that was ended holds nothing.
    _lock: File,
}

impl Draft {
    /// Begins a draft for a collection; one import at a time may change a folder.
    pub(super) fn begin(folder: &Path, collection: &str) -> Result<Self, IntakeError> {
        let path = folder.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(|fault| IntakeError::write(&path, fault))?;
        let begun = Instant::now();
        while let Err(fault) = lock.try_lock() {
            match fault {
                TryLockError::WouldBlock if begun.elapsed() < PATIENCE => thread::sleep(PATIENCE / 200),
                TryLockError::WouldBlock => {
                    let reason = "is being written by another import; wait until it ends";
                    return Err(IntakeError::unfit(folder, reason));
                }
                TryLockError::Error(fault) => return Err(IntakeError::write(&path, fault)),
            }
        }
        let path = folder.join(format!(".{collection}.import.tmp"));
        // What an import that was ended left behind.
        let _ = fs::remove_file(at_rest(&path));
        let file = File::create(&path).map_err(|fault| IntakeError::write(&path, fault))?;
        Ok(Self { out: BufWriter::with_capacity(1 << 18, file), path, _lock: lock })
    }

    pub(super) fn fault(&self, fault: std::io::Error) -> IntakeError {
        IntakeError::write(&self.path, fault)
    }

    /// Puts the draft in place of the collection's data, in a form. It holds so many features, and is served whole or not at all.
    pub(super) fn accept(
        mut self,
        folder: &Path,
        entry: &Entry<'_>,
        form: FileFormat,
        features: u64,
    ) -> Result<String, IntakeError> {
        let done = self.out.flush().and_then(|()| self.out.get_ref().sync_all());
        done.map_err(|fault| self.fault(fault))?;
        let catalog = folder.join(manifest::FILE);
        let before = manifest::read(folder).ok();
        let old = before
            .as_ref()
            .and_then(|manifest| manifest.layers.iter().find(|layer| layer.id.as_str() == entry.id))
            .map(|layer| layer.file.clone());
        let file = free_name(folder, entry.id, form.ending(), before.as_ref());
        let (text, is_listed) = match fs::read_to_string(&catalog) {
            Ok(text) => (text, false),
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {
                (listed(folder, before.as_ref(), entry.day), true)
            }
            Err(fault) => return Err(IntakeError::read(&catalog, fault)),
        };
        let new_text = entry.put(&text, &file).map_err(|reason| IntakeError::unfit(&catalog, &reason))?;
        let after = manifest::parse(&new_text, folder)
            .map_err(|fault| IntakeError::unfit(&catalog, &format!("would no longer be read: {fault}")))?;
        let target = folder.join(&file);
        let spec = after.layers.iter().find(|layer| layer.id.as_str() == entry.id);
        let spec = spec.ok_or_else(|| IntakeError::unfit(&catalog, "would not name the collection"))?;
        let put = || {
            // Without a catalogue every file is a layer, the new one beside the old.
            if is_listed && before.is_some() {
                replace(folder, &catalog, &text)?;
            }
            let begun = match form {
                FileFormat::GeoParquet => self.put_to_rest(spec, &target)?,
                FileFormat::GeoJson => {
                    fs::rename(&self.path, &target).map_err(|fault| IntakeError::write(&target, fault))?;
                    Warnings::default()
                }
            };
            let (served, warnings) = store::count(&target, spec)?;
            if served as u64 != features {
                let skipped = |warning: &&Warning| warning.effect == Effect::Skipped;
                let why = begun.list().iter().chain(warnings.list()).find(skipped);
                let why = why.map_or_else(String::new, |warning| format!(", as in: {warning}"));
                let reason =
                    format!("only {served} of {features} features would be served{why}; nothing is changed");
                return Err(IntakeError::unfit(&target, &reason));
            }
            sync(folder).map_err(|fault| IntakeError::write(folder, fault))?;
            replace(folder, &catalog, &new_text)
        };
        if let Err(fault) = put() {
            let _ = fs::remove_file(&target);
            if is_listed {
                let _ = fs::remove_file(&catalog);
            }
            return Err(fault);
        }
        // From here on the new data is what the folder holds.
        let is_named = |name: &String| after.layers.iter().any(|layer| layer.file == *name);
        if let Some(old) = old.filter(|old| !is_named(old)) {
            // What is no longer named is kept once, for those who want it back.
            let kept = folder.join(format!("{old}.old"));
            let _ = fs::rename(folder.join(&old), kept);
        }
        sync(folder).map_err(|fault| {
            let reason = format!("holds the new data, but the system cannot tell that it lasts: {fault}");
            IntakeError::unfit(folder, &reason)
        })?;
        Ok(file)
    }

    /// Writes the draft as the compact form and gives that its name.
    fn put_to_rest(&self, spec: &LayerSpec, target: &Path) -> Result<Warnings, IntakeError> {
        let path = at_rest(&self.path);
        let write = || {
            let file = File::create(&path).map_err(|fault| IntakeError::write(&path, fault))?;
            let warnings = store::put_to_rest(&self.path, spec, &file)?;
            file.sync_all().map_err(|fault| IntakeError::write(&path, fault))?;
            fs::rename(&path, target).map_err(|fault| IntakeError::write(target, fault))?;
            Ok(warnings)
        };
        write().inspect_err(|_| {
            let _ = fs::remove_file(&path);
        })
    }
}

impl Drop for Draft {
    /// A draft that was not accepted goes; one that was has another name.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The file of a draft in the compact form.
fn at_rest(draft: &Path) -> PathBuf {
    draft.with_extension("rest")
}

/// A new text in place of a file, whole or not at all.
fn replace(folder: &Path, path: &Path, text: &str) -> Result<(), IntakeError> {
    let draft = folder.join(format!(".{}.import.tmp", manifest::FILE));
    let write = || {
        let mut file = File::create(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    };
    write().map_err(|fault| {
        let _ = fs::remove_file(&draft);
        IntakeError::write(path, fault)
    })
}

/// Makes the names in a folder last. Where a folder cannot be opened, the system looks after it.
fn sync(folder: &Path) -> std::io::Result<()> {
    File::open(folder).map_or(Ok(()), |names| names.sync_all())
}

/// Which file a collection has, and when that was written.
pub(super) fn state(folder: &Path, collection: &str) -> Option<(String, SystemTime)> {
    let layers = manifest::read(folder).ok()?.layers;
    let file = layers.into_iter().find(|layer| layer.id.as_str() == collection)?.file;
    let written = fs::metadata(folder.join(&file)).ok()?.modified().ok()?;
    Some((file, written))
}

/// A file name that nothing has.
fn free_name(folder: &Path, id: &str, ending: &str, manifest: Option<&Manifest>) -> String {
    let is_free = |name: &String| {
        !folder.join(name).exists()
            && !manifest.is_some_and(|manifest| manifest.layers.iter().any(|layer| layer.file == *name))
    };
    let numbered = (2_u32..).map(|number| format!("{id}-{number}.{ending}"));
    std::iter::once(format!("{id}.{ending}")).chain(numbered).find(is_free).unwrap_or_default()
}

/// A catalogue file for a folder that has none: its files as they are. Where there are none, the day of the data is that of the
/// import, so that reports have one.
fn listed(folder: &Path, manifest: Option<&Manifest>, day: Date) -> String {
    let name =
        folder.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let mut document = DocumentMut::new();
    let name = name.unwrap_or_else(|| "innospace".to_owned());
    document["title"] = words(&name, &name);
    if manifest.is_none()
        && let Ok(day) = day.to_string().parse::<Datetime>()
    {
        document["data_date"] = value(day);
    }
    let mut layers = ArrayOfTables::new();
    for layer in
        manifest.into_iter().flat_map(|manifest| &manifest.layers).filter(|layer| layer.twin.is_none())
    {
        let mut table = Table::new();
        table["id"] = value(layer.id.as_str());
        table["file"] = value(&layer.file);
        table["title"] = words(&layer.about.title.zh, &layer.about.title.en);
        layers.push(table);
    }
    if !layers.is_empty() {
        document["layers"] = Item::ArrayOfTables(layers);
    }
    document.to_string()
}

fn words(zh: &str, en: &str) -> Item {
    let mut words = InlineTable::new();
    words.insert("zh", zh.into());
    words.insert("en", en.into());
    value(words)
}

/// What a layer says under a name.
fn said(layer: &Table, name: &str) -> Option<Words> {
    let tongues = layer.get(name)?.as_table_like()?;
    let of = |tongue| tongues.get(tongue).and_then(Item::as_str).unwrap_or_default();
    Some(Words::filled(of("zh"), of("en")))
}

/// What stands before the sources where nobody else is credited.
const CREDIT: [&str; 2] = ["导入自 ", "imported from "];

/// What the catalogue file says of an imported collection.
pub(super) struct Entry<'a> {
    pub id: &'a str,
    /// Chinese and English; what the file says already is kept where it is left out.
    pub title: Option<(String, String)>,
    pub description: (String, String),
    /// The day of the import.
    pub day: Date,
    /// Who is credited; where it is left out, the source stands in.
    pub attribution: Option<String>,
    pub source: &'a str,
    pub draw: Option<&'a str>,
    /// Features are made up.
    pub is_synthetic: bool,
    /// Nothing supports the system that its coordinates were read in.
    pub is_place_guessed: bool,
    /// The features that the collection had are kept, and what is said of them.
    pub is_added: bool,
    /// Names of the fields written.
    pub fields: Vec<String>,
}

impl Entry<'_> {
    /// Who is credited from now on, after somebody before; `None` where that stays as it is.
    fn credit(&self, before: Option<Words>, is_new: bool) -> Option<[String; 2]> {
        if let Some(text) = &self.attribution {
            return Some([text.clone(), text.clone()]);
        }
        let own = CREDIT.map(|begin| format!("{begin}{}", self.source));
        let Some(Words { zh, en }) = before else {
            // The credit of the folder is that of what is kept, and not that of data from elsewhere.
            return (is_new || !self.is_added).then_some(own);
        };
        // Whom somebody has named stays.
        let sources = zh.strip_prefix(CREDIT[0]).and(en.strip_prefix(CREDIT[1]))?;
        if !self.is_added {
            return Some(own);
        }
        let is_named = self.source.split(", ").all(|own| sources.split(", ").any(|one| one == own));
        (!is_named).then(|| [zh, en].map(|before| format!("{before}, {}", self.source)))
    }

    /// The text of the catalogue file with this entry; all else stays as it is written.
    fn put(&self, text: &str, file: &str) -> Result<String, String> {
        let mut document: DocumentMut =
            text.parse().map_err(|fault: toml_edit::TomlError| fault.to_string())?;
        let layers = document.entry("layers").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
        let layers = layers.as_array_of_tables_mut().ok_or("layers are no tables")?;
        let known = layers.iter().position(|layer| layer.get("id").and_then(Item::as_str) == Some(self.id));
        let at = known.unwrap_or_else(|| {
            let mut table = Table::new();
            table["id"] = value(self.id);
            table.decor_mut().set_prefix("\n");
            layers.push(table);
            layers.len() - 1
        });
        let layer = layers.get_mut(at).ok_or("layers are no tables")?;
        // Made-up data and what is said of it go together.
        let was_synthetic =
            layer.get("synthetic").and_then(Item::as_bool) == Some(true) && !self.is_synthetic;
        layer["file"] = value(file);
        let is_parcels = self.draw == Some("parcel");
        match &self.title {
            Some((zh, en)) => layer["title"] = words(zh, en),
            None if was_synthetic || known.is_none() => {
                layer["title"] =
                    if is_parcels { words("地块", "Parcels") } else { words(self.id, self.id) };
            }
            None => {}
        }
        let (zh, en) = &self.description;
        layer["description"] =
            match said(layer, "description").filter(|before| self.is_added && !before.en.is_empty()) {
                Some(before) => words(&format!("{}{zh}", before.zh), &format!("{} {en}", before.en)),
                None => words(zh, en),
            };
        let before = said(layer, "attribution").filter(|_| !was_synthetic);
        if let Some([zh, en]) = self.credit(before, known.is_none()) {
            layer["attribution"] = words(&zh, &en);
        }
        if let Some(draw) = self.draw {
            layer["draw"] = value(draw);
        }
        layer["synthetic"] = value(self.is_synthetic);
        if self.is_place_guessed {
            layer["guessed_place"] = value(true);
        } else {
            layer.remove("guessed_place");
        }
        if was_synthetic {
            layer.remove("licence");
        }
        let common: Vec<String> = document
            .get("fields")
            .and_then(Item::as_table_like)
            .map(|fields| fields.iter().map(|(name, _)| name.to_owned()).collect())
            .unwrap_or_default();
        let layer = document["layers"]
            .as_array_of_tables_mut()
            .and_then(|layers| layers.get_mut(at))
            .ok_or("layers are no tables")?;
        let fields = layer.entry("fields").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let fields = fields.as_table_like_mut().ok_or("the fields of the layer are no table")?;
        for known in KNOWN.iter().filter(|known| self.fields.iter().any(|name| name == known.name)) {
            if fields.contains_key(known.name) || common.iter().any(|name| name == known.name) {
                continue;
            }
            let mut table = Table::new();
            table["title"] = words(known.zh, known.en);
            if let Some(unit) = known.unit {
                table["unit"] = value(unit);
            }
            table["kind"] = value(known.kind.value_kind().name());
            if known.name == "parcel_no" {
                table["find"] = value("code");
            }
            fields.insert(known.name, Item::Table(table));
        }
        Ok(document.to_string())
    }
}
