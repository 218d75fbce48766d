//! Scans as the standard has them, as scanners spoil them, and anything else. All persons are made up.

use proptest::prelude::*;

use super::*;

/// A licence of version 08 of `issuer`, by the standard's own form.
fn scan_of(issuer: &str) -> String {
    file(issuer, "08", "DCSTREMBLAY\nDACMARIE\nDADCLAIRE,ANNE\n", "19850214", "20290214")
}

fn file(issuer: &str, version: &str, names: &str, dob: &str, expiry: &str) -> String {
    let body = format!(
        "DLDAQT1234-56789-50214\n{names}DDEN\nDBD20240214\nDBB{dob}\nDBA{expiry}\nDBC2\nDAU165 cm\nDAYBRO\nDAG55 QUEEN ST W\n\
         DAITORONTO\nDAJON\nDAKM5H 2M9  \nDCFAB1234567\nDCGCAN\nDCAG\nDCBX\nDCDNONE\r"
    );
    let table = if version == "01" { "01DL" } else { "0102DL" };
    format!("@\n\u{1e}\rANSI {issuer}{version}{table}0041{:04}ZO03190008{body}ZOZOAX\r", body.len())
}

/// What the scans above say.
fn tremblay() -> [Option<&'static str>; 12] {
    [
        Some("MARIE"),
        Some("CLAIRE ANNE"),
        Some("TREMBLAY"),
        Some("1985-02-14"),
        Some("55 QUEEN ST W"),
        Some("TORONTO"),
        Some("ON"),
        Some("M5H 2M9"),
        Some("CADL"),
        Some("ON"),
        Some("T1234-56789-50214"),
        Some("2029-02-14"),
    ]
}

/// The fields in the order of the wire.
fn fields(licence: &DriversLicence) -> [Option<String>; 12] {
    let text = |value: &str| Some(value.to_owned());
    [
        licence.first_name.clone(),
        licence.middle_name.clone(),
        text(&licence.last_name),
        text(&licence.dob.to_string()),
        text(&licence.address_1),
        text(&licence.city),
        text(licence.province.as_str()),
        text(licence.postal_code.as_str()),
        text(DriversLicence::GOVID_TYPE),
        text(licence.issued_by.as_str()),
        text(&licence.number),
        text(&licence.expiry.to_string()),
    ]
}

#[track_caller]
fn says(code: &str, expected: [Option<&str>; 12]) {
    let licence = read(code).unwrap_or_else(|fault| panic!("{fault}: {code:?}"));
    assert_eq!(fields(&licence).each_ref().map(Option::as_deref), expected, "{code:?}");
}

#[test]
fn a_licence_by_the_standard_is_read() {
    says(&scan_of("636012"), tremblay());
}

#[test]
fn every_version_has_its_own_names_and_all_are_read() {
    for version in ["04", "05", "06", "07", "08", "09", "10"] {
        says(&file("636012", version, "DCSTREMBLAY\nDACMARIE\nDADCLAIRE,ANNE\n", "19850214", "20290214"), tremblay());
    }
    for version in ["02", "03"] {
        for given in ["MARIE,CLAIRE,ANNE", "MARIE CLAIRE ANNE", "MARIE, CLAIRE, ANNE,"] {
            says(&file("636012", version, &format!("DCSTREMBLAY,\nDCT{given}\n"), "19850214", "20290214"), tremblay());
        }
    }
    says(&file("636012", "01", "DAATREMBLAY,MARIE,CLAIRE ANNE\n", "19850214", "20290214"), tremblay());
    says(&file("636012", "01", "DABTREMBLAY\nDACMARIE\nDADCLAIRE ANNE\n", "19850214", "20290214"), tremblay());
    // The American way to write days.
    says(&file("636012", "08", "DCSTREMBLAY\nDACMARIE\nDADCLAIRE,ANNE\n", "02141985", "02142029"), tremblay());
}

#[test]
fn every_province_is_an_issuer() {
    for (issuer, province) in [
        ("604426", "PE"),
        ("604428", "QC"),
        ("604429", "YT"),
        ("604432", "AB"),
        ("604433", "NU"),
        ("604434", "NT"),
        ("636012", "ON"),
        ("636013", "NS"),
        ("636016", "NL"),
        ("636017", "NB"),
        ("636028", "BC"),
        ("636044", "SK"),
        ("636048", "MB"),
    ] {
        let licence = read(&scan_of(issuer)).unwrap();
        // Somebody may have moved: the address is another thing than the issuer.
        assert_eq!((licence.issued_by.as_str(), licence.province.as_str()), (province, "ON"));
    }
}

#[test]
fn what_scanners_spoil_is_put_up_with() {
    let whole = scan_of("636012");
    for spoiled in [
        whole.replace('\n', "\r\n"),
        whole.replace('\n', "\r"),
        whole.replace('\n', "\n\n"),
        whole.replace('\n', "\t"),
        whole.replace('\n', "\u{1e}"),
        whole.replace('\u{1e}', ""),
        whole.replace("@\n\u{1e}\r", ""),
        whole.replace("@\n\u{1e}\rANSI ", "ANSI"),
        whole.replace("@\n\u{1e}\rA", ""),
        whole.replace("@\n\u{1e}\rANSI ", ""),
        whole.replace("@\n\u{1e}\rANSI ", "]L2@\n\u{1c}\rANSI "),
        whole.replace("ANSI ", "AAMVA"),
        whole.replace('\n', "\\n").replace('\r', "\\r").replace('\u{1e}', "\\u001e"),
        whole.replace("ZO03190008DLDAQ", "ZO03190008\nDL\nDAQ"),
        whole.replace("ZO03190008DLDAQ", "ZO03190008DAQ"),
        whole.trim().to_owned(),
        format!("  {whole}  "),
        format!("{whole}\u{4}"),
        whole.replace("TREMBLAY", "TREMBLAY, "),
        whole.replace("TORONTO", "  TORONTO  ,"),
        whole.replace("M5H 2M9", "m5h2m9"),
        whole.replace("DCGCAN\n", ""),
    ] {
        says(&spoiled, tremblay());
    }
}

#[test]
fn names_may_be_accented_double_or_single() {
    let names = |names: &str| {
        let licence = read(&file("604428", "08", names, "19850214", "20290214")).unwrap();
        (licence.last_name.clone(), licence.first_name.clone(), licence.middle_name.clone())
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(names("DCSCÔTÉ-LÉVESQUE\nDACHÉLÈNE\nDADNONE\n"), ("CÔTÉ-LÉVESQUE".into(), some("HÉLÈNE"), None));
    assert_eq!(names("DCSDE LA CRUZ\nDACANA MARÍA\nDAD\n"), ("DE LA CRUZ".into(), some("ANA MARÍA"), None));
    // Who has one name only.
    assert_eq!(names("DCSSUHARTO\nDACunavl\nDADunavl\n"), ("SUHARTO".into(), None, None));
    // A second given element says nothing new.
    assert_eq!(names("DCSROY\nDACAVA\nDCSOTHER\n"), ("ROY".into(), some("AVA"), None));
}

#[test]
fn an_address_has_its_second_line() {
    let code = scan_of("636012").replace("DAG55 QUEEN ST W\n", "DAG55 QUEEN ST W,\nDAHAPT 3\n");
    assert_eq!(read(&code).unwrap().address_1, "55 QUEEN ST W, APT 3");
}

const TRACKS: &str = "%BCVICTORIA^SAMPLE,$JEAN ANNE^12 HARBOUR RD$VICTORIA BC  V8V 1A1^?;6360281234567=290719850214=?\
                      _%0AV8V1A1                     F165 60BRNBLU9000000000                00A1B2C3D4?";

#[test]
fn the_tracks_of_british_columbia_are_read() {
    let expected = [
        Some("JEAN"),
        Some("ANNE"),
        Some("SAMPLE"),
        Some("1985-02-14"),
        Some("12 HARBOUR RD"),
        Some("VICTORIA"),
        Some("BC"),
        Some("V8V 1A1"),
        Some("CADL"),
        Some("BC"),
        Some("1234567"),
        Some("2029-07-31"),
    ];
    for code in [
        TRACKS.to_owned(),
        TRACKS.replace("^?;", "?;"),
        TRACKS.replacen('%', "", 1),
        TRACKS.replace("_%0A", "%0A"),
        // The third track lost: the first has the code as well.
        TRACKS.split("_%").next().unwrap().to_owned(),
        format!("\r\n{TRACKS}\r\n"),
    ] {
        says(&code, expected);
    }
    let licence = read(&TRACKS.replace("12 HARBOUR RD$", "12 HARBOUR RD$UNIT 4$")).unwrap();
    assert_eq!((licence.address_1.as_str(), licence.city.as_str()), ("12 HARBOUR RD, UNIT 4", "VICTORIA"));
    // Names apart, and a city that fills its field, which has no separator then.
    says(&TRACKS.replace("JEAN ANNE", "JEAN$ANNE").replace("%BCVICTORIA^", "%BCNORTH VANCOUV"), expected);
    says(&format!("]L2{TRACKS}"), expected);
    let licence = read(&TRACKS.replace("JEAN ANNE", "")).unwrap();
    assert_eq!((&licence.first_name, &licence.middle_name), (&None, &None));
    for (month, expiry) in
        [("2902", "2029-02-28"), ("2988", "2029-02-28"), ("2999", "2029-02-14"), ("2802", "2028-02-29")]
    {
        assert_eq!(read(&TRACKS.replace("=2907", &format!("={month}"))).unwrap().expiry.to_string(), expiry);
    }
}

#[test]
fn faults_are_told_apart() {
    use ScanFault::*;
    let whole = scan_of("636012");
    let american = whole.replace("636012", "636014").replace("DCGCAN", "DCGUSA");
    let without = |element: &str| {
        let lines: Vec<&str> = whole.split('\n').filter(|line| !line.starts_with(element)).collect();
        lines.join("\n")
    };
    for (code, fault) in [
        (String::new(), Empty),
        (" \r\n\t\u{1e} ".to_owned(), Empty),
        ("x".repeat(LONGEST_SCAN + 1), TooLong),
        (whole.clone() + &" ".repeat(1_000_000), TooLong),
        ("\u{0}\u{1}ANSI 636012".to_owned(), Binary),
        (whole.replace("TREMBLAY", "TREMBL\u{fffd}Y"), Binary),
        ("hello".to_owned(), NotAamva),
        ("https://example.ca/?id=636012".to_owned(), NotAamva),
        ("6135550123".to_owned(), NotAamva),
        ("@\n\u{1e}\rANSI ".to_owned(), NotAamva),
        ("%".to_owned(), NotAamva),
        (american, OtherCountry),
        (whole.replace("DCGCAN", "DCGUSA"), OtherCountry),
        (whole.replace("636012", "636014").replace("DCGCAN\n", ""), OtherCountry),
        (whole.replace("636012", "999999"), UnknownJurisdiction),
        (whole.replace("DLDAQ", "IDDAQ"), NotALicence),
        ("@\n\u{1e}\rANSI 636012080102DL00410278ZO03190008DL".to_owned(), CutShort { element: "DL" }),
        (without("DCS"), CutShort { element: "DCS" }),
        (without("DAC"), CutShort { element: "DAC" }),
        (without("DBB"), CutShort { element: "DBB" }),
        (without("DBA"), CutShort { element: "DBA" }),
        (without("DAG"), CutShort { element: "DAG" }),
        (without("DAI"), CutShort { element: "DAI" }),
        (without("DAJ"), CutShort { element: "DAJ" }),
        (without("DAK"), CutShort { element: "DAK" }),
        (whole.replace("DAQT1234-56789-50214", "DAQ"), CutShort { element: "DAQ" }),
        (whole.replace("DBB19850214", "DBB19850231"), Unreadable { element: "DBB" }),
        (whole.replace("DBA20290214", "DBA2029"), Unreadable { element: "DBA" }),
        (whole.replace("DAJON", "DAJNY"), Unreadable { element: "DAJ" }),
        (whole.replace("M5H 2M9", "10014"), Unreadable { element: "DAK" }),
        ("%BCVICTORIA^SAMPLE,$JEAN^12 HARB".to_owned(), CutShort { element: "track 2" }),
        (TRACKS.replace("=290719850214=", ""), CutShort { element: "track 2" }),
        (TRACKS.replace("719850214", ""), CutShort { element: "track 2" }),
        (TRACKS.replace("19850214", "19851314"), Unreadable { element: "track 2" }),
        (TRACKS.replace("=2907", "=2977"), Unreadable { element: "track 2" }),
        (TRACKS.replace("636028", "636014"), OtherCountry),
        (TRACKS.replace("^12 HARBOUR RD$VICTORIA BC  V8V 1A1", ""), CutShort { element: "track 1" }),
        (TRACKS.replace("SAMPLE,", ""), Unreadable { element: "track 1" }),
        (TRACKS.replace("V8V 1A1", "").replace("V8V1A1", "XXXXXX"), Unreadable { element: "track 3" }),
    ] {
        assert_eq!(read(&code).unwrap_err(), fault, "{:?}", code.get(..200).unwrap_or(&code));
    }
}

#[test]
fn a_number_is_not_taken_for_whole_when_its_end_is_cut_off() {
    // With the number last, as some provinces have it.
    let body =
        "DLDCSROY\nDACAVA\nDBB19980215\nDBA20290215\nDAG1 MAIN ST\nDAIREGINA\nDAJSK\nDAKS4P 3Y2\nDCGCAN\nDAQ12345678\r";
    let whole = format!("@\n\u{1e}\rANSI 636044080001DL0031{:04}{body}", body.len());
    assert_eq!(read(&whole).unwrap().number, "12345678");
    assert_eq!(read(whole.trim_end()).unwrap().number, "12345678");
    assert_eq!(read(&whole[..whole.len() - 4]), Err(ScanFault::CutShort { element: "DAQ" }));
}

#[test]
fn faults_are_told_in_both_languages() {
    use ScanFault::*;
    for fault in [
        Empty,
        TooLong,
        Binary,
        NotAamva,
        NotALicence,
        OtherCountry,
        UnknownJurisdiction,
        CutShort { element: "DAQ" },
        Unreadable { element: "DAQ" },
    ] {
        let [english, french] = Lang::ALL.map(|lang| fault.text(lang));
        assert_eq!(english, fault.to_string());
        assert_ne!(english, french);
        let element = matches!(fault, CutShort { .. } | Unreadable { .. });
        assert_eq!(french.contains("DAQ"), element, "{french}");
    }
}

#[test]
fn neither_a_licence_nor_a_fault_shows_what_was_scanned() {
    let licence = format!("{:?}", read(&scan_of("636012")));
    assert_eq!(licence, "Ok(DriversLicence(ON, …))");
    let fault = read(&scan_of("636012").replace("DBB19850214", "DBBSECRET"));
    let shown = format!("{fault:?} {}", fault.as_ref().unwrap_err());
    assert!(!shown.contains("SECRET") && !shown.contains("TREMBLAY"), "{shown}");
}

/// A change of a scan at a place, as a share of its length.
#[derive(Clone, Debug)]
enum Spoil {
    Cut(usize),
    Drop(usize, usize),
    Put(usize, char),
    Twice(usize, usize),
}

fn spoils() -> impl Strategy<Value = Vec<Spoil>> {
    let one = prop_oneof![
        (0..400_usize).prop_map(Spoil::Cut),
        (0..400_usize, 0..20_usize).prop_map(|(at, count)| Spoil::Drop(at, count)),
        (0..400_usize, any::<char>()).prop_map(|(at, character)| Spoil::Put(at, character)),
        (0..400_usize, 0..40_usize).prop_map(|(at, count)| Spoil::Twice(at, count)),
    ];
    proptest::collection::vec(one, 1..4)
}

fn spoiled(whole: &str, spoils: &[Spoil]) -> String {
    let mut text: Vec<char> = whole.chars().collect();
    for spoil in spoils {
        let end = text.len();
        match *spoil {
            Spoil::Cut(at) => text.truncate(at),
            Spoil::Drop(at, count) => drop(text.drain(at.min(end)..(at + count).min(end))),
            Spoil::Put(at, character) => text.insert(at.min(end), character),
            Spoil::Twice(at, count) => {
                let again = text[at.min(end)..(at + count).min(end)].to_vec();
                text.extend(again);
            }
        }
    }
    text.into_iter().collect()
}

proptest! {
    #[test]
    fn random_octets_never_panic(octets in proptest::collection::vec(any::<u8>(), 0..400)) {
        let text = String::from_utf8_lossy(&octets);
        let _ = read(&text);
        let _ = read(&format!("@\n\u{1e}\rANSI 636012080001DL00310200DL{text}"));
        let _ = read(&format!("%BC{text}^A^B$C ON;636012{text}=?"));
    }

    #[test]
    fn random_text_never_panics(text in "\\PC*", lines in "([DZ][A-Z]{2}[^\n]{0,12}\n){0,20}") {
        let _ = read(&text);
        let _ = read(&format!("ANSI 604428{text}\n{lines}"));
        let _ = read(&format!("%QC{text}^{lines}?;604428{text}={text}"));
    }

    #[test]
    fn a_spoiled_scan_is_a_fault_or_a_licence_with_all_its_parts(spoils in spoils()) {
        for whole in [scan_of("636012"), TRACKS.to_owned()] {
            if let Ok(licence) = read(&spoiled(&whole, &spoils)) {
                // Whatever was lost, what is given is of the types that it is said to be.
                prop_assert!(!licence.last_name.is_empty() && !licence.number.is_empty() && !licence.city.is_empty());
                prop_assert!((1900..2100).contains(&licence.dob.year()));
            }
        }
    }

    #[test]
    fn a_scan_that_ends_early_is_whole_or_a_fault(at in 0..400_usize) {
        let whole = scan_of("636012");
        let all = fields(&read(&whole).unwrap());
        let cut: String = whole.chars().take(at).collect();
        if let Ok(licence) = read(&cut) {
            prop_assert_eq!(fields(&licence), all);
        }
    }
}
