//! Accepts, plainly and under TLS, lets faults happen, dispatches, and keeps the log.

mod faulty;
mod line;

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::HeaderMap;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use tokio::sync::oneshot;

use self::faulty::Hit;
use self::line::{Line, Lines, SecureLines};
use crate::clouds::azure;
use crate::doors::Doors;
use crate::fault::Group;
use crate::log::{Facts, Request as Entry};
use crate::state::State;
use crate::{clouds, control, platform, tunnel};

/// No request of any protocol here is longer than a token and a policy.
const LONGEST_BODY: usize = 1 << 20;

/// A server on a thread of its own. Dropping it breaks all connections and waits for the thread.
#[derive(Debug)]
pub(crate) struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers at all doors, at once: what connects before the thread runs waits in the backlog.
    pub(crate) fn start(state: Arc<State>, doors: Doors) -> io::Result<Self> {
        for listener in [&doors.plain, &doors.secure, &doors.tunnel] {
            listener.set_nonblocking(true)?;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = serve(state, doors) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It panicked only if a handler did, and that has been printed.
            let _ = thread.join();
        }
    }
}

async fn serve(state: Arc<State>, doors: Doors) -> io::Result<()> {
    let listen = tokio::net::TcpListener::from_std;
    let secure_address = doors.secure.local_addr()?;
    let plain = Lines(listen(doors.plain)?);
    let secure = SecureLines::new(Lines(listen(doors.secure)?), state.tls.acceptor.clone())?;
    let routes = Router::new()
        .merge(platform::routes())
        .merge(clouds::routes())
        .merge(control::routes())
        .layer(from_fn_with_state(Arc::clone(&state), observe))
        .with_state(state);
    let secure_routes = routes.clone().into_make_service_with_connect_info::<Line>();
    tokio::select! {
        ended = axum::serve(plain, routes.into_make_service_with_connect_info::<Line>()) => ended,
        ended = axum::serve(secure, secure_routes) => ended,
        () = tunnel::serve(listen(doors.tunnel)?, secure_address) => Ok(()),
    }
}

/// Stands around every route but the control's: takes the fault that is due, and writes the log.
async fn observe(
    Shared(state): Shared<Arc<State>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
    next: Next,
) -> Response {
    let Some(group) = Group::of(azure::host(request.headers()), request.uri().path()) else {
        return next.run(request).await;
    };
    let mut entry = Entry {
        number: 0,
        at: state.clock.now(),
        group,
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        status: 0,
        error: None,
        facts: Facts::default(),
    };
    let (head, body) = request.into_parts();
    let body = to_bytes(body, LONGEST_BODY).await.unwrap_or_default();
    let fault = state.faults.take(group, &subject(&head.uri, &body));
    let quoted = quote(&head.headers, &body);
    let headers = head.headers.clone();
    let proceed = next.run(Request::from_parts(head, Body::from(body)));
    let mut response = match &fault {
        None => proceed.await,
        Some(fault) => {
            let hit = Hit { state: &state, group, headers: &headers, quoted: &quoted };
            faulty::answer(&hit, fault, &line, proceed).await
        }
    };
    if let Some(facts) = response.extensions_mut().remove::<Facts>() {
        entry.error.clone_from(&facts.error);
        entry.facts = facts;
    }
    if fault.is_some_and(|fault| !fault.is_mere_delay()) {
        entry.error = Some("fault".to_owned());
    }
    entry.status = if line.is_cut() { 0 } else { response.status().as_u16() };
    state.log.add(entry);
    response
}

/// The request as a careless server would repeat it: what is secret first, because messages are cut off.
fn quote(headers: &HeaderMap, body: &Bytes) -> String {
    let quoted = ["authorization", "x-amz-security-token"]
        .into_iter()
        .filter_map(|name| headers.get(name)?.to_str().ok());
    let body = String::from_utf8_lossy(body);
    format!("cannot understand {} {body}", quoted.collect::<Vec<_>>().join(" "))
}

/// The text in which a fault's `only` is looked for.
fn subject(uri: &axum::http::Uri, body: &Bytes) -> String {
    format!("{uri}\n{}", String::from_utf8_lossy(body))
}
