//! What expressions hold: members, keys, plain values, and their text.

use std::collections::BTreeMap;

use hcl::Identifier;
use hcl::expr::{Expression, ObjectKey, Operation, TemplateExpr, Traversal, TraversalOperator};
use hcl::format::{Format as _, Formatter};

/// `aws_eip.nat` and no attribute of it.
pub(super) fn whole_resource(traversal: &Traversal) -> Option<String> {
    match (&traversal.expr, traversal.operators.as_slice()) {
        (Expression::Variable(kind), [TraversalOperator::GetAttr(name)]) => {
            Some(format!("{}.{name}", kind.as_str()))
        }
        _ => None,
    }
}

pub(super) fn member<'e>(
    value: &'e Expression,
    operator: &TraversalOperator,
) -> Option<&'e Expression> {
    let wanted = match operator {
        TraversalOperator::GetAttr(name) => name.to_string(),
        TraversalOperator::Index(index) => scalar(index)?,
        _ => return None,
    };
    match value {
        Expression::Object(object) => object
            .iter()
            .find(|(key, _)| plain_key(key).is_some_and(|key| key == wanted))
            .map(|(_, value)| value),
        Expression::Array(items) => items.get(wanted.parse::<usize>().ok()?),
        _ => None,
    }
}

/// How many parts a value has, and how deep they lie.
pub(super) fn measure(value: &Expression) -> (usize, usize) {
    let (mut size, mut nesting) = (1, 0);
    let mut inner = |value: &Expression| {
        let (parts, depth) = measure(value);
        size += parts;
        nesting = nesting.max(depth + 1);
    };
    match value {
        Expression::Array(items) => items.iter().for_each(inner),
        Expression::Object(object) => object.iter().for_each(|(_, value)| inner(value)),
        Expression::FuncCall(call) => call.args.iter().for_each(inner),
        Expression::Parenthesis(value) => inner(value),
        Expression::Traversal(traversal) => inner(&traversal.expr),
        Expression::Conditional(conditional) => {
            inner(&conditional.cond_expr);
            inner(&conditional.true_expr);
            inner(&conditional.false_expr);
        }
        Expression::Operation(operation) => match operation.as_ref() {
            Operation::Unary(unary) => inner(&unary.expr),
            Operation::Binary(binary) => {
                inner(&binary.lhs_expr);
                inner(&binary.rhs_expr);
            }
        },
        Expression::ForExpr(loop_) => {
            inner(&loop_.collection_expr);
            inner(&loop_.value_expr);
        }
        Expression::String(text) => size += text.len() / 32,
        _ => {}
    }
    (size, nesting)
}

pub(super) fn further(value: Expression, operator: TraversalOperator) -> Expression {
    if let Expression::Traversal(mut traversal) = value {
        traversal.operators.push(operator);
        Expression::Traversal(traversal)
    } else {
        Expression::from(Traversal::new(value, [operator]))
    }
}

/// What a function of Terraform's makes of values, as far as that is known here.
pub(super) fn function(name: &str, arguments: &[Expression]) -> Option<Expression> {
    match (name, arguments) {
        ("toset", [Expression::Array(items)]) => set(items),
        (
            "tolist" | "tomap" | "tostring",
            [value @ (Expression::Array(_) | Expression::Object(_) | Expression::String(_))],
        ) => Some(value.clone()),
        ("lookup", [object, key, ..]) => {
            member(object, &TraversalOperator::Index(key.clone())).cloned()
        }
        ("merge", objects) => merge(objects),
        ("concat", lists) => joined(lists),
        _ => None,
    }
}

fn set(items: &[Expression]) -> Option<Expression> {
    let mut texts: Vec<String> = items.iter().map(scalar).collect::<Option<_>>()?;
    texts.sort();
    texts.dedup();
    Some(Expression::Array(
        texts.into_iter().map(Expression::String).collect(),
    ))
}

/// Lists in one.
fn joined(lists: &[Expression]) -> Option<Expression> {
    let mut all = Vec::new();
    for list in lists {
        let Expression::Array(items) = list else {
            return None;
        };
        all.extend(items.iter().cloned());
    }
    Some(Expression::Array(all))
}

fn merge(objects: &[Expression]) -> Option<Expression> {
    let mut all = BTreeMap::new();
    for object in objects {
        let Expression::Object(object) = object else {
            return None;
        };
        for (key, value) in object {
            all.insert(plain_key(key)?, value.clone());
        }
    }
    Some(Expression::Object(
        all.into_iter()
            .map(|(key, value)| (ObjectKey::Expression(Expression::String(key)), value))
            .collect(),
    ))
}

pub(super) fn plain_key(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Identifier(name) => Some(Identifier::to_string(name)),
        ObjectKey::Expression(key) => scalar(key),
        _ => None,
    }
}

/// A string, number or truth value as a string.
pub(super) fn scalar(value: &Expression) -> Option<String> {
    match value {
        Expression::String(text) => Some(text.clone()),
        Expression::Number(number) => Some(number.to_string()),
        Expression::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// The entries of an object whose values are plain.
pub(super) fn entries(value: &Expression) -> BTreeMap<String, String> {
    let Expression::Object(object) = value else {
        return BTreeMap::new();
    };
    object
        .iter()
        .filter_map(|(key, value)| {
            Some((
                plain_key(key)?,
                scalar(value).unwrap_or_else(|| text(value)),
            ))
        })
        .collect()
}

/// A template from its parts: text as it is, and expressions. Text alone is a string.
pub(super) fn template_of(parts: &[Result<String, String>]) -> Expression {
    let plain = parts.iter().all(Result::is_ok);
    let mut out = String::new();
    for part in parts {
        match part {
            Ok(text) if plain => out.push_str(text),
            Ok(text) => out.push_str(
                &text
                    .replace("${", "$${")
                    .replace("%{", "%%{")
                    .replace('"', "\\\""),
            ),
            Err(code) => out.extend(["${", code.as_str(), "}"]),
        }
    }
    if plain {
        Expression::String(out)
    } else {
        Expression::from(TemplateExpr::QuotedString(out))
    }
}

/// The expression on one line.
pub(super) fn text(expression: &Expression) -> String {
    let mut formatter = Formatter::builder()
        .compact(true)
        .prefer_ident_keys(true)
        .build_vec();
    if expression.format(&mut formatter).is_err() {
        return format!("{expression:?}");
    }
    String::from_utf8_lossy(&formatter.into_inner()).into_owned()
}
