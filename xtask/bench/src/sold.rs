//! The invoice that is sent again and again: 20 rows of an office supplier, with discounts, something taken back, and every VAT rate that
//! Finland has.

/// A row, in the words of `POST /invoice`.
#[derive(Debug)]
pub(crate) struct Sold {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) quantity: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) price: &'static str,
    /// In percent; empty for none.
    pub(crate) discount: &'static str,
    /// In percent.
    pub(crate) vat_rate: &'static str,
}

/// A row without a discount.
const fn sold(code: &'static str, name: &'static str, amount: [&'static str; 3], vat_rate: &'static str) -> Sold {
    let [quantity, unit, price] = amount;
    Sold { code, name, quantity, unit, price, discount: "", vat_rate }
}

/// A row with one.
const fn reduced(row: Sold, discount: &'static str) -> Sold {
    Sold { discount, ..row }
}

/// What was sold.
pub(crate) const ROWS: [Sold; 20] = [
    reduced(sold("T-1001", "Office chair", ["4", "pcs", "149.50"], "25.5"), "10"),
    sold("T-1002", "Desk, electric, 160 cm", ["4", "pcs", "389.00"], "25.5"),
    sold("T-1003", "Desk lamp", ["6", "pcs", "42.90"], "25.5"),
    reduced(sold("T-1004", "Monitor arm", ["8", "pcs", "87.25"], "25.5"), "5"),
    sold("T-1005", "Cable tray", ["8", "pcs", "18.40"], "25.5"),
    sold("T-1006", "Installation work", ["12.5", "h", "58.00"], "25.5"),
    sold("T-1007", "Delivery, Helsinki", ["1", "pcs", "95.00"], "25.5"),
    sold("T-1008", "Coffee, 500 g", ["24", "pkt", "6.95"], "13.5"),
    sold("T-1009", "Tea, 100 bags", ["6", "pkt", "8.40"], "13.5"),
    sold("T-1010", "Lunch, staff canteen", ["38", "pcs", "11.20"], "13.5"),
    sold("T-1011", "Fruit basket, weekly", ["4", "pcs", "34.50"], "13.5"),
    sold("T-1012", "Oat drink, 1 l", ["48", "pcs", "1.95"], "13.5"),
    sold("T-1013", "Trade journal, a year", ["2", "pcs", "128.00"], "10"),
    sold("T-1014", "Daily paper, a quarter", ["1", "pcs", "96.00"], "10"),
    reduced(sold("T-1015", "Printing paper, A4", ["30", "pkt", "5.35"], "25.5"), "20"),
    sold("T-1016", "Toner, black", ["3", "pcs", "119.90"], "25.5"),
    sold("T-1017", "Returned: desk lamp", ["-1", "pcs", "42.90"], "25.5"),
    sold("T-1018", "Service agreement, a month", ["1", "mo", "210.00"], "25.5"),
    sold("T-1019", "Software licence, a month", ["14", "pcs", "12.75"], "25.5"),
    sold("T-1020", "Recycling of furniture", ["2.25", "h", "64.00"], "25.5"),
];

/// What the rows of each VAT rate come to, and the VAT on it.
pub(crate) const VAT: [[&str; 3]; 3] =
    [["25.5", "4959.60", "1264.70"], ["13.5", "874.40", "118.04"], ["10", "352.00", "35.20"]];

/// What all of it comes to: without VAT, the VAT, and with VAT.
pub(crate) const TOTALS: [&str; 3] = ["6186.00", "1417.94", "7603.94"];
