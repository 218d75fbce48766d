//! Why an invoice did not arrive or waits, in words that a creditor can act on: by who says so, and by the code that came with it.

use domain::distribution::DistributionMethod;

const ADDRESS: &str = "check the e-mail address";
const ELSEWHERE: &str = "check the e-mail address, above all what stands behind the @";
const FULL: &str = "the mailbox is full, so ask the buyer to make room or for another address";
const SIZE: &str = "it is too large for a mail, so send it with fewer or smaller attachments";
const POLICY: &str = "it takes no such mail from us, so ask the operator of this service";
const OURS: &str = "ask the operator of this service";
const E_INVOICE_ADDRESS: &str = "check the e-invoice address and its operator";

/// Who it is that an invoice is handed over to.
pub(crate) const fn taker(method: DistributionMethod) -> &'static str {
    match method {
        DistributionMethod::EInvoice => "The e-invoice operator",
        DistributionMethod::Print => "The printer",
        DistributionMethod::Email | DistributionMethod::None => "The mail server",
    }
}

/// What there is to do where an invoice was refused with `code`, as the other side writes it.
pub(crate) fn remedy(method: DistributionMethod, code: &str) -> &'static str {
    match method {
        DistributionMethod::Email => of_mail(code),
        DistributionMethod::EInvoice => of_e_invoice(code),
        DistributionMethod::Print | DistributionMethod::None => OURS,
    }
}

/// By the enhanced code (RFC 3463) where there is one: `550 5.1.1` or `5.1.1`; else by the answer of the server, `550`.
fn of_mail(code: &str) -> &'static str {
    let finer = code.split_whitespace().last().unwrap_or_default();
    let numbers: Vec<&str> = finer.split('.').collect();
    match numbers[..] {
        // Not the recipient's address, but ours.
        [_, "1", "7" | "8"] => POLICY,
        [_, "1", _] => ADDRESS,
        [_, "2", "2"] => FULL,
        [_, "2", "3"] | [_, "3", "4"] => SIZE,
        // Disabled, or takes no messages.
        [_, "2", _] => ADDRESS,
        [_, "4", _] => ELSEWHERE,
        [_, "7", _] => POLICY,
        ["550" | "551" | "553"] => ADDRESS,
        ["552"] => SIZE,
        _ => OURS,
    }
}

/// By the code of an acknowledgement (chapter 21.2 of the Finvoice guidelines), or the status of HTTP.
fn of_e_invoice(code: &str) -> &'static str {
    // The receiver is not found.
    if code == "2" { E_INVOICE_ADDRESS } else { OURS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_goes_by_the_code() {
        for (code, expected) in [
            ("550 5.1.1", ADDRESS),
            ("5.1.10", ADDRESS),
            ("550", ADDRESS),
            ("553 5.1.8", POLICY),
            ("552 5.2.2", FULL),
            ("4.2.2", FULL),
            ("552 5.3.4", SIZE),
            ("5.2.3", SIZE),
            ("552", SIZE),
            ("5.4.4", ELSEWHERE),
            ("554 5.7.1", POLICY),
            ("451 4.7.1", POLICY),
            ("554", OURS),
            ("451 4.3.0", OURS),
            ("", OURS),
        ] {
            assert_eq!(remedy(DistributionMethod::Email, code), expected, "{code}");
        }
        assert_eq!(remedy(DistributionMethod::EInvoice, "2"), E_INVOICE_ADDRESS);
        for code in ["7", "12", "422", "413", ""] {
            assert_eq!(remedy(DistributionMethod::EInvoice, code), OURS, "{code}");
        }
        assert_eq!(remedy(DistributionMethod::Print, ""), OURS);
    }
}
