//! The codes of faults: what a program may rely on where a person reads the message.

/// An error of a rule that has a stable code. Its `Display` is one sentence with the remedy.
pub trait Coded: std::error::Error {
    /// The code, one of [`FAULT_CODES`].
    fn code(&self) -> &'static str;
}

/// A member that must be there is missing or empty.
pub const REQUIRED: &str = "required";

/// A contact that must be there has no way to be reached.
pub const CONTACT_CHANNEL_REQUIRED: &str = "contact_channel_required";

/// Every code that a rule of this crate gives, with its meaning. The API document lists them.
pub const FAULT_CODES: &[(&str, &str)] = &[
    (REQUIRED, "The member is missing, null, empty or only white space"),
    (CONTACT_CHANNEL_REQUIRED, "The contact has none of email, mobile and telephone"),
    ("nul_character", "The text contains U+0000, which cannot be stored"),
    ("control_character", "The text contains a control character, such as a line break"),
    ("too_long", "The text has more characters than the member may have"),
    ("out_of_range", "The number is smaller or larger than the member or parameter may be, or not whole"),
    ("unknown_service_type", "The service type is none that is offered"),
    ("unknown_country", "The country is not in ISO 3166-1 alpha-2"),
    ("unknown_currency", "The currency is not active in ISO 4217"),
    ("unknown_language", "The language is not in ISO 639-1"),
    ("postal_code_format", "The postal code does not follow the pattern of its country"),
    ("email_format", "The e-mail address does not follow the WHATWG pattern"),
    ("website_format", "The website is neither an http(s) URL nor a bare host name"),
    ("telephone_format", "The telephone number has characters or a length that no telephone number has"),
    ("telephone_unknown", "The telephone number is in no numbering plan, or not in that of the client's country"),
    ("telephone_no_sms", "The telephone number is one that can't take short messages"),
    ("business_code_format", "The business code does not have the form of its country"),
    ("business_code_check_digit", "The check digit of the business code does not match; in sandbox a warning"),
    ("vat_number_prefix", "The VAT number does not begin with the letters of a country"),
    ("vat_number_format", "The VAT number does not have the form of its country"),
    ("vat_number_check_digits", "The check digits of the VAT number do not match; in sandbox a warning"),
    ("iban_format", "The IBAN does not have the form of ISO 13616, or not the structure of its country"),
    ("iban_country", "The country of the IBAN has no IBANs"),
    ("iban_length", "The IBAN does not have the length of its country"),
    ("iban_check_digits", "The check digits of the IBAN do not match"),
    ("bic_format", "The BIC does not have the form of ISO 9362"),
    ("bic_country", "The country of the BIC does not exist"),
    ("bankgiro_format", "The bankgiro number does not have 7 or 8 digits"),
    ("bankgiro_check_digit", "The check digit of the bankgiro number does not match"),
    ("plusgiro_format", "The plusgiro number does not have 2 to 8 digits"),
    ("plusgiro_check_digit", "The check digit of the plusgiro number does not match"),
    ("url_format", "The URL is none, or has no host"),
    ("url_scheme", "The URL does not begin with https://; in sandbox http:// is taken as well"),
    ("url_user_info", "The URL has a user name or a password"),
    ("url_fragment", "The URL has a fragment"),
    ("url_inner_network", "The URL leads into the operator's network"),
    ("sender_number", "The sender begins with a plus and is not in E.164"),
    ("sender_digits", "The sender is all digits and no short code"),
    ("sender_name", "The sender is no name of 1 to 11 letters, digits, spaces and . - _ &"),
    ("unknown_creditor", "The partner has no creditor of this number"),
    ("immutable", "The member can't be changed after the creditor was created"),
    ("date_format", "The date is no calendar date written as YYYY-MM-DD"),
    ("period_reversed", "The period ends before it begins"),
    ("period_overlap", "The period overlaps that of another agreement of the creditor in the same system"),
    ("duplicate_agreement", "The list has an agreement with this system and identifier already"),
    ("too_many", "The list has more entries than it may have"),
    ("cursor_invalid", "The cursor is none that this list has given"),
    ("unknown_status", "The status is none of those that there are"),
    ("not_combinable", "The parameter can't be given together with another, or not without it"),
    ("reference_format", "The payment reference has neither the Finnish form nor that of ISO 11649"),
    ("reference_check_digit", "The check digit of the payment reference does not match"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_in_snake_case() {
        for (place, (code, meaning)) in FAULT_CODES.iter().enumerate() {
            assert!(code.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{code}");
            assert!(!meaning.is_empty() && !meaning.ends_with('.'), "{code}");
            assert!(FAULT_CODES[..place].iter().all(|(other, _)| other != code), "{code} is listed twice");
        }
    }
}
