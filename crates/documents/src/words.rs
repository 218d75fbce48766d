//! The fixed texts of documents in each language.

use domain::vat::VatCategory;

mod english;
mod finnish;
mod swedish;

pub(crate) use english::ENGLISH;
pub(crate) use finnish::FINNISH;
pub(crate) use swedish::SWEDISH;

/// Declares the texts, so that a language that lacks one does not compile.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// The texts of one language.
        #[derive(Debug)]
        pub(crate) struct Words {
            $($(#[$doc])* pub(crate) $name: &'static str,)+
        }

        #[cfg(test)]
        impl Words {
            /// Every text with its name.
            fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name)),+]
            }
        }
    };
}

words! {
    page,
    invoice,
    credit_note,
    invoice_number,
    credit_note_number,
    date,
    credit_note_date,
    due_date,
    reference_number,
    payment_terms,
    late_interest,
    /// The interest that the law says.
    statutory,
    your_reference,
    our_reference,
    agreement_number,
    order_number,
    order_date,
    customer_number,
    credited_invoice,
    delivery_terms,
    delivery_method,
    delivery_address,
    buyer,
    buyers_vat_number,
    vat_number,
    phone,
    email,
    product_code,
    description,
    quantity,
    unit,
    unit_price,
    discount,
    /// The rate of VAT, as the head of a column.
    vat_percent,
    /// An amount without VAT, as the head of a column.
    net,
    /// Stands before the day of delivery of a row.
    delivered,
    vat_rate,
    vat,
    /// An amount with VAT, as the head of a column.
    gross,
    total_net,
    total_vat,
    total_gross,
    rounding,
    paid,
    to_pay,
    to_credit,
    nothing_to_pay,
    payment_slip,
    account,
    bankgiro,
    plusgiro,
    recipient,
    payer,
    amount,
    bank_bar_code,
    virtual_bar_code,
    quote_reference,
    reverse_charge,
    intra_community,
    export,
    exempt,
    zero_rated,
    out_of_scope,
}

impl Words {
    /// Why a category has no VAT, in words; `None` where it has some.
    pub(crate) const fn no_vat(&self, category: VatCategory) -> Option<&'static str> {
        match category {
            VatCategory::Standard => None,
            VatCategory::Zero => Some(self.zero_rated),
            VatCategory::Exempt => Some(self.exempt),
            VatCategory::ReverseCharge => Some(self.reverse_charge),
            VatCategory::IntraCommunity => Some(self.intra_community),
            VatCategory::Export => Some(self.export),
            VatCategory::OutOfScope => Some(self.out_of_scope),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::font::printable;

    #[test]
    fn every_text_can_be_printed_and_none_is_empty() {
        for words in [&FINNISH, &SWEDISH, &ENGLISH] {
            for (name, text) in words.all() {
                assert!(!text.trim().is_empty(), "{name}");
                assert_eq!(printable(text), text, "{name}");
            }
        }
    }
}
