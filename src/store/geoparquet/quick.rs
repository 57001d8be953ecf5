//! All columns of a file at once, each straight from its pages.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use super::pages::Pages;
use super::{FileColumn, Form, Source, wkb};
use crate::geometry::wkb::only_ring;
use crate::geometry::{GeometryArray, GeometryBuilder};
use crate::model::{
    Column, FeatureIx, Ids, Layer, NULL_BOOL, NULL_DAYS, NULL_INTEGER, TextArena, TextBuilder, ValueKind,
};
use crate::store::Warnings;
use crate::store::manifest::LayerSpec;
use crate::store::rows::{self, OddShape};
use crate::store::shapes::Shapes;

/// What a thread made.
enum Made {
    /// The geometries of a group of rows.
    Shapes(usize, Shaped),
    /// A column, by its place among the file's.
    Column(usize, ValueKind, Column),
}

/// The geometries of a group of rows, and what was odd about which of its rows.
struct Shaped {
    geometries: GeometryBuilder,
    odd: Vec<(usize, OddShape)>,
}

/// What all threads made.
struct Joined {
    geometries: GeometryArray,
    odd: Vec<(usize, OddShape)>,
    /// By their place among the file's.
    columns: BTreeMap<usize, (ValueKind, Column)>,
}

/// The layer and what was repaired in it; `None` when something in it is unusual and must be seen feature by feature.
pub(super) fn read(source: &Source, spec: &LayerSpec) -> Option<(Layer, Warnings)> {
    let kinds = source.columns.iter().map(|column| kind_of(column, spec)).collect::<Option<Vec<_>>>()?;
    let groups = source.about.num_row_groups();
    // Geometries are most of the work and come first.
    let (next, tasks) = (AtomicUsize::new(0), groups + kinds.len());
    let (to_join, made) = mpsc::channel();
    let spares = Mutex::new(Vec::new());
    let cores = thread::available_parallelism().map_or(1, NonZero::get).min(tasks);
    let Joined { geometries, odd, columns } = thread::scope(|scope| {
        for _ in 0..cores {
            let to_join = to_join.clone();
            scope.spawn(|| {
                let to_join = to_join;
                loop {
                    let task = next.fetch_add(1, Ordering::Relaxed);
                    let made = if task < groups {
                        shapes(source, task, &spares).map(|shapes| Made::Shapes(task, shapes))
                    } else if let Some(kind) = kinds.get(task - groups) {
                        let at = task - groups;
                        column(source, &source.columns[at], *kind)
                            .map(|(kind, column)| Made::Column(at, kind, column))
                    } else {
                        return;
                    };
                    // Nobody listens any more once one task gave up.
                    let is_whole = made.is_some();
                    if to_join.send(made).is_err() || !is_whole {
                        next.store(tasks, Ordering::Relaxed);
                        return;
                    }
                }
            });
        }
        drop(to_join);
        join(source, made, &spares)
    })?;
    let (mut ids, mut fields) = (None, Vec::new());
    for (at, (kind, column)) in columns {
        if source.id == Some(at) {
            ids = Some(ids_of(&column)?);
            if source.id_is_own {
                continue;
            }
        }
        fields.push((source.columns[at].name.clone(), kind, column));
    }
    // Without ids features are numbered by their place, and a note says so.
    let mut warnings = source.notes.clone();
    let layer = rows::layer(spec, ids?, geometries, fields, &mut warnings).ok()?;
    for (row, odd) in odd {
        let id = layer.ids().get(FeatureIx(u32::try_from(row).ok()?));
        odd.tell(&mut warnings, spec, row as u64 + 1, &id.to_string());
    }
    Some((layer, warnings))
}

fn join(
    source: &Source,
    made: mpsc::Receiver<Option<Made>>,
    spares: &Mutex<Vec<GeometryBuilder>>,
) -> Option<Joined> {
    // A position takes 16 bytes there, what stands around a polygon of one ring 33: its length, order, kind, two counts, and the first
    // position once more.
    let bytes: i64 =
        source.about.row_groups().iter().map(|group| group.column(source.geometry).uncompressed_size()).sum();
    let mut all = GeometryBuilder::default();
    // Nothing that is true is packed more tightly than this.
    let bytes = usize::try_from(bytes).ok()?.min(source.length.saturating_mul(64));
    let rows = source.likely_rows();
    all.reserve(rows, bytes.saturating_sub(33 * rows) / 16);
    let (mut waiting, mut columns, mut next) = (BTreeMap::new(), BTreeMap::new(), 0);
    let (mut rows, mut odd) = (0, Vec::new());
    for made in made {
        match made? {
            Made::Column(at, kind, column) => {
                columns.insert(at, (kind, column));
            }
            Made::Shapes(group, shapes) => {
                waiting.insert(group, shapes);
            }
        }
        while let Some(shapes) = waiting.remove(&next) {
            let Shaped { mut geometries, odd: more } = shapes;
            odd.extend(more.into_iter().map(|(row, shape)| (rows + row, shape)));
            rows += geometries.len();
            all.append(&geometries)?;
            geometries.clear();
            spares.lock().unwrap_or_else(PoisonError::into_inner).push(geometries);
            next += 1;
        }
    }
    let is_whole = next == source.about.num_row_groups() && columns.len() == source.columns.len();
    is_whole.then(|| Joined { geometries: all.build(), odd, columns })
}

fn shapes(source: &Source, group: usize, spares: &Mutex<Vec<GeometryBuilder>>) -> Option<Shaped> {
    let mut pages =
        Pages { reader: source.pages(group, source.geometry)?, has_nulls: source.geometry_has_nulls };
    // Room that was used before costs no new pages of memory.
    let spare = spares.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let (mut geometries, mut odd, mut shapes) = (spare.unwrap_or_default(), Vec::new(), Shapes::default());
    pages.binaries(|bytes| {
        let Some(bytes) = bytes else {
            geometries.null();
            return Some(());
        };
        let shape = if let Some(note) = only_ring(bytes).and_then(|ring| geometries.plain_polygon(ring)) {
            OddShape { note, beyond: None }
        } else {
            shapes.clear();
            wkb::read(bytes, &mut shapes).ok()?;
            OddShape { note: shapes.put(&mut geometries).ok()?, beyond: shapes.beyond }
        };
        if shape.is_odd() {
            odd.push((geometries.len() - 1, shape));
        }
        Some(())
    })?;
    Some(Shaped { geometries, odd })
}

/// What a column becomes: the kind that the catalogue declares or else its own. `None` where each value must be looked at.
#[expect(clippy::option_option, reason = "the outer gives up, the inner is JSON's, which its values tell")]
fn kind_of(column: &FileColumn, spec: &LayerSpec) -> Option<Option<ValueKind>> {
    let declared = spec.field(&column.name).and_then(|field| field.kind);
    match (column.form, declared) {
        (Form::Unsigned64, _) => None,
        (form, None) => Some(form.kind()),
        (Form::Integer32 | Form::Unsigned32 | Form::Integer64, Some(ValueKind::Real)) => Some(declared),
        (form, declared) => (form.kind() == declared).then_some(declared),
    }
}

fn column(source: &Source, column: &FileColumn, kind: Option<ValueKind>) -> Option<(ValueKind, Column)> {
    #[expect(clippy::cast_precision_loss, reason = "as near as a real can be")]
    let real = |whole: i64| whole as f64;
    let made = match (column.form, kind) {
        (Form::Integer32, Some(ValueKind::Real)) => {
            Column::Real(numbers(source, column, f64::NAN, |bytes| i32::from_le_bytes(bytes).into())?)
        }
        (Form::Unsigned32, Some(ValueKind::Real)) => {
            Column::Real(numbers(source, column, f64::NAN, |bytes| u32::from_le_bytes(bytes).into())?)
        }
        (Form::Integer64, Some(ValueKind::Real)) => {
            Column::Real(numbers(source, column, f64::NAN, |bytes| real(i64::from_le_bytes(bytes)))?)
        }
        (Form::Real32, _) => {
            finite(numbers(source, column, f64::NAN, |bytes| f32::from_le_bytes(bytes).into())?)?
        }
        (Form::Real64, _) => finite(numbers(source, column, f64::NAN, f64::from_le_bytes)?)?,
        (Form::Integer32, _) => {
            Column::Integer(numbers(source, column, NULL_INTEGER, |bytes| i32::from_le_bytes(bytes).into())?)
        }
        (Form::Unsigned32, _) => {
            Column::Integer(numbers(source, column, NULL_INTEGER, |bytes| u32::from_le_bytes(bytes).into())?)
        }
        (Form::Integer64, _) => {
            let wholes = numbers(source, column, NULL_INTEGER, i64::from_le_bytes)?;
            // The number that stands for null here may be a number there.
            (column.has_nulls || !wholes.contains(&NULL_INTEGER)).then_some(Column::Integer(wholes))?
        }
        (Form::Moment { per_microsecond, microseconds }, _) => {
            let of =
                |bytes| i64::from_le_bytes(bytes).div_euclid(per_microsecond).saturating_mul(microseconds);
            Column::Timestamp(numbers(source, column, NULL_INTEGER, of)?)
        }
        (Form::Date, _) => Column::Date(numbers(source, column, NULL_DAYS, i32::from_le_bytes)?),
        (Form::Text | Form::Json, _) => {
            let mut texts = TextBuilder::with_capacity(source.likely_rows());
            each_group(source, column, |pages| pages.texts(&mut texts))?;
            let texts = texts.build();
            if column.form == Form::Text { Column::Text(texts) } else { Column::Json(texts) }
        }
        (Form::Bool, _) => {
            let mut truths = Vec::with_capacity(source.likely_rows());
            each_group(source, column, |pages| pages.truths(NULL_BOOL, &mut truths))?;
            Column::Bool(truths)
        }
        (Form::Unsigned64, _) => return None,
    };
    let kind = match (&made, kind) {
        (Column::Json(texts), _) => kind_of_json(texts.dictionary())?,
        (_, kind) => kind?,
    };
    (made.len() == source.rows).then_some((kind, made))
}

fn numbers<const N: usize, T: Copy>(
    source: &Source,
    column: &FileColumn,
    null: T,
    of: impl Fn([u8; N]) -> T,
) -> Option<Vec<T>> {
    let mut all = Vec::with_capacity(source.likely_rows());
    each_group(source, column, |pages| pages.numbers(null, &of, &mut all))?;
    Some(all)
}

fn each_group(
    source: &Source,
    column: &FileColumn,
    mut act: impl FnMut(&mut Pages) -> Option<()>,
) -> Option<()> {
    (0..source.about.num_row_groups()).try_for_each(|group| {
        act(&mut Pages { reader: source.pages(group, column.at)?, has_nulls: column.has_nulls })
    })
}

/// Not a number is null; what is infinite is no value.
fn finite(reals: Vec<f64>) -> Option<Column> {
    (!reals.iter().any(|real| real.is_infinite())).then_some(Column::Real(reals))
}

/// All arrays or all objects, as this program writes them.
fn kind_of_json(texts: &TextArena) -> Option<ValueKind> {
    let kind = match texts.iter().next()?.as_bytes().first()? {
        b'[' => ValueKind::Array,
        b'{' => ValueKind::Object,
        _ => return None,
    };
    let is_sound = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        let fits = if kind == ValueKind::Array { value.is_array() } else { value.is_object() };
        // The text is kept as it would be written again.
        let again = value.to_string();
        (fits && again == text).then_some(())
    };
    texts.iter().try_for_each(is_sound)?;
    Some(kind)
}

/// The ids of a column; `None` unless each feature has one that needs no mending.
fn ids_of(column: &Column) -> Option<Ids> {
    match column {
        Column::Integer(ids) => (!ids.contains(&NULL_INTEGER)).then(|| Ids::Integer(ids.clone())),
        Column::Text(texts) => {
            let ids = texts.row_by_row()?;
            ids.iter().all(|id| !id.is_empty()).then(|| Ids::Text(ids.clone()))
        }
        _ => None,
    }
}
