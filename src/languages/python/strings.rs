//! String literals to texts and templates. Escapes stay as written.

use tree_sitter::Node;
use ustr::Ustr;

use super::{Lowering, field, parts};
use crate::facts::Value;

impl<'n> Lowering<'_, '_, 'n> {
    pub(super) fn is_template(&self, node: Node) -> bool {
        prefix(self.builder.text(node)).contains(['f', 'F', 't', 'T'])
    }

    pub(super) fn plain_string(&self, node: Node) -> Value {
        Value::Text(Ustr::from(content(self.builder.text(node))))
    }

    /// An f-string, or strings that stand side by side.
    pub(super) fn composed_string(&mut self, node: Node<'n>) -> Value {
        let mut text = String::new();
        let mut values = Vec::new();
        if node.kind() == "concatenated_string" {
            for part in parts(node) {
                self.compose(part, &mut text, &mut values);
            }
        } else {
            self.compose(node, &mut text, &mut values);
        }
        let text = Ustr::from(&text);
        if values.is_empty() { Value::Text(text) } else { Value::Template(text, values.into()) }
    }

    fn compose(&mut self, node: Node<'n>, text: &mut String, values: &mut Vec<Value>) {
        if !self.is_template(node) {
            text.push_str(content(self.builder.text(node)));
            return;
        }
        for part in parts(node) {
            match part.kind() {
                "string_content" => text.push_str(self.builder.text(part)),
                "interpolation" => {
                    text.push_str("{}");
                    values.extend(field(part, "expression").map(|value| self.expression(value)));
                    if let Some(format) = field(part, "format_specifier") {
                        self.expression(format);
                    }
                }
                "string_start" | "string_end" => {}
                _ => {
                    self.expression(part);
                }
            }
        }
    }
}

/// The letters before the quotes: `rb` of `rb"text"`.
fn prefix(literal: &str) -> &str {
    literal.split(['"', '\'']).next().unwrap_or_default()
}

fn content(literal: &str) -> &str {
    let quoted = &literal[prefix(literal).len()..];
    let quotes = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quotes| quoted.starts_with(quotes));
    let Some(quotes) = quotes else { return quoted };
    let open = &quoted[quotes.len()..];
    open.strip_suffix(quotes).unwrap_or(open)
}
