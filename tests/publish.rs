//! What `files.rs` promises about every file it publishes: one module for each promise, and a second process to
//! put it to the test.

#![expect(clippy::disallowed_methods, reason = "the tests play the other programs, which write as they like")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's helpers fail the test as its body does"
)]

#[path = "publish/failures_keep_the_old_file.rs"]
mod failures_keep_the_old_file;
#[path = "publish/follows_only_safe_links.rs"]
mod follows_only_safe_links;
#[path = "publish/keeps_mode_and_owner.rs"]
mod keeps_mode_and_owner;
#[path = "publish/loses_nothing_of_others.rs"]
mod loses_nothing_of_others;
#[path = "publish/own_mounts.rs"]
mod own_mounts;
#[path = "publish/readers_see_whole_files.rs"]
mod readers_see_whole_files;
#[path = "publish/survives_a_kill.rs"]
mod survives_a_kill;
#[path = "publish/traced.rs"]
mod traced;
#[path = "publish/worker.rs"]
mod worker;
#[path = "publish/writes_for_other_users.rs"]
mod writes_for_other_users;
#[path = "publish/writes_mount_points_in_place.rs"]
mod writes_mount_points_in_place;

#[test]
#[ignore = "the second process of these tests: they start it themselves"]
fn worker_process() {
    worker::work();
}
