//! The form of calls that describe functions of a platform in code: what `[[library.functions]]` may say. Knows the
//! names of calls and arguments, not how the files that they lead to are found.

use serde::{Deserialize, Serialize};

use crate::manifests::Trigger;

/// Calls that describe functions: `new Function(this, "orders", { code, handler: "orders.run" })`. Keys are those of an
/// object among the arguments, or names of arguments.
#[derive(Clone, Debug, Default, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionCalls {
    /// What is called, with as much of the module as tells it apart: `aws_lambda.Function`. A dash is an underscore.
    #[serde(default)]
    pub calls: Vec<String>,
    /// Methods of what the library made: `subscribe`. Where nothing shows what they are called on, what they name must
    /// be there.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Keys of what runs: `handler`, as a text or as a description of its own.
    #[serde(default)]
    pub handler: Vec<String>,
    /// Keys of the folder or archive that it is relative to; without such keys it is relative to the root.
    #[serde(default)]
    pub code: Vec<String>,
    /// Keys of the file that it is built from, or of its folder: `entry`.
    #[serde(default)]
    pub entry: Vec<String>,
    /// Keys of the file in that folder: `index`.
    #[serde(default)]
    pub index: Vec<String>,
    /// The file in that folder where no key says it.
    pub default_index: Option<String>,
    /// What runs where no key says it: `handler`.
    pub default_handler: Option<String>,
    /// Without a file it is built from the one beside that is called after both: `shop-stack.orders.ts`.
    #[serde(default)]
    pub beside: bool,
    /// It is a program, and runs what that starts with.
    #[serde(default)]
    pub program: bool,
    /// Keys of objects and lists that hold such descriptions, by any name: `routes`. `*` is the object itself.
    #[serde(default)]
    pub within: Vec<String>,
    /// A text among the arguments says what runs: `api.route("GET /", "src/orders.list")`
    #[serde(default)]
    pub texts: bool,
    /// They may be handed a function that is described elsewhere.
    #[serde(default)]
    pub optional: bool,
    /// The system that runs them.
    pub system: Option<String>,
    /// What calls them.
    pub trigger: Option<Trigger>,
}

impl FunctionCalls {
    /// Whether each call is one function, rather than something that may be given some.
    pub fn is_one(&self) -> bool {
        self.within.is_empty() && !self.texts && !self.optional
    }
}

/// Calls that are handed a function of a platform to have it called: `new LambdaRestApi(this, "api", { handler: orders })`
#[derive(Clone, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriggerCalls {
    pub trigger: Trigger,
    /// Called names, alone.
    pub calls: Vec<String>,
}
