//! A server with secrets engines of each kind, and homes whose login reads them.

use evercred_sandbox::{Algorithm, Mint, Options, Sandbox};
use evercred_test_support::{Home, OpenBao, Outcome};
use serde_json::{Value, json};

/// The server, and who vouches for its clients.
pub(crate) struct Rig {
    pub(crate) server: OpenBao,
    platform: Sandbox,
}

/// Everything but one path.
pub(crate) const POLICY: &str = r#"
path "kv/*" { capabilities = ["read"] }
path "kv/data/hidden" { capabilities = ["deny"] }
path "kv1/*" { capabilities = ["read"] }
path "nowhere/*" { capabilities = ["read"] }
path "database/*" { capabilities = ["read"] }
path "pki/*" { capabilities = ["read", "update"] }
path "ssh/*" { capabilities = ["update"] }
"#;

impl Rig {
    /// `role` says how tokens live.
    pub(crate) fn start(role: &Value, policy: &str) -> Self {
        let platform = Sandbox::start(Options { algorithm: Algorithm::Rs256, ..Options::default() }).unwrap();
        let server = OpenBao::start();
        server.trust(&platform.issuer(), &format!("{}/keys", platform.issuer()));
        server.role("dev", role);
        server.write("sys/policies/acl/app", &json!({ "policy": policy }));
        server.admin(["secrets", "enable", "-path=kv", "-version=2", "kv"]);
        server.admin(["secrets", "enable", "-path=kv1", "-version=1", "kv"]);
        server.admin(["secrets", "enable", "pki"]);
        server.write(
            "pki/root/generate/internal",
            &json!({"common_name": "acme", "ttl": "24h", "key_type": "ec"}),
        );
        server.write("pki/roles/web", &json!({"allow_any_name": true, "key_type": "ec", "key_bits": 256}));
        server.admin(["secrets", "enable", "ssh"]);
        server.write("ssh/config/ca", &json!({"generate_signing_key": true, "key_type": "ed25519"}));
        let user = json!({"key_type": "ca", "allow_user_certificates": true, "allowed_users": "*", "default_user": "u"});
        server.write("ssh/roles/user", &user);
        Self { server, platform }
    }

    /// A home with a login, in the given words.
    pub(crate) fn home(&self, login: &str) -> Home {
        let home = Home::new();
        let token = home.write("token", self.platform.mint(&Mint::audience("vault.hashicorp.com")));
        let (token, address) = (token.display(), self.server.address());
        home.config(&format!(
            "[source]\ntype = \"file\"\npath = \"{token}\"\n\n[vault.default]\naddress = \"{address}\"\nrole = \"dev\"\n{login}"
        ));
        home
    }
}

/// What `once` or `status` says of that login, in JSON.
pub(crate) fn login_in(said: &str, login: &str) -> Value {
    let status: Value = serde_json::from_str(said).unwrap();
    let found = status["logins"].as_array().unwrap().iter().find(|known| known["login"] == login);
    found.unwrap_or_else(|| panic!("{login} is not in {said}")).clone()
}

pub(crate) fn status_of(home: &Home, login: &str) -> Value {
    login_in(&home.status().to_string(), login)
}

pub(crate) fn openssl(home: &Home, arguments: &[&str]) -> String {
    Outcome::of(home.command("openssl").args(arguments)).success()
}
