//! The mail that an invoice goes with: who sends what, and what is to be paid until when.

use domain::invoice::{InvoiceType, NewInvoice};

use crate::format::{in_fours, reference};
use crate::language::Language;

/// A mail that an invoice goes with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverLetter {
    /// What it is about, in one line.
    pub subject: String,
    /// What it says, as plain text.
    pub text: String,
    /// What the PDF is called.
    pub file_name: String,
    /// The tag of its language (RFC 5646).
    pub language: &'static str,
}

/// The mail that `invoice` goes with, in the language of the buyer: Finnish, Swedish or English.
#[must_use]
pub fn cover_letter(invoice: &NewInvoice) -> CoverLetter {
    let language = Language::of(invoice.parties.buyer.language);
    let is_credit_note = invoice.header.kind == InvoiceType::CreditNote;
    let (number, seller) = (invoice.header.number, one_line(&invoice.parties.seller.name));
    let words = language.words();
    let title = if is_credit_note { words.credit_note } else { words.invoice };
    let mut text = match (language, is_credit_note) {
        (Language::Finnish, false) => format!("Hei,\n\nliitteenä on lasku {number}. Lähettäjä on {seller}.\n"),
        (Language::Finnish, true) => format!("Hei,\n\nliitteenä on hyvityslasku {number}. Lähettäjä on {seller}.\n"),
        (Language::Swedish, false) => format!("Hej,\n\nfaktura {number} från {seller} är bifogad.\n"),
        (Language::Swedish, true) => format!("Hej,\n\nkreditfaktura {number} från {seller} är bifogad.\n"),
        (Language::English, false) => format!("Hello,\n\nInvoice {number} from {seller} is attached.\n"),
        (Language::English, true) => format!("Hello,\n\nCredit note {number} from {seller} is attached.\n"),
    };
    let payable = invoice.totals.payable;
    if !is_credit_note && payable.minor() > 0 {
        let factoring = invoice.extensions.factoring.as_ref();
        let iban = factoring.and_then(|factoring| factoring.iban.as_ref());
        let iban = iban.or(invoice.parties.seller.payment.iban.as_ref());
        text.push('\n');
        let mut line = |name: &str, value: String| text.push_str(&format!("{name}: {value}\n"));
        line(words.to_pay, language.amount(payable));
        line(words.due_date, language.date(invoice.header.due_date));
        if let Some(iban) = iban {
            line("IBAN", in_fours(iban.as_str()));
        }
        line(words.reference_number, reference(&invoice.references.payment));
    }
    CoverLetter {
        subject: format!("{title} {number} – {seller}"),
        // Plain spaces: people copy the account and the reference out of it, and not every bank takes the others.
        text: text.replace('\u{a0}', " "),
        file_name: format!("{}-{number}.pdf", file_stem(title)),
        language: language.tag(),
    }
}

/// A name as one line: whoever wrote it can't add lines to the letter.
fn one_line(name: &str) -> String {
    let line: String = name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    line.trim().to_owned()
}

/// The title as a file is called by: lower-case letters of ASCII, which every system takes.
fn file_stem(title: &str) -> String {
    title.to_lowercase().chars().map(|letter| if letter.is_ascii_lowercase() { letter } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_by_letters_that_every_system_takes() {
        for (title, stem) in [("Lasku", "lasku"), ("Hyvityslasku", "hyvityslasku"), ("Credit note", "credit-note")] {
            assert_eq!(file_stem(title), stem);
        }
        assert_eq!(one_line(" X\r\nhttps://evil.example "), "X  https://evil.example");
    }
}
