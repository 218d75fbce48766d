//! The codes of faults: what a program may rely on where a person reads the message.

/// An error of a rule that has a stable code. Its `Display` is one sentence with the remedy.
pub trait Coded: std::error::Error {
    /// The code, one of [`FAULT_CODES`].
    fn code(&self) -> &'static str;
}

/// A member that must be there is missing or empty.
pub const REQUIRED: &str = "required";

/// A number is smaller or larger than it may be.
pub const OUT_OF_RANGE: &str = "out_of_range";

/// A list has more entries than it may have.
pub const TOO_MANY: &str = "too_many";

/// A member can't be given together with another, or not without it.
pub const NOT_COMBINABLE: &str = "not_combinable";

/// An amount that is given is not what it adds up to.
pub const AMOUNT_MISMATCH: &str = "amount_mismatch";

/// A contact that must be there has no way to be reached.
pub const CONTACT_CHANNEL_REQUIRED: &str = "contact_channel_required";

/// Every code that a rule of this crate gives, with its meaning. The API document lists them.
pub const FAULT_CODES: &[(&str, &str)] = &[
    (REQUIRED, "The member is missing, null, empty or only white space"),
    (CONTACT_CHANNEL_REQUIRED, "The contact has none of email, mobile and telephone"),
    ("nul_character", "The text contains U+0000, which cannot be stored"),
    ("control_character", "The text contains a control character; of an invoice, one that XML can't hold"),
    ("too_long", "The text has more characters than the member may have"),
    (OUT_OF_RANGE, "The number is smaller or larger than the member or parameter may be, or not whole"),
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
    (
        "iban_length",
        "The IBAN does not have the length of its country; of the seller of an invoice in sandbox a warning",
    ),
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
    (
        "client_id_format",
        "The client id is empty, too long, or has a character that would have to be encoded somewhere",
    ),
    ("client_id_reserved", "The client id has the form of those that the server gives"),
    ("origin_format", "The URL is more than an origin: it ends in a slash, or has a path, a query or a fragment"),
    ("user_name_format", "The user name is empty, too long, or has a control character or white space around it"),
    ("password_too_short", "The password has fewer characters than it must have"),
    ("password_known", "The password is made of what everybody knows"),
    ("location_id_format", "The identifier of the location is empty, too long, or not all printable ASCII"),
    ("unknown_location", "The merchant has no location of this identifier"),
    ("unknown_province", "The province is none of Canada's"),
    ("unknown_creditor", "The partner has no creditor of this number"),
    ("immutable", "The member can't be changed after the creditor was created"),
    ("date_format", "The date is no calendar date written as YYYY-MM-DD"),
    ("period_reversed", "The period ends before it begins"),
    ("period_overlap", "The period overlaps that of another agreement of the creditor in the same system"),
    ("duplicate_agreement", "The list has an agreement with this system and identifier already"),
    (TOO_MANY, "The list has more entries than it may have"),
    ("cursor_invalid", "The cursor is none that this list has given"),
    ("unknown_status", "The status is none of those that there are"),
    (NOT_COMBINABLE, "The member or parameter can't be given together with another, or not without it"),
    (
        "reference_format",
        "The payment reference has neither the Finnish form nor that of ISO 11649, nor that of its account's country",
    ),
    (
        "reference_check_digit",
        "The check digit of the payment reference does not match; of an invoice in sandbox a warning",
    ),
    ("number_format", "The number is not written as JSON writes numbers"),
    ("number_precision", "The number has more digits or decimals than it may have"),
    ("amount_decimals", "The amount has more decimals than its currency"),
    (AMOUNT_MISMATCH, "The amount is not what the rows and rates add up to, to the cent"),
    ("currency_no_minor_unit", "Nothing can be invoiced in the currency, since ISO 4217 names no minor unit"),
    ("currency_mismatch", "Two amounts that belong together are in two currencies"),
    ("negative_amount", "The price or total is below zero"),
    ("unknown_invoice_type", "The type is neither INVOICE nor CREDIT_NOTE"),
    ("unknown_entity_type", "The entity type is neither BUSINESS nor PERSON"),
    ("unknown_distribution_method", "The method is none of EMAIL, EINVOICE, PRINT and NONE"),
    ("unknown_fetch_type", "The fetch type is none of ALL, FAILED and UNFETCHED"),
    ("unknown_vat_category", "The VAT category is none of UNCL5305 that is taken"),
    ("unknown_interest_type", "The kind of interest is none of STATUTORY, FIXED and NONE"),
    ("due_date_before_date", "The due date is before the date of the invoice"),
    ("vat_rate_not_in_country", "The country does not have the VAT rate on the day of the supply"),
    ("vat_category_rate", "The VAT category and the rate do not go together"),
    ("gln_format", "The global location number does not have 13 digits"),
    ("gln_check_digit", "The check digit of the global location number does not match"),
    ("personal_identity_format", "The personal identity number does not have the form of its country"),
    ("personal_identity_check_digit", "The check character of the personal identity number does not match"),
    ("e_invoice_address_format", "The e-invoice address or operator has characters or a length that none has"),
    ("account_differs", "The account is none that the client has registered; always a warning"),
    ("seller_mismatch", "The seller is another business than the client whose key this is; in sandbox a warning"),
    ("credited_invoice_missing", "The client has no invoice of the number that the credit note names"),
    ("credited_invoice_type", "A credit note can't be credited"),
    ("credit_exceeds_invoice", "The credit notes of the invoice would together exceed this amount of it"),
    ("credit_before_invoice", "The credit note is dated before its invoice"),
    ("file_name_format", "The file name is none that every system takes, or does not end in .pdf"),
    ("duplicate_file_name", "Another attachment has the same name"),
    ("attachment_encoding", "The content of the attachment is not in Base64"),
    ("not_a_pdf", "The content of the attachment does not begin as a PDF does, or has no object or root"),
    ("pdf_incomplete", "The PDF has no end"),
    ("pdf_encrypted", "The PDF is encrypted"),
    ("attachments_too_large", "The attachments are together larger than they may be"),
    ("more_faults", "Further rows were not looked at, since so many have faults already"),
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
