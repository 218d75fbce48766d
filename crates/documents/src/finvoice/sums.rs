//! The VAT of each row, of which the domain reckons only the sum per rate.

use std::collections::BTreeMap;

use domain::invoice::{NewInvoice, Vat};
use domain::money::{Money, MoneyFault};

/// What a row comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowSum {
    /// Its VAT.
    pub(super) tax: Money,
    /// Its amount with VAT.
    pub(super) gross: Money,
}

/// Of every row: the rows of a rate add up to its VAT (chapter 17).
pub(super) fn of(invoice: &NewInvoice) -> Result<Vec<RowSum>, MoneyFault> {
    let mut before: BTreeMap<Vat, Money> = BTreeMap::new();
    let sums = invoice.rows.iter().map(|row| {
        let so_far = match before.get(&row.vat) {
            Some(sum) => *sum,
            None => Money::zero(row.net.currency())?,
        };
        let now = so_far.plus(row.net)?;
        before.insert(row.vat, now);
        let tax = now.share(row.vat.rate).minus(so_far.share(row.vat.rate))?;
        Ok(RowSum { tax, gross: row.net.plus(tax)? })
    });
    sums.collect()
}
