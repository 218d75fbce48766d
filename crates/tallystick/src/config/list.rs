//! Lists in one text, separated by commas.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use super::text::from_text;

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

fn join(f: &mut fmt::Formatter<'_>, entries: &[impl fmt::Display]) -> fmt::Result {
    for (i, entry) in entries.iter().enumerate() {
        write!(f, "{}{entry}", if i == 0 { "" } else { "," })?;
    }
    Ok(())
}

/// Networks: CIDR blocks and single addresses. None by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(pub Vec<IpNet>);

impl FromStr for Networks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        entries(text)
            .map(|entry| {
                entry
                    .parse::<IpNet>()
                    .or_else(|_| entry.parse::<IpAddr>().map(IpNet::from))
                    .map_err(|_| format!("`{entry}` is no network: write a CIDR block such as 192.0.2.0/24"))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        join(f, &self.0)
    }
}

from_text!(Networks);

/// Origins of web pages, as a browser sends them (RFC 6454): `https://shop.example`. None by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(pub Vec<String>);

impl FromStr for Origins {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_origin = |entry: &str| {
            entry.strip_prefix("https://").or_else(|| entry.strip_prefix("http://")).is_some_and(|host| {
                !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#*".contains(&byte))
            })
        };
        entries(text)
            .map(|entry| match is_origin(entry) {
                true => Ok(entry.to_owned()),
                false => Err(format!("`{entry}` is no origin: write https://HOST without a path")),
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl fmt::Display for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        join(f, &self.0)
    }
}

from_text!(Origins);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_lists_and_names_the_entry_that_is_wrong() {
        let networks: Networks = "10.0.0.0/8, 192.0.2.1".parse().unwrap();
        assert_eq!(networks.to_string(), "10.0.0.0/8,192.0.2.1/32");
        assert!("10.0.0.0/8,home".parse::<Networks>().unwrap_err().contains("`home`"));
        assert_eq!("".parse(), Ok(Networks::default()));
        let origins: Origins = "https://a.example,http://localhost:3000".parse().unwrap();
        assert_eq!(origins.to_string(), "https://a.example,http://localhost:3000");
        for wrong in ["*", "a.example", "https://", "https://a.example/path", "https://ä.example"] {
            assert!(wrong.parse::<Origins>().is_err(), "{wrong}");
        }
    }
}
