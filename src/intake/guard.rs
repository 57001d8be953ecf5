//! Which files a report may not take the place of: those that are read, and those that the data folder lives by.

use std::path::{Path, PathBuf};

use crate::store::manifest::{self, Manifest};
use crate::store::plan::{OBSERVATIONS, REGISTER};

/// May a report have this name? The reason, where not; nothing was read or written yet.
pub(super) fn report(path: &Path, files: &[PathBuf], data: &Path) -> Result<(), String> {
    let shown = path.display();
    let is_there = path.canonicalize().ok();
    let is = |other: &Path| is_there.is_some() && other.canonicalize().ok() == is_there;
    if files.iter().any(|file| is(file)) {
        return Err(format!("--report is {shown}, which is to be imported; name a file of its own for it"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let is_within = folder.canonicalize().ok() == data.canonicalize().ok();
    let suffix = path.extension().unwrap_or_default().to_ascii_lowercase();
    if is_within && suffix == "json" && !data.join(manifest::FILE).exists() {
        return Err(format!(
            "--report is {shown}, which would be a layer, since {} has no {}; name a file outside of it",
            data.display(),
            manifest::FILE
        ));
    }
    let Manifest { layers, seeds, .. } = match manifest::read(data) {
        Ok(manifest) => manifest,
        // What a folder lives by that cannot be read is not known.
        Err(_) if is_within && is_there.is_some() => {
            return Err(format!("--report is {shown}, a file of the data folder; name another"));
        }
        Err(_) => return Ok(()),
    };
    let own = [manifest::FILE, REGISTER, OBSERVATIONS].map(str::to_owned).into_iter();
    let own = own.chain(layers.into_iter().flat_map(|layer| std::iter::once(layer.file).chain(layer.twin)));
    let is_seed = || {
        let seeds = seeds.and_then(|seeds| seeds.canonicalize().ok());
        seeds.zip(is_there.as_ref()).is_some_and(|(seeds, path)| path.starts_with(seeds))
    };
    if own.map(|name| data.join(name)).any(|file: PathBuf| is(&file)) || is_seed() {
        return Err(format!("--report is {shown}, a file of the data folder; name another"));
    }
    Ok(())
}
