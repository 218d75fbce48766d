//! The partner's side of automated onboarding, as the API's introduction describes it: form data in, client created,
//! credentials kept in a database of one's own, the token validated at every start and renewed before it expires.
//!
//! ```text
//! cargo run -p tallystick-client --example partner_app -- \
//!     --server http://127.0.0.1:8080 --token <provisioning token> --database partner.db
//! ```
//!
//! The first run creates the client. Every further run finds the credentials in the database, validates the token and renews it when
//! it is due; it needs no provisioning token. Without `--form` the documentation's own example is the form, with another
//! business code, since the demo prints a line that creates the client of the first.
//!
//! | option | means |
//! | --- | --- |
//! | `--server URL` | the server |
//! | `--token KEY` | the provisioning token; rather in the variable `PROVISIONING_TOKEN`, since other users see command lines |
//! | `--database FILE` | where the credentials are kept; made with mode 0600 |
//! | `--form FILE` | the form data: JSON in the form of the body of `POST /client` |
//! | `--partner-code CODE` | the partner's code, in place of the form's |
//! | `--service-type TYPE` | `LIFECYCLE`, `INTERMEDIATION`, `COOP` or `POS_FINANCING`, in place of the form's |
//! | `--client-token KEY` | keeps a token that came another way (manual onboarding, or retrieved by the operator) instead of creating a client |
//! | `--renew-before TIME` | how long before its expiry a token is renewed: `30d`, `12h`, `45m`, `90s`. Default: `7d` |
//! | `--watch TIME` | goes on, and looks again after each such time. Default: looks once |
//! | `--help` | prints the options |
//!
//! Exit status: 0 done, 1 failed, 2 wrong usage.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Row};
use tallystick_client::{
    ApiKey, ApiKeyError, BuildError, Client, ClientData, Contacts, CreateClient, Error, IdempotencyKey, PrimaryContact,
    RenewError, Runtime, Service, SystemRuntime, ValidKey, Validity,
};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
Usage: partner_app --server URL --database FILE [OPTIONS]

Creates a client at its first run and keeps its credentials; validates and renews the token at every further run.

  --server URL          the server
  --database FILE       where the credentials are kept; made with mode 0600
  --token KEY           the provisioning token; rather in the variable PROVISIONING_TOKEN
  --form FILE           the form data, as JSON in the form of the body of POST /client; without it an example
  --partner-code CODE   the partner's code, in place of the form's
  --service-type TYPE   LIFECYCLE, INTERMEDIATION, COOP or POS_FINANCING, in place of the form's
  --client-token KEY    keeps this token instead of creating a client
  --renew-before TIME   how long before its expiry a token is renewed: 30d, 12h, 45m, 90s [default: 7d]
  --watch TIME          goes on, and looks again after each such time
  --help                prints this

Exit status: 0 done, 1 failed, 2 wrong usage.";

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1), std::env::var("PROVISIONING_TOKEN").ok()) {
        Ok(Some(options)) => options,
        Ok(None) => {
            let _ = writeln!(std::io::stdout(), "{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(usage) => {
            let _ = writeln!(std::io::stderr(), "{usage}");
            return ExitCode::from(2);
        }
    };
    match run(&options, Arc::new(SystemRuntime), &mut std::io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{}", with_causes(&error));
            ExitCode::FAILURE
        }
    }
}

/// What the command line says.
pub(crate) struct Options {
    server: String,
    token: Option<String>,
    database: PathBuf,
    form: Option<PathBuf>,
    partner_code: Option<String>,
    service_type: Option<String>,
    client_token: Option<String>,
    renew_before: Duration,
    watch: Option<Duration>,
}

impl Options {
    /// `None` when help is asked for.
    pub(crate) fn read(args: impl IntoIterator<Item = String>, token: Option<String>) -> Result<Option<Self>, String> {
        let mut options = Self {
            server: String::new(),
            token,
            database: PathBuf::new(),
            form: None,
            partner_code: None,
            service_type: None,
            client_token: None,
            renew_before: Duration::from_secs(7 * 24 * 3600),
            watch: None,
        };
        let mut args = args.into_iter();
        while let Some(name) = args.next() {
            if matches!(name.as_str(), "--help" | "-h") {
                return Ok(None);
            }
            let value = args.next().ok_or_else(|| format!("{name} needs a value; --help tells which"))?;
            match name.as_str() {
                "--server" => options.server = value,
                "--token" => options.token = Some(value),
                "--database" => options.database = value.into(),
                "--form" => options.form = Some(value.into()),
                "--partner-code" => options.partner_code = Some(value),
                "--service-type" => options.service_type = Some(value),
                "--client-token" => options.client_token = Some(value),
                "--renew-before" => options.renew_before = duration(&value)?,
                "--watch" => options.watch = Some(duration(&value)?),
                _ => return Err(format!("{name} is no option; --help lists them")),
            }
        }
        if options.server.is_empty() || options.database.as_os_str().is_empty() {
            return Err("--server and --database are needed; --help tells of them".to_owned());
        }
        Ok(Some(options))
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time: write it like 7d, 12h, 45m or 90s");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(seconds * u64::from(number)))
}

/// Why the program stops.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppError {
    /// Something that a person has to decide or mend.
    #[error("{0}")]
    Stopped(String),
    #[error("the form {0} cannot be read")]
    FormFile(PathBuf, #[source] std::io::Error),
    #[error("the form is not in the form of POST /client")]
    Form(#[from] serde_json::Error),
    #[error(transparent)]
    Key(#[from] ApiKeyError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error("the call failed; what is kept here is unchanged")]
    Call(#[from] Error),
    #[error(transparent)]
    Renew(#[from] RenewError<sqlx::Error>),
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("the database file cannot be made")]
    DatabaseFile(#[source] std::io::Error),
    #[error("the output failed")]
    Output(#[from] std::io::Error),
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// The whole story of one run.
pub(crate) async fn run(
    options: &Options,
    runtime: Arc<dyn Runtime>,
    out: &mut (dyn Write + Send),
) -> Result<(), AppError> {
    let form = read_form(options)?;
    let mut store = Store::open(&options.database, &options.server, &form).await?;
    let token = match (store.token().await?, &options.client_token) {
        (Some(token), None) => {
            writeln!(out, "{}: credentials found in {}", form.client.name, options.database.display())?;
            token
        }
        (_, Some(token)) => {
            store.keep_token(token, None).await?;
            writeln!(out, "{}: token kept", form.client.name)?;
            token.as_str().try_into()?
        }
        (None, None) => onboard(options, &runtime, &form, &mut store, out).await?,
    };
    let client = connect(options, &runtime, token)?;
    loop {
        keep_token_alive(&client, options, &*runtime, &mut store, out).await?;
        let Some(pause) = options.watch else { return Ok(()) };
        runtime.sleep(pause).await;
    }
}

fn connect(options: &Options, runtime: &Arc<dyn Runtime>, key: ApiKey) -> Result<Client, AppError> {
    Ok(Client::builder(&options.server).api_key(key).runtime(Arc::clone(runtime)).build()?)
}

/// Steps 5 to 7 of the automated flow: sends the form, and keeps the credentials.
async fn onboard(
    options: &Options,
    runtime: &Arc<dyn Runtime>,
    form: &CreateClient,
    store: &mut Store,
    out: &mut (dyn Write + Send),
) -> Result<ApiKey, AppError> {
    let Some(token) = options.token.as_deref() else {
        return Err(AppError::Stopped(
            "no credentials are kept here yet: give the provisioning token (--token, or PROVISIONING_TOKEN)".to_owned(),
        ));
    };
    let partner = connect(options, runtime, token.try_into()?)?;
    // Kept before anything is sent: when this program dies before it has the answer, its next run asks for the same answer.
    let key = store.begin(form, &partner).await?;
    match partner.create_client_with(form, &key).await {
        Ok(created) => {
            store.keep_created(&created).await?;
            writeln!(
                out,
                "{}: created as client {}, customer {}, payment reference prefix {}",
                form.client.name,
                created.client_identifier,
                created.confirma_finance_customer_code,
                created.payment_reference_prefix
            )?;
            for warning in &created.warnings {
                writeln!(out, "warning: {}: {}", warning.field, warning.message)?;
            }
            Ok(created.api_access_token)
        }
        Err(Error::ClientExists { client_identifier, .. }) => {
            store.abandon().await?;
            Err(AppError::Stopped(format!(
                "the client exists already, as {client_identifier}, but its credentials are not in this database: retrieve them with the \
                 partner key (GET /creditors/{client_identifier}/credentials) or from the operator, and run again with --client-token"
            )))
        }
        Err(error) => {
            for fault in error.problem().map_or(&[][..], |problem| &problem.faults) {
                writeln!(out, "{}: {}", fault.field, fault.message)?;
            }
            // The API has decided, so a corrected form is a new request. After anything else the outcome is open: the key stays.
            if error.problem().is_some() && !error.is_transient() {
                store.abandon().await?;
            }
            Err(error.into())
        }
    }
}

/// Validates the token, and renews it when it is due.
async fn keep_token_alive(
    client: &Client,
    options: &Options,
    runtime: &dyn Runtime,
    store: &mut Store,
    out: &mut (dyn Write + Send),
) -> Result<(), AppError> {
    let due = match client.validate().await? {
        Validity::Valid(ValidKey { expires_at: None, .. }) => {
            writeln!(out, "the token is valid and does not expire")?;
            false
        }
        Validity::Valid(ValidKey { expires_at: Some(time), .. }) => {
            writeln!(out, "the token is valid until {}", shown(time))?;
            time - runtime.now() <= options.renew_before
        }
        Validity::Invalid { code, .. } if code == Validity::EXPIRED => {
            writeln!(out, "the token has expired")?;
            true
        }
        Validity::Invalid { code, message } => {
            return Err(AppError::Stopped(format!(
                "the token is refused ({code}: {message}): retrieve the current one with the partner key or from the operator, and run \
                 again with --client-token"
            )));
        }
    };
    if due {
        let renewed = client
            .renew_with(|renewed| async move {
                store.keep_token(renewed.api_access_token.expose(), renewed.expires_at).await
            })
            .await?;
        match renewed.expires_at {
            Some(time) => writeln!(out, "the token is renewed until {}", shown(time))?,
            None => writeln!(out, "the token is renewed and does not expire")?,
        }
    }
    Ok(())
}

fn shown(time: OffsetDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}

fn read_form(options: &Options) -> Result<CreateClient, AppError> {
    let mut form = match &options.form {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| AppError::FormFile(file.clone(), error))?;
            serde_json::from_str(&text)?
        }
        None => sample(),
    };
    if let Some(code) = &options.partner_code {
        form.service.partner_code.clone_from(code);
    }
    if let Some(name) = &options.service_type {
        form.service.service_type = serde_json::from_value(name.as_str().into())?;
    }
    Ok(form)
}

/// The documentation's own example, but for its numbers: those of the line that the demo prints would be taken when that was sent before.
pub(crate) fn sample() -> CreateClient {
    CreateClient {
        service: Service { partner_code: "QUICK3".to_owned(), ..Service::default() },
        client: ClientData {
            name: "Test Customer Oy".to_owned(),
            business_code: "7654321-2".to_owned(),
            vat_reg_nbr: "FI76543212".to_owned(),
            postal_address: "Testikuja 7".to_owned(),
            postal_code: "12345".to_owned(),
            postal_district: "HELSINKI".to_owned(),
            country_code: "FI".to_owned(),
            email: "email@testcustomer.fi".to_owned(),
            language_code: "FI".to_owned(),
            currency_code: "EUR".to_owned(),
            ..ClientData::default()
        },
        contacts: Contacts {
            primary: PrimaryContact {
                name: "Matti Meikäläinen".to_owned(),
                mobile: "+358441234567".to_owned(),
                email: "matti@testcustomer.fi".to_owned(),
                ..PrimaryContact::default()
            },
            ..Contacts::default()
        },
    }
}

/// The partner's own database, for one client at one server. A real application would seal the tokens in it.
struct Store {
    database: SqliteConnection,
    /// The client's name in this database.
    client: String,
}

const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS credentials (client TEXT PRIMARY KEY, client_identifier INTEGER, customer_code INTEGER,
     payment_reference_prefix INTEGER, api_access_token TEXT NOT NULL, expires_at TEXT) STRICT",
    "CREATE TABLE IF NOT EXISTS pending (client TEXT PRIMARY KEY, request TEXT NOT NULL, idempotency_key TEXT NOT NULL) STRICT",
];

impl Store {
    async fn open(file: &Path, server: &str, form: &CreateClient) -> Result<Self, AppError> {
        make_private(file).map_err(AppError::DatabaseFile)?;
        let mut database = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file)).await?;
        for table in TABLES {
            sqlx::query(table).execute(&mut database).await?;
        }
        let client = format!("{server} {} {}", form.client.country_code, form.client.business_code);
        Ok(Self { database, client })
    }

    async fn token(&mut self) -> Result<Option<ApiKey>, AppError> {
        let row = sqlx::query("SELECT api_access_token FROM credentials WHERE client = $1")
            .bind(&self.client)
            .fetch_optional(&mut self.database)
            .await?;
        Ok(row.map(|row| ApiKey::try_from(row.get::<String, _>(0))).transpose()?)
    }

    async fn keep_token(&mut self, token: &str, expires_at: Option<OffsetDateTime>) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO credentials (client, api_access_token, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (client) DO UPDATE SET api_access_token = excluded.api_access_token, expires_at = excluded.expires_at",
        )
        .bind(&self.client)
        .bind(token)
        .bind(expires_at.map(shown))
        .execute(&mut self.database)
        .await?;
        Ok(())
    }

    /// The idempotency key to send this form with: the one kept for the same form, or a new one that is kept now.
    async fn begin(&mut self, form: &CreateClient, partner: &Client) -> Result<IdempotencyKey, AppError> {
        let request = serde_json::to_string(form)?;
        let row = sqlx::query("SELECT idempotency_key FROM pending WHERE client = $1 AND request = $2")
            .bind(&self.client)
            .bind(&request)
            .fetch_optional(&mut self.database)
            .await?;
        if let Some(Ok(key)) = row.map(|row| row.get::<String, _>(0).parse()) {
            return Ok(key);
        }
        let key = partner.new_idempotency_key();
        sqlx::query("INSERT OR REPLACE INTO pending (client, request, idempotency_key) VALUES ($1, $2, $3)")
            .bind(&self.client)
            .bind(&request)
            .bind(key.as_str())
            .execute(&mut self.database)
            .await?;
        Ok(key)
    }

    async fn abandon(&mut self) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM pending WHERE client = $1").bind(&self.client).execute(&mut self.database).await?;
        Ok(())
    }

    async fn keep_created(&mut self, created: &tallystick_client::Created) -> Result<(), sqlx::Error> {
        let mut transaction = self.database.begin().await?;
        sqlx::query(
            "INSERT INTO credentials (client, client_identifier, customer_code, payment_reference_prefix, api_access_token, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&self.client)
        .bind(created.client_identifier.cast_signed())
        .bind(created.confirma_finance_customer_code.cast_signed())
        .bind(created.payment_reference_prefix.cast_signed())
        .bind(created.api_access_token.expose())
        .bind(created.api_access_token_expires_at.map(shown))
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM pending WHERE client = $1").bind(&self.client).execute(&mut *transaction).await?;
        transaction.commit().await
    }
}

/// Makes the file if it is not there, readable by its owner only. What SQLite puts beside it gets the same mode.
fn make_private(file: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}
