//! The language of mappings and conditions, as Google has it: the common one with `extract`
//! (<https://cloud.google.com/iam/docs/conditions-attribute-reference#extract>).

use std::sync::Arc;

use cel::common::ast::{CallExpr, Expr, LiteralValue, SelectExpr, operators};
use cel::extractors::This;
use cel::{Context, Env, ExecutionError, IdedExpr, Program, ResolveResult, Value as Cel, extensions};
use serde_json::{Value, json};

/// The variables of an expression.
pub(super) type Variables<'v> = [(&'static str, &'v Value)];

/// What an expression comes to, or why to nothing.
pub(super) fn evaluate(text: &str, variables: &Variables<'_>) -> Result<Value, String> {
    let env = env();
    let program = env.compile(text).map_err(|error| error.to_string())?;
    let mut context = Context::with_env(env);
    let _ = context.add_function("extract", extract);
    for (name, value) in variables {
        context.add_variable(*name, *value).map_err(|error| error.to_string())?;
    }
    program.execute(&context).map_err(|error| error.to_string()).and_then(|value| plain(&value))
}

fn env() -> Arc<Env> {
    let mut env = Env::stdlib();
    // Without it, some conditions cannot be worked out, and say so.
    let _ = env.add_extension(extensions::strings);
    Arc::new(env)
}

fn plain(value: &Cel) -> Result<Value, String> {
    match value {
        Cel::String(text) => Ok(json!(**text)),
        Cel::Bool(truth) => Ok(json!(truth)),
        Cel::Int(number) => Ok(json!(number)),
        Cel::UInt(number) => Ok(json!(number)),
        Cel::Float(number) => Ok(json!(number)),
        Cel::List(items) => items.iter().map(plain).collect(),
        Cel::Null => Ok(Value::Null),
        other => Err(format!("it is of type {}", other.type_of())),
    }
}

/// What stands in the text where the template has its braces; nothing if the text does not fit.
#[expect(clippy::needless_pass_by_value, reason = "the interpreter hands arguments over")]
fn extract(This(text): This<Arc<String>>, template: Arc<String>) -> ResolveResult {
    let parts = template.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?.1)));
    let (before, after) =
        parts.ok_or_else(|| ExecutionError::function_error("extract", "the template has no braces"))?;
    let found = text.find(before).map(|at| &text[at + before.len()..]);
    let found =
        found.and_then(|rest| if after.is_empty() { Some(rest) } else { Some(&rest[..rest.find(after)?]) });
    Ok(Cel::from(found.unwrap_or_default()))
}

/// A comparison with something written down.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    /// What is written down; of `startsWith` and the like, as a pattern.
    pub(super) wanted: Vec<String>,
    pub(super) is_pattern: bool,
}

/// An expression in its parts.
pub(super) struct Parsed(Program);

impl Parsed {
    pub(super) fn new(text: &str) -> Option<Self> {
        env().compile(text).ok().map(Self)
    }

    /// What it looks at: `assertion.NAME`, `google.NAME` and `attribute.NAME`, in the order of their appearance.
    pub(super) fn looks_at(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        look(&self.0.expression().expr, &mut found);
        found
    }

    /// The comparison that it is, if it is a plain one.
    pub(super) fn comparison(&self) -> Option<Comparison> {
        let Expr::Call(call) = &self.0.expression().expr else { return None };
        compared(call)
    }
}

fn look(expression: &Expr, found: &mut Vec<(String, String)>) {
    if let Some(pair) = member(expression) {
        if !found.contains(&pair) {
            found.push(pair);
        }
        return;
    }
    match expression {
        Expr::Call(CallExpr { target, args, .. }) => {
            for part in target.as_deref().into_iter().chain(args) {
                look(&part.expr, found);
            }
        }
        Expr::Select(SelectExpr { operand, .. }) => look(&operand.expr, found),
        Expr::List(list) => list.elements.iter().for_each(|item| look(&item.expr, found)),
        Expr::Comprehension(all) => {
            for part in [&all.iter_range, &all.accu_init, &all.loop_cond, &all.loop_step, &all.result] {
                look(&part.expr, found);
            }
        }
        _ => {}
    }
}

/// `a.b` or `a["b"]`.
fn member(expression: &Expr) -> Option<(String, String)> {
    let of = |operand: &IdedExpr, name: &str| match &operand.expr {
        Expr::Ident(root) => Some((root.clone(), name.to_owned())),
        _ => None,
    };
    match expression {
        Expr::Select(SelectExpr { operand, field, .. }) => of(operand, field),
        Expr::Call(CallExpr { func_name, args, .. }) if func_name == operators::INDEX => {
            of(args.first()?, &literal(&args.get(1)?.expr)?)
        }
        _ => None,
    }
}

fn compared(call: &CallExpr) -> Option<Comparison> {
    let exactly = |wanted| Some(Comparison { wanted, is_pattern: false });
    let first = call.args.first().map(|argument| &argument.expr)?;
    match (call.func_name.as_str(), call.args.get(1).map(|argument| &argument.expr)) {
        (operators::EQUALS, Some(second)) => exactly(vec![literal(first).or_else(|| literal(second))?]),
        (operators::IN, Some(Expr::List(list))) => {
            exactly(list.elements.iter().filter_map(|item| literal(&item.expr)).collect())
        }
        (operators::IN, Some(_)) => exactly(vec![literal(first)?]),
        ("startsWith", None) => Some(pattern(format!("{}*", literal(first)?))),
        ("endsWith", None) => Some(pattern(format!("*{}", literal(first)?))),
        ("contains", None) => Some(pattern(format!("*{}*", literal(first)?))),
        _ => None,
    }
}

fn pattern(wanted: String) -> Comparison {
    Comparison { wanted: vec![wanted], is_pattern: true }
}

fn literal(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
        Expr::Literal(LiteralValue::Boolean(truth)) => Some(truth.inner().to_string()),
        Expr::Literal(LiteralValue::Int(number)) => Some(number.inner().to_string()),
        _ => None,
    }
}
