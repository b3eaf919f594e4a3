//! The form of a library: what `[[library]]` may say.

use serde::{Deserialize, Serialize};

use super::{FunctionCalls, TriggerCalls};
use crate::facts::Language;

/// A library, framework or driver, and what its calls do.
///
/// Names are exact, or end or begin with `*`: `findBy*`. Lists that are left out are empty.
#[derive(Clone, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// As its users write it: "Prisma".
    pub name: String,
    /// As lists of libraries show it, where that is not its name: a part as the whole, a client as the system it is for.
    pub shown: Option<String>,
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
    /// Calls whose argument is the table, by its name or model: `from`, `collection`. In a path the name before them is
    /// the table: `users::table`.
    #[serde(default)]
    pub tables: Vec<String>,
    /// Tables that it keeps for itself in the database of whoever uses it: `alembic_version`.
    #[serde(default)]
    pub own_tables: Vec<String>,
    /// Fields, options and methods by which a model says the name of its table: `__tablename__`.
    #[serde(default)]
    pub table_names: Vec<String>,
    /// A table that is not named has the name of the application before that of its model: `shop_order`.
    #[serde(default)]
    pub labelled: bool,
    /// What is read from a handle is a table: `prisma.order`.
    #[serde(default)]
    pub members: bool,
    /// Libraries that it wraps and whose handles it gives or takes: used together they are one way to the data.
    #[serde(default)]
    pub builds_on: Vec<String>,
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
    /// Operators that take a list of keys: one statement for many rows.
    #[serde(default)]
    pub lists: Vec<String>,
    /// Load related rows together with the row.
    #[serde(default)]
    pub eager: Vec<String>,
    /// With one of these no relation is loaded row by row: `fetch_mode`, `raiseload`.
    #[serde(default)]
    pub loads_all: Vec<String>,
    /// Begin a query on the models among the arguments: `select(User)`, `session.query(User)`
    #[serde(default)]
    pub selects: Vec<String>,
    /// Reads that give many rows, and names of many rows on what they give: `all`, `items` of a page.
    #[serde(default)]
    pub many: Vec<String>,
    /// Give values, columns or numbers instead of rows: `values_list`, `with_entities`
    #[serde(default)]
    pub columns: Vec<String>,
    /// Lock rows until the transaction ends: one row at a time on purpose.
    #[serde(default)]
    pub locks: Vec<String>,
    /// The database runs inside the process: a round trip costs microseconds.
    #[serde(default)]
    pub in_process: bool,
    /// What manifests call it where that differs from what is imported: `djangorestframework`.
    #[serde(default)]
    pub distributions: Vec<String>,
    /// Of the packages it is these symbols alone, imported, mentioned or asked for by a text: `BackgroundTasks` of a web
    /// framework is a job runner, `client("dynamodb")` of a cloud's library a database.
    #[serde(default)]
    pub symbols: Vec<String>,
    /// Several packages that do the same: each is shown by its own name.
    #[serde(default)]
    pub family: bool,
    /// Libraries that load it by name, so that no source imports it: declared beside one of them, it is in use. Or
    /// kinds of manifests that configure it, in kebab case: `wrangler`.
    #[serde(default)]
    pub loaded_by: Vec<String>,
    /// Make a schema, where it checks what comes in: bases of types, calls, decorators and tags of fields; `default` is
    /// what the module gives without a name. `BaseModel`, `z.object` as `object`, `Is*`, `validate` of a tag.
    #[serde(default)]
    pub schemas: Vec<String>,
    /// Calls that make an application: `express`, `FastAPI`, `gin.Default`.
    #[serde(default)]
    pub apps: Vec<String>,
    /// Calls that begin to serve or to work: `listen`, `uvicorn.run`, `axum::serve`.
    #[serde(default)]
    pub starts: Vec<String>,
    /// Decorators and calls that declare a route: `Get`, `post`.
    #[serde(default)]
    pub routes: Vec<String>,
    /// What routes are declared on beside an application: types of applications and routers, calls that make them:
    /// `APIRouter`, `RouterGroup`.
    #[serde(default)]
    pub routers: Vec<String>,
    /// Files that answer by their place: a folder anywhere in the path, `**`, and the name without its ending or `*`:
    /// `app/**/route`. Each function that is named after a method of HTTP is a route; a file without any is one.
    #[serde(default)]
    pub route_files: Vec<String>,
    /// Calls that describe functions of a platform.
    #[serde(default)]
    pub functions: Vec<FunctionCalls>,
    /// Calls that are handed such functions to have them called.
    #[serde(default)]
    pub triggers: Vec<TriggerCalls>,
    /// Files of the folder that paths in such calls are relative to: `cdk.json`.
    #[serde(default)]
    pub roots: Vec<String>,
    /// Names that are there without an import in sources below such a folder: `sst`.
    #[serde(default)]
    pub globals: Vec<String>,
    /// Calls that hand a text on: `Code.fromAsset` says what its argument says.
    #[serde(default)]
    pub texts: Vec<String>,
    /// Names of functions that a platform calls in files that import this library, or its types: `handler`.
    #[serde(default)]
    pub called: Vec<String>,
    /// The system that calls them.
    pub called_by: Option<String>,
    /// How those it serves speak to it.
    pub api: Option<ApiStyle>,
    /// How code says which functions resolve the fields of a GraphQL schema.
    pub graph: Option<Graph>,
    /// The contract that code makes with it: `OpenAPI`, `tRPC`.
    pub describes: Option<String>,
    /// Calls and decorators that make or answer that contract; where it has such, its import alone may be a client's.
    #[serde(default)]
    pub contracts: Vec<String>,
    /// What it lets operators see.
    #[serde(default)]
    pub legs: Vec<Leg>,
    /// Systems that are in use where it is: a driver's database.
    #[serde(default)]
    pub systems: Vec<String>,
    /// Made for large applications: containers of dependencies, modules, generators.
    #[serde(default)]
    pub heavy: bool,
    /// Work that programs start with it and leave running, without a library for jobs.
    pub background: Option<Background>,
    /// Also checks what comes in from outside, or signs in, ..: further roles.
    #[serde(default)]
    pub also: Vec<LibraryRole>,
    #[serde(default)]
    pub deprecated: Vec<Deprecation>,
    pub unproven: Option<Unproven>,
    /// How its models say what belongs to a row, where reading that may load it.
    pub relations: Option<Relations>,
    /// How classes write rows into an answer, relations and all.
    pub serializers: Option<Writers>,
    #[serde(default)]
    pub advice: Advice,
}

/// What a GraphQL library calls the parts of a schema in code. What its decorators load with the parent is in `eager`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    /// Decorators of the function that resolves a field, or what the names of such methods begin with: `ResolveField`,
    /// `resolve_*`. Every method where none is named.
    #[serde(default)]
    pub resolvers: Vec<String>,
    /// Decorators or bases of a type of the schema: the object that its methods run on is the parent.
    #[serde(default)]
    pub types: Vec<String>,
    /// Decorators of a class that resolves the fields of the type they name, or what the name of such a class ends
    /// with: `Resolver`, `*Resolver`.
    #[serde(default)]
    pub classes: Vec<String>,
    /// Decorators or names of the parameter that holds the parent: `Parent`, `root`.
    #[serde(default)]
    pub parents: Vec<String>,
    /// Calls that define a type by an object of its fields, or give something to define them on: `objectType`.
    #[serde(default)]
    pub makers: Vec<String>,
    /// It takes objects of types and their fields: `{ User: { orders(user) {..} } }`
    #[serde(default)]
    pub maps: bool,
    /// Give a list of a type: `List`, `*Connection`
    #[serde(default)]
    pub lists: Vec<String>,
    /// How fields of many parents are loaded together, as a command.
    pub advice: Option<String>,
    /// The other way, for rows that belong to the parent: as a command.
    pub related: Option<String>,
    /// What to do where the field says what to load with the parents, and its function asks again.
    pub wasted: Option<String>,
}

/// Calls of which programs make background work by hand. Names are the end of a path: `sleep`, `time.Sleep`.
#[derive(Clone, Debug, Default, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Background {
    /// What such work is called: "tokio loops".
    pub shown: Option<String>,
    /// Start a function that nobody waits for: `Thread`, `tokio::spawn`.
    #[serde(default)]
    pub spawns: Vec<String>,
    /// Call a function again and again: `setInterval`.
    #[serde(default)]
    pub repeats: Vec<String>,
    /// End that again: `clearInterval`.
    #[serde(default)]
    pub ends: Vec<String>,
    /// Let time pass or tell that it has: `sleep`, `time.NewTicker`.
    #[serde(default)]
    pub waits: Vec<String>,
    /// Decorators of functions that get what a queue holds.
    #[serde(default)]
    pub listens: Vec<String>,
    /// What is made with it is a program of its own: one that loops is started once and stays.
    #[serde(default)]
    pub programs: bool,
}

/// Serializers: classes whose fields name what is read of a row and written, and the views that give them many rows.
#[derive(Clone, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Writers {
    /// Bases of serializers: `ModelSerializer`
    pub bases: Vec<String>,
    /// The argument of a field that names what it reads: `source`
    pub source: String,
    /// The argument that says that there are many rows: `many`
    pub many: String,
    /// Bases of views that answer with a list: `ListAPIView`
    pub lists: Vec<String>,
    /// The field of a view that holds its serializer: `serializer_class`
    pub serializer: String,
    /// The field of a view that holds its query: `queryset`
    pub query: String,
    /// The method of a view that gives its query: `get_queryset`
    pub query_method: String,
    /// The call that makes a field which a method of the serializer computes: `SerializerMethodField`
    pub computed: String,
    /// What the name of that method has before that of the field: `get_`
    pub computes: String,
}

/// What ties models together, and when it is loaded.
#[derive(Clone, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relations {
    /// Calls or decorators of fields that lead to one row: `ForeignKey`, `ManyToOne`
    #[serde(default)]
    pub to_one: Vec<String>,
    /// Those of them whose way back leads to one row as well: `OneToOneField`
    #[serde(default)]
    pub paired: Vec<String>,
    /// That lead to many rows: `ManyToManyField`, `OneToMany`
    #[serde(default)]
    pub to_many: Vec<String>,
    /// That lead to one row or to many, as types and keys show: `relationship`
    #[serde(default)]
    pub either: Vec<String>,
    /// What makes a column that holds the key of another row, where a relation stands beside it.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Arguments that name the way back, from the other model to this: `related_name`, `backref`
    #[serde(default)]
    pub reverse: Vec<String>,
    /// The name of the way back where none is given, with `{}` for the model in lower case: `{}_set`
    pub reverse_name: Option<String>,
    /// The argument that says that there may be no row: `null`
    pub nullable: Option<String>,
    /// The argument that says when a relation is loaded.
    pub loading: Option<String>,
    /// Its values with which it is there before it is read, or is never loaded by reading it.
    #[serde(default)]
    pub loaded: Vec<String>,
    /// A relation to many rows is a query, and only these methods of it give the loaded rows: `all`
    #[serde(default)]
    pub queries: Vec<String>,
    /// A relation is loaded by awaiting it; without that it must be there.
    #[serde(default)]
    pub awaited: bool,
    /// Only a relation that is declared as a promise is loaded by reading it.
    #[serde(default)]
    pub promised: bool,
    /// A session remembers rows: to one row each, there are only as many queries as there are different rows.
    #[serde(default)]
    pub remembers: bool,
    /// How models name the model of accounts, which a project may replace: `AUTH_USER_MODEL`
    #[serde(default)]
    pub accounts: Vec<String>,
    pub option: EagerOption,
}

/// How a query is told to load relations with its rows: the text of the option.
#[derive(Clone, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EagerOption {
    /// Where every step leads to one row, with `{}` for the steps: `.select_related("{}")`
    pub to_one: String,
    /// Where one of them leads to many: `.prefetch_related("{}")`
    pub to_many: String,
    /// A step that leads to one row, with `{model}` and `{name}`: `joinedload({model}.{name})`
    pub step: String,
    /// A step that leads to many; none where they look alike.
    pub step_to_many: Option<String>,
    /// Stands between the steps: `__`
    pub between: String,
}

/// Why not to build on it any more.
#[derive(Clone, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deprecation {
    /// The packages meant; all of the library where none is named.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Only versions before this one: `2`, `0.3`.
    pub below: Option<String>,
    pub state: State,
    /// The year, or year and month, from which on: `2020-02`.
    pub since: String,
    /// Goes on from "since ..:", without a full stop: "the authors archived it".
    pub why: String,
    /// What takes its place, as its users write it.
    pub instead: Option<String>,
}

/// How a library came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its authors say so.
    Deprecated,
    /// Support for these versions has ended.
    EndOfLife,
    /// Nobody answers any more.
    Unmaintained,
    /// Kept alive, but new work goes elsewhere.
    Legacy,
}

/// What is not yet known of it, counted as innovation tokens.
#[derive(Clone, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unproven {
    /// 1 for a minority's choice, 2 for an experiment.
    pub tokens: u8,
    /// Only from this version on.
    pub from: Option<String>,
    /// Without a full stop: "version 1.0 is less than two years old".
    pub why: String,
}

/// How clients speak to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApiStyle {
    Rest,
    GraphQl,
    Grpc,
    Connect,
    Trpc,
    WebSocket,
    ServerSentEvents,
    /// Functions called by a platform's events.
    Event,
}

/// A part of observability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Leg {
    /// Structured, levelled logs.
    Logs,
    Metrics,
    Traces,
    /// Errors collected by a service.
    Errors,
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
    /// Instead of one update per element; where `update_rows` says more, of those that write equal values.
    pub update: Option<String>,
    /// Instead of one update per element that writes values of its own.
    pub update_rows: Option<String>,
    /// Instead of one insert-or-update per element.
    pub upsert: Option<String>,
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
    /// And Kotlin: everything that Maven and Gradle bring.
    Java,
    Ruby,
    Php,
    CSharp,
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
    /// Answers requests over HTTP, or is called by a platform.
    WebFramework,
    /// Answers in another style than plain HTTP: GraphQL, RPC, sockets.
    Api,
    /// Makes an interface description from code, or code from one.
    Contract,
    /// Checks what comes in from outside.
    Validator,
    /// Signs people and programs in.
    Auth,
    /// Decides who may do what.
    Permissions,
    /// Runs work later, again, or on a schedule.
    Jobs,
    /// Sends messages between processes.
    Messaging,
    Observability,
    Migrations,
    RateLimiter,
    HttpClient,
    /// Puts an application into a function of a platform.
    Adapter,
    FrontEnd,
    Testing,
    /// Describes in code how something is deployed.
    Deployment,
    /// Speaks to language models.
    LanguageModel,
    /// Anything else worth knowing.
    Utility,
}

impl Library {
    /// Its name in a list, where two parts of one library are one item.
    pub fn shown_name(&self) -> &str {
        self.shown.as_deref().unwrap_or(&self.name)
    }
}

impl Library {
    /// Whether it makes statements from models or calls; others send what is written out for them.
    pub fn makes_statements(&self) -> bool {
        let lists = [&self.models, &self.defines, &self.tables, &self.table_names];
        self.members || lists.iter().any(|list| !list.is_empty())
    }
}

impl LibraryRole {
    /// Whether calls of such libraries mean something to the model.
    pub fn has_effects(self) -> bool {
        matches!(self, Self::DataAccess | Self::KeyValue | Self::Loader)
    }
}

impl LibraryLanguage {
    /// The language of the sources that import it, where those are understood.
    pub fn of_sources(self) -> Option<Language> {
        match self {
            Self::JavaScript => Some(Language::TypeScript),
            Self::Python => Some(Language::Python),
            Self::Go => Some(Language::Go),
            Self::Rust => Some(Language::Rust),
            Self::Java | Self::Ruby | Self::Php | Self::CSharp => None,
        }
    }
}

impl From<Language> for LibraryLanguage {
    fn from(language: Language) -> Self {
        match language {
            Language::TypeScript => Self::JavaScript,
            Language::Python => Self::Python,
            Language::Go => Self::Go,
            Language::Rust => Self::Rust,
        }
    }
}
