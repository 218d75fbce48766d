//! Acknowledgements in a real folder: each is stored before it is put away, and what is none is left alone.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Mutex;

use channels::acknowledgement::{
    Acknowledgement, AcknowledgementFault, AcknowledgementSink, Collected, MOST_IN_A_PASS,
};
use channels::drop_folder::DropChannel;
use channels::{DocumentChannel as _, Fault, FaultKind};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tempfile::TempDir;

/// Keeps what comes. What begins with `bad` is none; `store` fails once.
#[derive(Default)]
struct Sink {
    seen: Mutex<Vec<Acknowledgement>>,
    has_failed: Mutex<bool>,
}

impl Sink {
    fn names(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|seen| seen.name.clone()).collect()
    }
}

impl AcknowledgementSink for Sink {
    fn receive(&self, acknowledgement: Acknowledgement) -> BoxFuture<'_, Result<(), AcknowledgementFault>> {
        async move {
            let begin = acknowledgement.bytes.get(..3).unwrap_or_default().to_vec();
            self.seen.lock().unwrap().push(acknowledgement);
            let mut has_failed = self.has_failed.lock().unwrap();
            match &begin[..] {
                b"bad" => Err(AcknowledgementFault::Unreadable),
                b"one" if !std::mem::replace(&mut has_failed, true) => Err(AcknowledgementFault::NotStored),
                _ => Ok(()),
            }
        }
        .boxed()
    }
}

/// A folder for documents, one for acknowledgements, and the channel to them.
struct Both {
    _folder: TempDir,
    acknowledgements: TempDir,
    channel: DropChannel,
}

impl Both {
    fn new() -> Self {
        let (folder, acknowledgements) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (one, other) = (folder.path().display(), acknowledgements.path().display());
        let config = toml::from_str(&format!("folder = '{one}'\nacknowledgements = '{other}'")).unwrap();
        let channel = DropChannel::new("operator", &config).unwrap();
        Self { _folder: folder, acknowledgements, channel }
    }

    fn path(&self) -> &Path {
        self.acknowledgements.path()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path().join(name), bytes).unwrap();
    }

    async fn collect(&self, sink: &Sink) -> Result<Collected, Fault> {
        self.channel.acknowledgements().unwrap().collect(sink).await
    }
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

const LEFT: [&str; 3] = [".lock", "done", "failed"];

#[tokio::test]
async fn each_is_stored_before_it_is_put_away() {
    let both = Both::new();
    let sink = Sink::default();
    assert_eq!(both.collect(&sink).await.unwrap(), Collected::default());
    both.write("a.xml", b"<ack/>");
    both.write("b.xml", b"bad one");
    both.write("c.xml", b"one that is not stored at first");
    both.write("d.xml", b"<ack/>");
    // The database is down: the rest waits as well, and comes again.
    let collected = both.collect(&sink).await.unwrap();
    assert_eq!(collected, Collected { stored: 1, failed: 1, has_more: false });
    assert_eq!(names(both.path()), set([".held-c.xml", "d.xml"]).into_iter().chain(set(LEFT)).collect());
    assert_eq!(both.collect(&sink).await.unwrap(), Collected { stored: 2, failed: 0, has_more: false });
    assert_eq!(sink.names(), ["a.xml", "b.xml", "c.xml", "c.xml", "d.xml"]);
    assert_eq!(sink.seen.lock().unwrap()[0].bytes, b"<ack/>");
    assert_eq!(sink.seen.lock().unwrap()[0].channel, "operator");
    assert_eq!(names(&both.path().join("done")), set(["a.xml", "c.xml", "d.xml"]));
    assert_eq!(names(&both.path().join("failed")), set(["b.xml"]));
    // Another of the same name takes nothing's place.
    both.write("a.xml", b"<second/>");
    both.collect(&sink).await.unwrap();
    assert_eq!(names(&both.path().join("done")), set(["a.xml", "a.xml.2", "c.xml", "d.xml"]));
    assert_eq!(fs::read(both.path().join("done/a.xml")).unwrap(), b"<ack/>");
    // Unless there is no room for a number: it must not stand in the way of the others.
    let longest = "x".repeat(255);
    for _ in 0..2 {
        both.write(&longest, b"<ack/>");
        assert_eq!(both.collect(&sink).await.unwrap().stored, 1);
    }
}

#[tokio::test]
async fn what_is_none_is_left_alone() {
    let both = Both::new();
    // It makes what it needs there itself.
    both.channel.test().await.unwrap();
    let secret = tempfile::NamedTempFile::new().unwrap();
    let halves = [".a.xml", "b.xml.tmp", "c.TMP", "d.xml.part", "e.filepart"];
    halves.iter().for_each(|name| both.write(name, b"half"));
    symlink(secret.path(), both.path().join("link.xml")).unwrap();
    symlink("/no/such/file", both.path().join("dangling.xml")).unwrap();
    fs::create_dir(both.path().join("folder.xml")).unwrap();
    let before = names(both.path());
    let sink = Sink::default();
    assert_eq!(both.collect(&sink).await.unwrap(), Collected::default());
    assert_eq!((names(both.path()), sink.names()), (before, vec![]));
}

#[tokio::test]
async fn size_and_count_are_bounded() {
    let both = Both::new();
    let sink = Sink::default();
    both.write("just.xml", &vec![b'x'; 1024 * 1024]);
    both.write("long.xml", &vec![b'x'; 1024 * 1024 + 1]);
    let collected = both.collect(&sink).await.unwrap();
    assert_eq!(collected, Collected { stored: 1, failed: 1, has_more: false });
    assert_eq!((sink.names(), names(&both.path().join("failed"))), (vec!["just.xml".to_owned()], set(["long.xml"])));
    (0..=MOST_IN_A_PASS).for_each(|number| both.write(&format!("{number}.xml"), b"<ack/>"));
    let first = both.collect(&sink).await.unwrap();
    assert_eq!(first, Collected { stored: MOST_IN_A_PASS, failed: 0, has_more: true });
    assert_eq!(both.collect(&sink).await.unwrap(), Collected { stored: 1, failed: 0, has_more: false });
}

/// Keeps what comes, and meanwhile puts another file there under the same name.
struct Writer(Sink, std::path::PathBuf);

impl AcknowledgementSink for Writer {
    fn receive(&self, acknowledgement: Acknowledgement) -> BoxFuture<'_, Result<(), AcknowledgementFault>> {
        fs::write(self.1.join(&acknowledgement.name), "another").unwrap();
        self.0.receive(acknowledgement)
    }
}

#[tokio::test]
async fn what_is_put_there_under_the_same_name_while_one_is_read_is_another_one() {
    let both = Both::new();
    both.write("a.xml", b"first");
    let writer = Writer(Sink::default(), both.path().to_owned());
    let folder = both.channel.acknowledgements().unwrap();
    assert_eq!(folder.collect(&writer).await.unwrap().stored, 1);
    assert_eq!(fs::read(both.path().join("done/a.xml")).unwrap(), b"first");
    let sink = Sink::default();
    assert_eq!(both.collect(&sink).await.unwrap().stored, 1);
    assert_eq!(sink.seen.lock().unwrap()[0].bytes, b"another");
    assert_eq!(fs::read(both.path().join("done/a.xml.2")).unwrap(), b"another");
}

#[tokio::test]
async fn only_one_process_is_at_it() {
    let both = Both::new();
    both.write("a.xml", b"<ack/>");
    let lock = File::create(both.path().join(".lock")).unwrap();
    lock.lock().unwrap();
    let sink = Sink::default();
    assert_eq!(both.collect(&sink).await.unwrap(), Collected::default());
    drop(lock);
    assert_eq!(both.collect(&sink).await.unwrap().stored, 1);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_told() {
    let both = Both::new();
    fs::remove_dir(both.path()).unwrap();
    let fault = both.collect(&Sink::default()).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Unreachable, "{fault}");
    // Without a folder for them there are none.
    let folder = tempfile::tempdir().unwrap();
    let config = toml::from_str(&format!("folder = '{}'", folder.path().display())).unwrap();
    let without = DropChannel::new("print", &config).unwrap();
    assert!(without.acknowledgements().is_none());
}
