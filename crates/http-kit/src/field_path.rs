//! How a member of a body is named to its sender: by its path, cut where a stranger's names would make it long.

/// The most members that are named for one reason: duplicate ones, and unknown ones.
pub(crate) const MOST_NAMED: usize = 100;

/// The most characters of a path.
const LONGEST: usize = 200;

/// The names joined by dots. A longer path than [`LONGEST`] ends in `…` there, and takes no more time or memory than that.
pub(crate) fn joined<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut path = String::new();
    let mut length = 0;
    for (place, name) in names.into_iter().enumerate() {
        let dot = if place == 0 { "" } else { "." };
        for character in dot.chars().chain(name.chars()) {
            if length == LONGEST {
                path.pop();
                path.push('…');
                return path;
            }
            path.push(character);
            length += 1;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_and_cut_between_characters() {
        assert_eq!(joined(["a", "", "b"]), "a..b");
        assert_eq!(joined([]), "");
        assert_eq!(joined(["ä".repeat(198).as_str(), "b"]), format!("{}.b", "ä".repeat(198)));
        assert_eq!(joined(["ä".repeat(198).as_str(), "bc"]), format!("{}.…", "ä".repeat(198)));
        assert_eq!(joined(["ä".repeat(100_000).as_str(), "b"]), format!("{}…", "ä".repeat(199)));
    }
}
