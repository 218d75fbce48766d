//! `POST /callbacks/{channel}`: a provider's signed calls with delivery receipts.
//!
//! Not part of the API document: its shape is the provider's, as the channel's `callback` section says.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::routing::post;
use channels::http_gateway::{CallbackConfig, CallbackFault, read_callback};
use http::StatusCode;
use http_kit::{HttpState, Problem, code};

use crate::config::Settings;
use crate::config::channels::Kind;

/// The most unknown states of one call that are logged by name.
const STATES_TOLD: usize = 8;

type Callbacks = Arc<BTreeMap<String, CallbackConfig>>;

/// The route, for the channels that are called back.
pub(super) fn router(settings: &Settings) -> Router<HttpState> {
    let callbacks: BTreeMap<_, _> = settings
        .channels
        .iter()
        .filter_map(|(name, channel)| match &channel.kind {
            Kind::HttpGateway(config) => Some((name.clone(), config.callback.clone()?)),
            _ => None,
        })
        .collect();
    if callbacks.is_empty() {
        return Router::new();
    }
    let callbacks = Arc::new(callbacks);
    let route = post(move |state, path, request| receive(Arc::clone(&callbacks), state, path, request));
    Router::new().route("/callbacks/{channel}", route)
}

async fn receive(
    callbacks: Callbacks,
    State(state): State<HttpState>,
    channel: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (parts, body) = request.into_parts();
    let source = state.settings().trusted_proxies.caller(&parts);
    let (limits, now) = (state.limits(), http_kit::request_info::started(&parts));
    limits.admit(source, now)?;
    let unknown = || Problem::new(code::NOT_FOUND, "No channel of this name is called back");
    // What is no text is no name either.
    let Path(channel) = channel.map_err(|_| unknown())?;
    let config = callbacks.get(&channel).ok_or_else(unknown)?;
    let bytes = whole(body, state.settings().body_limit).await?;
    let core = state.core();
    let read = read_callback(&channel, config, &parts.headers, &bytes, core.clock().now());
    let callback = read.map_err(|fault| match fault {
        CallbackFault::Signature | CallbackFault::Timestamp => {
            limits.failed(source, now);
            Problem::new(code::SIGNATURE_INVALID, format!("The call was not taken: {fault}"))
        }
        CallbackFault::Body => Problem::new(code::CALLBACK_INVALID, format!("The call was not taken: {fault}")),
    })?;
    let unknown = &callback.unknown_states;
    if !unknown.is_empty() {
        tracing::warn!(
            channel,
            states = ?unknown.iter().take(STATES_TOLD).collect::<Vec<_>>(),
            state_count = unknown.len(),
            "receipts with states that the channel's callback section does not name were dropped"
        );
    }
    for receipt in callback.receipts {
        core.receive_receipt(receipt).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn whole(body: Body, limit: usize) -> Result<bytes::Bytes, Problem> {
    let too_large =
        |_| Problem::new(code::BODY_TOO_LARGE, format!("Send {limit} bytes at most, and the whole of them"));
    to_bytes(body, limit).await.map_err(too_large)
}
