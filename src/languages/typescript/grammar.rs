//! The names of the two grammars as numbers: comparing texts at every node would cost more than all the rest.
//!
//! Both grammars come from one source and differ in their numbers alone. What is not listed here is [`Kind::Unknown`].

use std::num::NonZeroU16;
use std::sync::LazyLock;

use tree_sitter::{Language, Node};

/// What lowering has to know to read a tree of one grammar.
pub(super) struct Grammar {
    /// By the grammar's number.
    kinds: Vec<Kind>,
    /// By our number.
    fields: Vec<Option<NonZeroU16>>,
}

impl Grammar {
    pub(super) fn of(root: Node) -> &'static Self {
        static TYPESCRIPT: LazyLock<Grammar> =
            LazyLock::new(|| Grammar::new(&tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into()));
        static TSX: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(&tree_sitter_typescript::LANGUAGE_TSX.into()));
        if *root.language() == tree_sitter_typescript::LANGUAGE_TSX.into() { &TSX } else { &TYPESCRIPT }
    }

    fn new(language: &Language) -> Self {
        let kind = |id| {
            let text = language.node_kind_for_id(id)?;
            KINDS.iter().find(|(known, _)| *known == text).map(|(_, kind)| *kind)
        };
        let count = language.node_kind_count() as u16;
        Self {
            kinds: (0..count).map(|id| kind(id).unwrap_or(Kind::Unknown)).collect(),
            fields: FIELDS.iter().map(|name| language.field_id_for_name(name)).collect(),
        }
    }

    pub(super) fn kind(&self, node: Node) -> Kind {
        self.kinds.get(usize::from(node.kind_id())).copied().unwrap_or(Kind::Unknown)
    }

    pub(super) fn field<'n>(&self, node: Node<'n>, field: Field) -> Option<Node<'n>> {
        node.child_by_field_id(self.fields[field as usize]?.get())
    }
}

macro_rules! kinds {
    ($($kind:ident $text:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Kind {
            $($kind,)*
            Unknown,
        }

        const KINDS: &[(&str, Kind)] = &[$(($text, Kind::$kind)),*];
    };
}

macro_rules! fields {
    ($($field:ident $text:literal,)*) => {
        #[derive(Clone, Copy, Debug)]
        pub(super) enum Field {
            $($field,)*
        }

        const FIELDS: &[&str] = &[$($text),*];
    };
}

kinds! {
    AbstractClassDeclaration "abstract_class_declaration", AbstractMethodSignature "abstract_method_signature",
    AccessibilityModifier "accessibility_modifier", AmbientDeclaration "ambient_declaration", Array "array",
    ArrayPattern "array_pattern", ArrayType "array_type", ArrowFunction "arrow_function",
    AsExpression "as_expression", AssignmentExpression "assignment_expression",
    AssignmentPattern "assignment_pattern", Async "async",
    AugmentedAssignmentExpression "augmented_assignment_expression", Await "await",
    AwaitExpression "await_expression", BinaryExpression "binary_expression", BreakStatement "break_statement",
    CallExpression "call_expression", CatchClause "catch_clause", Class "class", ClassBody "class_body",
    ClassDeclaration "class_declaration", ClassHeritage "class_heritage", ClassStaticBlock "class_static_block",
    Comment "comment", ComputedPropertyName "computed_property_name", ContinueStatement "continue_statement",
    Decorator "decorator", Default "default", DoStatement "do_statement", ElseClause "else_clause", EmptyStatement "empty_statement",
    EnumAssignment "enum_assignment", EnumDeclaration "enum_declaration", EscapeSequence "escape_sequence",
    ExportClause "export_clause", ExportSpecifier "export_specifier", ExportStatement "export_statement",
    ExpressionStatement "expression_statement", ExtendsClause "extends_clause",
    ExtendsTypeClause "extends_type_clause", False "false", FinallyClause "finally_clause",
    ForInStatement "for_in_statement", ForStatement "for_statement", FunctionDeclaration "function_declaration",
    FunctionExpression "function_expression", FunctionSignature "function_signature", FunctionType "function_type",
    GeneratorFunction "generator_function", GeneratorFunctionDeclaration "generator_function_declaration",
    GenericType "generic_type", Get "get", Identifier "identifier", IfStatement "if_statement",
    ImplementsClause "implements_clause", Import "import", ImportAlias "import_alias", ImportClause "import_clause",
    ImportRequireClause "import_require_clause", ImportSpecifier "import_specifier",
    ImportStatement "import_statement", IndexTypeQuery "index_type_query",
    InstantiationExpression "instantiation_expression", InterfaceDeclaration "interface_declaration",
    InternalModule "internal_module", IntersectionType "intersection_type", JsxAttribute "jsx_attribute",
    JsxClosingElement "jsx_closing_element", JsxElement "jsx_element", JsxExpression "jsx_expression",
    JsxOpeningElement "jsx_opening_element", JsxSelfClosingElement "jsx_self_closing_element", JsxText "jsx_text",
    LabeledStatement "labeled_statement", LexicalDeclaration "lexical_declaration", LiteralType "literal_type",
    MemberExpression "member_expression", MetaProperty "meta_property", MethodDefinition "method_definition",
    MethodSignature "method_signature", Module "module", NamedImports "named_imports",
    Namespace "namespace", NamespaceExport "namespace_export", NamespaceImport "namespace_import", NestedIdentifier "nested_identifier",
    NestedTypeIdentifier "nested_type_identifier", NewExpression "new_expression",
    NonNullExpression "non_null_expression", Null "null", Number "number", Object "object",
    ObjectAssignmentPattern "object_assignment_pattern", ObjectPattern "object_pattern", ObjectType "object_type",
    OptionalParameter "optional_parameter", Pair "pair", PairPattern "pair_pattern",
    OverrideModifier "override_modifier", ParenthesizedExpression "parenthesized_expression", ParenthesizedType "parenthesized_type",
    PredefinedType "predefined_type", Program "program", PropertyIdentifier "property_identifier",
    PropertySignature "property_signature", PublicFieldDefinition "public_field_definition", Readonly "readonly",
    ReadonlyType "readonly_type", Regex "regex", RequiredParameter "required_parameter", RestPattern "rest_pattern",
    ReturnStatement "return_statement", SatisfiesExpression "satisfies_expression",
    SequenceExpression "sequence_expression", ShorthandPropertyIdentifier "shorthand_property_identifier",
    ShorthandPropertyIdentifierPattern "shorthand_property_identifier_pattern", SpreadElement "spread_element",
    StatementBlock "statement_block", String "string", StringFragment "string_fragment",
    SubscriptExpression "subscript_expression", Super "super", SwitchCase "switch_case",
    SwitchDefault "switch_default", SwitchStatement "switch_statement", TemplateString "template_string",
    TemplateSubstitution "template_substitution", TernaryExpression "ternary_expression", This "this",
    ThrowStatement "throw_statement", True "true", TryStatement "try_statement", TupleType "tuple_type", Type "type",
    TypeAliasDeclaration "type_alias_declaration", TypeAnnotation "type_annotation", TypeAssertion "type_assertion",
    TypeIdentifier "type_identifier", TypeQuery "type_query", UnaryExpression "unary_expression",
    Undefined "undefined", UnionType "union_type", UpdateExpression "update_expression",
    VariableDeclaration "variable_declaration", VariableDeclarator "variable_declarator",
    WhileStatement "while_statement",
}

fields! {
    Alias "alias", Argument "argument", Alternative "alternative", Arguments "arguments", Body "body", Condition "condition",
    Consequence "consequence", Constructor "constructor", Declaration "declaration", Finalizer "finalizer",
    Function "function", Handler "handler", Increment "increment", Index "index", Initializer "initializer",
    Key "key", Label "label", Left "left", Name "name", Object "object", Operator "operator",
    Parameter "parameter", Parameters "parameters", Pattern "pattern", Property "property", ReturnType "return_type",
    Right "right", Source "source", Type "type", TypeArguments "type_arguments", Value "value",
}
