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
//! As for the Partner API; see [the crate](crate#retry). Every call here may be repeated without harm, so that a broken connection is, too.
//! Only a wrong password counts in each try: [`Flow::login_as`] and [`PosClient::log_in_with_password`] whose answers are lost may so come to
//! four wrong passwords, after which the user has to wait.
//!
//! # Reference data
//!
//! What [`Flow::reference_data`], [`Flow::reference_group`] and [`Flow::terms_and_conditions`] were answered is kept by the client with its
//! `ETag`. The next call asks whether it has changed (`If-None-Match`), and an answer that has not is not sent again.

mod answers;
mod applicant;
mod builder;
mod client;
mod closed;
mod drivers_licence;
mod error;
mod exchange;
mod flow;
mod form;
mod interest;
mod oauth;
mod pair;
mod problem;
mod reference_data;
mod reference_id;
mod tokens;

pub use answers::{AccessToken, Introspection, LoggedIn, ServerMetadata, Terms};
pub use applicant::{ApplicantDraft, KnownInformation};
pub use builder::PosBuilder;
pub use client::PosClient;
pub use closed::{AccountType, GroupKey, Lang, Province, Scope, UnknownCode};
pub use drivers_licence::DriversLicence;
pub use error::PosError;
pub use flow::Flow;
pub use interest::{
    Interest, InterestCustomer, InterestFee, InterestPlan, InterestRate, InterestTerm, RegularPurchase,
};
pub use problem::{FieldError, OauthProblem, PosProblem};
pub use reference_data::{Choice, Choices, Dependent, FormValues, Group, ReferenceData};
pub use reference_id::{ReferenceId, ReferenceIdError};
