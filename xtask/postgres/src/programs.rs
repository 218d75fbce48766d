use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Where Debian's packages put the programs: a directory per major version below this one.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The directory of PostgreSQL's programs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Programs(PathBuf);

impl Programs {
    /// The newest of Debian's versions, else what `PATH` names; `None` when there is no server program.
    pub fn find() -> Option<Programs> {
        newest(Path::new(DEBIAN)).or_else(|| on_path(&env::var_os("PATH")?)).map(Programs)
    }

    /// The path of a program, such as `psql`.
    pub fn path(&self, program: &str) -> PathBuf {
        self.0.join(program)
    }
}

fn newest(versions: &Path) -> Option<PathBuf> {
    fs::read_dir(versions)
        .ok()?
        .filter_map(|entry| {
            let directory = entry.ok()?.path();
            let major: u32 = directory.file_name()?.to_str()?.parse().ok()?;
            Some((major, directory.join("bin"))).filter(|(_, programs)| has_server(programs))
        })
        .max()
        .map(|(_, programs)| programs)
}

fn on_path(path: &OsStr) -> Option<PathBuf> {
    env::split_paths(path).find(|directory| has_server(directory))
}

/// The client package alone brings `psql`, but neither of these two.
fn has_server(programs: &Path) -> bool {
    programs.join("initdb").is_file() && programs.join("postgres").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;

    fn install(programs: &Path, names: &[&str]) {
        fs::create_dir_all(programs).unwrap();
        for name in names {
            fs::write(programs.join(name), "").unwrap();
        }
    }

    #[test]
    fn the_newest_version_with_a_server_is_taken() {
        let root = Directory::create().unwrap();
        install(&root.path().join("9/bin"), &["initdb", "postgres"]);
        install(&root.path().join("15/bin"), &["initdb", "postgres"]);
        install(&root.path().join("16/bin"), &["psql"]);
        install(&root.path().join("common/bin"), &["initdb", "postgres"]);
        assert_eq!(newest(root.path()), Some(root.path().join("15/bin")));
    }

    #[test]
    fn a_path_without_a_server_has_none() {
        let root = Directory::create().unwrap();
        install(&root.path().join("client"), &["psql"]);
        install(&root.path().join("server"), &["initdb", "postgres"]);
        let client = env::join_paths([root.path().join("client")]).unwrap();
        assert_eq!(on_path(&client), None);
        let both = env::join_paths([root.path().join("client"), root.path().join("server")]).unwrap();
        assert_eq!(on_path(&both), Some(root.path().join("server")));
        assert_eq!(newest(&root.path().join("nowhere")), None);
    }
}
