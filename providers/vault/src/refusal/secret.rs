//! Refusals of a read or of a write. Vault says the same of a path that does not exist and of one that the token may
//! not see, unless the policy allows the path.

use evercred_core::Advice;

use super::Refusal;

pub(super) static REFUSALS: &[Refusal] = &[
    Refusal {
        statuses: &[403],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "permission denied",
        remedy: "The policies of the role {role} must allow `{capability}` on {path} in the namespace {namespace}, or \
                 there is nothing at that path: correct `path`. The other secrets go on.",
    },
    Refusal {
        statuses: &[404],
        saying: &["no handler for route"],
        advice: Advice::NeedsAttention,
        meaning: "nothing is mounted at this path",
        remedy: "Correct `path` or `namespace` (it is {namespace}); `bao secrets list` shows what is mounted where.",
    },
    Refusal {
        statuses: &[404],
        saying: &["versioned"],
        advice: Advice::NeedsAttention,
        meaning: "the store is versioned, and its paths have `data/` after the mount",
        remedy: "Write the path as the HTTP API has it: \"{versioned}\", if the store is mounted at the first part.",
    },
    Refusal {
        statuses: &[404],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "there is no such secret, or not in this version",
        remedy: "Correct `path` or `version`. Of a versioned store, it has `data/` after the mount (kv/data/app); of \
                 one without versions, it has not.",
    },
    Refusal {
        statuses: &[405],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "this path cannot be asked so",
        remedy: "If it wants a write, as pki/issue/ROLE does, add `parameters = { … }`; if it wants a read, leave them out.",
    },
    Refusal {
        statuses: &[400],
        saying: &["role"],
        advice: Advice::NeedsAttention,
        meaning: "the secrets engine has no such role",
        remedy: "The last part of `path` names the role: correct it.",
    },
    Refusal {
        statuses: &[400],
        saying: &[],
        advice: Advice::NeedsAttention,
        meaning: "the secrets engine did not take what was asked",
        remedy: "Compare `path` and `parameters` with what its documentation asks for.",
    },
];
