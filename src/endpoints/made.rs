//! What is made of a credential, once.

use std::sync::{Arc, Mutex, PoisonError};

use evercred_core::Credential;

/// What was made of the credential that is in use, so that thousands who ask cost one rendering.
#[derive(Debug)]
pub struct Made<T>(Mutex<Option<(Arc<Credential>, T)>>);

impl<T> Default for Made<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T: Clone> Made<T> {
    /// What `make` makes of `credential`, or has made of it before.
    pub fn of<E>(
        &self,
        credential: &Arc<Credential>,
        make: impl FnOnce(&Credential) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((known, result)) if Arc::ptr_eq(known, credential) => Ok(result.clone()),
            _ => {
                let result = make(credential)?;
                *last = Some((Arc::clone(credential), result.clone()));
                Ok(result)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn it_is_made_once_for_each_credential() {
        let [first, second] =
            ["first", "second"].map(|subject| Arc::new(Credential::new(subject, SystemTime::UNIX_EPOCH)));
        let (made, mut times) = (Made::default(), 0);
        let mut ask = |credential| {
            made.of(credential, |credential| {
                times += 1;
                Ok::<_, Infallible>(credential.subject().to_owned())
            })
        };
        assert_eq!(["first", "first"], [ask(&first).unwrap(), ask(&first).unwrap()].map(|text| text));
        assert_eq!(ask(&second).unwrap(), "second");
        assert_eq!(times, 2);
    }
}
