//! A server is started, lost, started again, and leaves nothing behind.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, io};

use throwaway_postgres::{Programs, Server};

/// Set in the process that the last test starts, to run itself once more as the owner, and kills.
const OWNER: &str = "THROWAWAY_POSTGRES_OWNER";

/// The programs; `None` where nobody asked for PostgreSQL.
fn programs() -> Option<Programs> {
    let programs = Programs::find();
    assert!(
        programs.is_some() || env::var("CI") != Ok("true".to_owned()),
        "PostgreSQL is missing: run `cargo xtask test`"
    );
    programs
}

fn query(programs: &Programs, url: &str, sql: &str) -> Result<String, String> {
    let output = Command::new(programs.path("psql"))
        .args(["--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--set=ON_ERROR_STOP=1", "--command", sql, url])
        .output()
        .expect("psql comes with the server");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

fn address(url: &str) -> &str {
    url.trim_start_matches("postgres://postgres@").trim_end_matches("/postgres")
}

#[test]
fn a_lost_server_comes_back_with_its_data_and_then_leaves_nothing() {
    let Some(programs) = programs() else { return };
    let mut server = Server::start().unwrap();
    let url = server.url();
    let directory = server.directory().to_owned();
    query(&programs, &url, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)").unwrap();
    assert_eq!(query(&programs, &url, "SHOW lc_collate").unwrap(), "C.UTF-8");
    assert_eq!(query(&programs, &url, "SHOW max_connections").unwrap(), "200");

    // A client that has a connection open sees its end.
    let mut client = Command::new(programs.path("psql"))
        .args(["--no-psqlrc", "--tuples-only", "--no-align", "--command", "SELECT 'here'", "--command"])
        .args(["SELECT pg_sleep(600)", &url])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(client.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "here\n");

    server.stop_at_once().unwrap();
    assert!(!client.wait().unwrap().success());
    assert_eq!(TcpStream::connect(address(&url)).unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    server.stop_at_once().unwrap();

    server.start_again().unwrap();
    server.start_again().unwrap();
    assert_eq!(server.url(), url);
    assert_eq!(query(&programs, &url, "SELECT n FROM kept").unwrap(), "42");

    drop(server);
    assert!(TcpStream::connect(address(&url)).is_err());
    assert!(!directory.exists());
}

#[test]
fn two_servers_know_nothing_of_each_other() {
    let Some(programs) = programs() else { return };
    let (one, two) = (Server::start().unwrap(), Server::start().unwrap());
    query(&programs, &one.url(), "CREATE DATABASE mine").unwrap();
    assert_eq!(query(&programs, &one.url_of("mine"), "SELECT 1").unwrap(), "1");
    assert!(query(&programs, &two.url_of("mine"), "SELECT 1").unwrap_err().contains("does not exist"));
}

#[test]
fn a_killed_owner_leaves_nothing() {
    if programs().is_none() {
        return;
    }
    if env::var_os(OWNER).is_some() {
        let server = Server::start().unwrap();
        println!("\nserver {} {}", server.url(), server.directory().display());
        io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    let mut owner = Command::new(env::current_exe().unwrap())
        .args(["--exact", "a_killed_owner_leaves_nothing", "--nocapture"])
        .env(OWNER, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let line = BufReader::new(owner.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .find(|line| line.starts_with("server "))
        .expect("the owner says where its server is");
    let [_, url, directory] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
    TcpStream::connect(address(url)).unwrap();
    assert!(Path::new(directory).exists());

    owner.kill().unwrap();
    owner.wait().unwrap();
    // The watchdog holds the other end of this pipe until it has done its work.
    owner.stderr.take().unwrap().read_to_end(&mut Vec::new()).unwrap();
    assert!(TcpStream::connect(address(url)).is_err());
    assert!(!Path::new(directory).exists());
}
