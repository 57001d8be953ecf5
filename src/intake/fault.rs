//! Why nothing is imported.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::store::StoreError;

/// Why nothing is imported.
#[derive(Debug, Error)]
pub enum IntakeError {
    /// A file that cannot be read.
    #[error("{path} cannot be read: {fault}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        fault: io::Error,
    },
    /// A file that cannot be written.
    #[error("{path} cannot be written: {fault}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        fault: io::Error,
    },
    /// A file of which no layer can be made.
    #[error("{path}: {reason}", path = path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// An option that makes no sense.
    #[error("{0}")]
    Option(String),
    /// A data folder that cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntakeError {
    pub(super) fn read(path: &Path, fault: io::Error) -> Self {
        Self::Read { path: path.to_owned(), fault }
    }

    pub(super) fn write(path: &Path, fault: io::Error) -> Self {
        Self::Write { path: path.to_owned(), fault }
    }

    pub(super) fn unfit(path: &Path, reason: &str) -> Self {
        Self::Unfit { path: path.to_owned(), reason: reason.to_owned() }
    }

    /// The same, of the file that the operator named.
    pub(super) fn about(self, opened: &Path, named: &Path) -> Self {
        let path = |path: PathBuf| {
            if path.starts_with(opened) || path.starts_with(opened.parent().unwrap_or(opened)) {
                named.to_owned()
            } else {
                path
            }
        };
        match self {
            Self::Read { path: at, fault } => Self::Read { path: path(at), fault },
            Self::Unfit { path: at, reason } => Self::Unfit { path: path(at), reason },
            other => other,
        }
    }
}
