//! Lists the migrations, so that a new pair of files is all that a new one takes.
//!
//! The macro of sqlx would do that as well, but brings a second sqlx with its drivers, its runtime and its TLS, compiled for the compiler.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=migrations");
    let mut lists = String::new();
    for (engine, constant) in [("sqlite", "SQLITE"), ("postgres", "POSTGRES")] {
        let folder = Path::new("migrations").join(engine);
        let names = fs::read_dir(&folder)?.map(|entry| entry?.file_name().into_string().map_err(unusable));
        let mut names = names.collect::<io::Result<Vec<_>>>()?;
        names.sort();
        let _ = writeln!(lists, "/// The files of `{}`: number, name and text.", folder.display());
        let _ = writeln!(lists, "pub(super) const {constant}: &[(i64, &str, &str)] = &[");
        for name in names {
            let (number, words) = name
                .strip_suffix(".sql")
                .and_then(|stem| stem.split_once('_'))
                .and_then(|(number, words)| Some((number.parse::<i64>().ok()?, words.replace('_', " "))))
                .ok_or_else(|| unusable(&name))?;
            let text = format!(r#"include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/{engine}/{name}"))"#);
            let _ = writeln!(lists, "    ({number}, {words:?}, {text}),");
        }
        lists.push_str("];\n");
    }
    let out = env::var_os("OUT_DIR").ok_or_else(|| unusable("no OUT_DIR"))?;
    fs::write(Path::new(&out).join("migrations.rs"), lists)
}

fn unusable(name: impl std::fmt::Debug) -> io::Error {
    io::Error::other(format!(
        "a migration is named by its number and what it does, as 0001_onboarding.sql, not {name:?}"
    ))
}
