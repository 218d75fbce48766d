//! Where what the demo sends goes: folders of its own, so that every method works with nothing installed, and nothing reaches anybody.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use channels::drop_folder::DropConfig;
use channels::mail_folder::MailFolderConfig;
use domain::distribution::DistributionMethod;

use crate::config::channels::{Channel, Kind};
use crate::config::{Code, Layer, Settings};
use crate::secret_file;

/// The names of the channels. Nobody gives these to channels of their own.
const MAIL: &str = "demo-mail";
const PRINT: &str = "demo-print";
const E_INVOICE: &str = "demo-e-invoice";

/// Who sends e-invoices: an invented address and operator.
const E_INVOICE_ACCOUNT: &str = "003712345671";
const E_INVOICE_OPERATOR: &str = "DEMOFI22";

/// Under way at once.
const IN_FLIGHT: usize = 8;

/// The folders of the demo.
pub(super) struct Folders {
    root: PathBuf,
    /// A Maildir.
    pub(super) mails: PathBuf,
    pub(super) prints: PathBuf,
    pub(super) e_invoices: PathBuf,
    /// What the demo's own operator answers.
    pub(super) acknowledgements: PathBuf,
}

impl Folders {
    /// Those in `root`. None is made yet.
    pub(super) fn below(root: PathBuf) -> Self {
        let folder = |name: &str| root.join(name);
        Self {
            mails: folder("mails"),
            prints: folder("prints"),
            e_invoices: folder("e-invoices"),
            acknowledgements: folder("acknowledgements"),
            root,
        }
    }

    /// Makes them as far as they are missing, for their owner only. What they lie in is there.
    pub(super) fn make(&self) -> io::Result<()> {
        [&self.root, &self.prints, &self.e_invoices, &self.acknowledgements].into_iter().try_for_each(|path| make(path))
    }

    /// `given`, and below it channels into the folders for every method that nobody has set a channel for.
    pub(super) fn under(&self, given: Layer) -> Result<Layer, String> {
        let mut own = Layer::default();
        let channel = |kind| Channel { kind, per_second: None, in_flight: IN_FLIGHT };
        if given.messages.mail_channel.is_none() {
            let folder = self.mails.clone();
            own.channels.insert(MAIL.to_owned(), channel(Kind::MailFolder(Box::new(MailFolderConfig { folder }))));
            own.messages.mail_channel = Some(MAIL.to_owned());
            own.messages.mail_from = Some("Tallystick demo <invoices@tallystick.example>".to_owned());
            own.messages.operator_mail = Some("operator@tallystick.example".to_owned());
        }
        if given.invoices.print_channel.is_none() {
            own.channels.insert(PRINT.to_owned(), channel(Kind::Drop(Box::new(drop_into(&self.prints, None)))));
            own.invoices.print_channel = Some(PRINT.to_owned());
        }
        if given.invoices.e_invoice_channel.is_none() {
            let drop = drop_into(&self.e_invoices, Some(&self.acknowledgements));
            own.channels.insert(E_INVOICE.to_owned(), channel(Kind::Drop(Box::new(drop))));
            own.invoices.e_invoice_channel = Some(E_INVOICE.to_owned());
            own.invoices.e_invoice_account = Some(E_INVOICE_ACCOUNT.parse::<Code>()?);
            own.invoices.e_invoice_operator = Some(E_INVOICE_OPERATOR.parse::<Code>()?);
        }
        Ok(given.over(own))
    }

    /// Whether what goes by `method` comes into these folders, and so reaches nobody.
    pub(super) fn hold(&self, settings: &Settings, method: DistributionMethod) -> bool {
        let (name, folder) = match method {
            DistributionMethod::None => return true,
            DistributionMethod::Email => (&settings.messages.mail_channel, &self.mails),
            DistributionMethod::Print => (&settings.invoices.print_channel, &self.prints),
            DistributionMethod::EInvoice => (&settings.invoices.e_invoice_channel, &self.e_invoices),
        };
        match name.as_ref().and_then(|name| settings.channels.get(name)).map(|channel| &channel.kind) {
            Some(Kind::MailFolder(config)) => config.folder == *folder,
            Some(Kind::Drop(config)) => config.folder == *folder,
            _ => false,
        }
    }

    /// Whether everything comes into these folders.
    pub(super) fn hold_all(&self, settings: &Settings) -> bool {
        DistributionMethod::ALL.into_iter().all(|method| self.hold(settings, method))
    }
}

fn make(folder: &Path) -> io::Result<()> {
    match secret_file::create_directory(folder) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            Err(io::Error::new(error.kind(), format!("{}: {error}", folder.display())))
        }
        _ => Ok(()),
    }
}

fn drop_into(folder: &Path, acknowledgements: Option<&Path>) -> DropConfig {
    DropConfig {
        folder: folder.to_owned(),
        most_waiting: 10_000,
        acknowledgements: acknowledgements.map(Path::to_owned),
        timeout: Duration::from_mins(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(text: &str) -> Layer {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn every_method_has_a_folder_unless_somebody_has_set_a_channel() {
        let folders = Folders::below("/demo".into());
        let settings = Settings::of(folders.under(Layer::default()).unwrap(), None).unwrap();
        assert!(folders.hold_all(&settings));
        assert!(!Folders::below("/other".into()).hold_all(&settings));
        let given = "[invoices]\nprint-channel = 'paper'\n[channels.paper]\nkind = 'drop'\nfolder = '/srv/print'\n";
        let settings = Settings::of(folders.under(layer(given)).unwrap(), None).unwrap();
        assert_eq!(settings.invoices.print_channel.as_deref(), Some("paper"));
        assert!(!folders.hold(&settings, DistributionMethod::Print) && !folders.hold_all(&settings));
        assert!(folders.hold(&settings, DistributionMethod::Email));
    }

    #[test]
    fn the_folders_are_made_once() {
        let directory = tempfile::tempdir().unwrap();
        let folders = Folders::below(directory.path().join("demo.db.sent"));
        folders.make().unwrap();
        folders.make().unwrap();
        assert!(folders.acknowledgements.is_dir());
        let missing = Folders::below(directory.path().join("no/such/folder"));
        assert!(missing.make().unwrap_err().to_string().contains("no/such/folder"));
    }
}
