//! A merchant whose customers have applied for their accounts over the API, and the purchases that they make there.
//!
//! A purchase needs no code where the customer's own token asks for it: one of the family that the account was applied for by. That is how
//! a web shop buys, and the only way that has no limit by the hour.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::thread;

use domain::application::MOST_OF_FAMILY;
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::kept::secret_file;
use crate::link::Link;
use crate::program::{MERCHANT, Program};
use crate::tokens::PREFIX;

/// The settings under which accounts are applied for: the best rating gets the largest limit that there is, 100,000 dollars, so that one
/// account has credit for a whole turn.
const SETTINGS: [(&str, &str); 1] = [("TALLYSTICK_RATING_L", "60000.00 30% 100% 100000.00")];

/// What is asked for, and then captured: one dollar by a plan that has a finance charge.
const AMOUNT: f64 = 1.0;

/// Stands for an account in the body of an authorization.
const ACCOUNT_MARK: &str = "#ACCOUNT#";

/// How many connections prepare a measure.
const CONNECTIONS: usize = 32;

/// An account, and the access token of whom it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Customer {
    account: i64,
    token: String,
}

/// The merchant with its customers. Its tokens last for 20 minutes.
#[derive(Debug)]
pub(crate) struct Shop {
    /// Its own access token.
    pub(crate) office: String,
    /// Those who buy there.
    pub(crate) customers: Vec<Customer>,
}

impl Shop {
    /// Opens one on a new database, with as many customers. Whatever was in the database is not touched.
    pub(crate) fn open(program: &Program, database: &str, customers: u32) -> Result<Self, Fault> {
        let form = program.add_merchant(database)?;
        let server = program.serve(database, &SETTINGS)?;
        let url = server.url();
        let office = token(&mut Link::open(url)?, &form, "merchant")?;
        let numbers: Vec<u32> = (0..customers).collect();
        let families: Vec<&[u32]> = numbers.chunks(MOST_OF_FAMILY as usize).collect();
        let customers = at_once(&families, |family| {
            let mut link = Link::open(url)?;
            let token = token(&mut link, &form, "customer")?;
            let apply = |number: &u32| {
                let account = account(&link.call(&path("/apply"), &token, &application(*number))?)?;
                Ok(Customer { account, token: token.clone() })
            };
            family.iter().map(apply).collect::<Result<Vec<_>, Fault>>()
        })?;
        server.stop()?;
        Ok(Self { office, customers: customers.into_iter().flatten().collect() })
    }

    /// Has some of the customers buy: each so often, and what is authorized is captured. `url` is that of a server on the shop's database.
    pub(crate) fn buy(&self, url: &str, buyers: &[Customer], times: u32) -> Result<(), Fault> {
        // Each buys over several connections, so that one customer is no slower than many.
        let parts = if buyers.len() < CONNECTIONS { CONNECTIONS } else { 1 };
        let share = |part: usize| (0..times as usize).skip(part).step_by(parts).count();
        let jobs: Vec<(&Customer, usize)> =
            buyers.iter().flat_map(|buyer| (0..parts).map(move |part| (buyer, share(part)))).collect();
        at_once(&jobs, |(Customer { account, token }, times)| {
            let mut link = Link::open(url)?;
            for _ in 0..*times {
                let held = link.call(&authorize_path(), token, &authorization(json!(account), false))?;
                let id = held.get("authorization_id").and_then(Value::as_i64).unwrap_or_default();
                link.call(&path(&format!("/authorization/{id}/capture")), &self.office, &capture())?;
            }
            Ok(())
        })
        .map(drop)
    }

    /// Writes a file for the load generator: an account and its token on each line. The one before it is gone.
    pub(crate) fn write(program: &Program, customers: &[Customer]) -> Result<PathBuf, Fault> {
        let file = program.directory.join("customers");
        let mut text = String::new();
        for Customer { account, token } in customers {
            writeln!(text, "{account} {token}").expect("a String takes every text");
        }
        let failed = || Fault::system(format!("write {}", file.display()));
        drop(fs::remove_file(&file));
        secret_file(&file)
            .and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()))
            .map_err(failed())?;
        Ok(file)
    }
}

/// Where purchases are authorized.
pub(crate) fn authorize_path() -> String {
    path("/authorization")
}

/// The body of an authorization, with the mark that the load generator replaces by the account.
pub(crate) fn authorization_body() -> String {
    marked(&authorization(json!(ACCOUNT_MARK), false))
}

/// The same of one that is captured at once, so that it is not open.
pub(crate) fn captured_authorization_body() -> String {
    marked(&authorization(json!(ACCOUNT_MARK), true))
}

/// The text of a body, with the mark bare: the account is a number.
fn marked(body: &Value) -> String {
    body.to_string().replace(&format!("\"{ACCOUNT_MARK}\""), ACCOUNT_MARK)
}

/// The body of the capture of all of it.
pub(crate) fn capture_body() -> String {
    capture().to_string()
}

fn authorization(account: Value, auto_capture: bool) -> Value {
    json!({
        "account_number": account,
        "reference": "Order-1234",
        "financing_option": {"transaction_type": "promotional_purchase", "plan_id": 4, "term": 3},
        "amount": AMOUNT,
        "auto_capture": auto_capture,
    })
}

fn capture() -> Value {
    json!({"amount": AMOUNT, "reference": "Order-1234"})
}

fn path(rest: &str) -> String {
    format!("{PREFIX}/client-id/{MERCHANT}{rest}")
}

fn token(link: &mut Link, form: &str, scope: &str) -> Result<String, Fault> {
    let answer = link.form(&format!("{PREFIX}/oauth/token"), &format!("{form}&scope={scope}"))?;
    Ok(answer.get("access_token").and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn account(answer: &Value) -> Result<i64, Fault> {
    let account = answer.get("account_number").and_then(Value::as_i64);
    account.ok_or_else(|| Fault::Load { what: format!("an application was answered {answer}") })
}

/// An application that is approved with the best rating: the middle name asks for it, in a sandbox. Every number is another person.
fn application(number: u32) -> Value {
    json!({
        "first_name": format!("Marie{}", letters(number)),
        "middle_name": "A-RR_L",
        "last_name": "Tremblay",
        "dob": "1985-02-14",
        "email": "marie@example.ca",
        "phone_number": "6135550123",
        "address_1": "55 Queen St W",
        "city": "Ottawa",
        "province": "ON",
        "postal_code": "K1A 0B1",
        "housing_type": "Rent",
        "housing_payment": 1450,
        "occupation_id": "FE",
        "employer": "Example Inc.",
        "annual_income": 250_000,
        "govid_type": "CADL",
        "govid_issued_by": "ON",
        "govid_number": "T1234-56789-50214",
        "govid_expiry": "2031-02-14",
        "security_qid": 4,
        "security_answer": "Snowball",
        "tos_agreement": true,
    })
}

/// A number in letters, because no name has a digit.
fn letters(number: u32) -> String {
    let letter = |digit: char| char::from(b'a' + u8::try_from(digit.to_digit(10).unwrap_or(0)).unwrap_or(0));
    number.to_string().chars().map(letter).collect()
}

/// Does the jobs, some at a time, and gives what they came to in their order.
fn at_once<J: Sync, T: Send>(jobs: &[J], work: impl Fn(&J) -> Result<T, Fault> + Sync) -> Result<Vec<T>, Fault> {
    let share = jobs.len().div_ceil(CONNECTIONS).max(1);
    thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> = jobs
            .chunks(share)
            .map(|jobs| scope.spawn(move || jobs.iter().map(work).collect::<Result<Vec<T>, Fault>>()))
            .collect();
        let mut all = Vec::with_capacity(jobs.len());
        for worker in workers {
            let panicked = |_| Fault::Program { program: "a client".to_owned(), said: "it panicked".to_owned() };
            all.extend(worker.join().map_err(panicked)??);
        }
        Ok(all)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_another_name() {
        assert_eq!([0, 7, 10, 999].map(letters), ["a", "h", "ba", "jjj"]);
    }

    #[test]
    fn jobs_come_back_in_their_order() {
        let jobs: Vec<u32> = (0..100).collect();
        assert_eq!(at_once(&jobs, |job| Ok(*job)).unwrap(), jobs);
        let failed = at_once(&jobs, |job| if *job == 40 { Err(Fault::Usage("x".to_owned())) } else { Ok(()) });
        assert!(failed.is_err());
    }

    #[test]
    fn the_account_stands_as_a_number() {
        assert!(authorization_body().contains("\"account_number\":#ACCOUNT#,"), "{}", authorization_body());
        assert!(captured_authorization_body().contains("\"auto_capture\":true"));
    }
}
