//! A home with a good login, and one beside it that is broken each time in another way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use evercred_sandbox::{Mint, Options, Sandbox};
use evercred_test_support::Home;
use serde_json::Value;

/// The file that most of this is about.
pub(crate) const CONFIG: &str = ".aws/config";

#[derive(Debug)]
pub(crate) struct Rig {
    pub(crate) home: Home,
    pub(crate) sandbox: Sandbox,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let rig = Self { home: Home::new(), sandbox: Sandbox::start(Options::default()).unwrap() };
        rig.home.write("token", rig.sandbox.mint(&Mint::default()));
        rig
    }

    /// The keys of a login at the sandbox.
    pub(crate) fn role(&self, name: &str) -> String {
        let (role, url) = (self.sandbox.role_arn(name), self.sandbox.url());
        format!("role_arn = '{role}'\nendpoint_url = '{url}'\nregion = 'eu-west-1'\n")
    }

    /// Writes a config with the good login and `more`.
    pub(crate) fn config(&self, more: &str) {
        let good = self.role("dev");
        self.home.config(&format!(
            "source = {{ type = 'file', path = '~/token' }}\n[aws.good]\n{good}outputs = ['profile', 'json']\n{more}"
        ));
    }

    /// Runs `once` on the good login and `more`. The good one must come out fresh, with new files; gives the status
    /// of `aws.broken`.
    #[track_caller]
    pub(crate) fn once(&self, more: &str) -> Value {
        self.config(more);
        let document = self.home.path(".local/state/evercred/aws.good.json");
        let _ = std::fs::remove_file(&document);
        let outcome = self.home.run(["once", "--output", "json"]);
        let status: Value =
            serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {outcome:?}"));
        let login = |name: &str| {
            let mut logins = status["logins"].as_array().into_iter().flatten();
            logins.find(|login| login["login"] == name).cloned().unwrap_or_default()
        };
        assert_eq!(login("aws.good")["phase"], "fresh", "{status:#}");
        assert!(document.is_file() && self.home.read(CONFIG).unwrap().contains("[profile good]"));
        assert_eq!(outcome.status.success(), login("aws.broken")["error"].is_null(), "{outcome:?}");
        login("aws.broken")
    }

    /// All files of the home but evercred's config and its runtime folder.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.home.path(".aws"), &mut files);
        collect(&self.home.path(".local"), &mut files);
        files
    }
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
}
