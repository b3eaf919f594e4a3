//! The variables, locals and archives of one file of Terraform, and what an expression says with them. Computes nothing.

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::structure::Body;
use hcl_edit::template::{Element, StringTemplate};
use rustc_hash::FxHashMap;

/// Longer values are not put in where they are referred to.
const LONGEST_SHARED: usize = 256;

pub(super) struct Scope<'b> {
    text: &'b str,
    /// By `var.size` and `local.size`.
    values: FxHashMap<String, String>,
    archives: FxHashMap<&'b str, Archive>,
    /// What is put into a bucket.
    objects: FxHashMap<&'b str, &'b Expression>,
}

/// `data "archive_file" "orders" { source_dir = ".." }`
#[derive(Clone, Debug)]
pub(super) struct Archive {
    pub(super) folder: Option<String>,
    pub(super) file: Option<String>,
    /// The code stands in the file of Terraform.
    pub(super) is_inline: bool,
}

impl<'b> Scope<'b> {
    pub(super) fn of(text: &'b str, body: &'b Body) -> Self {
        let (archives, objects) = (FxHashMap::default(), FxHashMap::default());
        let mut scope = Self { text, values: FxHashMap::default(), archives, objects };
        for block in body.get_blocks("variable") {
            if let (Some(name), Some(default)) = (block.labels.first(), block.body.get_attribute("default")) {
                scope.keep(format!("var.{}", name.as_str()), &default.value);
            }
        }
        for block in body.get_blocks("locals") {
            for local in block.body.attributes() {
                scope.keep(format!("local.{}", local.key.as_str()), &local.value);
            }
        }
        for block in body.get_blocks("data") {
            if let [kind, name] = block.labels.as_slice()
                && kind.as_str() == "archive_file"
            {
                let archive = scope.archived(&block.body);
                scope.archives.insert(name.as_str(), archive);
            }
        }
        for block in body.get_blocks("resource") {
            if let ([kind, name], Some(source)) = (block.labels.as_slice(), block.body.get_attribute("source"))
                && matches!(kind.as_str(), "aws_s3_object" | "aws_s3_bucket_object")
            {
                scope.objects.insert(name.as_str(), &source.value);
            }
        }
        scope
    }

    fn archived(&self, body: &Body) -> Archive {
        let folder = self.path_of(body, "source_dir");
        let content = body.get_blocks("source").find_map(|source| source.body.get_attribute("content"));
        let read = content.and_then(|content| match &content.value {
            Expression::FuncCall(call) if call.name.name.as_str() == "file" => self.text(call.args.iter().next()?),
            _ => None,
        });
        let file = self.path_of(body, "source_file").or_else(|| read.map(relative));
        Archive { is_inline: content.is_some() && file.is_none(), folder, file }
    }

    /// A local may say what a variable says; further trails are not followed.
    fn keep(&mut self, name: String, value: &Expression) {
        let text = self.text(value).filter(|text| text.len() <= LONGEST_SHARED && !text.starts_with("local."));
        if let Some(text) = text {
            self.values.insert(name, text);
        }
    }

    /// What a scalar says; a reference that is not of this file as it is written.
    pub(super) fn text(&self, expression: &Expression) -> Option<String> {
        match expression {
            Expression::String(text) => Some(text.as_str().to_owned()),
            Expression::Number(number) => Some(number.value().to_string()),
            Expression::Bool(truth) => Some(truth.value().to_string()),
            Expression::Traversal(traversal) => {
                let written = self.written(expression)?;
                let known = dotted(traversal).and_then(|name| self.values.get(&name));
                Some(known.cloned().unwrap_or_else(|| written.to_owned()))
            }
            Expression::StringTemplate(template) => Some(self.filled(template)),
            _ => None,
        }
    }

    fn filled(&self, template: &StringTemplate) -> String {
        let mut filled = String::new();
        for element in template {
            match element {
                Element::Literal(text) => filled += text,
                Element::Interpolation(inner) => match &inner.expr {
                    Expression::Traversal(traversal) => {
                        match dotted(traversal).and_then(|name| self.values.get(&name)) {
                            Some(known) => filled += known,
                            None => filled += &format!("${{{}}}", self.written(&inner.expr).unwrap_or_default()),
                        }
                    }
                    other => filled += &format!("${{{}}}", self.written(other).unwrap_or_default()),
                },
                Element::Directive(_) => {}
            }
        }
        filled
    }

    pub(super) fn text_of(&self, body: &Body, key: &str) -> Option<String> {
        self.text(&body.get_attribute(key)?.value)
    }

    /// A path of the repository, relative to the file.
    pub(super) fn path_of(&self, body: &Body, key: &str) -> Option<String> {
        self.text_of(body, key).map(relative)
    }

    /// The archive behind `data.archive_file.orders.output_path`, also where it was put into a bucket.
    pub(super) fn archive(&self, expression: &Expression) -> Option<&Archive> {
        let object = ["aws_s3_object", "aws_s3_bucket_object"].iter().find_map(|owner| self.named(expression, owner));
        let expression = object.and_then(|name| self.objects.get(name).copied()).unwrap_or(expression);
        self.archives.get(self.named(expression, "archive_file")?)
    }

    /// The name in `aws_lambda_function.orders.arn`, wherever it stands in the value.
    pub(super) fn named(&self, expression: &Expression, owner: &str) -> Option<&'b str> {
        let (_, rest) = self.written(expression)?.split_once(owner)?;
        rest.strip_prefix('.')?.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).next()
    }

    /// The characters of an expression.
    pub(super) fn written(&self, expression: &Expression) -> Option<&'b str> {
        self.text.get(expression.span()?).map(str::trim)
    }
}

/// `${path.module}/../src` is `../src`.
pub(super) fn relative(path: String) -> String {
    let start = ["${path.module}", "${path.root}", "${path.cwd}"].iter().find_map(|root| path.strip_prefix(root));
    match start {
        Some("" | "/") => ".".to_owned(),
        Some(rest) => rest.trim_start_matches('/').to_owned(),
        None => path,
    }
}

/// `var.size` of a traversal that is no more than names.
fn dotted(traversal: &Traversal) -> Option<String> {
    let mut name = traversal.expr.as_variable()?.as_str().to_owned();
    for operator in &traversal.operators {
        let TraversalOperator::GetAttr(part) = operator.value() else { return None };
        name.push('.');
        name += part.as_str();
    }
    Some(name)
}
