//! What backlint knows of the world: typed view of `rules/libraries/*.toml` and of `[[library]]` in a user's
//! `backlint.toml`. Knowledge only: which shapes are harmful is the rules' business.

use serde::{Deserialize, Serialize};

use crate::facts::Language;

/// A library, framework or driver, and what its calls do.
///
/// Names are exact, or end or begin with `*`: `findBy*`. Lists that are left out are empty.
#[derive(Clone, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// As its users write it: "Prisma".
    pub name: String,
    pub language: LibraryLanguage,
    pub role: LibraryRole,
    /// What is imported: npm package, Python module, Go module path, Rust crate. What lies below it belongs to it.
    pub packages: Vec<String>,
    /// The header of files that it generates into the repository: their package counts as the library.
    #[serde(default)]
    pub generated: Vec<String>,
    /// Types whose values are handles: calls on them may execute.
    #[serde(default)]
    pub types: Vec<String>,
    /// Functions of the package that give a handle: `createPool`, `sql.Open`.
    #[serde(default)]
    pub opens: Vec<String>,
    /// Base classes, their factories, or decorators of models: calls on a model and its rows may execute.
    #[serde(default)]
    pub models: Vec<String>,
    /// Functions of the package or methods of a handle that give a model: `mongoose.model`, `sequelize.define`.
    #[serde(default)]
    pub defines: Vec<String>,
    /// What a handle is usually called, where its origin cannot be seen; counts only where the package is declared.
    /// A path ends in the handle: `prisma`, `models.*`.
    #[serde(default)]
    pub handles: Vec<String>,
    /// Send a statement that reads.
    #[serde(default)]
    pub reads: Vec<String>,
    /// Send a statement that writes.
    #[serde(default)]
    pub writes: Vec<String>,
    /// Send the statement that stands in their text argument: `execute`, `query`, `raw`.
    #[serde(default)]
    pub statements: Vec<String>,
    /// Begin a statement that is sent when the result is awaited, iterated or measured.
    #[serde(default)]
    pub deferred: Vec<String>,
    /// A call of the handle itself begins a statement: `knex("users")`, `` sql`..` ``
    #[serde(default)]
    pub callable: bool,
    /// In a chain with one of these nothing is sent: `toSQL`, `none`.
    #[serde(default)]
    pub builds: Vec<String>,
    /// The calls that execute take the connection as an argument: `.load(conn)`, `.execute(&pool)`.
    #[serde(default)]
    pub connection_argument: bool,
    /// Methods of a row that read.
    #[serde(default)]
    pub row_reads: Vec<String>,
    /// Methods of a row that write.
    #[serde(default)]
    pub row_writes: Vec<String>,
    /// Many rows in one round trip.
    #[serde(default)]
    pub batch: Vec<String>,
    /// Many calls of one tick become one statement.
    #[serde(default)]
    pub coalesced: Vec<String>,
    /// May be answered without a statement: identity map, cache.
    #[serde(default)]
    pub cached: Vec<String>,
    /// Mark work that a later flush sends.
    #[serde(default)]
    pub unit_of_work: Vec<String>,
    /// Send the marked work, or end a transaction.
    #[serde(default)]
    pub flushes: Vec<String>,
    /// Add to a batch that is sent later.
    #[serde(default)]
    pub queues: Vec<String>,
    /// Run a function in a transaction and hand it a handle, or give a handle in a transaction.
    #[serde(default)]
    pub transactions: Vec<String>,
    /// Open a connection or take one from a pool.
    #[serde(default)]
    pub connects: Vec<String>,
    /// Load related rows together with the row.
    #[serde(default)]
    pub eager: Vec<String>,
    /// Lock rows until the transaction ends: one row at a time on purpose.
    #[serde(default)]
    pub locks: Vec<String>,
    /// The database runs inside the process: a round trip costs microseconds.
    #[serde(default)]
    pub in_process: bool,
    #[serde(default)]
    pub advice: Advice,
}

/// What to do instead, as a command in the library's own idiom.
#[derive(Clone, Debug, Default, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// Instead of one read per key.
    pub read: Option<String>,
    /// Instead of one count per key.
    pub count: Option<String>,
    /// Instead of one insert per element.
    pub insert: Option<String>,
    /// Instead of one update per element.
    pub update: Option<String>,
    /// Instead of one delete per element.
    pub delete: Option<String>,
    /// Instead of one flush or commit per element.
    pub flush: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LibraryLanguage {
    JavaScript,
    Python,
    Go,
    Rust,
}

/// What a library is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LibraryRole {
    /// ORMs, query builders and drivers of databases.
    DataAccess,
    /// Caches and stores asked by key, in well below a millisecond.
    KeyValue,
    /// Collects keys and loads them together.
    Loader,
}
