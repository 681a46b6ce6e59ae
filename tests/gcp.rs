//! Google Cloud, as far as one `evercred once` goes: what unmodified clients make of the files, whose files they are, and
//! how refusals are told. The sandbox plays Google and verifies everything.

#![expect(clippy::unwrap_used, reason = "a rig that does not stand must fail the test")]

#[path = "gcp/adc.rs"]
mod adc;
#[path = "gcp/endpoints.rs"]
mod endpoints;
#[path = "gcp/gcloud.rs"]
mod gcloud;
#[path = "gcp/gsutil.rs"]
mod gsutil;
#[path = "gcp/library.rs"]
mod library;
#[path = "gcp/place.rs"]
mod place;
#[path = "gcp/refusals.rs"]
mod refusals;
