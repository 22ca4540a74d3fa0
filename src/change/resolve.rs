//! The values of expressions, as far as the files alone tell them.
//!
//! Locals, `each`, and a few functions are put in; what only Terraform knows (another
//! resource's id) stays as it is written, which suffices to compare.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use hcl::expr::{
    BinaryOp, Conditional, Expression, ForExpr, FuncCall, Object, ObjectKey, Operation,
    TemplateExpr, Traversal, TraversalOperator, UnaryOp,
};
use hcl::template::{Element, Template};

use super::folder::Folder;
use super::value::{
    function, further, measure, member, plain_key, scalar, template_of, text, whole_resource,
};

/// Locals may stand in one another without end, in a file that a person wrote.
const DEEPEST: usize = 48;
/// The most steps for all expressions of a folder.
const MOST_STEPS: u32 = 4_000_000;
/// The most steps for one expression.
const MOST_STEPS_OF_ONE: u32 = 400_000;

/// What stands in the place of variables: `each.key`, `each.value`, those of a `for`.
pub(super) type Variables = BTreeMap<String, Expression>;

/// Puts values into the expressions of one folder.
#[derive(Debug)]
pub(super) struct Resolver<'a> {
    folder: &'a Folder,
    steps: Cell<u32>,
    steps_of_one: Cell<u32>,
    /// Whether something was left as it is because it is too deep or too large.
    cut: Cell<bool>,
    /// Locals with their values, and how deep those are.
    locals: RefCell<BTreeMap<String, Rc<(Expression, usize)>>>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(folder: &'a Folder) -> Self {
        Self {
            folder,
            steps: Cell::new(MOST_STEPS),
            steps_of_one: Cell::new(0),
            cut: Cell::new(false),
            locals: RefCell::default(),
        }
    }

    /// The expression with its values.
    pub(super) fn resolve(&self, expression: &Expression, variables: &Variables) -> Expression {
        self.steps_of_one.set(MOST_STEPS_OF_ONE);
        self.step_into(expression, variables, 0)
    }

    /// A local with its values.
    pub(super) fn local(&self, name: &str) -> Option<Expression> {
        let (_, expression) = self.folder.locals.get(name)?;
        Some(self.resolve(expression, &Variables::new()))
    }

    /// The instances that a resource's `for_each` makes, if the files tell.
    pub(super) fn instances(&self, address: &str) -> Option<Vec<(String, Expression)>> {
        self.steps_of_one.set(MOST_STEPS_OF_ONE);
        self.instances_of(address, 0)
    }

    /// The keys and values that a collection in a `dynamic` block has, if the files tell.
    pub(super) fn elements_of(
        &self,
        collection: &Expression,
        variables: &Variables,
    ) -> Option<Vec<(String, Expression)>> {
        let value = self.resolve(collection, variables);
        self.elements(&value, 0)
    }

    fn instances_of(&self, address: &str, depth: usize) -> Option<Vec<(String, Expression)>> {
        let block = self.folder.resources.get(address)?;
        let for_each = block
            .body
            .attributes()
            .find(|attribute| attribute.key() == "for_each")?;
        let value = self.step_into(for_each.expr(), &Variables::new(), depth + 1);
        self.elements(&value, depth + 1)
    }

    /// The keys and values of a collection, of a resource with `for_each` too.
    fn elements(&self, value: &Expression, depth: usize) -> Option<Vec<(String, Expression)>> {
        match value {
            Expression::Object(object) => object
                .iter()
                .map(|(key, value)| Some((plain_key(key)?, value.clone())))
                .collect(),
            Expression::Array(items) => items
                .iter()
                .map(|item| match item {
                    Expression::String(text) => Some((text.clone(), item.clone())),
                    _ => None,
                })
                .collect(),
            Expression::Traversal(traversal) if depth < DEEPEST => {
                let address = whole_resource(traversal)?;
                let instances = self.instances_of(&address, depth + 1)?;
                Some(
                    instances
                        .into_iter()
                        .map(|(key, _)| {
                            let mut instance = traversal.as_ref().clone();
                            let index = Expression::String(key.clone());
                            instance.operators.push(TraversalOperator::Index(index));
                            (key, Expression::from(instance))
                        })
                        .collect(),
                )
            }
            _ => None,
        }
    }

    /// Takes steps, and says whether there are none left.
    fn spend(&self, number: usize) -> bool {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let (all, one) = (self.steps.get(), self.steps_of_one.get());
        self.steps.set(all.saturating_sub(number));
        self.steps_of_one.set(one.saturating_sub(number));
        all < number || one < number
    }

    /// A local's value, worked out once; none where it cannot be put in.
    fn value_of_local(&self, name: &str, depth: usize) -> Option<Rc<(Expression, usize)>> {
        let (_, expression) = self.folder.locals.get(name)?;
        let known = self.locals.borrow().get(name).cloned();
        let value = if let Some(known) = known {
            known
        } else {
            let cut_before = self.cut.replace(false);
            let value = self.step_into(expression, &Variables::new(), depth + 1);
            let (_, nesting) = measure(&value);
            let value = Rc::new((value, nesting));
            if !self.cut.get() {
                self.locals
                    .borrow_mut()
                    .insert(name.to_owned(), Rc::clone(&value));
            }
            self.cut.set(self.cut.get() || cut_before);
            value
        };
        if depth + value.1 > DEEPEST {
            self.cut.set(true);
            return None;
        }
        Some(value)
    }

    /// A copy of a value, unless there are no steps left for it.
    fn copy(&self, value: &Expression) -> Option<Expression> {
        let (size, _) = measure(value);
        if self.spend(size) {
            self.cut.set(true);
            return None;
        }
        Some(value.clone())
    }

    fn step_into(
        &self,
        expression: &Expression,
        variables: &Variables,
        depth: usize,
    ) -> Expression {
        if depth > DEEPEST || self.spend(1) {
            self.cut.set(true);
            return expression.clone();
        }
        let next = |inner: &Expression| self.step_into(inner, variables, depth + 1);
        match expression {
            Expression::Array(items) => Expression::Array(items.iter().map(next).collect()),
            Expression::Object(object) => self.object(object, variables, depth),
            Expression::TemplateExpr(template) => self.template(template, variables, depth),
            Expression::Variable(variable) => variables
                .get(variable.as_str())
                .and_then(|value| self.copy(value))
                .unwrap_or_else(|| expression.clone()),
            Expression::Traversal(traversal) => self.traversal(traversal, variables, depth),
            Expression::FuncCall(call) => self.call(call, variables, depth),
            Expression::Parenthesis(inner) => match next(inner) {
                value @ (Expression::Operation(_) | Expression::Conditional(_)) => {
                    Expression::Parenthesis(Box::new(value))
                }
                value => value,
            },
            Expression::Conditional(conditional) => match next(&conditional.cond_expr) {
                Expression::Bool(true) => next(&conditional.true_expr),
                Expression::Bool(false) => next(&conditional.false_expr),
                condition => Expression::from(Conditional::new(
                    condition,
                    next(&conditional.true_expr),
                    next(&conditional.false_expr),
                )),
            },
            Expression::Operation(operation) => Expression::from(match operation.as_ref() {
                Operation::Unary(unary) => {
                    Operation::Unary(UnaryOp::new(unary.operator, next(&unary.expr)))
                }
                Operation::Binary(binary) => Operation::Binary(BinaryOp::new(
                    next(&binary.lhs_expr),
                    binary.operator,
                    next(&binary.rhs_expr),
                )),
            }),
            Expression::ForExpr(loop_) => self.for_loop(loop_, variables, depth),
            _ => expression.clone(),
        }
    }

    /// The order of an object's keys means nothing in Terraform.
    fn object(
        &self,
        object: &Object<ObjectKey, Expression>,
        variables: &Variables,
        depth: usize,
    ) -> Expression {
        let mut entries: Vec<(ObjectKey, Expression)> = object
            .iter()
            .map(|(key, value)| {
                let key = match key {
                    ObjectKey::Identifier(name) => Expression::String(name.to_string()),
                    ObjectKey::Expression(key) => self.step_into(key, variables, depth + 1),
                    _ => Expression::Null,
                };
                (
                    ObjectKey::Expression(key),
                    self.step_into(value, variables, depth + 1),
                )
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.to_string());
        Expression::Object(entries.into_iter().collect())
    }

    fn template(&self, template: &TemplateExpr, variables: &Variables, depth: usize) -> Expression {
        let unchanged = || Expression::from(template.clone());
        let Ok(parsed) = Template::from_expr(template) else {
            return unchanged();
        };
        let mut values = Vec::new();
        for element in parsed.elements() {
            match element {
                Element::Literal(text) => values.push(Ok(text.clone())),
                Element::Interpolation(interpolation) => {
                    let value = self.step_into(&interpolation.expr, variables, depth + 1);
                    values.push(scalar(&value).ok_or_else(|| text(&value)));
                }
                Element::Directive(_) => return unchanged(),
            }
        }
        template_of(&values)
    }

    fn traversal(&self, traversal: &Traversal, variables: &Variables, depth: usize) -> Expression {
        let mut operators = traversal.operators.as_slice();
        let first = match operators.first() {
            Some(TraversalOperator::GetAttr(name)) => Some(name.as_str()),
            _ => None,
        };
        let mut value = match (&traversal.expr, first) {
            (Expression::Variable(variable), Some(name)) if variable.as_str() == "local" => {
                let unresolved = || Expression::from(traversal.clone());
                let Some(local) = self.value_of_local(name, depth) else {
                    return unresolved();
                };
                operators = &operators[1..];
                // One member of a large local is all that is wanted most of the time.
                let mut part = &local.0;
                while let Some((operator, rest)) = operators.split_first() {
                    let index = match operator {
                        TraversalOperator::Index(index) => {
                            TraversalOperator::Index(self.step_into(index, variables, depth + 1))
                        }
                        other => other.clone(),
                    };
                    let Some(found) = member(part, &index) else {
                        break;
                    };
                    part = found;
                    operators = rest;
                }
                match self.copy(part) {
                    Some(value) => value,
                    None => return unresolved(),
                }
            }
            (Expression::Variable(variable), Some(name))
                if variables.contains_key(&format!("{}.{name}", variable.as_str())) =>
            {
                let Some(value) = variables.get(&format!("{}.{name}", variable.as_str())) else {
                    return Expression::from(traversal.clone());
                };
                operators = &operators[1..];
                value.clone()
            }
            (base, _) => self.step_into(base, variables, depth + 1),
        };
        while let Some((operator, rest)) = operators.split_first() {
            let operator = match operator {
                TraversalOperator::Index(index) => {
                    TraversalOperator::Index(self.step_into(index, variables, depth + 1))
                }
                other => other.clone(),
            };
            value = match member(&value, &operator).cloned() {
                Some(found) => found,
                None => further(value, operator),
            };
            operators = rest;
        }
        value
    }

    fn call(&self, call: &FuncCall, variables: &Variables, depth: usize) -> Expression {
        let arguments: Vec<Expression> = call
            .args
            .iter()
            .map(|argument| self.step_into(argument, variables, depth + 1))
            .collect();
        let known = if call.name.is_namespaced() || call.expand_final {
            None
        } else {
            match (call.name.name.as_str(), arguments.as_slice()) {
                ("keys", [value]) => self.elements(value, depth + 1).map(|elements| {
                    let mut keys: Vec<String> = elements.into_iter().map(|(key, _)| key).collect();
                    keys.sort();
                    Expression::Array(keys.into_iter().map(Expression::String).collect())
                }),
                (name, arguments) => function(name, arguments),
            }
        };
        known.unwrap_or_else(|| {
            let mut call = call.clone();
            call.args = arguments;
            Expression::from(call)
        })
    }

    fn for_loop(&self, loop_: &ForExpr, variables: &Variables, depth: usize) -> Expression {
        let collection = self.step_into(&loop_.collection_expr, variables, depth + 1);
        let unresolved = || {
            let mut copy = loop_.clone();
            copy.collection_expr = collection.clone();
            Expression::from(copy)
        };
        if loop_.grouping {
            return unresolved();
        }
        let Some(elements) = self.elements(&collection, depth + 1) else {
            return unresolved();
        };
        let mut list = Vec::new();
        let mut object: Vec<(ObjectKey, Expression)> = Vec::new();
        for (key, value) in elements {
            let mut inner = variables.clone();
            inner.insert(loop_.value_var.to_string(), value);
            if let Some(name) = &loop_.key_var {
                inner.insert(name.to_string(), Expression::String(key));
            }
            let within = |expression: &Expression| self.step_into(expression, &inner, depth + 1);
            match loop_.cond_expr.as_ref().map(within) {
                None | Some(Expression::Bool(true)) => {}
                Some(Expression::Bool(false)) => continue,
                Some(_) => return unresolved(),
            }
            let value = within(&loop_.value_expr);
            match loop_.key_expr.as_ref().map(within) {
                None => list.push(value),
                Some(key) => object.push((ObjectKey::Expression(key), value)),
            }
        }
        if loop_.key_expr.is_some() {
            object.sort_by_key(|(key, _)| key.to_string());
            Expression::Object(object.into_iter().collect())
        } else {
            Expression::Array(list)
        }
    }
}
