//! One login's endpoints, while they are listened at.

use std::sync::Arc;

use evercred_core::{BoxFuture, Failure};
use hyper::Request;
use hyper::body::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Endpoint;
use super::at_hand::Served;
use crate::engine::Command;
use crate::engine::attempt::Attempts;
use crate::login::Login;
use crate::serve::{Answer, Bounds, Crowd, Handler, serve};

/// Listening for a login, until dropped.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) login: Arc<Login>,
    tasks: JoinSet<()>,
}

impl Running {
    pub(super) fn start(
        login: &Arc<Login>,
        attempts: &Arc<Attempts>,
        commands: &mpsc::Sender<Command>,
        crowd: &Arc<Crowd>,
    ) -> Self {
        let served = Served::new(login, attempts);
        let mut tasks = JoinSet::new();
        for endpoint in login.endpoints() {
            let bounds =
                Bounds { largest_body: endpoint.largest_body(), ..Bounds::programs(Arc::clone(crowd)) };
            let (listen, id) = (endpoint.listen().clone(), login.id.clone());
            let (desk, commands) = (Desk { endpoint, login: served.clone() }, commands.clone());
            tasks.spawn(async move {
                let standing = |standing: Result<(), &Failure>| {
                    let (login, trouble) = (id.clone(), standing.err().map(deaf));
                    let command = Command::Listens { login, listen: listen.to_string(), trouble };
                    let commands = commands.clone();
                    tokio::spawn(async move { commands.send(command).await });
                };
                serve(&listen, Arc::new(desk), bounds, standing).await;
            });
        }
        Self { login: Arc::clone(login), tasks }
    }

    /// Returns when nobody listens any more.
    pub(super) async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

fn deaf(failure: &Failure) -> String {
    let hint = failure.remedy().map(|hint| format!(" {hint}")).unwrap_or_default();
    format!("Programs cannot ask for the credential: evercred {failure}.{hint} It is tried again.")
}

/// Where a program's request meets its login.
struct Desk {
    endpoint: Arc<dyn Endpoint>,
    login: Served,
}

impl Handler for Desk {
    fn answer<'a>(&'a self, request: &'a Request<Bytes>) -> BoxFuture<'a, Answer> {
        self.endpoint.answer(request, &self.login)
    }
}
