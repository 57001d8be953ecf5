//! Drawings that are too long for a link: small files under ids made of what they hold.
//!
//! In: the bytes of a drawing. Out: its id, and by the id the bytes again. Leaves out: what a drawing is.

use std::fmt;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The end of the name of each file.
const SUFFIX: &str = ".geojson";
/// Letters of an id: 128 bits, so that nobody finds two drawings of one id.
const ID_LETTERS: usize = 32;

/// How much is kept; nothing is ever dropped, since links point to it.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Drawings.
    pub count: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self { count: 10_000, bytes: 256 << 20 }
    }
}

/// The name of a drawing: the first 128 bits of SHA-256 of its bytes, in lower-case hexadecimal. No path can be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawingId(String);

impl DrawingId {
    /// Reads an id; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_letter = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == ID_LETTERS && text.bytes().all(is_letter)).then(|| Self(text.to_owned()))
    }

    fn of(content: &[u8]) -> Self {
        let digest = Sha256::digest(content);
        let half = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
        let letters = digest[..ID_LETTERS / 2].iter().flat_map(|byte| [half(byte >> 4), half(byte & 15)]);
        Self(letters.collect())
    }
}

impl fmt::Display for DrawingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a drawing is not kept, or not found.
#[derive(Debug, Error)]
pub enum DrawingError {
    /// There is no room for a further one.
    #[error("{folder} holds {count} drawings already, or close to {bytes} bytes", folder = folder.display(), count = room.count, bytes = room.bytes)]
    Full {
        /// Where they are kept.
        folder: PathBuf,
        /// How much there may be.
        room: Room,
    },
    /// A file that no longer holds what was put into it.
    #[error("{}: the file was changed; it no longer has the content that its name stands for", .0.display())]
    Changed(PathBuf),
    /// A file or folder that cannot be read or written.
    #[error("{path}: {fault}", path = path.display())]
    File {
        /// What could not be used.
        path: PathBuf,
        /// Why.
        fault: std::io::Error,
    },
}

#[derive(Debug, Clone, Copy)]
struct Held {
    count: u64,
    bytes: u64,
}

/// A folder of drawings. Several processes may share it: files appear whole or not at all.
#[derive(Debug)]
pub struct Drawings {
    folder: PathBuf,
    room: Room,
    held: Mutex<Held>,
}

impl Drawings {
    /// Opens a folder, made when it is missing.
    ///
    /// # Errors
    /// The folder cannot be made, read or written.
    pub fn open(folder: &Path, room: Room) -> Result<Self, DrawingError> {
        let fault = |fault| DrawingError::File { path: folder.to_owned(), fault };
        fs::create_dir_all(folder).map_err(fault)?;
        // Whether it can be written is known only by writing; the file goes with the handle.
        tempfile::NamedTempFile::new_in(folder).map_err(fault)?;
        let held = held(folder).map_err(fault)?;
        Ok(Self { folder: folder.to_owned(), room, held: Mutex::new(held) })
    }

    /// Keeps a drawing; tells its id, and whether it was not there before.
    ///
    /// # Errors
    /// There is no room, or the file cannot be written.
    pub fn keep(&self, content: &[u8]) -> Result<(DrawingId, bool), DrawingError> {
        let id = DrawingId::of(content);
        let path = self.path(&id);
        let size = u64::try_from(content.len()).unwrap_or(u64::MAX);
        let mut counted = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if fs::read(&path).is_ok_and(|kept| kept == content) {
            return Ok((id, false));
        }
        let fault = |fault| DrawingError::File { path: path.clone(), fault };
        let fits =
            |held: Held| held.count < self.room.count && held.bytes.saturating_add(size) <= self.room.bytes;
        if !fits(*counted) {
            // The operator may have made room since.
            *counted = held(&self.folder).map_err(fault)?;
            if !fits(*counted) {
                return Err(DrawingError::Full { folder: self.folder.clone(), room: self.room });
            }
        }
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).map_err(fault)?;
        file.write_all(content).and_then(|()| file.as_file().sync_all()).map_err(fault)?;
        file.persist(&path).map_err(|error| fault(error.error))?;
        counted.count += 1;
        counted.bytes += size;
        Ok((id, true))
    }

    /// The bytes of a drawing; `None` when there is no such drawing.
    ///
    /// # Errors
    /// The file cannot be read, or was changed.
    pub fn find(&self, id: &DrawingId) -> Result<Option<Vec<u8>>, DrawingError> {
        let path = self.path(id);
        match fs::read(&path) {
            Ok(content) if DrawingId::of(&content) == *id => Ok(Some(content)),
            Ok(_) => Err(DrawingError::Changed(path)),
            Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(DrawingError::File { path, fault }),
        }
    }

    fn path(&self, id: &DrawingId) -> PathBuf {
        self.folder.join(format!("{id}{SUFFIX}"))
    }
}

/// What a folder holds; other files in it are not counted.
fn held(folder: &Path) -> std::io::Result<Held> {
    let mut held = Held { count: 0, bytes: 0 };
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().and_then(|name| name.strip_suffix(SUFFIX)).and_then(DrawingId::parse).is_some() {
            held.count += 1;
            // A file that goes away meanwhile takes no room.
            held.bytes += entry.metadata().map_or(0, |about| about.len());
        }
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        names.map(|name| name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn equal_drawings_have_one_id_and_one_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let drawings = Drawings::open(&folder.path().join("deep/er"), Room::default()).expect("it opens");
        // SHA-256 of "abc" begins so (FIPS 180-4, the example of the one-block message).
        let id = DrawingId::parse("ba7816bf8f01cfea414140de5dae2223").expect("an id");
        assert_eq!(drawings.find(&id).expect("readable"), None);
        assert_eq!(drawings.keep(b"abc").expect("kept"), (id.clone(), true));
        assert_eq!(drawings.keep(b"abc").expect("kept"), (id.clone(), false));
        assert_eq!(drawings.find(&id).expect("readable").as_deref(), Some(&b"abc"[..]));
        assert_eq!(files(&folder.path().join("deep/er")), ["ba7816bf8f01cfea414140de5dae2223.geojson"]);
        // A changed file is told, and put right by who has the drawing.
        fs::write(drawings.path(&id), "abd").expect("written");
        assert!(matches!(drawings.find(&id), Err(DrawingError::Changed(_))));
        assert_eq!(drawings.keep(b"abc").expect("kept").0, id);
        assert_eq!(drawings.find(&id).expect("readable").as_deref(), Some(&b"abc"[..]));
    }

    #[test]
    fn only_hexadecimal_is_an_id() {
        let long = "a".repeat(33);
        for text in [
            "",
            "..",
            "../../../etc/passwd",
            "BA7816BF8F01CFEA414140DE5DAE2223",
            "ba7816bf8f01cfea414140de5dae222g",
            &long,
        ] {
            assert_eq!(DrawingId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn room_is_bounded_in_count_and_bytes_and_may_be_made() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("notes.txt"), "not a drawing").expect("written");
        let drawings = Drawings::open(folder.path(), Room { count: 2, bytes: 10 }).expect("it opens");
        drawings.keep(b"12345").expect("room");
        assert!(matches!(drawings.keep(b"123456"), Err(DrawingError::Full { .. })), "11 bytes");
        let (id, _) = drawings.keep(b"1234").expect("9 bytes");
        assert!(matches!(drawings.keep(b"x"), Err(DrawingError::Full { .. })), "three");
        drawings.keep(b"12345").expect("what is there is not refused");
        fs::remove_file(drawings.path(&id)).expect("removed");
        drawings.keep(b"x").expect("room was made");
        // What is there counts after a start too.
        let again = Drawings::open(folder.path(), Room { count: 2, bytes: 10 }).expect("it opens");
        assert!(matches!(again.keep(b"y"), Err(DrawingError::Full { .. })));
        assert_eq!(files(folder.path()).len(), 3, "no other file stays behind");
    }

    #[test]
    fn a_folder_that_cannot_be_is_told_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("written");
        let fault = Drawings::open(&file.join("inside"), Room::default()).expect_err("a file is no folder");
        assert!(fault.to_string().contains("inside"), "{fault}");
    }
}
