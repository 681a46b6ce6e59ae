//! A table's `type`: which of several kinds it is.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::kind::Kind;
use crate::config::nearest;
use crate::config::problem::Problem;
use crate::config::tree::{self, Section};

/// The key that says the kind.
pub(super) const TYPE: &str = "type";

/// The kind that `value` names, by its `type` or by being only a name, and its table without `type`.
pub(super) fn select<'t, Built, Context>(
    kinds: &[Kind<Built, Context>],
    value: &Spanned<DeValue<'t>>,
    default: Option<&str>,
) -> Result<(Kind<Built, Context>, Section<'t>), Problem> {
    if let Some(name) = value.get_ref().as_str() {
        let section = Spanned::new(value.span(), DeTable::new());
        return Ok((find(kinds, name, value)?, section));
    }
    let Some(section) = tree::as_section(value) else {
        return Err(Problem::new(value.span(), "this must be a name or a table"));
    };
    let kind = match (section.get_ref().get(TYPE), default) {
        (Some(word), _) => match word.get_ref().as_str() {
            Some(name) => find(kinds, name, word)?,
            None => return Err(Problem::new(word.span(), "`type` must be a string")),
        },
        (None, Some(name)) => find(kinds, name, value)?,
        (None, None) => {
            let hint = nearest::suggest("", &names(kinds));
            return Err(Problem::absent(value.span(), "the key `type` is missing").hint(hint));
        }
    };
    Ok((kind, tree::without(&section, |key| key == TYPE)))
}

fn find<Built, Context>(
    kinds: &[Kind<Built, Context>],
    name: &str,
    place: &Spanned<DeValue<'_>>,
) -> Result<Kind<Built, Context>, Problem> {
    kinds.iter().find(|kind| kind.name == name).copied().ok_or_else(|| {
        Problem::new(place.span(), format!("there is no type `{name}`"))
            .hint(nearest::suggest(name, &names(kinds)))
    })
}

fn names<Built, Context>(kinds: &[Kind<Built, Context>]) -> Vec<&'static str> {
    kinds.iter().map(|kind| kind.name).collect()
}
