//! What the demo prints of applications and purchases: the lines of a till, to be pasted one after the other.

/// An applicant who is approved, in one line for `curl -d`.
const APPLICATION: &str = r#"{"first_name":"Marie","last_name":"Tremblay","dob":"1985-02-14","email":"marie@example.ca","phone_number":"6135550123","address_1":"55 Queen St W","city":"Ottawa","province":"ON","postal_code":"K1A 0B1","housing_type":"Rent","housing_payment":1450,"occupation_id":"FE","employer":"Example Inc.","annual_income":72000,"govid_type":"CADL","govid_issued_by":"ON","govid_number":"T1234-56789-50214","govid_expiry":"2029-02-14","security_qid":"4","security_answer":"Snowball","tos_agreement":true}"#;

/// How the customer is found again.
const SEARCH: &str = "/customers/search?first_name=Marie&last_name=Tremblay&dob=1985-02-14";

/// The lines; `call` gives that of a call by its path and its body.
pub(super) fn lines(call: impl Fn(&str, Option<&str>) -> String) -> String {
    let kept = |name: &str, line: &str, member: &str| {
        format!("{name}=$({} | sed 's/.*\"{member}\":\\([0-9]*\\).*/\\1/')\n", line.trim_end())
    };
    let purchase = r#"{"account_number":"'$ACCOUNT'","financing_option":{"transaction_type":"promotional_purchase","plan_id":4,"term":6},"amount":234.45,"auto_capture":false,"verification_code":2222,"request_id":"till-1"}"#;
    let apply = call("/apply", Some(APPLICATION));
    let search = call(SEARCH, None);
    let authorize = call("/authorization", Some(purchase));
    let of_account = |path: &str, body: &str| call(&format!("/accounts/'$ACCOUNT'{path}"), Some(body));
    "\nApply for credit (again: 409 customer_already_exists), find the customer, and keep the number of the account:\n\n".to_owned()
        + &apply
        + &search
        + &kept("ACCOUNT", &search, "account_number")
        + "\nShow what a purchase would cost by each plan:\n\n"
        + &of_account("/calculate-interest", r#"{"amount":234.45}"#)
        + "\nBuy in a store: send the customer a code (in a sandbox it is 2222), authorize with it, keep the number of the authorization, and capture a part:\n\n"
        + &of_account("/verify", r#"{"format":"sms","request_id":"till-1"}"#)
        + &kept("AUTHORIZATION", &authorize, "authorization_id")
        + &call("/authorization/'$AUTHORIZATION'/capture", Some(r#"{"amount":100.00,"reference":"Order-1"}"#))
        + "\nList the merchant's authorizations:\n\n"
        + &call("/authorizations", None)
}
