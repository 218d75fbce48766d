//! The rival of the token endpoint: the npm module `oidc-provider` in a process of its own.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::fault::Fault;
use crate::program::Server;

/// Where it is; `cargo xtask bench` sets it.
const NODE_MODULES: &str = "TALLYSTICK_BENCH_OIDC_PROVIDER";

/// The path of its token endpoint.
pub(crate) const PATH: &str = "/token";

/// The one client that it knows, as the form that asks for a token.
pub(crate) const FORM: &str = "grant_type=client_credentials&client_id=benchmerchant&client_secret=77fde15a-9d33-4e15-930a-76e4b3ae33e9&scope=merchant";

/// Starts it.
pub(crate) fn start() -> Result<Server, Fault> {
    let modules = env::var_os(NODE_MODULES)
        .ok_or_else(|| Fault::Usage(format!("{NODE_MODULES} is not set; start this by `cargo xtask bench`")))?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/oidc_provider.js");
    let client = json!({"id": "benchmerchant", "secret": "77fde15a-9d33-4e15-930a-76e4b3ae33e9"});
    let mut command = Command::new("node");
    // What it says about its defaults is nothing to whoever measures.
    command.env("NODE_PATH", modules).env("NODE_ENV", "production").stderr(Stdio::null());
    Server::start(command.arg(script).arg(client.to_string()))
}
