//! The file that the credentials are written to.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use domain::Secret;
use service::onboarding::CreatedClient;

use super::rows::Name;
use crate::cli::CommandError;
use crate::secret_file::{self, SecretFileError};

const COLUMNS: [&str; 11] = [
    "clientIdentifier",
    "confirmaFinanceCustomerCode",
    "paymentReferencePrefix",
    "countryCode",
    "businessCode",
    "name",
    "keyId",
    "apiAccessToken",
    "apiAccessTokenExpiresAt",
    "oauthClientId",
    "oauthClientSecret",
];

/// An open credentials file. Every line is with the system when the client is counted as made, and on the disk at the end.
pub(super) struct Credentials {
    file: File,
    path: PathBuf,
}

impl Credentials {
    /// Makes the file for its owner only, or takes the one of an earlier run to add to it.
    pub(super) fn open(path: &Path) -> Result<Self, CommandError> {
        let failed = |source| SecretFileError::Io { path: path.to_owned(), source };
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).mode(secret_file::MODE).open(path).map_err(failed)?;
        secret_file::check_open(&file, path)?;
        let mut credentials = Self { file, path: path.to_owned() };
        credentials.prepare().map_err(failed)?;
        Ok(credentials)
    }

    /// Writes the header into a new file; checks that of an old one, and ends a line that a crash cut off.
    fn prepare(&mut self) -> io::Result<()> {
        let header = line(&COLUMNS)?;
        let mut begin = vec![0; header.expose().len()];
        let length = self.file.metadata()?.len();
        if length == 0 {
            self.file.write_all(header.expose().as_bytes())?;
            return secret_file::sync_directory(&self.path);
        }
        self.file.seek(SeekFrom::Start(0))?;
        if self.file.read_exact(&mut begin).is_err() || begin != header.expose().as_bytes() {
            return Err(io::Error::other(
                "it is there, and is no credentials file of an earlier import: choose another --output",
            ));
        }
        let mut last = [0];
        self.file.seek(SeekFrom::End(-1))?;
        self.file.read_exact(&mut last)?;
        if last != *b"\n" { self.file.write_all(b"\n") } else { Ok(()) }
    }

    /// Adds the line of one client.
    pub(super) fn write(&mut self, client: &CreatedClient, name: &Name) -> io::Result<()> {
        let token = Secret::new(client.key.expose().to_text());
        let (oauth_id, oauth_secret) = match &client.oauth {
            Some(oauth) => (oauth.id.as_str(), Secret::new(oauth.secret.expose().to_text())),
            None => ("", Secret::new(String::new())),
        };
        let line = line(&[
            &client.client.to_string(),
            &client.customer_code.to_string(),
            &client.reference_prefix.to_string(),
            &name.country_code,
            &name.business_code,
            &name.name,
            &client.key_id.to_string(),
            token.expose(),
            &client.key_expires_at.map(|at| at.to_string()).unwrap_or_default(),
            oauth_id,
            oauth_secret.expose(),
        ])?;
        // In one call, so that a crash leaves whole lines.
        self.file.write_all(line.expose().as_bytes())
    }

    /// Puts everything on the disk.
    pub(super) fn finish(self) -> Result<(), CommandError> {
        self.file.sync_all().map_err(|source| SecretFileError::Io { path: self.path, source }.into())
    }
}

/// One line of CSV.
fn line(fields: &[&str]) -> io::Result<Secret<String>> {
    let mut writer = csv::Writer::from_writer(Vec::with_capacity(256));
    writer.write_record(fields).map_err(io::Error::other)?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map(Secret::new).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn header() -> String {
        line(&COLUMNS).unwrap().expose().clone()
    }

    #[test]
    fn a_new_file_is_for_its_owner_and_an_old_one_is_added_to() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c.csv");
        Credentials::open(&path).unwrap().finish().unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, header() + "1,cut off").unwrap();
        Credentials::open(&path).unwrap().finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), header() + "1,cut off\n");
    }

    #[test]
    fn another_file_is_not_touched() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c.csv");
        std::fs::write(&path, "name,email\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(Credentials::open(&path).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "name,email\n");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Credentials::open(&path).err().unwrap().to_string().contains("chmod 600"));
    }
}
