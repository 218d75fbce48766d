//! What operators answer, and what is none of it.

use documents::{
    AcknowledgementFault, FinvoiceAcknowledgement, FinvoiceVerdict, ReportedError, finvoice_acknowledgements,
};
use proptest::prelude::*;

/// A frame, which says other things than the document behind it.
const FRAME: &str = r#"<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:eb="http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd">
 <SOAP-ENV:Header><eb:MessageHeader><eb:MessageData><eb:MessageId>of-the-answer</eb:MessageId>
 <eb:RefToMessageId>0190a5f2</eb:RefToMessageId></eb:MessageData></eb:MessageHeader></SOAP-ENV:Header>
</SOAP-ENV:Envelope>
"#;

/// An acknowledgement of version 1.0, behind what `begin` holds.
fn answer(begin: &str, id: &str, code: &str, text: &str) -> String {
    format!(
        r#"{FRAME}<?xml version="1.0" encoding="ISO-8859-15"?>{begin}
<Finvoiceack Version="1.0" xmlns="http://www.pankkiyhdistys.fi/verkkolasku/finvoice/finvoiceack.xsd"
 xmlns:eb="http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd">
 <Acknowledgement>
  <eb:From><eb:PartyId>003712345671</eb:PartyId><eb:Role>Sender</eb:Role></eb:From>
  <MessageData><eb:MessageId> {id}</eb:MessageId><eb:Timestamp>2026-11-21T10:15:30+02</eb:Timestamp></MessageData>
  <Reason><Code>{code}</Code><Text>{text}</Text><Text>osa 2</Text></Reason>
 </Acknowledgement>
</Finvoiceack>
"#
    )
}

/// What is in `text`, where all of it can be read.
fn read(text: &str) -> Result<Vec<FinvoiceAcknowledgement>, AcknowledgementFault> {
    finvoice_acknowledgements(text.as_bytes())?.into_iter().collect()
}

#[track_caller]
fn read_one(text: &str) -> FinvoiceAcknowledgement {
    let mut found = read(text).unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn a_message_is_rejected_with_the_reason() {
    let expected = FinvoiceAcknowledgement {
        message_id: "0190a5f2-7c3b".to_owned(),
        verdict: FinvoiceVerdict::Rejected,
        code: 2,
        reason: "Vastaanottajaa ei löydy & <muuta> osa 2".to_owned(),
        errors: Vec::new(),
    };
    let text = answer("", "0190a5f2-7c3b", "2", "Vastaanottajaa\nei l\u{f6}ydy &amp; &#60;muuta&gt;");
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    assert_eq!(finvoice_acknowledgements(&latin).unwrap(), [Ok(expected)]);
}

#[test]
fn a_message_is_accepted() {
    let found = read_one(&answer("", "A1", "1", "Sanoma vastaanotettu"));
    assert_eq!((found.verdict, found.code, found.message_id.as_str()), (FinvoiceVerdict::Accepted, 1, "A1"));
    for code in ["0", "5", "12", "901", "-1"] {
        assert_eq!(read_one(&answer("", "A1", code, "x")).verdict, FinvoiceVerdict::Rejected, "{code}");
    }
}

#[test]
fn version_2_has_prefixes_and_further_errors() {
    let text = r#"<?xml version="1.0" encoding="UTF-8" ?>
<!-- a comment --><tns:Finvoiceack Version="2.0"
 xmlns:tns="http://www.pankkiyhdistys.fi/verkkolasku/finvoice/finvoiceack.xsd">
<tns:Acknowledgement><tns:MessageData><eb:MessageId>A1</eb:MessageId></tns:MessageData>
<tns:Reason><tns:Code>12</tns:Code><tns:Text><![CDATA[Liite <hylätty>]]></tns:Text></tns:Reason></tns:Acknowledgement>
<tns:RefToCounterpartMessage>A1::attachments</tns:RefToCounterpartMessage>
<tns:Error><tns:Code>25</tns:Code><tns:Text>Attachment contains malware</tns:Text>
<tns:Severity>ERROR</tns:Severity><tns:Location>A1::attachments::1</tns:Location></tns:Error>
<tns:Error><tns:Code>16</tns:Code><tns:Text>Used</tns:Text></tns:Error></tns:Finvoiceack>"#;
    let found = read_one(text);
    assert_eq!((found.code, found.reason.as_str()), (12, "Liite <hylätty>"));
    let error = |code: &str, text: &str, location: Option<&str>| ReportedError {
        code: code.to_owned(),
        text: text.to_owned(),
        location: location.map(str::to_owned),
    };
    let expected = [error("25", "Attachment contains malware", Some("A1::attachments::1")), error("16", "Used", None)];
    assert_eq!(found.errors, expected);
}

#[test]
fn a_file_has_several() {
    let both = answer("", "A1", "1", "x") + &answer("", "A2", "7", "Schema validation errors");
    let ids: Vec<_> = read(&both).unwrap().into_iter().map(|found| (found.message_id, found.code)).collect();
    assert_eq!(ids, [("A1".to_owned(), 1), ("A2".to_owned(), 7)]);
}

#[test]
fn one_that_cannot_be_read_hides_no_other() {
    let without = answer("", "A2", "2", "x").replace("> A2<", "> <");
    let odd = answer("", "A3", "two", "x");
    let long = answer("", &"1".repeat(99), "2", "x");
    let file = [answer("", "A1", "1", "x"), without, odd, long, answer("", "A4", "7", "x")].concat();
    let found = finvoice_acknowledgements(file.as_bytes()).unwrap();
    let told: Vec<_> =
        found.iter().map(|found| found.as_ref().map(|found| (&found.message_id[..], found.code))).collect();
    assert_eq!(told[0], Ok(("A1", 1)));
    assert!(matches!(told[1], Err(AcknowledgementFault::Missing { .. })), "{told:?}");
    assert!(matches!(told[2], Err(AcknowledgementFault::Code { .. })), "{told:?}");
    assert!(matches!(told[3], Err(AcknowledgementFault::LongIdentifier { .. })), "{told:?}");
    assert_eq!(told[4], Ok(("A4", 7)));
}

#[test]
fn a_document_type_may_name_a_file_and_declare_nothing() {
    // That of the example in the Guidelines; nothing is opened.
    let named = answer("<!DOCTYPE Finvoiceack SYSTEM \"Finvoiceack.dtd\">", "A1", "2", "x");
    assert_eq!(read_one(&named).code, 2);
    for declarations in [
        "<!DOCTYPE Finvoiceack [<!ENTITY a \"b\">]>",
        "<!DOCTYPE Finvoiceack SYSTEM \"file:///etc/passwd\" [<!ENTITY % a SYSTEM \"http://127.0.0.1/\"> %a;]>",
        "<!DOCTYPE Finvoiceack [<!ENTITY a \"aaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>",
    ] {
        assert_eq!(read(&answer(declarations, "A1", "2", "&c;")), Err(AcknowledgementFault::Declarations));
    }
    assert_eq!(read(&answer("", "A1", "2", "&passwd;")), Err(AcknowledgementFault::Entity));
    assert_eq!(read(&answer("", "A1", "2", "&#x0;")), Err(AcknowledgementFault::Entity));
}

#[test]
fn what_is_too_much_is_refused() {
    let huge = answer("", "A1", "2", &"x".repeat(1024 * 1024));
    assert_eq!(read(&huge), Err(AcknowledgementFault::TooLarge { most: 1024 * 1024 }));
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    assert_eq!(read(&deep), Err(AcknowledgementFault::TooDeep { most: 20 }));
    assert_eq!(read(&"<a/>".repeat(100_000)), Err(AcknowledgementFault::TooMany { most: 20_000 }));
    let id = answer("", &"1".repeat(99), "2", "x");
    assert_eq!(read(&id), Err(AcknowledgementFault::LongIdentifier { most: 98 }));
    // A long reason is cut.
    let found = read_one(&answer("", "A1", "2", &"ä".repeat(10_000)));
    assert!(found.reason.chars().count() == 500 && found.reason.ends_with('…'));
}

#[test]
fn a_reason_is_one_harmless_line() {
    let found = read_one(&answer("", "A1", "2", "one\r\n\ttwo&#x1b;[31m &#x202e;three"));
    assert_eq!(found.reason, "one two [31m three osa 2");
}

#[test]
fn nonsense_is_told_clearly() {
    let good = answer("", "A1", "2", "x");
    for (text, message) in [
        (String::new(), "there is no Finvoiceack in it"),
        ("OK".to_owned(), "the acknowledgement is no XML: byte 2 of it can't be read"),
        ("{\"status\":\"ok\"}".to_owned(), "the acknowledgement is no XML: byte 15 of it can't be read"),
        ("<html><body>502</body></html>".to_owned(), "there is no Finvoiceack in it"),
        (FRAME.to_owned(), "there is no Finvoiceack in it"),
        ("<Finvoiceack/>".to_owned(), "the acknowledgement has no Acknowledgement/MessageData/MessageId"),
        (good.replace("<Code>2</Code>", ""), "the acknowledgement has no Acknowledgement/Reason/Code"),
        (good.replace("> A1<", "> <"), "the acknowledgement has no Acknowledgement/MessageData/MessageId"),
        (good.replace(">2<", ">two<"), "the code of the acknowledgement is no number: two"),
        (
            good.replace("ISO-8859-15", "UTF-16"),
            "the acknowledgement is in none of UTF-8, ISO-8859-15, ISO-8859-1 and US-ASCII",
        ),
    ] {
        assert_eq!(read(&text).unwrap_err().to_string(), message, "{text}");
    }
    for broken in [good.replace("</Finvoiceack>", ""), good.replace("</Reason>", "</Raison>"), good.clone() + "<"] {
        assert!(matches!(read(&broken), Err(AcknowledgementFault::Xml { .. })), "{broken}");
    }
}

proptest! {
    #[test]
    fn nothing_that_comes_makes_it_fail(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        place in any::<proptest::sample::Index>(),
    ) {
        let _ = finvoice_acknowledgements(&bytes);
        let mut damaged = answer("", "A1", "2", "x").into_bytes();
        let place = place.index(damaged.len());
        damaged.splice(place..place, bytes);
        let _ = finvoice_acknowledgements(&damaged);
    }
}
