//! Archives, unpacked with care: what they say of their size is not believed.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tempfile::TempDir;
use zip::ZipArchive;

/// Most bytes of one file in an archive: what the parts of a shapefile may have.
const MOST_FILE: u64 = 4 << 30;
/// Most bytes of all files in an archive: four such parts.
const MOST_ARCHIVE: u64 = 4 * MOST_FILE;
/// Most bytes of all files of a workbook, and of its texts, which are held in memory.
const MOST_WORKBOOK: u64 = 1 << 30;
const MOST_TEXTS: u64 = 256 << 20;
/// Beyond this many bytes, what was packed more than this tightly is a bomb; tables of blanks reach a hundred.
const SUSPECT: u64 = 64 << 20;
const TIGHTEST: u64 = 400;
/// Most files.
const MOST_FILES: usize = 10_000;

fn opened(path: &Path) -> Result<ZipArchive<File>, String> {
    let file = File::open(path).map_err(|fault| fault.to_string())?;
    let archive = ZipArchive::new(file).map_err(|fault| format!("is no readable archive: {fault}"))?;
    if archive.len() > MOST_FILES {
        return Err(format!("holds {} files, at most {MOST_FILES} are taken", archive.len()));
    }
    Ok(archive)
}

/// What came out of an archive so far, against the size of the archive itself: its files may share what is packed.
struct Swell {
    packed: u64,
    total: u64,
    most: u64,
}

impl Swell {
    fn of(path: &Path, most: u64) -> Result<Self, String> {
        let packed = path.metadata().map_err(|fault| fault.to_string())?.len();
        Ok(Self { packed, total: 0, most })
    }

    /// Copies what is packed, as far as it is no bomb.
    fn copy(
        &mut self,
        name: &str,
        packed: u64,
        source: &mut impl io::Read,
        target: &mut impl io::Write,
        most: u64,
    ) -> Result<(), String> {
        let is_bomb = |total: u64, packed: u64| total > SUSPECT && total / packed.max(1) > TIGHTEST;
        let (mut buffer, mut own) = (vec![0; 1 << 16], 0_u64);
        loop {
            let read =
                source.read(&mut buffer).map_err(|fault| format!("{name:?} cannot be unpacked: {fault}"))?;
            if read == 0 {
                return Ok(());
            }
            own += read as u64;
            self.total += read as u64;
            for (total, most, what) in [(own, most, ""), (self.total, self.most, "all up to ")] {
                if total > most {
                    return Err(format!(
                        "{what}{name:?} unpacks to more than {} MiB, which is not taken",
                        most >> 20
                    ));
                }
            }
            if is_bomb(own, packed) || is_bomb(self.total, self.packed) {
                return Err(format!(
                    "{name:?} unpacks to more than {TIGHTEST} times its size, alone or with the files before it, as archives do that \
                     are made to fill memory; not taken"
                ));
            }
            target
                .write_all(&buffer[..read])
                .map_err(|fault| format!("{name:?} cannot be unpacked: {fault}"))?;
        }
    }
}

/// Is a workbook small enough when it is unpacked?
pub(super) fn weigh(path: &Path) -> Result<(), String> {
    let mut archive = opened(path)?;
    let mut swell = Swell::of(path, MOST_WORKBOOK)?;
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).map_err(|fault| fault.to_string())?;
        let (name, packed) = (decoded(file.name_raw()), file.compressed_size());
        let most = if name.ends_with("sharedStrings.xml") { MOST_TEXTS } else { MOST_WORKBOOK };
        swell.copy(&name, packed, &mut file, &mut io::sink(), most)?;
    }
    Ok(())
}

/// What was unpacked, into a folder that vanishes when it is no longer needed.
#[derive(Debug)]
pub(super) struct Unpacked {
    pub folder: TempDir,
    /// The files, and their names in the archive.
    pub files: Vec<(PathBuf, String)>,
}

/// Is a file one that systems put beside others, unseen by people?
fn is_beside(own: &str) -> bool {
    own.starts_with("._")
}

/// The kind of a workbook, if an archive is one.
pub(super) fn workbook(path: &Path) -> Result<Option<Workbook>, String> {
    let archive = opened(path)?;
    let has = |name: &str| archive.index_for_name(name).is_some();
    Ok(if has("xl/workbook.xml") {
        Some(Workbook::Known)
    } else if has("xl/workbook.bin") || has("mimetype") && has("content.xml") {
        Some(Workbook::Other)
    } else {
        None
    })
}

/// Does a workbook count days from 1904 on (ECMA-376, 18.2.28)? Its reader tells of none that is shown as a number.
pub(super) fn counts_from_1904(path: &Path) -> Result<bool, String> {
    let mut archive = opened(path)?;
    let Ok(about) = archive.by_name("xl/workbook.xml") else { return Ok(false) };
    let mut bytes = Vec::new();
    about.take(1 << 20).read_to_end(&mut bytes).map_err(|fault| fault.to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(["1", "true", "on"].iter().any(|yes| text.contains(&format!("date1904=\"{yes}\""))))
}

/// Workbooks that are read, and others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Workbook {
    Known,
    Other,
}

/// Does an archive hold a file with a suffix?
pub(super) fn holds(path: &Path, suffix: &str) -> Result<bool, String> {
    let archive = opened(path)?;
    let has_suffix =
        |name: &str| Path::new(name).extension().is_some_and(|own| own.eq_ignore_ascii_case(suffix));
    Ok(archive.file_names().flatten().any(|name| has_suffix(&name)))
}

/// Unpacks the files of an archive that have one of some suffixes.
pub(super) fn unpack(path: &Path, suffixes: &[&str]) -> Result<Unpacked, String> {
    let mut archive = opened(path)?;
    let folder = tempfile::tempdir().map_err(|fault| format!("no folder to unpack it into: {fault}"))?;
    let mut swell = Swell::of(path, MOST_ARCHIVE)?;
    let (mut files, mut folders_of) = (Vec::new(), HashMap::<String, Vec<String>>::new());
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).map_err(|fault| fault.to_string())?;
        let name = decoded(file.name_raw());
        let (folders, own) = name.rsplit_once(['/', '\\']).unwrap_or(("", &name));
        let (stem, suffix) = own.rsplit_once('.').unwrap_or_default();
        let suffix = suffix.to_ascii_lowercase();
        let is_other = name.contains("__MACOSX") || is_beside(own) || !suffixes.contains(&suffix.as_str());
        if file.is_dir() || is_other {
            continue;
        }
        // Names are made flat, so that none leads out of the folder; one that several folders have is numbered by them.
        let known = folders_of.entry(stem.to_owned()).or_default();
        let number = known.iter().position(|known| known == folders).unwrap_or_else(|| {
            known.push(folders.to_owned());
            known.len() - 1
        });
        let numbered = if number == 0 { String::new() } else { format!(" ({})", number + 1) };
        let target = folder.path().join(format!("{stem}{numbered}.{suffix}"));
        let mut out =
            File::create_new(&target).map_err(|fault| format!("{name:?} cannot be unpacked: {fault}"))?;
        let packed = file.compressed_size();
        swell.copy(&name, packed, &mut file, &mut out, MOST_FILE)?;
        out.flush().map_err(|fault| fault.to_string())?;
        files.push((target, name.replace('\\', "/")));
    }
    files.sort_by(|(_, a), (_, b)| a.cmp(b));
    Ok(Unpacked { folder, files })
}

/// Unpacks a file that is packed alone, by gzip; its name tells what it is.
pub(super) fn unpack_alone(path: &Path) -> Result<Unpacked, String> {
    let said = |fault: io::Error| format!("cannot be unpacked: {fault}");
    let folder = tempfile::tempdir().map_err(|fault| format!("no folder to unpack it into: {fault}"))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let file = File::open(path).map_err(said)?;
    let mut swell = Swell::of(path, MOST_FILE)?;
    let target = folder.path().join(&name);
    let mut out = File::create_new(&target).map_err(said)?;
    swell.copy(
        &name,
        swell.packed,
        &mut MultiGzDecoder::new(io::BufReader::new(file)),
        &mut out,
        MOST_FILE,
    )?;
    Ok(Unpacked { folder, files: vec![(target, name)] })
}

/// A name in an archive: UTF-8, else GBK, as older programs wrote it.
fn decoded(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) => encoding_rs::GB18030.decode_without_bom_handling(name).0.into_owned(),
    }
}

/// The files of a folder with a suffix, by name.
pub(super) fn find(folder: &Path, suffix: &str) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|fault| fault.to_string())?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(suffix)))
        .filter(|path| !path.file_name().is_some_and(|own| is_beside(&own.to_string_lossy())))
        .collect();
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_swells_too_much_is_not_taken() {
        let zeros = |count: u64| io::repeat(0).take(count);
        let swell = |packed: u64| Swell { packed, total: 0, most: MOST_ARCHIVE };
        let alone = |packed: u64, count: u64, most: u64| {
            swell(packed).copy("blank", packed, &mut zeros(count), &mut io::sink(), most)
        };
        assert!(alone(1000, SUSPECT * 2, MOST_FILE).is_err_and(|why| why.contains("400 times")));
        assert_eq!(alone(1, 1000, MOST_FILE), Ok(()));
        assert!(alone(1000, 1000, 999).is_err());

        // Four files, each too small to be suspect; each may say that all of the archive is its own.
        let mut four = swell(1000);
        let mut next = || {
            four.copy("part", 1000, &mut zeros(SUSPECT / 2), &mut io::sink(), MOST_FILE)
                .map_err(|why| why.len())
        };
        assert_eq!([next(), next()], [Ok(()), Ok(())]);
        assert!(next().is_err() && next().is_err());

        let mut few = Swell { most: 1500, ..swell(1000) };
        assert_eq!(few.copy("a", 1000, &mut zeros(1000), &mut io::sink(), MOST_FILE), Ok(()));
        assert!(few.copy("b", 1000, &mut zeros(1000), &mut io::sink(), MOST_FILE).is_err());
    }
}
