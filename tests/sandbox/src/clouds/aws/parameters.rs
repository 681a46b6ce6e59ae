//! The parameters of a request, and the limits that STS's model sets them.

mod limits;
mod policies;

use url::form_urlencoded;

pub(super) use self::policies::packed_size;
use super::Refusal;
use crate::log::Facts;

/// The form of a request, in its order.
pub(super) struct Parameters(Vec<(String, String)>);

/// What `AssumeRole` and `AssumeRoleWithWebIdentity` have in common, within its limits.
pub(super) struct Assume<'a> {
    pub(super) role_arn: &'a str,
    pub(super) session_name: &'a str,
    /// As asked for.
    pub(super) duration: Option<u64>,
    /// How much of the room for policies and tags is taken, in percent, if there are any.
    pub(super) packed_size: Option<usize>,
}

impl Parameters {
    pub(super) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The values of `{list}.member.1{field}`, `.2`, and so on.
    pub(super) fn members(&self, list: &str, field: &str) -> Vec<&str> {
        (1..).map_while(|number| self.get(&format!("{list}.member.{number}{field}"))).collect()
    }

    /// The session tags.
    pub(super) fn tags(&self) -> Vec<(&str, &str)> {
        self.members("Tags", ".Key").into_iter().zip(self.members("Tags", ".Value")).collect()
    }

    /// Checks what both operations have in common.
    pub(super) fn assume(&self) -> Result<Assume<'_>, Refusal> {
        limits::check(self)?;
        let role_arn = self.get("RoleArn").unwrap_or_default();
        if !role_arn.starts_with("arn:") || role_arn.split(':').count() < 6 {
            return Err(Refusal::validation(format!("{role_arn} is invalid")));
        }
        Ok(Assume {
            role_arn,
            session_name: self.get("RoleSessionName").unwrap_or_default(),
            duration: self.duration(),
            packed_size: packed_size(self)?,
        })
    }

    /// What the log says of the request.
    pub(super) fn facts(&self) -> Facts {
        Facts {
            action: self.get("Action").map(str::to_owned),
            role_arn: self.get("RoleArn").map(str::to_owned),
            session_name: self.get("RoleSessionName").map(str::to_owned),
            duration_seconds: self.duration(),
            ..Facts::default()
        }
    }

    fn duration(&self) -> Option<u64> {
        self.get("DurationSeconds")?.parse().ok()
    }
}
