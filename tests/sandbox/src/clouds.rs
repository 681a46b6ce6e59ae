//! The clouds, one file each. A cloud is a set of routes and its own options; all verify through the same
//! `verify` of the platform's tokens and take their faults and their log from the server.

pub mod aws;
