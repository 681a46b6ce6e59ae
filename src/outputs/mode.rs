//! The permission bits of a file, as config has them.

use std::borrow::Cow;

use serde::Deserialize;

/// Permission bits: a quoted octal string such as `"0600"` or `"0640"`.
///
/// A bare number is refused, because TOML would read `640` as decimal. Bits for everybody are refused too: what
/// evercred writes is secret, and a group is the way to share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Mode(u32);

impl Mode {
    pub(super) const PRIVATE: Self = Self(0o600);

    pub(super) const fn bits(self) -> u32 {
        self.0
    }
}

impl TryFrom<String> for Mode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let digits = text.strip_prefix("0o").unwrap_or(&text);
        let octal = (3..=4).contains(&digits.len()) && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
        match u32::from_str_radix(digits, 8) {
            Ok(bits) if octal && bits & 0o7 != 0 => Err(format!(
                "{text:?} opens a secret to everybody; share it with a group instead, as \"0640\""
            )),
            Ok(bits) if octal && bits & !0o770 == 0 && bits & 0o600 == 0o600 => Ok(Self(bits)),
            _ => Err(format!("{text:?} is not a mode for a file of secrets; write \"0600\" or \"0640\"")),
        }
    }
}

impl schemars::JsonSchema for Mode {
    fn schema_name() -> Cow<'static, str> {
        "Mode".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^(0o?)?[67][0-7]0$",
            "examples": ["0600", "0640"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_strings_are_read() {
        for (text, bits) in [("0600", 0o600), ("640", 0o640), ("0o660", 0o660)] {
            assert_eq!(Mode::try_from(text.to_owned()), Ok(Mode(bits)), "{text}");
        }
    }

    #[test]
    fn modes_that_show_secrets_or_make_no_sense_are_refused() {
        for text in ["0644", "0602", "4600", "0400", "600 ", "+600", "06000", "rw-------", ""] {
            assert!(Mode::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
