//! The typed client of the point-of-sale API: tokens that refresh themselves, and the calls behind them.
//!
//! ```no_run
//! use tallystick_client::pos::{Lang, PosClient, PosError, Province, Scope};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let till = PosClient::builder("http://127.0.0.1:8080")
//!     .credentials("flexitidemo", "77fde15a-9d33-4e15-930a-76e4b3ae33e9")
//!     .scope(Scope::Merchant)
//!     .language(Lang::French)
//!     .build()?;
//! till.force_refresh().await?; // the whole lifetime of a token, at the start of an application or a purchase
//! let flow = till.flow(); // one reference id for all of its calls
//! match flow.login_as("merchantonline", "dice-manila-purism").await {
//!     Ok(merchant) => println!("{}, {}", merchant.merchant_name, merchant.merchant_id),
//!     Err(PosError::AuthenticationFailure(_)) => println!("wrong user name or password"),
//!     Err(error) => return Err(error.into()),
//! }
//! let data = flow.reference_data().await?;
//! println!("{:?}", data.provinces.text("QC"));
//! let terms = flow.terms_and_conditions(Province::Qc).await?;
//! println!("{} of {}, in the flow {}", terms.version, terms.effective_date, flow.reference_id());
//! till.revoke().await?; // log out
//! # Ok(()) }
//! ```
//!
//! # Tokens
//!
//! The first call gets a token pair by `client_credentials`. A pair is refreshed *before* it expires, as the public documentation has
//! it: when `now - created >= expires_in - threshold`, with a threshold of 60 s ([`PosBuilder::refresh_threshold`]). The time is that of
//! the [`Runtime`](crate::Runtime), and `created` is when the request for the pair was sent, so that a slow answer makes no token older
//! than it is thought to be.
//!
//! - A request for a token carries the reference id of the flow whose call needs it. What is asked for without a flow, such as
//!   [`PosClient::force_refresh`], has none of its own.
//! - A refresh whose answer was lost is repeated inside the server's leeway, 10 s ([`PosBuilder::refresh_leeway`]), where it gives the same
//!   pair. It is sent a second before the end at the latest, since it takes its time to arrive. Later the server takes it for a theft and
//!   ends every token of the family: it is not repeated then, a new pair is got by `client_credentials`.
//! - A refresh that is refused (`invalid_grant`: the family was ended, or has expired) is followed by `client_credentials`.
//! - A call that is answered 401 gets one new token, and is repeated once.
//! - However many tasks need a token at once, one request is made for it, and all that can't go on without have its outcome, good or bad.
//! - A token that works is used. While it does, one call at a time tries to refresh it, once and for 3 s at most, and after a failure nobody
//!   tries again for 5 s, or as long as the server asks. So a token endpoint that fails or hangs costs no call before the token expires.
//!
//! A client of [`PosClient::log_in_with_password`] has the tokens of a merchant's user. They are refreshed alike, but where that is
//! refused somebody has to log in: [`PosError::LoginNeeded`]. Since there is no other grant,
//!
//! - a refresh whose answer was lost is repeated after the leeway, too, but only when the token in use has expired, was refused, or expires
//!   in 10 s or less: if the server takes it for a theft then, next to nothing is lost. Until then calls go on with the token in use, and
//!   [`PosClient::force_refresh`] gives the failure again;
//! - the second try of a refresh ahead of need may take 10 s, so that an endpoint which is slow is heard inside the leeway;
//! - where the server asks to wait, half of what is left of the token is waited at most: its refresh token ends with it.
//!
//! # Retry
//!
//! As for the Partner API; see [the crate](crate#retry), with `request_in_progress` among what is waited for.
//!
//! - What moves money ([`Flow::authorize`], [`Flow::release`], [`Flow::capture`], [`Flow::return_capture`], [`Flow::refund`],
//!   [`Flow::transaction`]) and [`Flow::apply`] make one `x-idempotency-key` for each call and send it with every try, so that what was done
//!   is answered again and never done twice. To have the same across a restart of your own program, make the key with
//!   [`Flow::new_idempotency_key`], store it beside the request and the flow's reference id, and call the twin whose name ends in `_with` in
//!   that flow ([`PosClient::flow_with`]).
//! - Where such a call fails and [`PosError::leaves_open_what_was_done`], it is asked for again with the same key. After any other error
//!   nothing was done.
//! - The server keeps the keys of the scope `customer` for the token's family. So such a call ends with the error of a try that may have been
//!   done, once the family has ended, and is not sent on with a token of another one.
//! - [`Flow::verify`] makes a code each time. It is tried again only where no try has come so far.
//! - Every other call may be repeated without harm, so that a broken connection is, too. Only a wrong password counts in each try:
//!   [`Flow::login_as`] and [`PosClient::log_in_with_password`] whose answers are lost may so come to four wrong passwords, after which the
//!   user has to wait.
//!
//! # A sale in a store
//!
//! With the scope `merchant`, all in one flow: [`Flow::apply`] or [`Flow::search_customers`] and [`Flow::look_up_customer`]; what it costs,
//! [`Flow::calculate_interest`]; a code, [`Flow::verify`]; then [`Flow::authorize`], and [`Flow::capture`] when the goods leave, or
//! [`Flow::release`]. Goods come back by [`Flow::return_capture`], or [`Flow::refund`] where no plan was taken. [`Flow::transaction`] takes
//! payments. [`Flow::authorizations`] and [`Flow::captures`] list what there was. `examples/till.rs` is such a till.
//!
//! # A sale in a web shop
//!
//! Each customer has a client of their own, of the scope `customer` ([`PosClient::with_scope`] makes one over the same connections): the
//! account that was applied for by its tokens, or by those that they were refreshed from, is the one that it buys on
//! ([`Proof::OwnTokens`]). Whoever has an account proves in the widget who they are, [`Flow::init_widget`], and buys by its session, once
//! ([`Proof::Widget`]). What moves the merchant's money, from [`Flow::capture`] on, takes a client of the scope `merchant`.
//!
//! # Reference data
//!
//! What [`Flow::reference_data`], [`Flow::reference_group`] and [`Flow::terms_and_conditions`] were answered is kept by the client with its
//! `ETag`. The next call asks whether it has changed (`If-None-Match`), and an answer that has not is not sent again.

mod account_close;
mod account_transaction;
mod answers;
mod applicant;
mod application;
mod authorization;
mod authorizations;
mod builder;
mod capture;
mod capture_return;
mod captures;
mod client;
mod closed;
mod customer_lookup;
mod customer_search;
mod drivers_licence;
mod error;
mod error_name;
mod exchange;
mod flow;
mod form;
mod interest;
mod oauth;
mod pair;
mod problem;
mod reference_data;
mod reference_id;
mod refund;
mod release;
mod sku_data;
mod till;
mod tokens;
mod verification;
mod widget;

pub use account_transaction::{Payment, PaymentType, Transaction};
pub use answers::{AccessToken, Introspection, LoggedIn, ServerMetadata, Terms};
pub use applicant::{ApplicantDraft, KnownInformation};
pub use application::{Application, ApplicationStatus};
pub use authorization::{
    Authorization, AuthorizationStatus, Financing, FinancingOption, Proof, Purchase, TransactionType,
};
pub use authorizations::{AuthorizationPage, AuthorizationQuery};
pub use builder::PosBuilder;
pub use capture::Capture;
pub use capture_return::{Return, Returned};
pub use captures::{CapturePage, CaptureQuery};
pub use client::PosClient;
pub use closed::{AccountType, GroupKey, Lang, Province, Scope, UnknownCode};
pub use customer_lookup::{Customer, CustomerKey, Offer, SecurityQuestion};
pub use customer_search::{AccountStatus, CustomerSearch, FoundAccount};
pub use drivers_licence::DriversLicence;
pub use error::PosError;
pub use error_name::ErrorName;
pub use flow::Flow;
pub use interest::{
    Interest, InterestCustomer, InterestFee, InterestPayment, InterestPlan, InterestRate, InterestTerm, RegularPurchase,
};
pub use problem::{FieldError, OauthProblem, PosProblem};
pub use reference_data::{Choice, Choices, Dependent, FormValues, Group, ReferenceData};
pub use reference_id::{ReferenceId, ReferenceIdError};
pub use refund::Refund;
pub use sku_data::{SkuData, SkuProduct};
pub use till::Till;
pub use verification::{Verification, VerificationCode, VerificationFormat};
pub use widget::{CustomerIdentification, PersonalInformation, Widget, WidgetRequest};
