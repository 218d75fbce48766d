//! Merchants of the point-of-sale service: what they are called there, what they may do, and the rules of their users and locations.
//!
//! A merchant is a client whose service is [`PosFinancing`](crate::service_type::ServiceType::PosFinancing).

mod client_id;
mod guessing;
mod location;
mod password;
mod trust_url;
mod user_name;

pub use client_id::{ClientId, ClientIdFault};
pub use guessing::{FREE_FAILURES, LONGEST_LOCK, lock_after};
pub use location::{Location, LocationDraft, LocationId, LocationIdFault};
pub use password::{PasswordFault, check_password, generate_password, normal_form};
pub use trust_url::{TrustUrl, TrustUrlFault};
pub use user_name::{UserName, UserNameFault};

use crate::fault_code::{Coded, NOT_COMBINABLE, REQUIRED};
use crate::reference_data::{Lang, UnknownLang};
use crate::{Environment, Faults, text};

/// The most characters of a name: `merchant_name` of the POS API.
pub const LONGEST_NAME: usize = 130;

/// The most characters of the note that says why a merchant may use the password grant.
pub const LONGEST_NOTE: usize = 255;

/// The most locations of a merchant, so that a list of them is one answer.
pub const MOST_LOCATIONS: usize = 1000;

/// The most users of a merchant, disabled ones included, so that a list of them is one answer.
pub const MOST_USERS: usize = 1000;

impl Coded for UnknownLang {
    fn code(&self) -> &'static str {
        "unknown_language"
    }
}

/// The language of a merchant whose client has this code of ISO 639-1: French for French, else the default.
#[must_use]
pub const fn language_of_client(code: &str) -> Lang {
    match code.as_bytes() {
        b"FR" => Lang::French,
        _ => Lang::English,
    }
}

/// What a merchant is shown as and may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantSettings {
    /// `merchant_name`.
    pub name: String,
    /// The origin that its web shop has: it alone may frame the widget.
    pub trust_url: Option<TrustUrl>,
    /// Why its users may get tokens with their passwords; `None` when they may not. RFC 9700 section 2.4 forbids that grant, so
    /// it takes a reason.
    pub password_grant: Option<String>,
    /// The language of mails and of the widget's first screen. An answer is in English where `lang` does not say otherwise.
    pub default_language: Lang,
    /// Whether its staff may vouch for a customer instead of a one-time code.
    pub merchant_override: bool,
    /// Whether it offers accounts of the category standard, to applicants of the ratings XXH and XXXH.
    pub standard_accounts: bool,
    /// Whether it offers accounts for businesses, and sells on them.
    pub business_accounts: bool,
    /// Whether it may have credit held without capturing it at once.
    pub preauthorization: bool,
}

/// A change of [`MerchantSettings`]: what is absent stays, and an empty text takes away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MerchantChange {
    /// `name`.
    pub name: Option<String>,
    /// `trustUrl`.
    pub trust_url: Option<String>,
    /// `passwordGrant`.
    pub password_grant: Option<bool>,
    /// `passwordGrantNote`.
    pub password_grant_note: Option<String>,
    /// `defaultLanguage`.
    pub default_language: Option<String>,
    /// `merchantOverride`.
    pub merchant_override: Option<bool>,
    /// `standardAccounts`.
    pub standard_accounts: Option<bool>,
    /// `businessAccounts`.
    pub business_accounts: Option<bool>,
    /// `preauthorization`.
    pub preauthorization: Option<bool>,
}

impl MerchantSettings {
    /// The settings of a new merchant.
    #[must_use]
    pub const fn new(name: String, default_language: Lang) -> Self {
        Self {
            name,
            trust_url: None,
            password_grant: None,
            default_language,
            merchant_override: false,
            standard_accounts: false,
            business_accounts: false,
            preauthorization: true,
        }
    }

    /// The settings of a client that is onboarded, whose name may be longer than a merchant's.
    #[must_use]
    pub fn of_client(name: &str, language_code: &str) -> Self {
        Self::new(name.chars().take(LONGEST_NAME).collect(), language_of_client(language_code))
    }

    /// The settings after `change`.
    ///
    /// # Errors
    /// Every fault of the change.
    pub fn changed(&self, change: &MerchantChange, environment: Environment) -> Result<Self, Faults> {
        let mut faults = Faults::new();
        let mut to = self.clone();
        if let Some(name) = &change.name {
            match check_name(name) {
                Ok(name) => to.name = name,
                Err((code, message)) => faults.add("name", code, message),
            }
        }
        match change.trust_url.as_deref() {
            None => {}
            Some("") => to.trust_url = None,
            Some(url) => match TrustUrl::parse(url, environment) {
                Ok(url) => to.trust_url = Some(url),
                Err(fault) => faults.add("trustUrl", fault.code(), fault.to_string()),
            },
        }
        let note = change.password_grant_note.as_deref().map(str::trim).filter(|note| !note.is_empty());
        if let Some(Err(fault)) = note.map(|note| text::check(note, LONGEST_NOTE)) {
            faults.add("passwordGrantNote", fault.code(), fault.to_string());
        }
        let is_allowed = change.password_grant.unwrap_or(self.password_grant.is_some());
        to.password_grant = match (is_allowed, note.map(str::to_owned)) {
            (false, None) => None,
            (false, Some(_)) => {
                let message = "A note says why the password grant is allowed: allow it, or leave the note out";
                faults.add("passwordGrantNote", NOT_COMBINABLE, message);
                None
            }
            (true, Some(note)) => Some(note),
            (true, None) => {
                let removes = change.password_grant_note.is_some();
                let kept = self.password_grant.clone().filter(|_| !removes);
                if kept.is_none() {
                    let message =
                        "The password grant shows a user's password to the program that asks: say why it is allowed";
                    faults.add("passwordGrantNote", REQUIRED, message);
                }
                kept
            }
        };
        if let Some(language) = &change.default_language {
            match Lang::parse(language) {
                Ok(language) => to.default_language = language,
                Err(fault) => faults.add("defaultLanguage", fault.code(), fault.to_string()),
            }
        }
        to.merchant_override = change.merchant_override.unwrap_or(self.merchant_override);
        to.standard_accounts = change.standard_accounts.unwrap_or(self.standard_accounts);
        to.business_accounts = change.business_accounts.unwrap_or(self.business_accounts);
        to.preauthorization = change.preauthorization.unwrap_or(self.preauthorization);
        if faults.is_empty() { Ok(to) } else { Err(faults) }
    }
}

/// A merchant that the operator adds, as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MerchantDraft {
    /// `client_id` of the POS API.
    pub client_id: String,
    /// What else is known of it; it has to have a name.
    pub settings: MerchantChange,
}

/// Checks a merchant that the operator adds.
///
/// # Errors
/// Every fault of it.
pub fn check(draft: &MerchantDraft, environment: Environment) -> Result<(ClientId, MerchantSettings), Faults> {
    let mut faults = Faults::new();
    let client_id =
        ClientId::parse(&draft.client_id).map_err(|fault| faults.add("clientId", fault.code(), fault.to_string())).ok();
    if draft.settings.name.is_none() {
        faults.add("name", REQUIRED, "A merchant needs a name");
    }
    let settings = MerchantSettings::new(String::new(), Lang::default())
        .changed(&draft.settings, environment)
        .map_err(|others| faults.extend(others.into_vec()))
        .ok();
    match (client_id, settings) {
        (Some(client_id), Some(settings)) if faults.is_empty() => Ok((client_id, settings)),
        _ => Err(faults),
    }
}

/// A name without white space around it, or its fault.
fn check_name(name: &str) -> Result<String, (&'static str, String)> {
    let name = name.trim();
    if name.is_empty() {
        return Err((REQUIRED, "A name is needed".to_owned()));
    }
    if name.contains(char::is_control) {
        return Err(("control_character", "The name contains a control character: remove it".to_owned()));
    }
    text::check(name, LONGEST_NAME).map_err(|fault| (fault.code(), fault.to_string()))?;
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(faults: &Faults) -> Vec<(&str, &str)> {
        faults.as_slice().iter().map(|fault| (&*fault.field, &*fault.code)).collect()
    }

    fn settings() -> MerchantSettings {
        MerchantSettings::new("Flexiti Demo".into(), Lang::English)
    }

    #[test]
    fn a_merchant_is_added_with_every_fault_told_at_once() {
        let text = |text: &str| Some(text.to_owned());
        let draft = |client_id: &str, settings| MerchantDraft { client_id: client_id.to_owned(), settings };
        let named = MerchantChange { name: text(" Flexiti Demo "), ..MerchantChange::default() };
        let (id, found) = check(&draft("flexitidemo", named), Environment::Production).unwrap();
        assert_eq!((id.as_str(), found), ("flexitidemo", settings()));

        let wrong = MerchantChange {
            name: Some("n".repeat(131)),
            trust_url: text("https://shop.example/"),
            password_grant: Some(true),
            default_language: text("de"),
            ..MerchantChange::default()
        };
        let faults = check(&draft("a/b", wrong), Environment::Sandbox).unwrap_err();
        let expected = [
            ("clientId", "client_id_format"),
            ("name", "too_long"),
            ("trustUrl", "origin_format"),
            ("passwordGrantNote", "required"),
            ("defaultLanguage", "unknown_language"),
        ];
        assert_eq!(fields(&faults), expected);
        let nameless = check(&draft("demo", MerchantChange::default()), Environment::Sandbox).unwrap_err();
        assert_eq!(fields(&nameless), [("name", "required")]);
    }

    #[test]
    fn the_password_grant_takes_a_note() {
        let change = |grant, note: Option<&str>| MerchantChange {
            password_grant: grant,
            password_grant_note: note.map(str::to_owned),
            ..MerchantChange::default()
        };
        let after = |from: &MerchantSettings, grant, note| {
            from.changed(&change(grant, note), Environment::Sandbox).map(|to| to.password_grant)
        };
        let off = settings();
        let on = MerchantSettings { password_grant: Some("old tills".into()), ..settings() };
        assert_eq!(after(&off, None, None), Ok(None));
        assert_eq!(after(&off, Some(true), Some(" old tills ")), Ok(Some("old tills".into())));
        assert_eq!(after(&on, None, None), Ok(Some("old tills".into())));
        assert_eq!(after(&on, Some(true), None), Ok(Some("old tills".into())));
        assert_eq!(after(&on, None, Some("older tills")), Ok(Some("older tills".into())));
        assert_eq!(after(&on, Some(false), None), Ok(None), "the note goes with it");
        for (from, grant, note, code) in [
            (&off, Some(true), None, "required"),
            (&off, Some(true), Some(" "), "required"),
            (&on, None, Some(""), "required"),
            (&off, None, Some("old tills"), "not_combinable"),
            (&on, Some(false), Some("old tills"), "not_combinable"),
        ] {
            let faults = after(from, grant, note).unwrap_err();
            assert_eq!(fields(&faults), [("passwordGrantNote", code)], "{grant:?} {note:?}");
        }
        let long = "n".repeat(LONGEST_NOTE + 1);
        let faults = after(&off, Some(true), Some(&long)).unwrap_err();
        assert_eq!(fields(&faults), [("passwordGrantNote", "too_long")]);
    }

    #[test]
    fn an_empty_text_takes_the_trust_url_away() {
        let with = |url: &str| MerchantChange { trust_url: Some(url.into()), ..MerchantChange::default() };
        let to = settings().changed(&with("https://shop.example"), Environment::Production).unwrap();
        assert_eq!(to.trust_url.as_ref().map(TrustUrl::as_str), Some("https://shop.example"));
        assert_eq!(to.changed(&with(""), Environment::Production).unwrap(), settings());
        assert_eq!(to.changed(&MerchantChange::default(), Environment::Production).unwrap(), to);
    }

    #[test]
    fn a_client_gives_its_merchant_a_name_that_fits_and_a_language() {
        let of = MerchantSettings::of_client(&"é".repeat(255), "FR");
        assert_eq!((of.name.chars().count(), of.default_language), (130, Lang::French));
        assert_eq!(MerchantSettings::of_client("Flexiti Demo", "FI"), settings());
    }
}
