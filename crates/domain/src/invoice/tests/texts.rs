//! Texts, which are kept as sent as long as XML can hold them.

use super::*;

#[test]
fn texts_of_the_client_that_stand_in_can_be_printed_too() {
    // A client is taken with such texts.
    let mut draft = client().to_draft("QUICK3");
    (draft.name, draft.postal_address) = (some("Test\u{1b}Oy"), some("\u{1}"));
    (draft.postal_code, draft.business_code) = (some("1\u{1}"), some("\u{2}1"));
    (draft.country_code, draft.postal_district) = (some("US"), some("\u{7}"));
    let client = client::check(&draft, Environment::Production).unwrap().client;
    let anonymous = with(|draft| draft.seller = SellerDraft::default());
    let expected = ["businessId", "name", "address.street", "address.postalCode", "address.postalDistrict"]
        .map(|member| (format!("invoice.parties.sellerParty.{member}"), "control_character".to_owned()));
    for environment in [Environment::Sandbox, Environment::Production] {
        let faults = checked_for(&client, &anonymous, environment).unwrap_err();
        assert_eq!(codes(faults.as_slice()), expected);
    }
}

#[test]
fn no_text_holds_what_xml_cannot() {
    let wrong = "a\u{1b}b";
    let draft = with(|draft| {
        draft.header.description = some(wrong);
        draft.references.buyer = some(wrong);
        draft.references.invoice_copy_url = some("https://example.fi/\u{ffff}");
        draft.seller.name = some(wrong);
        draft.buyer.address.country_code = some("US");
        draft.buyer.address.postal_code = some("1\u{1b}0");
        draft.buyer.business_id = some(wrong);
        draft.buyer.vat_code = None;
        draft.buyer.personal_identity_number = some("1\u{fffe}");
        draft.rows[0].name = some(wrong);
        draft.rows[0].unit = some(wrong);
        draft.terms.payment = some(wrong);
    });
    let expected = [
        "header.description",
        "parties.sellerParty.name",
        "references.buyer",
        "references.invoiceCopyUrl",
        "parties.buyerParty.address.postalCode",
        "parties.buyerParty.personalIdentityNumber",
        "parties.buyerParty.businessId",
        "rows.0.name",
        "rows.0.unit",
        "terms.payment",
    ];
    assert_eq!(
        codes(&faults_of(&draft)),
        expected.map(|member| (format!("invoice.{member}"), "control_character".to_owned()))
    );
    // Texts for people are kept as sent.
    let kept = taken(&with(|draft| {
        draft.rows[0].name = some(" a\r\n\tb\u{85} ");
        draft.terms.delivery = some("a\nb");
    }));
    assert_eq!((kept.rows[0].name.as_str(), kept.terms.delivery.as_deref()), (" a\r\n\tb\u{85} ", Some("a\nb")));
}
