//! What all artifacts that are programs begin with: whom they let in, and the inputs as variables.

use serde_json::{Value, json};

use super::template::{Dialect, render};
use super::{Input, Inputs};
use crate::Failure;
use crate::trust::inputs::Usual;

/// An artifact in a language of its own.
#[derive(Debug, Clone, Copy)]
pub struct Program<'p> {
    /// The language.
    pub dialect: Dialect,
    /// Its text after the variables.
    pub template: &'static str,
    /// What it says of itself.
    pub statement: &'p [String],
    /// What become variables: in a shell by their names, in Terraform `var.NAME`.
    pub inputs: &'static [Input],
}

const SHELL: &str = r"#!/usr/bin/env bash
{% for line in statement %}
# {{ line|comment }}
{% endfor %}
set -euo pipefail

{% for input in inputs %}
{% if input.missing %}
{{ input.name|comment }}={{ input.question|comment }}
{% else %}
{{ input.name|comment }}={{ input.value }}
{% endif %}
{% endfor %}

";

const HCL: &str = r"{% for line in statement %}
# {{ line|comment }}
{% endfor %}

{% for input in inputs %}
variable {{ input.name }} {
  description = {{ input.sentence }}
  type        = string
{% if not input.missing %}
  default     = {{ input.value if input.value else none }}
{% endif %}
}

{% endfor %}
";

impl Program<'_> {
    /// Its text, with `values` filled in.
    pub fn text(&self, inputs: &Inputs, values: &Value) -> Result<String, Failure> {
        let beginning = match self.dialect {
            Dialect::Shell => SHELL,
            Dialect::Hcl => HCL,
        };
        let mut values = values.clone();
        values["statement"] = json!(self.statement);
        values["inputs"] = self.inputs.iter().map(|input| described(input, inputs)).collect();
        render(self.dialect, &format!("{beginning}{}", self.template), &values)
    }
}

fn described(input: &'static Input, inputs: &Inputs) -> Value {
    let upper = input.name.to_uppercase();
    json!({
        "name": input.name,
        // The words are our own, and hold nothing that means something between double quotes.
        "question": format!("\"${{{upper}:?Set {upper} to {}.}}\"", input.what),
        "sentence": format!("Set it to {}.", input.what),
        "value": inputs.value(input),
        "missing": input.usual == Usual::Unknown && inputs.said(input.name).is_none(),
    })
}
