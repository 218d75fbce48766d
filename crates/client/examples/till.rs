//! A till in a store: a customer applies for credit or is found, buys by a plan, brings something back, and pays. It plays against
//! `tallystick demo`, or any sandbox:
//!
//! ```text
//! cargo run -p tallystick-client --example till -- http://127.0.0.1:8080 <client secret>
//! ```
//!
//! The demo prints the secret. It may stand in the variable `CLIENT_SECRET` instead, since other users see command lines; the variable
//! `CLIENT_ID` names another merchant than `flexitidemo`.
//!
//! Exit status: 0 done, 1 failed, 2 wrong usage.

use std::io::Write;
use std::process::ExitCode;

use tallystick_client::pos::{
    ApplicantDraft, AuthorizationQuery, CustomerKey, CustomerSearch, ErrorName, Financing, Flow, Payment, PaymentType,
    PosClient, PosError, Proof, Province, Purchase, Return, Till, Verification, VerificationFormat,
};
use tallystick_client::{Decimal, Secret};

/// What the code is that a sandbox sends. Elsewhere the customer reads it to the till.
const CODE_OF_A_SANDBOX: &str = "2222";

#[tokio::main]
async fn main() -> ExitCode {
    let variable = |name| std::env::var(name).ok();
    let mut arguments = std::env::args().skip(1);
    let (url, secret) = (arguments.next(), arguments.next().or_else(|| variable("CLIENT_SECRET")));
    let (Some(url), Some(secret), None) = (url, secret, arguments.next()) else {
        let _ = writeln!(std::io::stderr(), "usage: till URL CLIENT_SECRET; the demo prints both");
        return ExitCode::from(2);
    };
    let client_id = variable("CLIENT_ID").unwrap_or_else(|| "flexitidemo".to_owned());
    match run(&url, &client_id, &secret, &mut std::io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Plays it against the server at `url`, and tells of it to `out`.
pub(crate) async fn run(
    url: &str,
    client_id: &str,
    secret: &str,
    out: &mut impl Write,
) -> Result<(), Box<dyn std::error::Error>> {
    let till = PosClient::builder(url).credentials(client_id, secret).build()?;
    till.force_refresh().await?; // the whole lifetime of a token, at the start
    let sale = till.flow(); // one reference id for all that belongs to one sale
    writeln!(out, "{}, flow {}", sale.login().await?.merchant_name, sale.reference_id())?;

    let account = account_of(&sale, &marie()).await?;
    let customer = sale.look_up_customer(&CustomerKey::Account(account)).await?;
    writeln!(out, "account {account}: {} dollars available", customer.available_credit)?;

    let price: Decimal = "234.45".parse()?;
    let cost = sale.calculate_interest(account, price).await?;
    let mut terms = cost.promotional_purchase.iter().flat_map(|plan| plan.terms.iter().map(move |term| (plan, term)));
    let (plan, term) = terms.next().ok_or("the merchant offers this customer no plan")?;
    writeln!(out, "plan {}: {} dollars for {} months", plan.plan_id, term.term_amount, term.term)?;

    let order = Till::order("Order-1");
    let (verification_code, request_id) = code(&sale, account, VerificationFormat::Sms).await?;
    let proof = Proof::Code { verification_code, request_id };
    let financing = Financing::Plan { plan_id: plan.plan_id, term: term.term };
    let purchase = Purchase { till: order.clone(), ..Purchase::new(account, price, financing, proof) };
    let held = sale.authorize(&purchase).await?;
    writeln!(out, "authorized {} with a finance charge of {}", held.amount, held.finance_charge)?;
    let sold = sale.capture(held.authorization_id, 200.into(), &order).await?;
    let back = Return { amount: Some(50.into()), till: order.clone(), ..Return::default() };
    let returned = sale.return_capture(held.authorization_id, sold.capture_id, &back).await?;
    let ended = sale.release(held.authorization_id, None, &order).await?;
    let (captured, released) = (ended.captured_amount, ended.released_amount);
    writeln!(out, "captured {captured}, of which {} came back; released {released}", returned.amount)?;

    let visit = till.flow();
    let (verification_code, request_id) = code(&visit, account, VerificationFormat::Email).await?;
    let deposit = Payment {
        payment_type: PaymentType::Deposit,
        amount: 25.into(),
        account: CustomerKey::Account(account),
        verification_code,
        request_id,
        till: Till::order("Order-2"),
    };
    let paid = visit.transaction(&deposit).await?;
    writeln!(out, "took a deposit of {}: {} dollars are owed", paid.amount, paid.balance)?;

    let page = visit.authorizations(&AuthorizationQuery::default()).await?;
    writeln!(out, "authorizations so far: {}", page.total_records)?;
    till.revoke().await?; // log out
    Ok(())
}

/// The account of somebody who applies, or has one.
async fn account_of(flow: &Flow, applicant: &ApplicantDraft) -> Result<u64, Box<dyn std::error::Error>> {
    match flow.apply(applicant).await {
        Ok(taken) => Ok(taken.account_number.ok_or(taken.message)?),
        Err(error) if error.name() == Some(ErrorName::CustomerAlreadyExists) => {
            let said = |member: &Option<String>| member.clone().unwrap_or_default();
            let search = CustomerSearch {
                first_name: said(&applicant.first_name),
                last_name: said(&applicant.last_name),
                dob: said(&applicant.dob),
                postal_code: None,
            };
            let found = flow.search_customers(&search).await?;
            Ok(found.first().ok_or("nobody was found")?.account_number)
        }
        Err(error) => Err(error.into()),
    }
}

/// Has the customer sent a code, and hears it. With it comes the request that it is for.
async fn code(flow: &Flow, account: u64, format: VerificationFormat) -> Result<(Secret, String), PosError> {
    let request_id = flow.reference_id().to_string();
    flow.verify(account, &Verification { format, request_id: request_id.clone(), vcc_number: None }).await?;
    Ok((Secret::from(CODE_OF_A_SANDBOX), request_id))
}

fn marie() -> ApplicantDraft {
    let some = |text: &str| Some(text.to_owned());
    ApplicantDraft {
        first_name: some("Marie"),
        last_name: some("Tremblay"),
        dob: some("1985-02-14"),
        email: some("marie@example.ca"),
        phone_number: some("6135550123"),
        address_1: some("55 Queen St W"),
        city: some("Ottawa"),
        province: Some(Province::On),
        postal_code: some("K1A 0B1"),
        housing_type: some("Rent"),
        housing_payment: Some(1_450.into()),
        occupation_id: some("FE"),
        employer: some("Example Inc."),
        annual_income: Some(72_000.into()),
        govid_type: some("CADL"),
        govid_issued_by: some("ON"),
        govid_number: Some(Secret::from("T1234-56789-50214")),
        govid_expiry: some("2029-02-14"),
        security_qid: some("4"),
        security_answer: Some(Secret::from("Snowball")),
        tos_agreement: Some(true),
        ..ApplicantDraft::default()
    }
}
