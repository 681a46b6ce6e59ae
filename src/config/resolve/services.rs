//! The tables of what evercred does beside keeping logins fresh: `[audit]`, `[metrics]`; and the
//! names of all such tables.

use serde_json::{Map, Value};
use toml::de::DeTable;

use super::Resolver;
use super::environment::ENVIRONMENT;
use crate::audit;
use crate::config::kind::Kind;
use crate::config::problem::Problem;
use crate::config::schema::Schemas;
use crate::config::{show, tree};
use crate::metrics;

/// What evercred does beside keeping logins fresh, as far as it is asked to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Services {
    /// Writing down who got what.
    pub audit: Option<audit::Settings>,
    /// Answering monitors.
    pub metrics: Option<metrics::Settings>,
}

/// The names of the tables.
pub(super) const TABLES: [&str; 3] = [AUDIT.name, METRICS.name, ENVIRONMENT.name];

const AUDIT: Kind<audit::Settings, audit::Place> = Kind::of::<audit::Config>("audit");
const METRICS: Kind<metrics::Settings, ()> = Kind::of::<metrics::Config>("metrics");

impl Resolver<'_> {
    pub(super) fn services(&mut self, root: &DeTable<'_>) {
        let machine = self.machine;
        let place = audit::Place {
            environment: machine.build.surroundings.environment.clone(),
            state_folder: machine.paths.state_folder.clone(),
        };
        self.services.audit = self.service(root, &AUDIT, &place);
        self.services.metrics = self.service(root, &METRICS, &());
    }

    pub(super) fn service<Built, Context>(
        &mut self,
        root: &DeTable<'_>,
        kind: &Kind<Built, Context>,
        context: &Context,
    ) -> Option<Built> {
        let value = root.get(kind.name)?;
        let Some(section) = tree::as_section(value) else {
            let problem = Problem::new(value.span(), format!("`{}` must be a table", kind.name));
            self.problems.push(problem.hint(format!("Write [{}].", kind.name)));
            return None;
        };
        let built = self.take(kind.build(&self.schemas, &section, &[], context))?;
        let mut shown = tree::to_json(&section);
        show::fill(&kind.schema(&self.schemas), &mut shown);
        self.show(&[kind.name], shown);
        Some(built)
    }
}

/// The schemas of the tables, by name.
pub(crate) fn schemas(schemas: &Schemas) -> Map<String, Value> {
    let audit = (AUDIT.name, AUDIT.schema(schemas));
    let metrics = (METRICS.name, METRICS.schema(schemas));
    let environment = (ENVIRONMENT.name, ENVIRONMENT.schema(schemas));
    let all = [audit, metrics, environment].into_iter();
    all.map(|(name, schema)| (name.to_owned(), Value::clone(&schema))).collect()
}
