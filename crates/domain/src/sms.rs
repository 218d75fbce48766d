//! Short messages (the contract's section "Partner services"): what a text costs, who sends it, how far it has come, and which
//! receipt belongs to it.

mod gsm;
mod id;
mod parts;
mod request;
mod sender;
mod state;

pub use id::{id_forms, normal_id};
pub use parts::{Encoding, MOST_PARTS, Part, Parts, TextFault};
pub use request::{LONGEST_VALIDITY, NewSms, SHORTEST_VALIDITY, SmsDraft, SmsRules, USUAL_VALIDITY, check};
pub use sender::{Sender, SenderFault};
pub use state::{SmsState, UnknownSmsState};
