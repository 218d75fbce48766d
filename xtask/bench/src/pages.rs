//! The pages of a list, as addresses for the load generator.

use serde_json::Value;

use crate::fault::Fault;
use crate::http;

/// The most of a page, and what is asked for.
pub(crate) const PAGE: u32 = 100;

/// Walks through a list from its first page, which stands at `first`, and gives the addresses of the pages that are full: of its last one only
/// when that is full too. `list` is the member of the answer that holds the items, and how many a full page has.
pub(crate) fn walk(url: &str, key: &str, first: &str, list: (&str, u32)) -> Result<Vec<String>, Fault> {
    let (mut pages, mut address) = (Vec::new(), first.to_owned());
    loop {
        let page = http::json(url, &address, key)?;
        let next = page.get("nextCursor").and_then(Value::as_str);
        // The last one is left out when it is not full, unless it is the only one.
        let is_left_out = next.is_none() && !pages.is_empty() && items(&page, list.0) < list.1 as usize;
        if !is_left_out {
            check(&page, list)?;
            pages.push(address);
        }
        match next {
            Some(next) => address = format!("{first}&cursor={next}"),
            None => return Ok(pages),
        }
    }
}

/// Fails unless the page at `address` is full: else what is measured is not what it seems.
pub(crate) fn full(url: &str, key: &str, address: &str, list: &str) -> Result<(), Fault> {
    check(&http::json(url, address, key)?, (list, PAGE))
}

fn check(page: &Value, (list, size): (&str, u32)) -> Result<(), Fault> {
    match items(page, list) {
        found if found == size as usize => Ok(()),
        found => Err(Fault::Load { what: format!("a page has {found} {list} in place of {size}") }),
    }
}

fn items(page: &Value, list: &str) -> usize {
    page.get(list).and_then(Value::as_array).map_or(0, Vec::len)
}
