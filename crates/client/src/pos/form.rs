//! Bodies of the media type `application/x-www-form-urlencoded`.

use zeroize::Zeroizing;

/// The form of these fields. It holds secrets, so it is overwritten when dropped.
pub(super) fn encode(fields: &[(&str, &str)]) -> Zeroizing<Vec<u8>> {
    // As large as it can become: one that grows would leave copies behind.
    let most = fields.iter().map(|(name, value)| 3 * (name.len() + value.len()) + 2).sum();
    let mut form = Zeroizing::new(Vec::with_capacity(most));
    for (i, (name, value)) in fields.iter().enumerate() {
        if i > 0 {
            form.push(b'&');
        }
        push(&mut form, name);
        form.push(b'=');
        push(&mut form, value);
    }
    form
}

fn push(form: &mut Vec<u8>, text: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._*".contains(&byte) {
            form.push(byte);
        } else {
            form.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_field_comes_back(fields in proptest::collection::vec(("\\PC{0,20}", "\\PC{0,20}"), 0..5)) {
            let pairs: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
            let form = encode(&pairs);
            let mut url = reqwest::Url::parse("http://127.0.0.1/").unwrap();
            url.set_query(Some(std::str::from_utf8(&form).unwrap()));
            let back: Vec<_> = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
            prop_assert_eq!(back, fields);
        }
    }

    #[test]
    fn a_plus_and_a_blank_are_encoded() {
        assert_eq!(&**encode(&[("a", "1+1 =ü"), ("b", "")]), b"a=1%2B1%20%3D%C3%BC&b=");
    }
}
