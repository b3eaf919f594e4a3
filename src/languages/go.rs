//! Stub.

use tree_sitter::Node;

use super::builder::Builder;

pub(super) fn lower(_root: Node, _builder: &mut Builder) {}
