//! A drop in a real folder: whole or not at all, once and not twice, and what happens where it can't be written to.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use channels::drop_folder::DropChannel;
use channels::{Document, DocumentChannel, Fault, FaultKind};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use testkit::small_disk::SmallDisk;

use crate::support::document;

const ID: &str = "00000000-0000-0000-0000-000000000007";

fn channel(folder: &Path, extra: &str) -> DropChannel {
    let text = format!("folder = '{}'\n{extra}", folder.display());
    DropChannel::new("print", &toml::from_str(&text).unwrap()).unwrap()
}

/// The names in the folder, without the one that is ours alone.
fn names(folder: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != ".tmp").collect()
}

fn expected<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(|name| format!("{ID}{name}")).into()
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

/// Reads as one who collects: every file that the manifest names is there and is what it says.
fn collected(folder: &Path, manifest: &str) -> Value {
    let manifest: Value = serde_json::from_slice(&fs::read(folder.join(manifest)).unwrap()).unwrap();
    for file in manifest["files"].as_array().unwrap() {
        let bytes = fs::read(folder.join(file["name"].as_str().unwrap())).unwrap();
        let hash: String = Sha256::digest(&bytes).iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!((&file["size"], &file["sha256"]), (&json!(bytes.len()), &json!(hash)), "{file}");
    }
    manifest
}

async fn refused(channel: &DropChannel, document: &Document) -> Fault {
    let fault = channel.send(document).await.unwrap_err();
    assert!(!fault.may_have_been_accepted, "{fault}");
    fault
}

#[tokio::test]
async fn a_document_is_put_there_with_its_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let mut sent = document(7, &[b"%PDF-1", b"%PDF-2"]);
    sent.files[1].content_type = "text/xml; charset=utf-8".to_owned();
    // What others have written is no part of a name.
    sent.files[1].name = "../../etc/passwd".to_owned();
    let accepted = channel(folder.path(), "").send(&sent).await.unwrap();
    assert_eq!(accepted.provider_message_ids, [ID]);
    assert_eq!(names(folder.path()), expected(["-1.pdf", "-2.xml", ".json"]));
    assert_eq!(fs::read(folder.path().join(format!("{ID}-2.xml"))).unwrap(), b"%PDF-2");
    let manifest = collected(folder.path(), &format!("{ID}.json"));
    assert_eq!((&manifest["id"], &manifest["invoiceNumber"]), (&json!(ID), &json!("7")));
    assert_eq!(manifest["files"][1]["title"], "../../etc/passwd");
    // Nothing but the lock is left over.
    assert_eq!(names(&folder.path().join(".tmp")), BTreeSet::from(["lock".to_owned()]));
    assert_eq!(refused(&channel(folder.path(), ""), &document(8, &[])).await.kind, FaultKind::Permanent);
}

#[tokio::test]
async fn a_second_try_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (channel, manifest) = (channel(folder.path(), ""), folder.path().join(format!("{ID}.json")));
    channel.send(&document(7, &[b"one", b"two"])).await.unwrap();
    let first = inode(&manifest);
    // The worker was killed before it recorded that this was handed over: whoever collects may be reading it now.
    channel.send(&document(7, &[b"one", b"two"])).await.unwrap();
    assert_eq!((names(folder.path()), inode(&manifest)), (expected(["-1.pdf", "-2.pdf", ".json"]), first));
    // Made by another version of the program: it takes the place of the first, all of it.
    channel.send(&document(7, &[b"other"])).await.unwrap();
    assert_eq!(names(folder.path()), expected(["-1.pdf", ".json"]));
    collected(folder.path(), &format!("{ID}.json"));
    // One that was cut short afterwards is mended, and another's files are left alone.
    fs::write(folder.path().join(format!("{ID}-1.pdf")), b"o").unwrap();
    fs::write(folder.path().join("00000000-0000-0000-0000-000000000008-1.pdf"), b"another").unwrap();
    channel.send(&document(7, &[b"other"])).await.unwrap();
    collected(folder.path(), &format!("{ID}.json"));
    assert_eq!(names(folder.path()).len(), 3);
}

#[tokio::test]
async fn what_a_crash_has_left_is_cleaned_up() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join(".tmp");
    fs::create_dir(&temporary).unwrap();
    // Killed while it wrote: half of a file, and all of another's.
    for name in [format!("{ID}-1.pdf"), format!("{ID}.json"), "00000000-0000-0000-0000-000000000009-1.pdf".to_owned()] {
        fs::write(temporary.join(name), b"ha").unwrap();
    }
    // Killed while it renamed: files without a manifest.
    for name in ["-1.pdf", "-2.pdf", "-3.pdf"] {
        fs::write(folder.path().join(format!("{ID}{name}")), b"of a try before").unwrap();
    }
    channel(folder.path(), "").send(&document(7, &[b"one", b"two"])).await.unwrap();
    assert_eq!(names(folder.path()), expected(["-1.pdf", "-2.pdf", ".json"]));
    assert_eq!(names(&temporary), BTreeSet::from(["lock".to_owned()]));
    collected(folder.path(), &format!("{ID}.json"));
}

#[tokio::test]
async fn the_manifest_comes_after_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path(), "");
    // No file can take the place of a folder: the second can't be put there.
    let obstacle = folder.path().join(format!("{ID}-2.pdf"));
    fs::create_dir(&obstacle).unwrap();
    let fault = refused(&channel, &document(7, &[b"one", b"two"])).await;
    assert_eq!(fault.kind, FaultKind::Unreachable, "{fault}");
    assert!(!folder.path().join(format!("{ID}.json")).exists());
    fs::remove_dir(&obstacle).unwrap();
    channel.send(&document(7, &[b"one", b"two"])).await.unwrap();
    // That of a try before does not stay beside files that it does not tell of.
    fs::remove_file(&obstacle).unwrap();
    fs::create_dir(&obstacle).unwrap();
    refused(&channel, &document(7, &[b"other", b"two"])).await;
    assert!(!folder.path().join(format!("{ID}.json")).exists());
}

/// Two processes are two channels here: the lock is of the file that each has opened.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_that_send_at_once_make_one_and_no_reader_sees_half() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let is_over = Arc::new(AtomicBool::new(false));
    let reader = {
        let (folder, is_over) = (Arc::clone(&folder), Arc::clone(&is_over));
        std::thread::spawn(move || {
            let mut most = 0;
            while !is_over.load(Ordering::Acquire) {
                let there = names(folder.path());
                let manifests: Vec<_> = there.iter().filter(|name| name.ends_with(".json")).collect();
                manifests.iter().for_each(|name| drop(collected(folder.path(), name)));
                most = most.max(manifests.len());
            }
            most
        })
    };
    let large = vec![b'x'; 200_000];
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let (channel, large) = (channel(folder.path(), ""), large.clone());
            tokio::spawn(async move {
                for number in 1..=20 {
                    channel.send(&document(number, &[&large, b"two"])).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    is_over.store(true, Ordering::Release);
    assert!(reader.join().unwrap() <= 20);
    assert_eq!(names(folder.path()).len(), 60);
    for number in 1..=20 {
        collected(folder.path(), &format!("{}.json", document(number, &[]).id));
    }
}

#[tokio::test]
async fn a_full_drop_slows_down_and_says_nothing_of_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let channel = channel(folder.path(), "most-waiting = 2");
    // What is no document of ours does not count.
    fs::write(folder.path().join("readme.json"), b"{}").unwrap();
    for number in [7, 8] {
        channel.send(&document(number, &[b"one"])).await.unwrap();
    }
    let fault = refused(&channel, &document(9, &[b"one"])).await;
    assert_eq!(fault.kind, FaultKind::Throttled, "{fault}");
    assert!(fault.reason.contains("2 documents wait"), "{fault}");
    // One that is there already takes no more room.
    channel.send(&document(7, &[b"made anew"])).await.unwrap();
    fs::remove_file(folder.path().join(format!("{ID}.json"))).unwrap();
    channel.send(&document(9, &[b"one"])).await.unwrap();
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_the_channels_fault() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("mount");
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    for (path, told) in [(&missing, "No such file"), (&file, "is no folder")] {
        let channel = channel(path, "");
        for fault in [refused(&channel, &document(7, &[b"one"])).await, channel.test().await.unwrap_err()] {
            assert_eq!(fault.kind, FaultKind::Unreachable, "{fault}");
            assert!(fault.reason.contains(told) && fault.reason.contains(path.to_str().unwrap()), "{fault}");
        }
    }
    // It is not made: what is written below a mount point that nothing is mounted on is lost.
    assert!(!missing.exists());
    // Links lead away.
    let (linked, elsewhere) = (folder.path().join("linked"), tempfile::tempdir().unwrap());
    fs::create_dir(&linked).unwrap();
    symlink(elsewhere.path(), linked.join(".tmp")).unwrap();
    let fault = refused(&channel(&linked, ""), &document(7, &[b"one"])).await;
    assert!(fault.kind == FaultKind::Unreachable && fault.reason.contains("remove it"), "{fault}");
    assert!(names(elsewhere.path()).is_empty());
}

#[tokio::test]
async fn a_full_or_read_only_disk_is_the_channels_fault_and_passes() {
    let Some(disk) = SmallDisk::mount() else { return };
    let channel = channel(disk.path(), "");
    channel.send(&document(8, &[b"one"])).await.unwrap();
    disk.fill();
    let large = document(7, &[&[b'x'; 100_000]]);
    let fault = refused(&channel, &large).await;
    assert_eq!(fault.kind, FaultKind::Unreachable, "{fault}");
    assert!(fault.reason.contains("No space left"), "{fault}");
    assert_eq!(names(&disk.path().join(".tmp")), BTreeSet::from(["lock".to_owned()]));
    disk.free();
    channel.send(&large).await.unwrap();
    collected(disk.path(), &format!("{ID}.json"));
    disk.remount("ro");
    for fault in [refused(&channel, &document(9, &[b"one"])).await, channel.test().await.unwrap_err()] {
        assert_eq!(fault.kind, FaultKind::Unreachable, "{fault}");
        assert!(fault.reason.contains("Read-only file system"), "{fault}");
    }
    disk.remount("rw");
    channel.send(&document(9, &[b"one"])).await.unwrap();
    assert_eq!(names(disk.path()).len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_system_that_hangs_holds_up_one_thread() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join(".tmp");
    fs::create_dir(&temporary).unwrap();
    let lock = File::create(temporary.join("lock")).unwrap();
    lock.lock().unwrap();
    let brief = channel(folder.path(), "timeout = '100ms'");
    let fault = brief.send(&document(7, &[b"one"])).await.unwrap_err();
    // It may still come to its end.
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Temporary, true), "{fault}");
    let fault = refused(&brief, &document(8, &[b"one"])).await;
    assert_eq!(fault.kind, FaultKind::Unreachable, "{fault}");
    lock.unlock().unwrap();
    channel(folder.path(), "").send(&document(7, &[b"one"])).await.unwrap();
    assert_eq!(names(folder.path()), expected(["-1.pdf", ".json"]));
}

#[tokio::test]
async fn the_test_of_the_channel_writes_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let acknowledgements: TempDir = tempfile::tempdir().unwrap();
    let channel = channel(folder.path(), &format!("acknowledgements = '{}'", acknowledgements.path().display()));
    channel.send(&document(7, &[b"one", b"two"])).await.unwrap();
    let told = channel.test().await.unwrap();
    assert!(told.contains("1 documents wait") && told.contains("acknowledgements are read from"), "{told}");
    assert_eq!(names(folder.path()), expected(["-1.pdf", "-2.pdf", ".json"]));
    acknowledgements.close().unwrap();
    let fault = channel.test().await.unwrap_err();
    assert!(fault.kind == FaultKind::Unreachable && fault.reason.contains("No such file"), "{fault}");
}
