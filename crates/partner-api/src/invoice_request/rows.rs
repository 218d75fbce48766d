//! The rows of an invoice, and what they come to.

use std::fmt;

use domain::Faults;
use domain::invoice::{AmountsDraft, RowDraft, VatTotalDraft};
use http_kit::{List, Number, Section, Text};
use serde::Deserialize;
use utoipa::ToSchema;

use super::object::{IntoDraft, list, object};

/// The most entries of `amounts.vat` that are read: one more than an invoice may have.
const MOST_VAT_TOTALS: usize = 51;

object! {
    /// A row of an invoice. Amounts are without VAT.
    RowSection => RowDraft {
        /// The seller's number of what was sold.
        product_code "productCode": Text(String) = "P-100",
        /// What was sold.
        name "name": Text(String) = "Office chair",
        /// More about it.
        description "description": Text(String) = "Black, with castors",
        /// How much; negative where something is taken back. Six decimals at most.
        quantity "quantity": Number(f64) = 2,
        /// In which unit.
        unit "unit": Text(String) = "pcs",
        /// The price of one unit; not negative. Six decimals at most.
        unit_price "unitPrice": Number(f64) = 149.5,
        /// The discount on the row in percent. Not together with another `discountAmount`.
        discount_percent "discountPercent": Number(f64) = 10,
        /// The discount on the whole row.
        discount_amount "discountAmount": Number(f64) = null,
        /// The VAT rate in percent: one that the country has on the day of delivery.
        vat_rate "vatRate": Number(f64) = 25.5,
        /// The category of EN 16931: `S` (the usual one where a rate is given), `Z`, `E`, `AE`, `K`, `G` or `O`.
        vat_category "vatCategory": Text(String) = "S",
        /// Why there is no VAT.
        vat_exemption_reason "vatExemptionReason": Text(String) = null,
        /// The day of delivery or performance, which decides the rate; without it the date of the invoice.
        delivery_date "deliveryDate": Text(String) = "2026-11-18",
        /// Quantity times price less discount, to the cent. Compared when it is given.
        amount "amount": Number(f64) = 269.1,
    }
}

/// What an invoice comes to. All but `grossAmount` may be left out, and each is compared to the cent when it is given.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AmountsSection {
    /// The sum of the rows without VAT.
    #[schema(value_type = Option<f64>, example = 269.1)]
    net_amount: Number,
    /// The VAT of all rates.
    #[schema(value_type = Option<f64>, example = 68.62)]
    vat_amount: Number,
    /// The total with VAT.
    #[schema(value_type = f64, example = 337.72)]
    gross_amount: Number,
    /// What is added to come to a round sum to pay.
    #[schema(value_type = Option<f64>, example = 0)]
    rounding_amount: Number,
    /// What was paid before.
    #[schema(value_type = Option<f64>, example = 0)]
    paid_amount: Number,
    /// What is to be paid.
    #[schema(value_type = Option<f64>, example = 337.72)]
    payable_amount: Number,
    /// What the rows of each rate and category come to.
    #[schema(value_type = Option<Vec<VatTotalSection>>, max_items = 50)]
    vat: List<Section<VatTotalSection>>,
}

object! {
    /// What the rows of one rate and category come to.
    VatTotalSection => VatTotalDraft {
        /// The rate in percent.
        rate "rate": Number(f64) = 25.5,
        /// The category.
        category "category": Text(String) = "S",
        /// The sum of the rows without VAT.
        net_amount "netAmount": Number(f64) = 269.1,
        /// The VAT on that sum.
        vat_amount "vatAmount": Number(f64) = 68.62,
    }
}

impl AmountsSection {
    /// Its draft, which stands at `invoice.amounts`.
    pub(super) fn into_draft(self, faults: &mut Faults) -> AmountsDraft {
        let vat = list(self.vat, "invoice.amounts.vat", MOST_VAT_TOTALS, faults);
        AmountsDraft {
            net_amount: self.net_amount.take("invoice.amounts.netAmount", faults),
            vat_amount: self.vat_amount.take("invoice.amounts.vatAmount", faults),
            gross_amount: self.gross_amount.take("invoice.amounts.grossAmount", faults),
            rounding_amount: self.rounding_amount.take("invoice.amounts.roundingAmount", faults),
            paid_amount: self.paid_amount.take("invoice.amounts.paidAmount", faults),
            payable_amount: self.payable_amount.take("invoice.amounts.payableAmount", faults),
            vat,
        }
    }
}
