//! What logins left behind that are in the config no longer: their records know.
//!
//! Only what is certainly ours is taken away: a whole file that has not changed since it was published, and lines under
//! our own comment in a file that others write, too. What such a login set aside is given back.

use std::path::{Path, PathBuf};

use evercred_core::Failure;

use crate::digest;
use crate::files::{self, Target};
use crate::login::LoginId;
use crate::outputs::without_lines_of;

use super::record::Records;

/// Something that a login left.
#[derive(Debug, Clone)]
pub struct Leftover {
    /// Whose it was.
    pub login: LoginId,
    /// The file.
    pub path: PathBuf,
    /// Whether it is still what was published.
    pub is_recognised: bool,
}

impl Records {
    /// What is left of logins that are none of `known`.
    pub fn leftovers(&self, known: &[LoginId]) -> Vec<Leftover> {
        let gone = self.ids().into_iter().filter(|id| !known.contains(id));
        gone.flat_map(|login| {
            let published = self.published(&login);
            let leftover = move |(path, digest): (PathBuf, String)| {
                let content = files::read(&path).ok()??;
                let is_whole = digest::of(&content) == digest;
                let has_lines = without_lines_of(&login, &content).is_some();
                Some(Leftover { login: login.clone(), path, is_recognised: is_whole || has_lines })
            };
            published.into_iter().filter_map(leftover)
        })
        .collect()
    }

    /// Takes something that was left out of its file, and the file away if nothing else is in it.
    pub fn clear(&self, left: &Leftover) -> Result<(), Failure> {
        let rest = |content: &[u8]| without_lines_of(&left.login, content);
        match files::read(&left.path).ok().flatten().and_then(|content| rest(&content)) {
            Some(remains) if !remains.is_empty() => {
                let target = Target::shared(&left.path, 0o600);
                let mut render = |current: Option<&[u8]>| {
                    Ok(current.and_then(rest).or_else(|| current.map(<[u8]>::to_vec)).unwrap_or_default())
                };
                self.publisher().publish(&target, &mut render).map(drop)
            }
            _ => self.publisher().remove(&Target::new(Path::new(&left.path), 0o600)).map(drop),
        }
    }
}
