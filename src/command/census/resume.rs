//! The file that a walk goes on from.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use guardian_core::name::BucketName;
use guardian_reconcile::census::Checkpoint;

use crate::command::CommandError;

/// The file, or none: then a walk that is broken off begins anew.
pub(super) struct Resume(Option<PathBuf>);

impl Resume {
    pub(super) fn at(path: Option<&Path>) -> Self {
        Self(path.map(Path::to_path_buf))
    }

    /// The checkpoint in the file; `None` where there is no such file yet. What is there and is of no use is refused:
    /// it may be another walk's.
    pub(super) fn read(
        &self,
        bucket: &BucketName,
        prefixes: &[String],
    ) -> Result<Option<Checkpoint>, CommandError> {
        let Some(path) = &self.0 else { return Ok(None) };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(reason) => {
                return Err(CommandError::File {
                    file: path.display().to_string(),
                    reason,
                });
            }
        };
        let read = Checkpoint::parse(&text, bucket, prefixes);
        read.map(Some).map_err(|reason| CommandError::Resume {
            file: path.display().to_string(),
            reason,
        })
    }

    /// Puts a checkpoint in the place of the last one, whole or not at all.
    pub(super) fn write(&self, checkpoint: &Checkpoint) -> Result<(), CommandError> {
        let Some(path) = &self.0 else { return Ok(()) };
        let replace = || -> io::Result<()> {
            let mut beside = path.clone().into_os_string();
            beside.push(".new");
            let beside = PathBuf::from(beside);
            let mut file = File::create(&beside)?;
            file.write_all(checkpoint.to_text()?.as_bytes())?;
            // Else a machine that loses power may keep the new name and lose what is in it.
            file.sync_all()?;
            fs::rename(&beside, path)
        };
        replace().map_err(|reason| CommandError::NotSaved {
            file: path.display().to_string(),
            reason,
        })
    }

    /// Takes the file away, once nothing can be lost with it.
    pub(super) fn finish(&self) -> Result<(), CommandError> {
        let Some(path) = &self.0 else { return Ok(()) };
        match fs::remove_file(path) {
            Ok(()) => Ok(()),
            // A bucket without an object leaves none.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(reason) => Err(CommandError::NotSaved {
                file: path.display().to_string(),
                reason,
            }),
        }
    }
}
