//! Postfix with a configuration, a queue and a mailbox of its own, for one test. It delivers to a Maildir, and returns mail for who is not
//! known there; nothing leaves the machine.

use std::fs::{self, Permissions};
use std::net::Ipv4Addr;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::peer::{PATIENCE, variable};

/// Where Postfix's package was unpacked to, or `/`; `cargo xtask test` sets it.
const ROOT: &str = "TALLYSTICK_TEST_POSTFIX";

/// The longest that it lives, in seconds, should nobody end it.
const LIFE: &str = "120";

/// The port, on an address of 127.0.0.0/8 of its own.
const PORT: u16 = 20_025;

/// Who its processes are when they need no rights: an account of every Debian.
const OWNER: u32 = 8;

/// A running Postfix. Ended, by its id, when it is dropped; its other processes end with the first.
pub struct Postfix {
    master: Child,
    directory: TempDir,
    /// The address it listens on.
    pub host: Ipv4Addr,
    /// The port there.
    pub port: u16,
}

impl Postfix {
    /// Starts one that has a mailbox for each of `mailboxes`, as local parts at example.com, with `+` before a subaddress. `None` where we
    /// may not: its first process has to be root's.
    ///
    /// # Panics
    /// When it is not there, or does not answer in time.
    pub async fn start(mailboxes: &[&str]) -> Option<Self> {
        let root = PathBuf::from(variable(ROOT));
        let directory = tempfile::tempdir().expect("there is room for a directory");
        if fs::metadata(directory.path()).expect("it was made").uid() != 0 {
            return None;
        }
        // Each has an address of its own, so that no two of them want the same port: by the process, and by how many it has started.
        static STARTED: AtomicU8 = AtomicU8::new(0);
        let [.., high, low] = std::process::id().to_be_bytes();
        let host = Ipv4Addr::new(127, 25 + STARTED.fetch_add(1, Ordering::Relaxed) % 200, high, low.max(1));
        write(directory.path(), &root, host, mailboxes).expect("the directory can be written");
        let mut command = Command::new(root.join("usr/lib/postfix/sbin/master"));
        command.arg("-c").arg(directory.path().join("etc")).args(["-d", "-e", LIFE]);
        // The package is not installed, and its libraries are not where it looks for them.
        command.env("LD_LIBRARY_PATH", root.join("usr/lib/postfix"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let master = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}; run `cargo xtask test`"));
        let mut postfix = Self { master, directory, host, port: PORT };
        let greeted = tokio::time::timeout(PATIENCE, postfix.greeted()).await;
        assert!(greeted == Ok(true), "Postfix does not answer: {}", postfix.log());
        Some(postfix)
    }

    /// The Maildir of a mailbox. It is there from the first mail on.
    #[must_use]
    pub fn maildir(&self, mailbox: &str) -> PathBuf {
        self.directory.path().join("mail").join(mailbox)
    }

    /// Waits until there is a mail in that Maildir.
    ///
    /// # Panics
    /// When none comes in time.
    pub async fn delivered(&self, mailbox: &str) {
        let new = self.maildir(mailbox).join("new");
        let is_there = || fs::read_dir(&new).is_ok_and(|mut entries| entries.next().is_some());
        let came = tokio::time::timeout(PATIENCE, async {
            let mut tick = tokio::time::interval(Duration::from_millis(10));
            while !is_there() {
                tick.tick().await;
            }
        });
        assert!(came.await.is_ok(), "no mail came to {mailbox}: {}", self.log());
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Whether it greets before it ends.
    async fn greeted(&mut self) -> bool {
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        while self.master.try_wait().is_ok_and(|ended| ended.is_none()) {
            tick.tick().await;
            if let Ok(mut stream) = TcpStream::connect((self.host, self.port)).await {
                let mut greeting = [0; 3];
                return stream.read_exact(&mut greeting).await.is_ok() && greeting == *b"220";
            }
        }
        false
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // Its other processes see that it is gone, and go too.
        drop(self.master.kill());
        drop(self.master.wait());
    }
}

/// Writes the configuration, and the folders of the queue with the owners that Postfix wants.
fn write(directory: &Path, root: &Path, host: Ipv4Addr, mailboxes: &[&str]) -> std::io::Result<()> {
    // Its processes are of several accounts.
    fs::set_permissions(directory, Permissions::from_mode(0o755))?;
    for folder in ["etc", "queue/pid", "mail"] {
        fs::create_dir_all(directory.join(folder))?;
    }
    let queue =
        ["incoming", "active", "deferred", "bounce", "defer", "corrupt", "flush", "hold", "trace", "saved", "private"];
    let folders = queue.iter().map(|name| (format!("queue/{name}"), 0o700));
    for (folder, mode) in
        folders.chain([("data".into(), 0o700), ("queue/maildrop".into(), 0o730), ("queue/public".into(), 0o710)])
    {
        let folder = directory.join(folder);
        fs::create_dir_all(&folder)?;
        chown(&folder, Some(OWNER), Some(1))?;
        fs::set_permissions(&folder, Permissions::from_mode(mode))?;
    }
    // The mailboxes are nobody's.
    chown(directory.join("mail"), Some(65534), Some(65534))?;
    let maps: String = mailboxes.iter().map(|mailbox| format!("{{ {mailbox}@example.com = {mailbox}/ }}, ")).collect();
    let (here, root) = (directory.display(), root.display());
    let main = format!(
        "compatibility_level = 3.6\n\
         queue_directory = {here}/queue\n\
         data_directory = {here}/data\n\
         meta_directory = {here}/etc\n\
         daemon_directory = {root}/usr/lib/postfix/sbin\n\
         command_directory = {root}/usr/sbin\n\
         shlib_directory = no\n\
         mail_owner = mail\n\
         setgid_group = daemon\n\
         default_privs = nobody\n\
         import_environment = MAIL_CONFIG LD_LIBRARY_PATH\n\
         maillog_file = {here}/log\n\
         maillog_file_prefixes = {here}\n\
         myhostname = mail.example.com\n\
         inet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\n\
         mynetworks = 127.0.0.0/8\n\
         mydestination =\n\
         alias_maps =\n\
         alias_database =\n\
         default_transport = error:5.1.2 no mail leaves this machine\n\
         smtpd_relay_restrictions = permit_mynetworks, reject\n\
         smtpd_reject_unlisted_recipient = no\n\
         recipient_delimiter = +\n\
         virtual_mailbox_domains = example.com\n\
         virtual_mailbox_base = {here}/mail\n\
         virtual_mailbox_maps = inline:{{ {maps} }}\n\
         virtual_uid_maps = static:65534\n\
         virtual_gid_maps = static:65534\n"
    );
    let services = format!(
        "{host}:{PORT} inet n - n - - smtpd\n\
         cleanup unix n - n - 0 cleanup\n\
         qmgr unix n - n 300 1 qmgr\n\
         rewrite unix - - n - - trivial-rewrite\n\
         bounce unix - - n - 0 bounce\n\
         defer unix - - n - 0 bounce\n\
         trace unix - - n - 0 bounce\n\
         error unix - - n - - error\n\
         retry unix - - n - - error\n\
         virtual unix - n n - - virtual\n\
         anvil unix - - n - 1 anvil\n\
         proxymap unix - - n - - proxymap\n\
         postlog unix-dgram n - n - 1 postlogd\n"
    );
    fs::write(directory.join("etc/main.cf"), main)?;
    fs::write(directory.join("etc/master.cf"), services)
}
