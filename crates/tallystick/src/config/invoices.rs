//! `[invoices]`: how invoices leave.

use std::path::Path;
use std::str::FromStr;

use channels::drop_folder::is_same;
use domain::invoice::{EInvoiceAddress, EInvoiceCode};
use service::{EInvoiceSettings, PrintSettings};

use super::ConfigError;
use super::channels::{Carried, Channels, Kind, check_use};
use super::error::at_least_one;
use super::section::section;
use super::span::Span;
use super::text::from_text;

section! {
    /// Invoices: by which channels they leave that do not go by mail, whose e-invoices they are, and how long they are tried.
    Invoices, InvoicesLayer, "invoices";

    /// The channel of invoices that are printed, of the kind drop. Without it none is printed
    print_channel ["TALLYSTICK_PRINT_CHANNEL", "NAME"]: String;

    /// The channel of e-invoices, of the kind e-invoice-http or drop. Without it no e-invoice is sent
    e_invoice_channel ["TALLYSTICK_E_INVOICE_CHANNEL", "NAME"]: String;

    /// The e-invoice address that they are sent from, such as 003707375462. Needed with e-invoice-channel
    e_invoice_account ["TALLYSTICK_E_INVOICE_ACCOUNT", "ADDRESS"]: Code;

    /// The operator of that address, such as 003721291126. Needed with e-invoice-channel
    e_invoice_operator ["TALLYSTICK_E_INVOICE_OPERATOR", "OPERATOR"]: Code;

    /// How long an invoice is tried before its delivery has failed, by whichever method
    give_up_after ["TALLYSTICK_GIVE_UP_AFTER", "SPAN"]: Span = Span(service::Settings::default().give_up_after);
}

/// An e-invoice address or an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code(EInvoiceCode);

impl FromStr for Code {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        EInvoiceCode::parse(text).map(Self).map_err(|fault| fault.to_string())
    }
}

from_text!(Code);

impl Invoices {
    pub(crate) fn check(&self, channels: &Channels) -> Result<(), ConfigError> {
        at_least_one("give-up-after", usize::from(!self.give_up_after.0.is_zero()))?;
        // What was just put there would be read as acknowledgements, and moved away.
        for (name, answers) in
            channels.iter().filter_map(|(name, channel)| Some((name, acknowledgements(&channel.kind)?)))
        {
            let is_drop = |drop: &&String| folder(channels, drop).is_some_and(|folder| is_same(folder, answers));
            if let Some(drop) = channels.keys().find(is_drop) {
                let reason = format!(
                    "[channels.{name}] reads acknowledgements from the folder of [channels.{drop}]: use another one"
                );
                return Err(ConfigError::invalid("acknowledgements", reason));
            }
        }
        if let Some(name) = &self.print_channel {
            check_use("print-channel", name, Carried::Paper, channels)?;
        }
        let Some(name) = &self.e_invoice_channel else { return Ok(()) };
        check_use("e-invoice-channel", name, Carried::EInvoices, channels)?;
        if let Some(print) = &self.print_channel
            && (print == name
                || folder(channels, print).zip(folder(channels, name)).is_some_and(|(one, other)| is_same(one, other)))
        {
            let reason = format!("[channels.{name}] is the drop of print-channel, too: a printer prints no e-invoices");
            return Err(ConfigError::invalid("e-invoice-channel", reason));
        }
        for (setting, code) in
            [("e-invoice-account", &self.e_invoice_account), ("e-invoice-operator", &self.e_invoice_operator)]
        {
            if code.is_none() {
                return Err(ConfigError::invalid(setting, "is needed where e-invoice-channel is set"));
            }
        }
        Ok(())
    }

    /// How invoices are printed.
    #[must_use]
    pub fn print(&self) -> Option<PrintSettings> {
        Some(PrintSettings { channel: self.print_channel.clone()? })
    }

    /// How e-invoices leave.
    #[must_use]
    pub fn e_invoice(&self) -> Option<EInvoiceSettings> {
        let sender = EInvoiceAddress {
            account: self.e_invoice_account.clone()?.0,
            operator: self.e_invoice_operator.clone()?.0,
        };
        Some(EInvoiceSettings { channel: self.e_invoice_channel.clone()?, sender })
    }
}

/// The folder of the channel `name`, where it is a drop.
fn folder<'c>(channels: &'c Channels, name: &str) -> Option<&'c Path> {
    match &channels.get(name)?.kind {
        Kind::Drop(config) => Some(&config.folder),
        _ => None,
    }
}

/// The folder of acknowledgements of a channel that has one.
fn acknowledgements(kind: &Kind) -> Option<&Path> {
    match kind {
        Kind::Drop(config) => config.acknowledgements.as_deref(),
        Kind::EInvoiceHttp(config) => config.acknowledgements.as_deref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels() -> Channels {
        toml::from_str(
            "[print]\nkind = 'drop'\nfolder = '/srv/print'\n[drop]\nkind = 'drop'\nfolder = '/srv/operator'\n\
             [twin]\nkind = 'drop'\nfolder = '/srv/print/'\n\
             [operator]\nkind = 'e-invoice-http'\nurl = 'https://operator.example'\n\
             [post]\nkind = 'smtp'\nhost = 'h'\nmessage-id-domain = 'a.example'",
        )
        .unwrap()
    }

    fn invoices(text: &str) -> Invoices {
        toml::from_str::<InvoicesLayer>(text).unwrap().resolve()
    }

    const ADDRESS: &str = "e-invoice-account = '0037 0737 5462'\ne-invoice-operator = 'DABAFIHH'\n";

    #[test]
    fn what_is_set_is_handed_on() {
        for channel in ["operator", "drop"] {
            let text = format!("{ADDRESS}e-invoice-channel = '{channel}'\nprint-channel = 'print'");
            let read = invoices(&text);
            read.check(&channels()).unwrap();
            assert_eq!(read.print().unwrap().channel, "print");
            let e_invoice = read.e_invoice().unwrap();
            assert_eq!(e_invoice.channel, channel);
            assert_eq!(
                (e_invoice.sender.account.as_str(), e_invoice.sender.operator.as_str()),
                ("003707375462", "DABAFIHH")
            );
        }
        let none = Invoices::default();
        none.check(&channels()).unwrap();
        assert!(none.print().is_none() && none.e_invoice().is_none());
    }

    #[test]
    fn what_would_not_work_is_refused() {
        for (text, setting, told) in [
            ("print-channel = 'other'", "print-channel", "there is no [channels.other]"),
            ("print-channel = 'post'", "print-channel", "of the kind smtp: name one of the kind drop"),
            ("print-channel = 'operator'", "print-channel", "of the kind e-invoice-http: name one of the kind drop"),
            ("e-invoice-channel = 'other'", "e-invoice-channel", "there is no [channels.other]"),
            ("e-invoice-channel = 'post'", "e-invoice-channel", "name one of the kind drop or e-invoice-http"),
            ("print-channel = 'drop'\ne-invoice-channel = 'drop'", "e-invoice-channel", "is the drop of print-channel"),
            (
                "print-channel = 'print'\ne-invoice-channel = 'twin'",
                "e-invoice-channel",
                "is the drop of print-channel",
            ),
            ("e-invoice-channel = 'operator'\ne-invoice-operator = 'a'", "e-invoice-account", "is needed where"),
            ("e-invoice-channel = 'operator'\ne-invoice-account = 'a'", "e-invoice-operator", "is needed where"),
        ] {
            let error = invoices(text).check(&channels()).unwrap_err().to_string();
            assert!(error.contains(&format!("`{setting}`")) && error.contains(told), "{text}: {error}");
        }
        let error = toml::from_str::<InvoicesLayer>("e-invoice-account = 'a/b'").unwrap_err().to_string();
        assert!(error.contains("e-invoice-account") && error.contains("like 003707375462"), "{error}");
    }

    #[test]
    fn no_acknowledgements_are_read_from_a_drop() {
        let text = "[print]\nkind = 'drop'\nfolder = '/srv/print'\n\
                    [operator]\nkind = 'e-invoice-http'\nurl = 'https://operator.example'\nacknowledgements = '/srv/print/'";
        let error = Invoices::default().check(&toml::from_str(text).unwrap()).unwrap_err().to_string();
        assert!(error.contains("acknowledgements") && error.contains("[channels.print]"), "{error}");
        // Nor by another way to it.
        let here = tempfile::tempdir().unwrap();
        let (drop, link) = (here.path().join("drop"), here.path().join("link"));
        std::fs::create_dir(&drop).unwrap();
        std::os::unix::fs::symlink(&drop, &link).unwrap();
        let text = format!(
            "[print]\nkind = 'drop'\nfolder = '{}'\n\
             [operator]\nkind = 'e-invoice-http'\nurl = 'https://operator.example'\nacknowledgements = '{}'",
            drop.display(),
            link.display()
        );
        let error = Invoices::default().check(&toml::from_str(&text).unwrap()).unwrap_err().to_string();
        assert!(error.contains("[channels.print]"), "{error}");
    }
}
