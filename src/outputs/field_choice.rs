//! Fields by the names that config gives them.

use evercred_core::{BuildError, Field};

use super::OutputContext;

/// The field that `name`, the value of config's `key`, means for this login.
pub(super) fn choose(key: &'static str, name: &str, context: &OutputContext) -> Result<Field, BuildError> {
    let known = available(context);
    known.iter().copied().find(|field| field.name() == name).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|field| field.name()).collect();
        BuildError::at(key, format!("`{name}` is not a field of this login"))
            .hint(format!("Its fields are: {}.", names.join(", ")))
    })
}

/// Every field that a login of this provider always has; the ID token is added for outputs that ask for it.
fn available(context: &OutputContext) -> Vec<Field> {
    let mut known = context.provides.clone();
    if !known.contains(&Field::ID_TOKEN) {
        known.push(Field::ID_TOKEN);
    }
    known
}

#[cfg(test)]
mod tests {
    use super::super::testing::context;
    use super::*;

    #[test]
    fn the_id_token_can_always_be_chosen() {
        assert_eq!(choose("field", "id_token", &context()).unwrap(), Field::ID_TOKEN);
    }

    #[test]
    fn an_unknown_field_is_answered_with_those_there_are() {
        let error = choose("field", "token", &context()).unwrap_err();
        let hint = "Its fields are: access_key_id, secret_access_key, session_token, id_token.";
        assert_eq!((error.key, error.hint.as_deref()), (Some("field"), Some(hint)));
    }
}
