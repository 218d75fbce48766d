use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::config::DropConfig;
use super::place::Place;
use crate::acknowledgement::AcknowledgementFolder;
use crate::{Accepted, ConfigFault, Document, DocumentChannel, Fault, span};

/// Documents put into a folder.
pub struct DropChannel {
    name: String,
    folder: PathBuf,
    most_waiting: usize,
    acknowledgements: Option<AcknowledgementFolder>,
    timeout: Duration,
    /// One document at a time, so that no more than one thread hangs where the file system does.
    turn: Arc<Mutex<()>>,
}

/// The right of this process to be in the folder.
type Turn = OwnedMutexGuard<()>;

impl DropChannel {
    /// Looks at the settings, and not at the folder: it may come later.
    ///
    /// # Errors
    /// [`ConfigFault`], when a setting cannot be used.
    pub fn new(name: &str, config: &DropConfig) -> Result<Self, ConfigFault> {
        span::at_least_some("timeout", config.timeout)?;
        if config.most_waiting == 0 {
            return Err(ConfigFault::new("most-waiting", "0 would let nothing through: write 1 or more"));
        }
        if config.folder.as_os_str().is_empty() {
            return Err(ConfigFault::new("folder", "is empty: write the path of a folder"));
        }
        // Our own manifests would be taken for acknowledgements.
        if config.acknowledgements.as_ref().is_some_and(|path| is_same(path, &config.folder)) {
            return Err(ConfigFault::new("acknowledgements", "is the folder of the documents: use another one"));
        }
        let acknowledgements = config.acknowledgements.as_deref();
        let acknowledgements = acknowledgements.map(|path| AcknowledgementFolder::new(name, path)).transpose()?;
        Ok(Self {
            name: name.to_owned(),
            folder: config.folder.clone(),
            most_waiting: config.most_waiting,
            acknowledgements,
            timeout: config.timeout,
            turn: Arc::default(),
        })
    }

    /// The folder that acknowledgements are read from, when there is one.
    #[must_use]
    pub const fn acknowledgements(&self) -> Option<&AcknowledgementFolder> {
        self.acknowledgements.as_ref()
    }

    /// Waits until this process is not in the folder.
    async fn turn(&self) -> Result<Turn, Fault> {
        let turn = timeout(self.timeout, Arc::clone(&self.turn).lock_owned()).await;
        turn.map_err(|_| Fault::unreachable(self.late()))
    }

    /// Does `work` in the folder on a thread that may wait. Where the time is over the work goes on by itself, and who comes next waits for
    /// its end.
    async fn work<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(&Place) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let folder = self.folder.clone();
        let working = spawn_blocking(move || {
            let _turn = turn;
            work(&Place::enter(&folder)?)
        });
        match timeout(self.timeout, working).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(Fault::temporary("writing the files panicked").unsure()),
            Err(_) => Err(Fault::temporary(self.late()).unsure()),
        }
    }

    fn late(&self) -> String {
        format!("{}: the file system did not answer in time", self.folder.display())
    }
}

/// Whether both lead to the same folder, as far as can be told: of one that is not there, its path alone.
pub fn is_same(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

impl std::fmt::Debug for DropChannel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DropChannel").field("name", &self.name).field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl DocumentChannel for DropChannel {
    fn name(&self) -> &str {
        &self.name
    }

    fn send<'a>(&'a self, document: &'a Document) -> BoxFuture<'a, Result<Accepted, Fault>> {
        async {
            if document.files.is_empty() {
                return Err(Fault::permanent("the document has no file"));
            }
            let turn = self.turn().await?;
            // Not before it is its turn: a document may have megabytes.
            let (handed, most_waiting) = (document.clone(), self.most_waiting);
            self.work(turn, move |place| place.put(&handed, most_waiting)).await?;
            Ok(Accepted { provider_message_ids: vec![document.id.to_string()] })
        }
        .boxed()
    }

    fn test(&self) -> BoxFuture<'_, Result<String, Fault>> {
        async {
            let waiting = self.work(self.turn().await?, Place::probe).await;
            let waiting = waiting.map_err(|fault| Fault { may_have_been_accepted: false, ..fault })?;
            let mut found = format!("{} can be written to, {waiting} documents wait", self.folder.display());
            if let Some(folder) = &self.acknowledgements {
                found = format!("{found}; {}", folder.check().await?);
            }
            Ok(found)
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_used_are_named() {
        for (text, setting) in [
            ("folder = ''", "folder"),
            ("folder = '/a'\nmost-waiting = 0", "most-waiting"),
            ("folder = '/a'\ntimeout = '0s'", "timeout"),
            ("folder = '/a'\nacknowledgements = ''", "acknowledgements"),
            ("folder = '/a'\nacknowledgements = '/a/'", "acknowledgements"),
            ("folder = '/usr'\nacknowledgements = '/usr/bin/..'", "acknowledgements"),
        ] {
            let fault = DropChannel::new("print", &toml::from_str(text).unwrap()).unwrap_err();
            assert_eq!(fault.setting, setting, "{text}");
        }
        // Neither has to be there yet.
        assert!(DropChannel::new("print", &toml::from_str("folder = '/a'\nacknowledgements = '/b'").unwrap()).is_ok());
    }
}
