//! The rival of what answers from memory: axum as its documentation starts it, with one handler that answers a text it has.

use std::env;
use std::process::Command;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

use crate::fault::Fault;
use crate::program::Server;

/// The argument that makes this program the rival.
pub(crate) const ARGUMENT: &str = "bare";

/// The variable with the body to answer.
const BODY: &str = "BENCH_BODY";

/// The variable with the path to answer it at.
const PATH: &str = "BENCH_PATH";

/// Starts the rival as a process of its own.
pub(crate) fn start(path: &str, body: &str) -> Result<Server, Fault> {
    let own = env::current_exe().map_err(Fault::system("find this program"))?;
    Server::start(Command::new(own).arg(ARGUMENT).env(PATH, path).env(BODY, body))
}

/// Serves until it is killed.
pub(crate) fn serve() -> Result<(), Fault> {
    let body: &'static str = env::var(BODY).unwrap_or_default().leak();
    let path = env::var(PATH).unwrap_or_default();
    // As the program has it: a worker for each processor.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Fault::system("start tokio"))?;
    runtime.block_on(async {
        let handler = move || async move { ([(CONTENT_TYPE, "application/json")], body) };
        let app = Router::new().route(&path, get(handler));
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Fault::system("listen"))?;
        let address = listener.local_addr().map_err(Fault::system("listen"))?;
        println!("listening on http://{address}");
        // As the program does: an answer is sent at once.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, app).await.map_err(Fault::system("serve"))
    })
}
