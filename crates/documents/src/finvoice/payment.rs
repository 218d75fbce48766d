//! How it is paid: `EpiDetails` (chapter 14), the state of the payment, the sold claim and the bar code (chapters 10.15,
//! 10.17 and 10.18).

use domain::bank_bar_code::BankBarCode;
use domain::bic::Bic;
use domain::iban::Iban;
use domain::invoice::Seller;
use domain::payment_reference::PaymentReference;

use super::details::PAYMENT_CODE;
use super::fit::{self, Room};
use super::message::Message;
use super::{FinvoiceDocument, FinvoiceFault, number};

/// Where it is paid to, and how much.
pub(super) struct Order<'a> {
    account: Account<'a>,
    /// What is to be paid: two decimals.
    amount: String,
    /// Every account that may be paid to and whose bank is known.
    pub(super) accounts: Vec<Account<'a>>,
}

/// An account in the form of the document.
#[derive(Clone)]
pub(super) struct Account<'a> {
    pub(super) scheme: &'static str,
    pub(super) number: String,
    pub(super) bic: Option<String>,
    pub(super) holder: &'a str,
    iban: Option<&'a Iban>,
}

impl<'a> Account<'a> {
    fn iban(iban: &'a Iban, bic: Option<&Bic>, holder: &'a str) -> Self {
        Self { scheme: "IBAN", number: iban.to_string(), bic: bic.map(ToString::to_string), holder, iban: Some(iban) }
    }

    /// Account numbers are in their electronic form (chapter 14): of a giro, its digits.
    fn giro(number: &str, bic: &str, holder: &'a str) -> Self {
        let number = number.replace([' ', '-'], "");
        Self { scheme: "BBAN", number, bic: Some(bic.to_owned()), holder, iban: None }
    }
}

/// The accounts of the seller, the best first. The codes of the giros are those that the Swedish format Svefaktura has
/// for them.
fn accounts(seller: &Seller) -> Vec<Account<'_>> {
    let (payment, holder) = (&seller.payment, seller.name.as_str());
    let mut accounts = Vec::new();
    accounts.extend(payment.iban.as_ref().map(|iban| Account::iban(iban, payment.bic.as_ref(), holder)));
    let bankgiro = payment.bankgiro.as_ref();
    accounts.extend(bankgiro.map(|giro| Account::giro(giro.as_str(), "BGABSESS", holder)));
    let plusgiro = payment.plusgiro.as_ref();
    accounts.extend(plusgiro.map(|giro| Account::giro(giro.as_str(), "PGSISESS", holder)));
    accounts
}

/// How it is paid: to the account of whoever bought the claim, which then is the only one, else to those of the seller.
///
/// # Errors
/// [`FinvoiceFault::NoAccount`], and [`FinvoiceFault::Decimals`] for an amount that the payment order can't hold.
pub(super) fn order<'a>(document: &FinvoiceDocument<'a>) -> Result<Order<'a>, FinvoiceFault> {
    let invoice = document.invoice;
    let payable = invoice.totals.payable;
    let amount = number::money_of_two_decimals(payable);
    let amount = amount.ok_or(FinvoiceFault::Decimals { currency: payable.currency() })?;
    let factoring = invoice.extensions.factoring.as_ref();
    let sold = factoring.and_then(|factoring| {
        let iban = factoring.iban.as_ref()?;
        Some(Account::iban(iban, factoring.bic.as_ref(), &factoring.financier))
    });
    let accounts = sold.map_or_else(|| accounts(&invoice.parties.seller), |account| vec![account]);
    let account = accounts.first().cloned().ok_or(FinvoiceFault::NoAccount)?;
    let accounts = accounts.into_iter().filter(|account| account.bic.is_some()).collect();
    Ok(Order { account, amount, accounts })
}

/// That nothing is left to be paid, so that nobody pays twice.
pub(super) fn write_status(message: &mut Message, document: &FinvoiceDocument<'_>) {
    let totals = &document.invoice.totals;
    if !document.is_credit_note() && totals.payable.is_zero() && !totals.paid.is_zero() {
        message.within("PaymentStatusDetails", &[], |message| message.value("PaymentStatusCode", "PAID"));
    }
}

/// Who has bought the claim, and the notice of it.
pub(super) fn write_factoring(message: &mut Message, document: &FinvoiceDocument<'_>) {
    const TEXT: &str = "FactoringFreeText";
    const LINE: Room = Room::of(70).unbounded();
    let Some(factoring) = &document.invoice.extensions.factoring else { return };
    let (agreement, financier) = (fit::line(&factoring.agreement), fit::line(&factoring.financier));
    message.within("FactoringAgreementDetails", &[], |message| {
        // The element must be there; a number that is cut is none, and stands in full in the texts below.
        let whole = agreement.chars().count() <= 35;
        message.value("FactoringAgreementIdentifier", if whole { &agreement } else { "" });
        if !whole {
            message.beginning(TEXT, &agreement, LINE);
        }
        if financier.chars().count() > 35 {
            message.beginning(TEXT, &financier, LINE);
        }
        let assigned = || document.language().assigned(&financier, &agreement, factoring.iban.is_some());
        // A credit note has no claim to assign.
        let notice = factoring.notice.clone().or_else(|| (!document.is_credit_note()).then(assigned));
        for line in notice.iter().flat_map(|notice| fit::lines(notice)) {
            message.beginning(TEXT, &line, LINE);
        }
        message.beginning("FactoringPartyName", &financier, Room::of(35));
    });
}

/// The digits of the Finnish bank bar code, where the invoice has one.
pub(super) fn write_bar_code(message: &mut Message, document: &FinvoiceDocument<'_>, order: &Order<'_>) {
    let invoice = document.invoice;
    if document.is_credit_note() || invoice.totals.payable.is_zero() {
        return;
    }
    let code = order.account.iban.and_then(|iban| {
        let due = Some(invoice.header.due_date);
        BankBarCode::of(iban, &invoice.references.payment, invoice.totals.payable, due)
    });
    if let Some(code) = code {
        message.value("VirtualBankBarcode", code.as_str());
    }
}

/// The data of a payment order.
pub(super) fn write(message: &mut Message, document: &FinvoiceDocument<'_>, order: &Order<'_>) {
    message.within("EpiDetails", &[], |message| {
        message.within("EpiIdentificationDetails", &[], |message| {
            message.date("EpiDate", document.invoice.header.date);
            message.value("EpiReference", document.invoice.references.payment.as_str());
        });
        message.within("EpiPartyDetails", &[], |message| payee(message, &order.account));
        message.within("EpiPaymentInstructionDetails", &[], |message| instruction(message, document, order));
    });
}

fn payee(message: &mut Message, account: &Account<'_>) {
    if let Some(bic) = &account.bic {
        message.within("EpiBfiPartyDetails", &[], |message| {
            message.value_with("EpiBfiIdentifier", &[("IdentificationSchemeName", "BIC")], bic);
        });
    } else {
        message.empty("EpiBfiPartyDetails", &[]);
    }
    message.within("EpiBeneficiaryPartyDetails", &[], |message| {
        message.beginning("EpiNameAddressDetails", account.holder, Room::of(35).least(2));
        message.value_with("EpiAccountID", &[("IdentificationSchemeName", account.scheme)], &account.number);
    });
}

fn instruction(message: &mut Message, document: &FinvoiceDocument<'_>, order: &Order<'_>) {
    let invoice = document.invoice;
    let code = invoice.references.electronic_payment_code.as_deref().map(fit::line);
    if let Some(code) = code.filter(|code| (1..=PAYMENT_CODE).contains(&code.chars().count())) {
        message.value("EpiPaymentInstructionId", &code);
    }
    const REFERENCE: &str = "EpiRemittanceInfoIdentifier";
    match &invoice.references.payment {
        // Filled up with zeros (chapter 14).
        PaymentReference::Finnish(reference) => {
            let digits = format!("{:0>20}", reference.as_str());
            message.value_with(REFERENCE, &[("IdentificationSchemeName", "SPY")], &digits);
        }
        PaymentReference::Rf(reference) => {
            message.value_with(REFERENCE, &[("IdentificationSchemeName", "ISO")], reference.as_str());
        }
        // Of another country, which the element does not know: it is in EpiReference.
        PaymentReference::Domestic(_) => {}
    }
    let payable = invoice.totals.payable;
    let amount = message.signed(&order.amount);
    message.unsigned_amount("EpiInstructedAmount", &amount, payable);
    // Each side pays its own bank.
    message.value_with("EpiCharge", &[("ChargeOption", "SHA")], "SHA");
    message.date("EpiDateOptionDate", invoice.header.due_date);
    // UNTDID 4461: SEPA credit transfer, or any.
    let is_sepa = order.account.iban.is_some() && payable.currency().as_str() == "EUR";
    message.value("EpiPaymentMeansCode", if is_sepa { "58" } else { "30" });
}
