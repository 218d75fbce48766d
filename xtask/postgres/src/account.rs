use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::Fault;

/// The user that PostgreSQL runs as. It refuses to be root.
#[derive(Debug)]
pub(crate) enum Account {
    /// Whoever we are.
    Ours,
    /// The user `postgres`, because we are root.
    Postgres { uid: u32, gid: u32 },
}

impl Account {
    /// The account to run as; `ours` is a file that this process has made, whose owner tells who we are.
    pub(crate) fn choose(ours: &Path) -> Result<Account, Fault> {
        let owner = fs::metadata(ours).map_err(Fault::system("look at the temporary directory"))?.uid();
        if owner != 0 {
            return Ok(Account::Ours);
        }
        let users = fs::read_to_string("/etc/passwd").map_err(Fault::system("read /etc/passwd"))?;
        let (uid, gid) = find(&users, "postgres").ok_or(Fault::NoAccount)?;
        Ok(Account::Postgres { uid, gid })
    }

    /// Gives `path` to the account.
    pub(crate) fn own(&self, path: &Path) -> Result<(), Fault> {
        match self {
            Account::Ours => Ok(()),
            Account::Postgres { uid, gid } => {
                chown(path, Some(*uid), Some(*gid)).map_err(Fault::system("hand the temporary directory over"))
            }
        }
    }

    /// A command that runs as the account.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Account::Postgres { uid, gid } = self {
            command.uid(*uid).gid(*gid);
        }
        command
    }
}

/// The user and group number of `name` in the text of a passwd(5) file.
fn find(users: &str, name: &str) -> Option<(u32, u32)> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next() != Some(name) {
            return None;
        }
        let mut numbers = fields.skip(1).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users =
            "root:x:0:0:root:/root:/bin/bash\npostgres2:x:5:6::/:\npostgres:x:104:112:PostgreSQL:/var/lib:/bin/bash\n";
        assert_eq!(find(users, "postgres"), Some((104, 112)));
        assert_eq!(find(users, "nobody"), None);
        assert_eq!(find("postgres:x:no:1::/:", "postgres"), None);
    }
}
