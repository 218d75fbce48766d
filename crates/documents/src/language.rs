//! The languages of documents, and the sentences that have something in them.

use domain::calendar::CalendarDate;
use domain::country::CountryCode;
use domain::language::LanguageCode;
use domain::money::Money;
use domain::percent::Percent;
use domain::vat::VatCategory;

use crate::words::{self, Words};

/// A language that documents are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Finnish,
    Swedish,
    English,
}

impl Language {
    /// The language of a document for readers of `code`: English for those that are not here.
    pub(crate) fn of(code: LanguageCode) -> Self {
        match code.as_str() {
            "FI" => Self::Finnish,
            "SV" => Self::Swedish,
            _ => Self::English,
        }
    }

    /// Its language tag (RFC 5646).
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Finnish => "fi",
            Self::Swedish => "sv",
            Self::English => "en",
        }
    }

    /// Its fixed texts.
    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::Finnish => &words::FINNISH,
            Self::Swedish => &words::SWEDISH,
            Self::English => &words::ENGLISH,
        }
    }

    /// What the number of a business of `country` is called.
    pub(crate) fn business_id(self, country: CountryCode) -> &'static str {
        match (self, country.as_str()) {
            (Self::Finnish, "FI" | "AX") => "Y-tunnus",
            (Self::Finnish, _) => "Rekisterinumero",
            (Self::Swedish, "FI" | "AX") => "FO-nummer",
            (Self::Swedish, _) => "Organisationsnummer",
            (Self::English, "FI" | "AX") => "Business ID",
            (Self::English, _) => "Registration number",
        }
    }

    /// The same of the buyer.
    pub(crate) fn buyers_business_id(self, country: CountryCode) -> &'static str {
        match (self, country.as_str()) {
            (Self::Finnish, "FI" | "AX") => "Ostajan Y-tunnus",
            (Self::Finnish, _) => "Ostajan rekisterinumero",
            (Self::Swedish, "FI" | "AX") => "Köparens FO-nummer",
            (Self::Swedish, _) => "Köparens org.nr",
            (Self::English, "FI" | "AX") => "Buyer’s business ID",
            (Self::English, _) => "Buyer’s registration no.",
        }
    }

    /// Why a category has no VAT, in words; `None` where it has some. The laws of Finland and Sweden have two Swedish names
    /// for the reverse charge (AVL 1501/1993 section 209 e; ML 2023:200 chapter 17 section 24).
    pub(crate) fn no_vat(self, category: VatCategory, seller: CountryCode) -> Option<&'static str> {
        match (self, category, seller.as_str()) {
            (Self::Swedish, VatCategory::ReverseCharge, "FI" | "AX") => Some("Omvänd skattskyldighet."),
            _ => self.words().no_vat(category),
        }
    }

    /// What may be taken off until when.
    pub(crate) fn cash_discount(self, percent: Percent, until: CalendarDate) -> String {
        let (percent, until) = (self.percent(percent), self.date(until));
        match self {
            Self::Finnish => format!("Kassa-alennus {percent} maksettaessa viimeistään {until}."),
            Self::Swedish => format!("Kassarabatt {percent} vid betalning senast {until}."),
            Self::English => format!("Cash discount of {percent} if paid by {until}."),
        }
    }

    /// What a reminder costs.
    pub(crate) fn reminder_fee(self, fee: Money) -> String {
        let fee = self.amount(fee);
        match self {
            Self::Finnish => format!("Maksumuistutuksesta veloitetaan {fee}."),
            Self::Swedish => format!("Vid betalningspåminnelse debiteras {fee}."),
            Self::English => format!("A payment reminder costs {fee}."),
        }
    }

    /// Who has the claim now, where the seller does not say it in its own words.
    pub(crate) fn assigned(self, financier: &str, agreement: &str, to_its_account: bool) -> String {
        let only = match (self, to_its_account) {
            (_, false) => "",
            (Self::Finnish, true) => " Maksu vapauttaa maksajan vain, kun se maksetaan rahoittajan tilille.",
            (Self::Swedish, true) => " Betalning med befriande verkan kan endast ske till finansiärens konto.",
            (Self::English, true) => " Only payment to the financier’s account discharges the debt.",
        };
        match self {
            Self::Finnish => {
                format!("Tämän laskun saatava on siirretty: {financier}, sopimusnumero {agreement}.{only}")
            }
            Self::Swedish => {
                format!("Fordran enligt denna faktura har överlåtits till {financier}, avtalsnummer {agreement}.{only}")
            }
            Self::English => {
                format!(
                    "The claim under this invoice has been assigned to {financier}, agreement number {agreement}.{only}"
                )
            }
        }
    }
}
