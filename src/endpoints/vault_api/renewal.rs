//! The answer to a program that renews its token.
//!
//! Libraries do so by themselves, and end when they are refused. What they hold is the key, which does not end while
//! evercred keeps the login; and the token behind it is evercred's to renew, since a program could shorten its life. So the
//! server is asked what the token is, and the answer says what a renewal would: that it lives as long again as at first.

use evercred_core::{Passage, Reply};
use serde_json::{Value, json};

/// What to ask instead of a renewal.
pub(super) fn question(renewal: &Passage) -> Passage {
    let mut path = renewal.path.clone();
    path.retain(|segment| !segment.is_empty());
    path.pop();
    path.push("lookup-self".to_owned());
    Passage {
        method: "GET".to_owned(),
        path,
        query: None,
        body: Vec::new(),
        headers: renewal.headers.clone(),
    }
}

/// The answer to a renewal, made of what was answered instead. What is no answer stays as it is.
pub(super) fn answer(reply: Reply) -> Reply {
    let found: Option<Value> = serde_json::from_slice(&reply.body).ok().filter(|_| reply.status == 200);
    let Some(found) = found else { return reply };
    let token = &found["data"];
    let renewed = json!({
        "request_id": found["request_id"],
        "lease_id": "",
        "renewable": false,
        "lease_duration": 0,
        "data": null,
        "wrap_info": null,
        "warnings": null,
        "auth": {
            "client_token": token["id"],
            "accessor": token["accessor"],
            "policies": token["policies"],
            "token_policies": token["policies"],
            "metadata": token["meta"],
            "lease_duration": token["creation_ttl"],
            "renewable": true,
            "entity_id": token["entity_id"],
            "token_type": token["type"],
            "orphan": token["orphan"],
        },
    });
    Reply { body: renewed.to_string().into_bytes(), ..reply }
}
