//! `client_id` of the POS API: the name under which a merchant gets its tokens, and which stands in the path of its calls.

use crate::fault_code::Coded;
use crate::stored_text::stored_text;

/// What the client ids begin with that onboarding gives; digits follow.
const GIVEN: &str = "pos-";

/// A client id that can be sent in a path, in a form and by HTTP Basic without being written differently.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(String);

stored_text!(ClientId);

/// What is wrong with a client id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientIdFault {
    /// It is empty, too long, or has other characters.
    #[error(
        "A client id has 1 to {} letters and digits of ASCII and - . _ ~ ! $ & ' ( ) * , ; = @, such as flexitidemo",
        ClientId::LONGEST
    )]
    Format,
    /// It looks like one that onboarding gives.
    #[error("Client ids of pos- and digits are given by the server: choose another, such as flexitidemo")]
    Reserved,
}

impl Coded for ClientIdFault {
    fn code(&self) -> &'static str {
        match self {
            Self::Format => "client_id_format",
            Self::Reserved => "client_id_reserved",
        }
    }
}

impl ClientId {
    /// The most characters: ASCII string (100) in the public documentation.
    pub const LONGEST: usize = 100;

    /// Reads a client id that the operator chose.
    ///
    /// It takes the characters of a path segment (`pchar` of RFC 3986 section 3.3) but three: a percent sign stands for another
    /// character there; a colon ends the user name of HTTP Basic, and a plus is a space in a form, where libraries forget to
    /// encode the two (RFC 6749 section 2.3.1 wants that). `.` and `..` are taken out of paths.
    ///
    /// # Errors
    /// [`ClientIdFault`].
    pub fn parse(text: &str) -> Result<Self, ClientIdFault> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*,;=@".contains(&byte);
        if text.is_empty() || text.len() > Self::LONGEST || !text.bytes().all(fits) || matches!(text, "." | "..") {
            return Err(ClientIdFault::Format);
        }
        let digits = text.split_at_checked(GIVEN.len()).filter(|(start, _)| start.eq_ignore_ascii_case(GIVEN));
        if digits.is_some_and(|(_, rest)| rest.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(ClientIdFault::Reserved);
        }
        Ok(Self(text.to_owned()))
    }

    /// The client id that onboarding gives to the client of this number.
    #[must_use]
    pub fn given(client: crate::identifier::ClientIdentifier) -> Self {
        Self(format!("{GIVEN}{client}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::identifier::ClientIdentifier;

    #[test]
    fn takes_what_is_safe_everywhere() {
        let longest = "a".repeat(100);
        for text in
            ["flexitidemo", "A", "a.b_c~d-e", "...", "shop@example.com", "a!$&'()*,;=", "pos-shop", "pos-1a", &longest]
        {
            assert_eq!(ClientId::parse(text).as_ref().map(ClientId::as_str), Ok(text));
        }
    }

    #[test]
    fn refuses_what_would_be_another_path_or_another_name() {
        let long = "a".repeat(101);
        for text in ["", ".", "..", "a/b", "a b", "a%20b", "a:b", "a+b", "a?b", "a#b", "é", "a\n", "a\\b", "[a]", &long]
        {
            assert_eq!(ClientId::parse(text), Err(ClientIdFault::Format), "{text:?}");
        }
        for text in ["pos-100001", "POS-1", "pos-"] {
            assert_eq!(ClientId::parse(text), Err(ClientIdFault::Reserved), "{text}");
        }
        assert_eq!(ClientId::given(ClientIdentifier(100_001)).as_str(), "pos-100001");
    }

    proptest! {
        #[test]
        fn it_stays_itself_in_a_url(text in any::<String>()) {
            if let Ok(id) = ClientId::parse(&text) {
                let url = url::Url::parse(&format!("https://a.example/client-id/{id}/i18n")).unwrap();
                prop_assert_eq!(url.path(), format!("/client-id/{id}/i18n"));
            }
        }
    }
}
