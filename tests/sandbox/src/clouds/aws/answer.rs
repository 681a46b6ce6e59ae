//! STS's XML, for answers and for refusals.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::random;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// What an operation gives back.
pub(super) struct Answer {
    operation: &'static str,
    result: Xml,
}

impl Answer {
    pub(super) fn new(operation: &'static str, result: Xml) -> Self {
        Self { operation, result }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let id = random::uuid();
        let mut content = Xml::default();
        content.element(&format!("{}Result", self.operation), self.result);
        content.element("ResponseMetadata", Xml::default().with("RequestId", &id));
        document(StatusCode::OK, &format!("{}Response", self.operation), &content, &id)
    }
}

/// What STS says when it says no.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    pub(super) code: String,
    message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The same as another service says it, with a document of its own.
    pub(super) fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let id = random::uuid();
        let blame = if self.status < 500 { "Sender" } else { "Receiver" };
        let error =
            Xml::default().with("Type", blame).with("Code", &self.code).with("Message", &self.message);
        let mut content = Xml::default();
        content.element("Error", error);
        let content = content.with("RequestId", &id);
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        document(status, "ErrorResponse", &content, &id)
    }
}

fn document(status: StatusCode, name: &str, content: &Xml, id: &str) -> Response {
    let lines = content.0.join("\n  ");
    let body = format!("<{name} xmlns=\"{NAMESPACE}\">\n  {lines}\n</{name}>\n");
    (status, [(header::CONTENT_TYPE, "text/xml"), (REQUEST_ID, id)], body).into_response()
}

/// The content of an element, line by line.
#[derive(Debug, Default)]
pub(super) struct Xml(Vec<String>);

impl Xml {
    /// Adds an element with text.
    pub(super) fn with(mut self, name: &str, text: &str) -> Self {
        self.0.push(format!("<{name}>{}</{name}>", escape(text)));
        self
    }

    /// Adds an element with elements.
    pub(super) fn element(&mut self, name: &str, content: Self) {
        self.0.push(format!("<{name}>"));
        self.0.extend(content.0.into_iter().map(|line| format!("  {line}")));
        self.0.push(format!("</{name}>"));
    }
}

fn escape(text: &str) -> String {
    [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("\r", "&#13;")]
        .iter()
        .fold(text.to_owned(), |text, (plain, escaped)| text.replace(plain, escaped))
}
