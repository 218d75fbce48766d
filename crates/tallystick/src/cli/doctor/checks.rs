//! What the installation must have: a configuration, channels that can be made, a certificate, a database, a master key, and trails that
//! verify.

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
    if let Some(path) = options.sqlite_path() {
        if !path.exists() {
            findings.warning("database", format!("{name} is not there yet"), "`tallystick serve` makes it");
            master_keys(settings, findings);
            return;
        }
        private(&path, "database", findings);
    }
    match Db::open(options).await {
        Ok(db) => {
            findings.ok("database", format!("{name}, {}", db.engine()));
            opened(&db, settings, findings).await;
            db.close().await;
        }
        Err(error) => {
            findings.fault(
                "database",
                error.to_string(),
                Some("check the address, and that the server runs".to_owned()),
            );
            master_keys(settings, findings);
        }
    }
}

async fn opened(db: &Db, settings: &Settings, findings: &mut Findings) {
    let keys = master_keys(settings, findings);
    match db.migration_state().await {
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
    match used(db).await {
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

/// The master key, without making one.
fn master_keys(settings: &Settings, findings: &mut Findings) -> Option<MasterKeys> {
    match master_key::find(master_key::variable(), settings) {
        Ok(None) => {
            let message = format!("{} is not there", master_key::default_file(settings).display());
            findings.warning("master key", message, "a sandbox makes it at its first start");
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
