//! What the demo prints of applications and purchases: the lines of a till, to be pasted one after the other.

/// An applicant who is approved, in one line for `curl -d`.
const APPLICATION: &str = r#"{"first_name":"Marie","last_name":"Tremblay","dob":"1985-02-14","email":"marie@example.ca","phone_number":"6135550123","address_1":"55 Queen St W","city":"Ottawa","province":"ON","postal_code":"K1A 0B1","housing_type":"Rent","housing_payment":1450,"occupation_id":"FE","employer":"Example Inc.","annual_income":72000,"govid_type":"CADL","govid_issued_by":"ON","govid_number":"T1234-56789-50214","govid_expiry":"2029-02-14","security_qid":"4","security_answer":"Snowball","tos_agreement":true}"#;

/// How the customer is found again.
const SEARCH: &str = "/customers/search?first_name=Marie&last_name=Tremblay&dob=1985-02-14";

/// Whom the widget is for: the one who has applied.
const PERSON: &str = r#"{"flow":"purchase","customer_identification":{"personal_information":{"first_name":"Marie","last_name":"Tremblay","dob":"1985-02-14","postal_code":"K1A 0B1"}}}"#;

/// A line that keeps what a member of an answer holds, in characters of this class.
fn kept(name: &str, line: &str, member: &str, class: &str) -> String {
    format!("{name}=$({} | sed 's/.*\"{member}\":\"*\\({class}*\\).*/\\1/')\n", line.trim_end())
}

/// The lines of a web shop, after those of the till: `token` gets a token of the scope customer, `call` gives a call of the shop by its path and
/// its body, `page` one of the page of the widget.
pub(super) fn online(
    token: &str,
    call: impl Fn(&str, Option<&str>) -> String,
    page: impl Fn(&str, &str) -> String,
) -> String {
    let purchase = r#"{"account_number":"'$ACCOUNT'","financing_option":{"transaction_type":"regular_purchase"},"amount":49.90,"auto_capture":false,"widget_session_id":"'$SESSION'"}"#;
    let customers = |path: &str, body: &str| call(path, Some(body)).replace("$TOKEN", "$CUSTOMER");
    let opened = page("", r#"{"token":"'$(echo "$WIDGET" | sed 's/.*\/\([0-9a-f]*\)?.*/\1/')'"}"#);
    let of_session = |path: &str, body: &str| page(&format!("/'$SESSION'{path}"), body);
    "\nBuy in a web shop: keep a token of the scope customer, begin a session of the widget, and keep its address:\n\n"
        .to_owned()
        + &kept("CUSTOMER", token, "access_token", "[0-9a-f]")
        + &kept("WIDGET", &customers("/widget/init", PERSON), "redirection_url", "[^\"]")
        + "SESSION=${WIDGET##*widget_session_id=}\n"
        + "\nWhat the page at that address does: it opens the session, has a code sent, checks it (2222), and the customer chooses the account:\n\n"
        + &kept("KEY", &opened, "session_key", "[0-9a-f]")
        + &of_session("/code", r#"{"option":0}"#)
        + &of_session("/check", r#"{"answer":2222}"#)
        + &of_session("/choice", r#"{"account_number":"'$ACCOUNT'"}"#)
        + "\nBuy with what the widget has proved, keep the number of the authorization, and capture it on the shop's own server:\n\n"
        + &kept("ONLINE", &customers("/authorization", purchase), "authorization_id", "[0-9]")
        + &call("/authorization/'$ONLINE'/capture", Some(r#"{"amount":49.90,"reference":"Order-2"}"#))
}

/// The lines of a till; `call` gives that of a call by its path and its body.
pub(super) fn lines(call: impl Fn(&str, Option<&str>) -> String) -> String {
    let kept = |name: &str, line: &str, member: &str| kept(name, line, member, "[0-9]");
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
