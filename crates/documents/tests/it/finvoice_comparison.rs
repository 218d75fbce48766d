//! Field by field: whether a Finvoice document says what the invoice says.

use domain::bank_bar_code::BankBarCode;
use domain::calendar::CalendarDate;
use domain::decimal::Decimal;
use domain::gln::Gln;
use domain::invoice::{Address, Contact, Factoring, Interest, InvoiceType, NewInvoice, Row};
use domain::money::Money;
use domain::percent::Percent;
use domain::vat::VatCategory;

use crate::finvoice_reader::{Element, Message};

/// What is compared: white space and the filling of short texts don't count.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c > ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}

fn plain_all(texts: &[String]) -> String {
    plain(&texts.concat())
}

fn day(date: CalendarDate) -> String {
    date.to_string().replace('-', "")
}

/// The number as the domain writes it, from one with a decimal comma.
fn number(text: &str) -> Decimal {
    Decimal::parse(&text.replace(',', ".")).unwrap()
}

/// -1 in a credit note, whose amounts have the other sign.
fn sign(invoice: &NewInvoice) -> i64 {
    if invoice.header.kind == InvoiceType::CreditNote { -1 } else { 1 }
}

#[track_caller]
fn same_number(element: Element<'_, '_>, path: &str, units: i64, scale: u8) {
    let text = element.one(path).unwrap_or_else(|| panic!("{path} is missing"));
    assert_eq!(number(&text), Decimal::new(units, scale).unwrap(), "{path}: {text}");
}

#[track_caller]
fn same_amount(element: Element<'_, '_>, path: &str, amount: Money, sign: i64) {
    same_number(element, path, sign * amount.minor(), amount.decimals());
    assert_eq!(element.attribute(path, "AmountCurrencyIdentifier"), Some(amount.currency().as_str()), "{path}");
}

#[track_caller]
fn same_percent(element: Element<'_, '_>, path: &str, percent: Option<Percent>) {
    let text = element.one(path).map(|text| number(&text));
    assert_eq!(text, percent.map(|percent| Decimal::new(i64::from(percent.hundredths()), 2).unwrap()), "{path}");
}

#[track_caller]
fn same_day(element: Element<'_, '_>, path: &str, date: Option<CalendarDate>) {
    assert_eq!(element.one(path), date.map(day), "{path}");
    assert!(date.is_none() || element.attribute(path, "Format") == Some("CCYYMMDD"), "{path}");
}

/// A text, all of which is in elements of this name or, where it has no room, in `else_in`.
#[track_caller]
fn same_text(element: Element<'_, '_>, path: &str, text: Option<&str>, else_in: &str) {
    let (read, text) = (plain_all(&element.all(path)), plain(text.unwrap_or_default()));
    assert!(read == text || (text.starts_with(&read) && else_in.contains(&text)), "{path}: {read} and not {text}");
}

/// Whether `invoice` was written as `message`.
#[track_caller]
pub(crate) fn compare(invoice: &NewInvoice, message: &Message) {
    let document = message.document();
    let root = document.root();
    let free = plain_all(&root.all("InvoiceDetails/InvoiceFreeText"));
    header(root, invoice, &free);
    parties(root, invoice, &free);
    totals(root, invoice);
    terms(root, invoice, &free);
    let rows = root.nodes("InvoiceRow");
    assert_eq!(rows.len(), invoice.rows.len());
    for (place, (element, row)) in rows.into_iter().zip(&invoice.rows).enumerate() {
        assert_eq!(element.one("RowPositionIdentifier"), Some((place + 1).to_string()));
        same_row(element, row, sign(invoice));
    }
    payment(root, invoice);
}

fn header(root: Element<'_, '_>, invoice: &NewInvoice, free: &str) {
    let (header, references) = (&invoice.header, &invoice.references);
    let details = root.nodes("InvoiceDetails")[0];
    assert_eq!(details.one("InvoiceNumber"), Some(header.number.to_string()));
    assert_eq!(details.one("OriginCode").as_deref(), Some("Original"));
    let credits = header.kind == InvoiceType::CreditNote;
    assert_eq!(details.one("InvoiceTypeCode").as_deref(), Some(if credits { "INV02" } else { "INV01" }));
    assert_eq!(details.attribute("InvoiceTypeCode", "CodeListAgencyIdentifier"), Some("SPY"));
    same_day(details, "InvoiceDate", Some(header.date));
    assert_eq!(details.one("OriginalInvoiceNumber"), references.credited_invoice.map(|number| number.to_string()));
    let texts = [&header.description, &header.additional_information];
    for text in texts.into_iter().flatten() {
        assert!(free.contains(&plain(text)), "{text}");
    }
    for (name, text) in [
        ("SellerReferenceIdentifier", &references.sales),
        ("SellersBuyerIdentifier", &invoice.parties.buyer.customer_account_id),
        ("OrderIdentifier", &references.order_number),
        ("AgreementIdentifier", &references.agreement),
        ("BuyerReferenceIdentifier", &references.buyer),
    ] {
        same_text(details, name, text.as_deref(), free);
    }
    same_day(details, "OrderDate", references.order_date);
    same_text(root, "InvoiceUrlText", references.invoice_copy_url.as_ref().map(|url| url.as_str()), "");
}

fn parties(root: Element<'_, '_>, invoice: &NewInvoice, free: &str) {
    let parties = &invoice.parties;
    let (seller, buyer) = (&parties.seller, &parties.buyer);
    let party = |prefix: &str, name: &str, id: Option<&str>, vat: Option<&str>, address: Option<&Address>| {
        let details = root.nodes(&format!("{prefix}PartyDetails"))[0];
        same_text(details, &format!("{prefix}OrganisationName"), Some(name), "");
        same_text(details, &format!("{prefix}PartyIdentifier"), id, "");
        same_text(details, &format!("{prefix}OrganisationTaxCode"), vat, "");
        same_address(details, prefix, address, free);
    };
    let vat = seller.vat_code.as_ref().map(|code| code.as_str());
    party("Seller", &seller.name, Some(seller.business_id.as_str()), vat, Some(&seller.address));
    same_contact(root, "Seller", &seller.contact, free);
    let email = seller.contact.email.as_ref().map(|email| email.as_str());
    same_text(root, "SellerInformationDetails/SellerCommonEmailaddressIdentifier", email, free);
    let (id, vat) = (buyer.business_id.as_ref(), buyer.vat_code.as_ref());
    let (id, vat) = (id.map(|id| id.as_str()), vat.map(|code| code.as_str()));
    party("Buyer", &buyer.name, id, vat, buyer.address.as_ref());
    same_contact(root, "Buyer", &buyer.contact, free);
    let unit = buyer.electronic_invoice_account.as_ref().map(ToString::to_string);
    assert_eq!(root.one("BuyerOrganisationUnitNumber"), unit);
    same_gln(root, "Buyer", buyer.gln.as_ref());
    // The Finnish number without its hyphen.
    let finnish = seller.address.country.as_str() == "FI";
    let unit = finnish.then(|| format!("0037{}", plain(seller.business_id.as_str()).replace('-', "")));
    assert_eq!(root.one("SellerOrganisationUnitNumber"), unit);
    if let Some(recipient) = &parties.recipient {
        let name = recipient.name.as_ref().unwrap_or(&buyer.name);
        let (id, vat) = (recipient.business_id.as_ref(), recipient.vat_code.as_ref());
        let (id, vat) = (id.map(|id| id.as_str()), vat.map(|code| code.as_str()));
        party("InvoiceRecipient", name, id, vat, recipient.address.as_ref());
        let unit = recipient.electronic_invoice_account.as_ref().map(ToString::to_string);
        assert_eq!(root.one("InvoiceRecipientOrganisationUnitNumber"), unit);
        let mut contact = recipient.contact.clone();
        contact.email = contact.email.or(recipient.email.clone());
        same_contact(root, "InvoiceRecipient", &contact, free);
        same_gln(root, "InvoiceRecipient", recipient.gln.as_ref());
    }
    let language = parties.recipient.as_ref().map_or(buyer.language, |recipient| recipient.language);
    assert_eq!(root.one("InvoiceRecipientLanguageCode").as_deref(), Some(language.as_str()));
    if let Some(delivery) = &parties.delivery {
        let name = delivery.name.as_ref().unwrap_or(&buyer.name);
        let id = delivery.business_id.as_ref().map(|id| id.as_str());
        party("Delivery", name, id, None, delivery.address.as_ref());
        same_contact(root, "Delivery", &delivery.contact, free);
        same_gln(root, "Delivery", delivery.gln.as_ref());
    }
}

fn same_gln(root: Element<'_, '_>, prefix: &str, gln: Option<&Gln>) {
    let path = format!("{prefix}PartyDetails/{prefix}Code");
    assert_eq!(root.one(&path).as_deref(), gln.map(Gln::as_str));
    assert_eq!(root.attribute(&path, "SchemeID"), gln.map(|_| "0088"));
}

fn same_contact(root: Element<'_, '_>, prefix: &str, contact: &Contact, free: &str) {
    let person = contact.person_name.as_deref().unwrap_or_default();
    // As much of it as there is room for.
    let read = root.one(&format!("{prefix}ContactPersonName")).unwrap_or_default();
    assert!(plain(person).starts_with(&plain(&read)) && (!read.is_empty() || plain(person).is_empty()), "{read}");
    let details = format!("{prefix}CommunicationDetails");
    let phone = contact.phone.as_ref().map(ToString::to_string);
    same_text(root, &format!("{details}/{prefix}PhoneNumberIdentifier"), phone.as_deref(), free);
    let email = contact.person_email.as_ref().or(contact.email.as_ref()).map(|email| email.as_str());
    same_text(root, &format!("{details}/{prefix}EmailaddressIdentifier"), email, free);
}

fn same_address(details: Element<'_, '_>, prefix: &str, address: Option<&Address>, free: &str) {
    let whole = format!("{prefix}PostalAddressDetails");
    assert_eq!(details.nodes(&whole).len(), usize::from(address.is_some()));
    let (Some(address), Some(element)) = (address, details.nodes(&whole).pop()) else { return };
    let lines = [Some(&address.street), address.street2.as_ref(), address.street3.as_ref()];
    let lines: Vec<String> = lines.into_iter().flatten().cloned().collect();
    let streets = plain_all(&element.all(&format!("{prefix}StreetName")));
    let joined = plain(&lines.join(", "));
    assert!(streets == plain(&lines.concat()) || streets == joined || free.contains(&joined), "{streets}");
    same_text(element, &format!("{prefix}TownName"), Some(&address.postal_district), free);
    same_text(element, &format!("{prefix}PostCodeIdentifier"), Some(address.postal_code.as_str()), "");
    assert_eq!(element.one("CountryCode").as_deref(), Some(address.country.as_str()));
}

fn totals(root: Element<'_, '_>, invoice: &NewInvoice) {
    let (totals, sign) = (&invoice.totals, sign(invoice));
    let details = root.nodes("InvoiceDetails")[0];
    same_amount(details, "RowsTotalVatExcludedAmount", totals.net, sign);
    same_amount(details, "InvoiceTotalVatExcludedAmount", totals.net, sign);
    same_amount(details, "InvoiceTotalVatAmount", totals.vat, sign);
    same_amount(details, "InvoiceTotalVatIncludedAmount", totals.gross, sign);
    for (name, amount) in [("InvoiceTotalRoundoffAmount", totals.rounding), ("InvoicePaidAmount", totals.paid)] {
        if amount.is_zero() {
            assert_eq!(details.one(name), None);
        } else {
            same_amount(details, name, amount, sign);
        }
    }
    let rates = details.nodes("VatSpecificationDetails");
    assert_eq!(rates.len(), totals.by_rate.len());
    for (element, total) in rates.into_iter().zip(&totals.by_rate) {
        same_amount(element, "VatBaseAmount", total.net, sign);
        same_amount(element, "VatRateAmount", total.tax, sign);
        let rate = Some(total.vat.rate).filter(|_| total.vat.category != VatCategory::OutOfScope);
        same_percent(element, "VatRatePercent", rate);
        assert_eq!(element.one("VatCode").as_deref(), Some(total.vat.category.as_str()));
        assert_eq!(!element.all("VatFreeText").is_empty(), total.vat.category != VatCategory::Standard);
    }
}

fn terms(root: Element<'_, '_>, invoice: &NewInvoice, free: &str) {
    let (terms, extensions) = (&invoice.terms, &invoice.extensions);
    let element = root.nodes("InvoiceDetails/PaymentTermsDetails")[0];
    same_text(element, "PaymentTermsFreeText", terms.payment.as_deref(), free);
    same_day(element, "InvoiceDueDate", Some(invoice.header.due_date));
    let asks = invoice.header.kind == InvoiceType::Invoice;
    let discount = terms.cash_discount.filter(|_| asks);
    same_day(element, "CashDiscountDate", discount.map(|discount| discount.until));
    same_percent(element, "CashDiscountPercent", discount.map(|discount| discount.percent));
    if let Some(discount) = discount {
        let payable = invoice.totals.payable;
        same_amount(element, "CashDiscountBaseAmount", payable, 1);
        same_amount(element, "CashDiscountAmount", payable.share(discount.percent), 1);
        let reduced = payable.minus(payable.share(discount.percent)).unwrap();
        same_amount(element, "ReducedInvoiceVatIncludedAmount", reduced, 1);
    }
    let fine = "PaymentOverDueFineDetails";
    let rate = extensions.interest.filter(|_| asks).and_then(|interest| match interest {
        Interest::Fixed(percent) => Some(percent),
        Interest::None => Some(Percent::ZERO),
        Interest::Statutory => None,
    });
    same_percent(element, &format!("{fine}/PaymentOverDueFinePercent"), rate);
    let fee = extensions.collection.and_then(|collection| collection.reminder_fee).filter(|_| asks);
    if let Some(fee) = fee {
        same_amount(element, &format!("{fine}/PaymentOverDueFixedAmount"), fee, 1);
    }
    let day = invoice.rows.first().and_then(|row| row.delivery_date);
    let day = day.filter(|day| invoice.rows.iter().all(|row| row.delivery_date == Some(*day)));
    same_day(root, "DeliveryDetails/DeliveryDate", day);
    same_text(root, "DeliveryDetails/DeliveryMethodText", terms.delivery_method.as_deref(), "");
    same_text(root, "DeliveryDetails/DeliveryTermsText", terms.delivery.as_deref(), "");
}

fn same_row(element: Element<'_, '_>, row: &Row, sign: i64) {
    let free = plain_all(&element.all("RowFreeText"));
    same_text(element, "ArticleIdentifier", row.product_code.as_deref(), &free);
    same_text(element, "ArticleName", Some(&row.name), &free);
    same_text(element, "ArticleDescription", row.description.as_deref(), &free);
    assert!(free.contains(&plain(row.vat_exemption_reason.as_deref().unwrap_or_default())));
    let quantity = if element.nodes("InvoicedQuantity").is_empty() {
        "RowDefinitionDetails/RowDefinitionValue"
    } else {
        "InvoicedQuantity"
    };
    same_number(element, quantity, sign * row.quantity.units(), row.quantity.scale());
    let unit = plain(element.attribute(quantity, "QuantityUnitCode").unwrap_or_default());
    let given = plain(row.unit.as_deref().unwrap_or_default());
    assert_eq!(unit, given);
    // The price is that of so many.
    let base = element.one("UnitPriceBaseQuantity").map_or(0, |base| base.len() - 1);
    let price = row.unit_price.scale() - u8::try_from(base).unwrap();
    same_number(element, "UnitPriceAmount", row.unit_price.units(), price);
    same_day(element, "RowDeliveryDate", row.delivery_date);
    same_percent(element, "RowDiscountPercent", row.discount_percent);
    if row.discount.is_zero() {
        assert_eq!(element.one("RowDiscountAmount"), None);
    } else {
        same_amount(element, "RowDiscountAmount", row.discount, sign);
        same_amount(element, "RowDiscountBaseAmount", row.net.plus(row.discount).unwrap(), sign);
    }
    let rate = Some(row.vat.rate).filter(|_| row.vat.category != VatCategory::OutOfScope);
    same_percent(element, "RowVatRatePercent", rate);
    assert_eq!(element.one("RowVatCode").as_deref(), Some(row.vat.category.as_str()));
    same_amount(element, "RowVatExcludedAmount", row.net, sign);
    // What the row would have alone, but for a cent.
    let tax = number(&element.one("RowVatAmount").unwrap());
    let tax = tax.units() * 10_i64.pow(u32::from(row.net.decimals() - tax.scale()));
    assert!((tax - sign * row.net.share(row.vat.rate).minor()).abs() <= 1, "{tax}");
}

fn payment(root: Element<'_, '_>, invoice: &NewInvoice) {
    let order = root.nodes("EpiDetails/EpiPaymentInstructionDetails")[0];
    let free = plain_all(&root.all("InvoiceDetails/InvoiceFreeText"));
    let code = invoice.references.electronic_payment_code.as_deref();
    same_text(order, "EpiPaymentInstructionId", code, &free);
    same_amount(order, "EpiInstructedAmount", invoice.totals.payable, sign(invoice));
    same_day(order, "EpiDateOptionDate", Some(invoice.header.due_date));
    assert_eq!(order.attribute("EpiCharge", "ChargeOption"), Some("SHA"));
    let identification = root.nodes("EpiDetails/EpiIdentificationDetails")[0];
    same_day(identification, "EpiDate", Some(invoice.header.date));
    let reference = invoice.references.payment.to_string();
    assert_eq!(identification.one("EpiReference"), Some(reference.clone()));
    if let Some(given) = order.one("EpiRemittanceInfoIdentifier") {
        assert_eq!(given.trim_start_matches('0'), reference);
    }
    let payee = root.nodes("EpiDetails/EpiPartyDetails/EpiBeneficiaryPartyDetails")[0];
    let seller = &invoice.parties.seller;
    let factoring = invoice.extensions.factoring.as_ref();
    let account = factoring.and_then(|factoring| factoring.iban.as_ref()).or(seller.payment.iban.as_ref());
    let code = account.filter(|_| sign(invoice) == 1 && !invoice.totals.payable.is_zero()).and_then(|iban| {
        BankBarCode::of(iban, &invoice.references.payment, invoice.totals.payable, Some(invoice.header.due_date))
    });
    assert_eq!(root.one("VirtualBankBarcode"), code.map(|code| code.to_string()));
    match account {
        Some(iban) => assert_eq!(payee.one("EpiAccountID").as_deref(), Some(iban.as_str())),
        None => assert_eq!(payee.attribute("EpiAccountID", "IdentificationSchemeName"), Some("BBAN")),
    }
    if let Some(Factoring { agreement, financier, .. }) = factoring {
        let details = root.nodes("FactoringAgreementDetails")[0];
        let texts = plain_all(&details.all("FactoringFreeText"));
        same_text(details, "FactoringAgreementIdentifier", Some(agreement), &texts);
        same_text(details, "FactoringPartyName", Some(financier), &texts);
    }
}
