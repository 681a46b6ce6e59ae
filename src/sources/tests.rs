//! The sources against real sockets, processes and files.

mod auto;
mod command;
mod file;
mod gitpod;
mod http;
mod server;
mod support;
