//! What the installation must have: a configuration, channels that can be made, a certificate, a database, a master key, and trails that
//! verify.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock as _, Environment};
use service::{Core, MasterKeys};
use store::{Db, installation};

use super::Findings;
use crate::cli::output::count;
use crate::config::{Layer, Settings};
use crate::master_key::{self, Source};
use crate::providers;
use crate::secret_file::{self, SecretFileError};
use crate::serve::Certificate;
use crate::system::{SystemClock, SystemRandom};

/// A record this far ahead of the clock means that the clock was set back.
const AHEAD: Duration = Duration::from_secs(60);

/// What a SQLite file begins with.
const SQLITE_HEAD: &[u8] = b"SQLite format 3\0";

/// The file that was read, and variables that nothing reads.
pub(super) fn configuration(settings: &Settings, findings: &mut Findings) {
    let file = settings.file.as_ref().map_or("no file".to_owned(), |file| file.display().to_string());
    findings.ok("configuration", format!("{file}, {}", settings.server.environment));
    let mut known: Vec<&str> = Layer::described().iter().map(|setting| setting.variable).collect();
    known.extend(["TALLYSTICK_CONFIG", master_key::VARIABLE, crate::app::METRICS_TOKEN_VARIABLE]);
    let unknown = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    for name in unknown.filter(|name| name.starts_with("TALLYSTICK_") && !known.contains(&name.as_str())) {
        findings.warning("configuration", format!("the variable {name} is no setting"), "mend its name, or remove it");
    }
    if settings.is_behind_unnamed_proxy() {
        let what = "trusted-proxies is set and public-url is not".to_owned();
        findings.warning(
            "configuration",
            what,
            "set public-url: OAuth clients are told the proxy's inner address else",
        );
    }
}

/// Whether each channel can be made, without connecting. The file then holds passwords, and should be its owner's alone.
pub(super) fn channels(settings: &Settings, findings: &mut Findings) {
    if let Some(file) = settings.file.as_ref().filter(|_| !settings.channels.is_empty()) {
        private(file, "configuration", findings);
    }
    for (name, channel) in &settings.channels {
        match providers::check(name, channel) {
            Ok(()) => findings.ok("channel", format!("{name}, {}", channel.kind.name())),
            Err(error) => findings.fault("channel", error.to_string(), None),
        }
    }
    match providers::webhooks(settings).map(|sender| sender.check_https()) {
        Ok(Ok(())) => {}
        // A sandbox may call plain addresses, and most installations have no endpoint.
        Ok(Err(_)) if settings.server.environment == Environment::Sandbox => {}
        Ok(Err(fault)) => findings.warning("webhooks", fault.to_string(), "without it no webhook is sent"),
        Err(error) => findings.fault("webhooks", error.to_string(), None),
    }
}

/// Whether the certificate can be used.
pub(super) async fn certificate(settings: &Settings, findings: &mut Findings) {
    let Some((certificate, key)) = settings.tls.files() else { return };
    match Certificate::read(certificate, key).await {
        Ok(_) => findings.ok("certificate", certificate.display().to_string()),
        Err(error) => findings.fault("certificate", error.to_string(), None),
    }
    private(key, "certificate", findings);
}

/// The database, and what is in it.
pub(super) async fn installation(settings: &Settings, findings: &mut Findings) {
    let options = settings.database.options();
    let name = options.url_without_password();
    let file = options.sqlite_path();
    if let Some(path) = &file {
        if !path.exists() {
            missing_file(path, &name, findings);
            master_keys(settings, Usage::Unused, findings);
            return;
        }
        private(path, "database", findings);
        if let Err(error) = writable(path) {
            findings.fault("database", format!("{name} can't be written to: {error}"), Some(sqlite_remedy(path)));
            master_keys(settings, Usage::Unknown, findings);
            return;
        }
    }
    match Db::open(options).await {
        Ok(db) => {
            findings.ok("database", format!("{name}, {}", db.engine()));
            opened(&db, settings, findings).await;
            db.close().await;
        }
        Err(error) => {
            let remedy =
                file.as_deref().map_or("check the address, and that the server runs".to_owned(), sqlite_remedy);
            findings.fault("database", error.to_string(), Some(remedy));
            master_keys(settings, Usage::Unknown, findings);
        }
    }
}

/// A SQLite file that is not there: the server makes it, but not the folder that it is to be in.
fn missing_file(path: &Path, name: &str, findings: &mut Findings) {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if folder.is_dir() {
        findings.warning("database", format!("{name} is not there yet"), "`tallystick serve` makes it");
    } else {
        let folder = folder.display();
        let remedy = format!(
            "make the folder {folder}, or name another file with --database: `tallystick serve` makes no folder"
        );
        findings.fault("database", format!("{name} can't be made: there is no folder {folder}"), Some(remedy));
    }
}

/// Whether the file may be written to. Opening the database does not tell of every one that may only be read. To be asked only while this
/// process has no connection to it: closing the file ends the locks of all of them.
fn writable(path: &Path) -> std::io::Result<()> {
    File::options().write(true).open(path).map(drop)
}

/// What to do about a SQLite file that can't be used.
fn sqlite_remedy(path: &Path) -> String {
    if path.is_dir() {
        return "it is a folder: name a file in it with --database".to_owned();
    }
    let mut head = Vec::new();
    // What can't be read is not known to be something else.
    let read = File::open(path).and_then(|file| file.take(SQLITE_HEAD.len() as u64).read_to_end(&mut head));
    if read.is_ok() && !head.is_empty() && head != SQLITE_HEAD {
        "it is no SQLite database: name another file with --database".to_owned()
    } else {
        let path = path.display();
        format!("check the owner and the permissions of {path} and of its folder: the server has to write to both")
    }
}

async fn opened(db: &Db, settings: &Settings, findings: &mut Findings) {
    let schema = db.migration_state().await;
    let used = match &schema {
        // There is no table yet that would tell.
        Ok(state) if state.version == 0 => Ok(false),
        _ => used(db).await,
    };
    let keys = master_keys(settings, used.as_ref().map_or(Usage::Unknown, |used| Usage::of(*used)), findings);
    match schema {
        Err(error) => return findings.fault("schema", error.to_string(), None),
        Ok(state) if state.missing.is_empty() => findings.ok("schema", format!("version {}", state.version)),
        Ok(state) => {
            let missing = count(state.missing.len(), "migration is missing", "migrations are missing");
            let message = format!("version {}, {missing}", state.version);
            return findings.warning(
                "schema",
                message,
                "`tallystick migrate`, or `tallystick serve`, which does it at start",
            );
        }
    }
    match used {
        Ok(true) => {}
        Ok(false) => return findings.ok("master key", "the database has not been used yet"),
        Err(error) => return findings.fault("database", error.to_string(), None),
    }
    let Some(keys) = keys else { return };
    match Core::open(db.clone(), Arc::new(SystemClock), Arc::new(SystemRandom), keys, settings.service()).await {
        Err(error) => {
            findings.fault("master key", error.to_string(), Some("give the master key of this database".to_owned()))
        }
        Ok(core) => {
            findings.ok("master key", "it opens the database");
            trails(&core, findings).await;
        }
    }
}

/// Whether the database has its pepper. Opening the core on one without would make it, and the doctor changes nothing.
async fn used(db: &Db) -> Result<bool, store::StoreError> {
    Ok(installation::secret(&mut db.reader().await?, "pepper").await?.is_some())
}

/// Whether something is sealed in the database, which the key that it was sealed with is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Usage {
    /// Nothing is.
    Unused,
    /// Something is.
    Used,
    /// The database can't be asked.
    Unknown,
}

impl Usage {
    const fn of(is_used: bool) -> Self {
        if is_used { Self::Used } else { Self::Unused }
    }
}

/// The master key, without making one.
fn master_keys(settings: &Settings, used: Usage, findings: &mut Findings) -> Option<MasterKeys> {
    match master_key::find(master_key::variable(), settings) {
        Ok(None) => {
            let file = master_key::default_file(settings);
            let message = format!("{} is not there", file.display());
            let put_back = format!("put that file back, or set {}", master_key::VARIABLE);
            match used {
                Usage::Unused => findings.warning("master key", message, "a sandbox makes it at its first start"),
                // A new one would fit nothing that is in there.
                Usage::Used => {
                    let message = format!("{message}, and the database was used with a master key before");
                    findings.fault("master key", message, Some(put_back));
                }
                Usage::Unknown => {
                    let remedy = format!(
                        "if the database was used before, {put_back}; else a sandbox makes it at its first start"
                    );
                    findings.warning("master key", message, remedy);
                }
            }
            None
        }
        Ok(Some((keys, found))) => {
            let versions: Vec<_> = keys.versions().map(|version| version.to_string()).collect();
            findings.ok("master key", format!("{found}, version {}", versions.join(", ")));
            if let Source::File(path) = found {
                same_disk(&path, settings, findings);
            }
            Some(keys)
        }
        Err(error) => {
            findings.fault("master key", error.to_string(), None);
            None
        }
    }
}

/// In production a key beside the database is in every copy of both.
fn same_disk(key: &Path, settings: &Settings, findings: &mut Findings) {
    let database = settings.database.options().sqlite_path();
    if settings.server.environment == Environment::Production
        && let Some(database) = database
        && database.parent() == key.parent()
    {
        let message = "the master key is kept beside the database, so that who copies one has both";
        findings.warning("master key", message, "keep it in another place, or in TALLYSTICK_MASTER_KEY");
    }
}

async fn trails(core: &Core, findings: &mut Findings) {
    let reports = match core.verify_audit().await {
        Ok(reports) => reports,
        Err(error) => return findings.fault("audit trail", error.to_string(), None),
    };
    let faults: usize = reports.iter().map(|report| report.faults.len()).sum();
    if faults > 0 {
        let remedy = "`tallystick audit verify` names them; compare with a backup".to_owned();
        let message = count(faults, "record or seal does not fit", "records or seals do not fit");
        findings.fault("audit trail", message, Some(remedy));
    } else {
        let records: u64 = reports.iter().map(|report| report.records).sum();
        let (records, trails) = (count(records, "record", "records"), count(reports.len(), "trail", "trails"));
        findings.ok("audit trail", format!("{records} in {trails}, intact"));
    }
    for report in reports {
        let code = Some(report.partner_code.as_str()).filter(|code| !code.is_empty());
        let newest = core.audit_records(code, None, 1).await.ok().and_then(|records| records.into_iter().next());
        if let Some(newest) = newest
            && newest.at > SystemClock.now().after(AHEAD)
        {
            let message = format!("the newest audit record is of {}, which is still to come", newest.at);
            return findings.warning(
                "clock",
                message,
                "the clock was set back, or another machine's is ahead: use NTP",
            );
        }
    }
}

/// A file that only its owner should read.
fn private(path: &Path, check: &'static str, findings: &mut Findings) {
    if let Err(error @ SecretFileError::OpenToOthers { .. }) = secret_file::check_mode(path) {
        findings.warning(check, error.to_string(), format!("chmod 600 {}", path.display()));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::Verdict;
    use super::*;

    #[test]
    fn channels_and_the_mode_of_their_file_are_looked_at() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("tallystick.toml");
        let text = "[channels.main]\nkind = 'smpp'\nhost = 'smsc.example'\nsystem-id = 'tally'\npassword = 'hunter22'\n\
                    [channels.post]\nkind = 'smtp'\nhost = 'h'\nmessage-id-domain = 'a.example'\nca-file = '/no/such/file'\n";
        std::fs::write(&file, text).unwrap();
        let found = |mode: u32| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let settings = Settings::load(Layer::default(), Some(file.clone()), Layer::default()).unwrap();
            let mut findings = Findings::default();
            channels(&settings, &mut findings);
            findings.items
        };
        let shown = |mode| found(mode).into_iter().map(|finding| (finding.check, finding.verdict)).collect::<Vec<_>>();
        assert_eq!(shown(0o600), [("channel", Verdict::Ok), ("channel", Verdict::Fault)]);
        assert_eq!(shown(0o640)[0], ("configuration", Verdict::Warning));
        let items = found(0o600);
        assert_eq!(items[0].message, "main, smpp");
        assert!(items[1].message.starts_with("[channels.post]: ca-file: /no/such/file"), "{}", items[1].message);
    }
}
