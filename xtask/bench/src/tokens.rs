//! Databases with a merchant that was given tokens before: many of them, or none.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::audit::{AuditRecord, Outcome};
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::oauth_token::{FamilyId, LIFETIME, TokenId};
use domain::random::OrderedIds;
use domain::{Random as _, Timestamp};
use rusqlite::Connection;
use store::oauth_token::OauthTokenRow;
use store::{Db, DbOptions, StoreError};
use testkit::random::TestRandom;

use crate::fault::Fault;
use crate::kept::{self, secret_file};
use crate::program::{Program, sqlite};
use crate::{fresh, stopwatch};

/// The prefix of the point-of-sale API.
pub(crate) const PREFIX: &str = "/flexiti/pos-api/v2.5";

/// How long after its expiry a token is kept, unless the settings say otherwise.
const RETENTION: Duration = Duration::from_secs(3600);

/// The time over which they were issued: so short that none has had its time while others are measured beside it.
const SPREAD: Duration = Duration::from_secs(50 * 60);

/// The tokens that share a commit.
const GROUP: usize = 5_000;

/// Counts up with what is put into a database otherwise than by the migrations.
const EDITION: u32 = 1;

/// A database with a merchant.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    file: PathBuf,
    /// The form by which the merchant asks for a token.
    pub(crate) form: String,
}

/// How old the tokens are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// The last was issued just now, and all are kept.
    New,
    /// All have had their time, and are to be removed.
    Over,
}

impl Issued {
    /// The database with `tokens` issued before: that of an earlier run, or a new one where there is none or the migrations have changed.
    pub(crate) fn get(program: &Program, tokens: u32) -> Result<Self, Fault> {
        let directory = program.directory.join(format!("tokens-{tokens}"));
        let (file, form) = (directory.join("bench.db"), directory.join("form"));
        let contents = kept::contents(&format!("{tokens} tokens, edition {EDITION}"))?;
        kept::get(&directory, &file, &contents, || fill(program, &file, &form, tokens))?;
        let form = fs::read_to_string(&form).map_err(Fault::system(format!("read {}", form.display())))?;
        Ok(Self { file, form })
    }

    /// A copy in the directory `name`, and the tokens in it of this age. The copy before it is gone.
    pub(crate) fn copy(&self, program: &Program, name: &str, age: Age) -> Result<PathBuf, Fault> {
        let copy = fresh::copy(&self.file, &program.directory.join(name))?;
        let connection = Connection::open(&copy)?;
        let last = "SELECT COALESCE(MAX(created_at), 0) FROM oauth_token";
        let last: i64 = connection.query_row(last, [], |row| row.get(0))?;
        let over = match age {
            Age::New => Duration::ZERO,
            Age::Over => LIFETIME + RETENTION,
        };
        let by = stopwatch::now().before(over).micros() - last;
        connection
            .execute("UPDATE oauth_token SET created_at = created_at + ?1, expires_at = expires_at + ?1", [by])?;
        // What is left in the log the server would have to fold in while it is measured.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(copy)
    }
}

/// How many tokens a database has.
pub(crate) fn count(file: &Path) -> Result<u64, Fault> {
    Ok(Connection::open(file)?.query_row("SELECT COUNT(*) FROM oauth_token", [], |row| row.get::<_, u32>(0))?.into())
}

/// How many of them have had their time.
pub(crate) fn count_over(file: &Path) -> Result<u64, Fault> {
    let over = stopwatch::now().before(RETENTION).micros();
    let statement = "SELECT COUNT(*) FROM oauth_token WHERE expires_at < ?1";
    Ok(Connection::open(file)?.query_row(statement, [over], |row| row.get::<_, u32>(0))?.into())
}

fn fill(program: &Program, file: &Path, form: &Path, tokens: u32) -> Result<(), Fault> {
    let text = program.add_merchant(&sqlite(file))?;
    secret_file(form)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(Fault::system(format!("write {}", form.display())))?;
    if tokens > 0 {
        println!("adding {tokens} tokens");
        add_tokens(file, tokens)?;
    }
    // A server seals the audit trail at its shut-down, so that no later one has that to do while it is measured.
    program.serve(&sqlite(file), &[])?.stop()
}

fn add_tokens(file: &Path, tokens: u32) -> Result<(), Fault> {
    let (partner, client) =
        Connection::open(file)?.query_row("SELECT partner_id, client_id FROM merchant", [], |row| {
            Ok((PartnerId(row.get(0)?), ClientIdentifier(row.get(1)?)))
        })?;
    let mut rows = Rows {
        partner,
        client,
        tokens,
        now: stopwatch::now(),
        next: 0,
        random: TestRandom::new(1),
        ids: OrderedIds::default(),
    };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Fault::system("start tokio"))?;
    runtime.block_on(async {
        let db = Db::open(DbOptions::new(sqlite(file))).await?;
        loop {
            let group: Arc<[(OauthTokenRow, AuditRecord)]> = rows.by_ref().take(GROUP).collect();
            if group.is_empty() {
                break;
            }
            // The statements of `service::oauth_grant`.
            db.write(move |tx| {
                let group = Arc::clone(&group);
                Box::pin(async move {
                    for (row, record) in group.iter() {
                        store::oauth_token::insert(tx, row).await?;
                        store::audit::insert(tx, record).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        }
        db.close().await;
        Ok(())
    })
}

/// Token pairs in the order in which they were issued, with their audit records. What would be hashed is random.
struct Rows {
    partner: PartnerId,
    client: ClientIdentifier,
    tokens: u32,
    now: Timestamp,
    next: u32,
    random: TestRandom,
    ids: OrderedIds,
}

impl Iterator for Rows {
    type Item = (OauthTokenRow, AuditRecord);

    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.tokens {
            return None;
        }
        self.next += 1;
        let at = self.now.before(SPREAD * (self.tokens - self.next) / self.tokens);
        let token = self.ids.next(at, &self.random);
        let bytes = |count: usize| {
            let mut bytes = vec![0; count];
            self.random.fill(&mut bytes);
            bytes
        };
        let row = OauthTokenRow {
            partner: self.partner,
            client: self.client,
            token: TokenId(token),
            family: FamilyId(token),
            access_lookup: bytes(32),
            refresh_lookup: bytes(32),
            scope: "merchant".to_owned(),
            username: None,
            user_version: None,
            secret_mark: bytes(8),
            created_at: at,
            expires_at: at.after(LIFETIME),
        };
        let record = AuditRecord {
            partner: self.partner,
            id: self.ids.next(at, &self.random),
            at,
            actor: format!("client:{}", self.client),
            action: "oauth_token.issue".to_owned(),
            subject: format!("client:{}", self.client),
            source: "127.0.0.1".to_owned(),
            request_id: "01JD7Q4M8T3N5R6S7V8W9X0Y1Z".to_owned(),
            outcome: Outcome::Done.name().to_owned(),
            detail: format!("token {token}, scope merchant"),
        };
        Some((row, record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_in_the_order_of_time_and_none_is_old() {
        let now = Timestamp::from_micros(1_767_323_045_000_000);
        let (partner, client) = (PartnerId(1), ClientIdentifier(100_000));
        let rows = Rows {
            partner,
            client,
            tokens: 1_000,
            now,
            next: 0,
            random: TestRandom::new(1),
            ids: OrderedIds::default(),
        };
        let rows: Vec<_> = rows.map(|(row, _)| row).collect();
        assert!(rows.is_sorted_by_key(|row| (row.created_at, row.token.0)));
        assert_eq!((rows.len(), rows.last().map(|row| row.created_at)), (1_000, Some(now)));
        assert!(rows.iter().all(|row| now.since(row.expires_at) < RETENTION / 2));
        assert_ne!(rows[0].access_lookup, rows[1].access_lookup);
    }
}
